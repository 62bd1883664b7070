use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn skip(text: &str) -> Result<(), Fault> {
    read::<IgnoredAny>(text).map(drop)
}

fn text(json: &str) -> Result<String, Fault> {
    read(json)
}

#[test]
fn null_and_empty_are_absent_and_anything_else_is_there() {
    for (json, present) in [
        ("null", false),
        ("\"\"", false),
        ("[]", false),
        ("[ ]", false),
        ("{}", false),
        ("\" \"", true),
        ("\"<hidden>\"", true),
        ("[null]", true),
        ("[[],[]]", true),
        ("{\"k\":{}}", true),
        ("0", true),
        ("-1.5e3", true),
        ("false", true),
    ] {
        assert_eq!(read::<Any<'_>>(json).map(|value| value.is_present()), Ok(present), "{json}");
    }
}

#[test]
fn refuses_invalid_json_even_in_skipped_values() {
    for json in [
        "<html>",
        "nul",
        "nulll",
        "tru",
        "trux",
        "True",
        "undefined",
        "NaN",
        "Infinity",
        "-",
        "+1",
        "01",
        "-01",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x10",
        "'a'",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[",
        "[1",
        "[1,",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "{1:1}",
        "{,}",
        "]",
        "}",
        "1 1",
        "{}{}",
        "\"",
        "\"a",
        "\"\\",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "\"\u{1f}\"",
        "\u{feff}1",
        "\"\\ud800\"",
        "\"\\ud800x\"",
        "\"\\ud800\\n\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\u+123\"",
        "/**/1",
        "",
        " ",
    ] {
        assert!(skip(json).is_err(), "{json:?}");
        assert!(serde_json::from_str::<Value>(json).is_err(), "{json:?} is JSON after all");
    }
}

#[test]
fn escapes_stand_for_their_characters() {
    for (json, expected) in [
        (r#""""#, ""),
        (r#""a\"b\\c\/d""#, "a\"b\\c/d"),
        (r#""\b\f\n\r\t""#, "\u{8}\u{c}\n\r\t"),
        (r#""\u00e9\u0000\uFFFF""#, "é\0\u{ffff}"),
        (r#""\ud83d\udd11""#, "🔑"),
        (r#""\uDBFF\uDFFF""#, "\u{10ffff}"),
        (" \t\r\n\"🔑\" ", "🔑"),
        (r#""\\u0041""#, "\\u0041"),
    ] {
        assert_eq!(text(json).as_deref(), Ok(expected), "{json}");
    }
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Fields {
    id: Option<u32>,
}

#[test]
fn a_key_that_is_written_with_escapes_is_the_same_key() {
    assert!(matches!(read(r#"{"\u0069d":2}"#), Ok(Object(Fields { id: Some(2) }))));
    assert_eq!(read::<Object<Fields>>(r#"{"id":1,"\u0069d":2}"#).err(), Some(Fault::Shape));
}

#[test]
fn a_whole_number_is_written_as_one_and_fits() {
    for (json, number) in [("0", 0), ("7", 7), ("4294967295", u32::MAX)] {
        assert_eq!(read::<u32>(json), Ok(number));
    }
    for json in ["4294967296", "-1", "-0", "1.0", "1e0", "\"1\"", "null", "[1]", "99999999999999999999999"] {
        assert_eq!(read::<u32>(json), Err(Fault::Shape), "{json}");
    }
    // No float is that large. Skipped, the number may be there.
    assert_eq!(read::<u32>("1e400"), Err(Fault::Malformed));
    assert_eq!(skip("1e400"), Ok(()));
}

#[test]
fn another_type_than_the_expected_one_is_no_answer() {
    for json in ["1", "null", "true", "[]", "{}", "-1"] {
        assert_eq!(text(json), Err(Fault::Shape), "{json}");
    }
    for json in ["1", "null", "true", "[]", "[1]", "\"{}\""] {
        assert_eq!(read::<Object<Fields>>(json).err(), Some(Fault::Shape), "{json}");
    }
    for json in ["1", "null", "{}", "\"[]\""] {
        assert_eq!(read::<Vec<IgnoredAny>>(json).err(), Some(Fault::Shape), "{json}");
    }
    for json in ["0", "null", "\"true\""] {
        assert_eq!(read::<bool>(json), Err(Fault::Shape), "{json}");
    }
}

#[test]
fn depth_limit_applies_to_skipped_values() {
    let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
    assert_eq!(skip(&nested(MAX_DEPTH)), Ok(()));
    assert_eq!(skip(&nested(MAX_DEPTH + 1)), Err(Fault::Deep));
    assert_eq!(skip(&"[".repeat(100_000)), Err(Fault::Deep));
    assert_eq!(skip(&"{\"a\":".repeat(100_000)), Err(Fault::Deep));
    assert_eq!(skip(&format!("\"{}\"", "[".repeat(1000))), Ok(()));
    assert_eq!(skip(&format!("[{}0]", "[],{},".repeat(1000))), Ok(()));
}

#[test]
fn errors_about_an_answer_contain_only_our_text() {
    for (body, words) in [
        (&b"\"\xff\""[..], "UTF-8"),
        (b"", "ends before"),
        (b"\"abc", "ends before"),
        (b"<html>", "well-formed"),
        (b"\xef\xbb\xbf\"abc\"", "well-formed"),
        (b"\"abc\" trailing", "well-formed"),
        (b"17", "of another type"),
    ] {
        let Err(Error::UnexpectedAnswer(text)) = parse::<String>(body) else { panic!("{body:?} was taken") };
        assert!(text.contains(words), "{body:?}: {text}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn json_means_what_serde_json_takes_it_to_mean(json in any_json(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&json) } else { serde_json::to_string(&json) }.unwrap();
        prop_assert_eq!(skip(&text), Ok(()));
        prop_assert_eq!(read::<Value>(&text), Ok(json));
    }

    #[test]
    fn accepts_exactly_what_serde_json_accepts(text in r#"[\[\]{}:,"\\utfnrale0189.eE+\- ]{0,12}"#) {
        let theirs = serde_json::from_str::<Value>(&text);
        // Numbers beyond a float's range are still JSON numbers.
        let out_of_range = theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
        prop_assert_eq!(skip(&text).is_ok(), theirs.is_ok() || out_of_range, "{}", text);
    }

    #[test]
    fn a_json_text_that_is_cut_short_is_never_taken(json in any_json(), cut: prop::sample::Index) {
        let text = json!({ "wrapped": json }).to_string();
        let cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let cut = &text[..cuts[cut.index(cuts.len())]];
        // To serde_json, a lone minus sign isn't a number that ends early.
        let fault = if cut.ends_with(":-") || cut.ends_with(",-") || cut.ends_with("[-") { Fault::Malformed } else { Fault::Short };
        prop_assert_eq!(skip(cut), Err(fault), "{}", cut);
    }
}

#[test]
fn distinguishes_truncated_from_malformed_text() {
    for short in ["", "t", "tru", "nul", "\"a", "[1,", "{\"a\":"] {
        assert!(matches!(skip(short), Err(Fault::Short)), "{short}: {:?}", skip(short));
    }
    // serde_json doesn't tell whether a skipped number ends early.
    for wrong in ["-", "1.", "1e", "1e+", "-x", "1.x", "1e+x", "x", "trux", "nulx", "[1;", "{a"] {
        assert!(matches!(skip(wrong), Err(Fault::Malformed)), "{wrong}: {:?}", skip(wrong));
    }
}

#[test]
fn refuses_lone_and_mismatched_surrogates() {
    for (escaped, expected) in [
        ("\\ud800\\udc00", Some("\u{10000}")),
        ("\\udbff\\udfff", Some("\u{10ffff}")),
        ("\\ud800\\ue000", None),
        ("\\ud800\\udbff", None),
        ("\\ud800", None),
        ("\\udc00", None),
        ("\\ud800\\ud800", None),
    ] {
        assert_eq!(text(&format!("\"{escaped}\"")).ok().as_deref(), expected, "{escaped}");
    }
}

#[test]
fn pairs_of_surrogates_may_be_skipped_and_halves_may_not() {
    for (escaped, fits) in [
        ("\\ud83d\\udd11", true),
        ("\\uD83D\\uDD11 \\ud83d\\udd11", true),
        ("\\\\ud83d", true),
        ("\\\"\\ud83d\\udd11", true),
        ("\\ud83d", false),
        ("\\udd11", false),
        ("\\ud83d\\n\\udd11", false),
        ("\\ud83d \\udd11", false),
        ("\\ud83d\\ud83d\\udd11", false),
        ("\\\\\\udd11", false),
    ] {
        let object = format!(r#"{{"id":1,"{escaped}":["{escaped}"]}}"#);
        assert_eq!(read::<Object<Fields>>(&object).is_ok(), fits, "{object}");
        assert_eq!(read::<Value>(&object).is_ok(), fits, "{object}");
    }
}

#[test]
fn writes_each_character_as_docs_routes_md_has_it() {
    for (text, written) in [
        ("\"\\/", r#""\"\\/""#),
        ("\u{8}\t\n\u{c}\r", r#""\b\t\n\f\r""#),
        ("\0\u{1f}\u{7f}", "\"\\u0000\\u001f\u{7f}\""),
        ("é\u{2028}\u{feff}🔑", "\"é\u{2028}\u{feff}🔑\""),
    ] {
        assert_eq!(String::from_utf8(write(&text)).unwrap(), written);
        assert_eq!(written_len(text), written.len(), "{written}");
    }
}

proptest! {
    #[test]
    fn the_buffer_of_a_written_value_never_grows(text in any::<String>(), key in "[a-z{,]{1,3}") {
        let value = json!({ key.as_str(): [text.as_str(), &key], "n": null });
        let written = write(&value);
        prop_assert_eq!(written.len(), written_len(&value));
        prop_assert_eq!(written.capacity(), written.len());
        prop_assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), value);
    }
}
