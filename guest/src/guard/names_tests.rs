use super::*;

#[test]
fn a_new_secret_has_a_plain_name_that_is_no_route() {
    for name in ["DB_PASSWORD", "_x", "a.b-c", "A1", "Batch", "id", "__proto__", &"x".repeat(100)] {
        assert_eq!(NewName::parse(name).unwrap().as_str(), name);
    }
    for name in [
        "",
        "1A",
        "-A",
        ".A",
        "..",
        ".",
        "A B",
        " A",
        "A ",
        "A/B",
        "a%2Fb",
        "A:B",
        "é",
        "e\u{301}",
        "A\n",
        "A\0",
        "?x=",
        "#",
        "A%",
        "a\u{202e}b",
        "batch",
        "move",
        "duplicate",
        &"x".repeat(101),
        &"x".repeat(4096),
    ] {
        assert!(NewName::parse(name).is_err(), "{name:?}");
    }
}

#[test]
fn names_secret_in_path_if_safe_else_in_body() {
    let is_path = |name: &str| matches!(SecretKey::of(SecretName::parse(name).unwrap()), SecretKey::Path(_));
    for name in ["DB", "WITH:COLON", "a b", "é", "Batch", "?x="] {
        assert!(is_path(name), "{name:?}");
    }
    for name in ["batch", "move", "duplicate", "a/b", "..", " x ", "%", " ", &"🔐".repeat(9)] {
        assert!(!is_path(name), "{name:?}");
        assert_eq!(SecretKey::of(SecretName::parse(name).unwrap()).as_str(), name);
    }
}

#[test]
fn detects_names_that_is_confusable() {
    for (one, other) in [
        ("DB_PASSWORD", "db_password"),
        ("DB_PASSWORD", "DB-PASSWORD"),
        ("DB_PASSWORD", "DBPASSWORD"),
        ("DB.PASSW0RD", "DB_PASSWORD"),
        ("KEY1", "KEYl"),
        ("KEY1", "KEYI"),
    ] {
        assert!(is_confusable(one, other) && is_confusable(other, one), "{one} {other}");
    }
    for (one, other) in [("A", "A"), ("A", "B"), ("KEY1", "KEY2"), ("A", "AA"), ("É", "é")] {
        assert!(!is_confusable(one, other), "{one} {other}");
    }
}

#[test]
fn a_folders_name_has_1024_bytes_at_most() {
    for (length, taken) in [(0, false), (1, true), (1_024, true), (1_025, false), (2_048, false)] {
        assert_eq!(FolderName::parse(&"x".repeat(length)).is_ok(), taken, "{length}");
    }
}
