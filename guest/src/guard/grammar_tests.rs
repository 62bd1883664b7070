use super::*;

#[test]
fn id_or_slug_is_1_to_64_letters_digits_dashes_underscores() {
    for text in ["a", "prod", "Prod_2-b", "-", &"x".repeat(64)] {
        assert_eq!(Word::parse(text).map(Word::into_string).as_deref(), Ok(text));
    }
    for text in ["", " prod", "prod ", "a b", "a/b", "a.b", "..", "a%2Fb", "é", "a\0", "?x=", "#", &"x".repeat(65)] {
        assert!(Word::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn reads_project_as_id_if_it_looks_like_one_else_as_slug() {
    for id in
        ["7d4ddb3e-83b2-413a-ba53-99a3c4e6b79b", "7D4DDB3E-83B2-413A-BA53-99A3C4E6B79B", "0123456789abcdefABCDEF01"]
    {
        assert!(matches!(ProjectRef::parse(id), Ok(ProjectRef::Id(_))), "{id}");
    }
    for slug in [
        "agent-vault",
        "7d4ddb3e",
        "7d4ddb3e-83b2-413a-ba53-99a3c4e6b79g",
        "7d4ddb3e-83b2-413a-ba53-99a3c4e6b79",
        "7d4ddb3e83b2413aba5399a3c4e6b79b",
        "7d4ddb3-e83b2-413a-ba53-99a3c4e6b79b",
        "7d4ddb3e-83b2-413a-ba53-99a3c4e6b79b-1",
        "0123456789abcdefABCDEF0g",
        "0123456789abcdefABCDEF012",
    ] {
        assert!(matches!(ProjectRef::parse(slug), Ok(ProjectRef::Slug(_))), "{slug}");
    }
}

#[test]
fn path_is_absolute_without_empty_or_dot_segments() {
    for path in ["/", "/app", "/app/db", "/a b", "/...", "/.hidden", "/a..b", "/ü/日本", "/%2e%2e", "/a?b#c;d"] {
        assert_eq!(FolderPath::parse(path).map(FolderPath::into_string).as_deref(), Ok(path));
    }
    let longest = format!("/{}", "x".repeat(1023));
    assert!(FolderPath::parse(&longest).is_ok());
    for path in [
        "",
        "app",
        "//",
        "/app/",
        "/app ",
        "/app\u{a0}",
        "/app\u{feff}",
        "/ ",
        "/app//db",
        "//app",
        "/.",
        "/..",
        "/app/../db",
        "/app/./db",
        "/app/..",
        "../app",
        "/a\\b",
        "/a\nb",
        "/a\0",
        "/a\u{85}",
        " /app",
        &format!("{longest}x"),
    ] {
        assert!(FolderPath::parse(path).is_err(), "{path:?}");
    }
}

#[test]
fn folder_covers_itself_and_below_but_no_common_prefix() {
    for (folder, path, covered) in [
        ("/", "/", true),
        ("/", "/app", true),
        ("/app", "/app", true),
        ("/app", "/app/db", true),
        ("/app", "/apple", false),
        ("/app", "/", false),
        ("/app", "/App", false),
        ("/app/db", "/app", false),
    ] {
        assert_eq!(FolderPath::parse(folder).unwrap().covers(path), covered, "{folder} {path}");
    }
}

#[test]
fn a_child_of_the_root_has_one_slash() {
    assert_eq!(FolderPath::parse("/").unwrap().child("app"), "/app");
    assert_eq!(FolderPath::parse("/app").unwrap().child("db/x"), "/app/db/x");
}

#[test]
fn a_name_that_is_safe_in_a_url_is_asked_for_by_itself() {
    for name in [
        "DATABASE_URL",
        "lower.case-name",
        "with blank",
        "a:b",
        "?x=",
        "#",
        "🔑",
        "...",
        "__proto__",
        "e\u{301}",
        "é",
        &"x".repeat(100),
        &"é".repeat(16),
    ] {
        assert!(matches!(SecretName::parse(name), Ok(SecretName::Addressable(_))), "{name:?}");
    }
}

#[test]
fn a_name_that_isnt_safe_in_a_url_is_found_by_listing() {
    for name in [
        ".",
        "..",
        " ",
        " x",
        "x ",
        "x\u{a0}",
        "a/b",
        "a%2Fb",
        "100%",
        "a\\b",
        "a\nb",
        "a\0b",
        "\u{7f}",
        &"x".repeat(101),
        &"é".repeat(17),
        &"x".repeat(1024),
    ] {
        assert_eq!(SecretName::parse(name), Ok(SecretName::Listed(name.to_owned())));
    }
}

#[test]
fn refuses_empty_names_and_names_over_1024_bytes() {
    assert!(SecretName::parse("").is_err());
    assert!(SecretName::parse(&"x".repeat(1025)).is_err());
    assert!(SecretName::parse(&"é".repeat(513)).is_err());
}
