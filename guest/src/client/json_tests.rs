use super::*;
use proptest::prelude::*;
use serde_json::Value;

fn skip(text: &str) -> Read<()> {
    read_all(text, Reader::skip)
}

fn text(json: &str) -> Read<String> {
    read_all(json, Reader::text)
}

/// Reads any JSON with this reader.
fn value(reader: &mut Reader<'_>) -> Read<Value> {
    Ok(match reader.peek()? {
        b'{' => {
            let mut members = serde_json::Map::new();
            reader.object(|reader, key| {
                members.insert(key.to_owned(), value(reader)?);
                Ok(())
            })?;
            Value::Object(members)
        }
        b'[' => Value::Array(reader.list(value)?),
        b'"' => Value::String(reader.text()?),
        b't' | b'f' => Value::Bool(reader.flag()?),
        b'n' => reader.nullable(value).map(Option::unwrap_or_default)?,
        _ => Value::Number(reader.number()?.parse().map_err(|_| Fault::Shape)?),
    })
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
        assert_eq!(read_all(json, Reader::presence), Ok(present), "{json}");
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

#[test]
fn a_key_that_is_written_with_escapes_is_the_same_key() {
    let mut keys = Vec::new();
    let read = read_all(r#"{"id":1,"\u0069d":2}"#, |reader| {
        reader.object(|reader, key| {
            keys.push(key.to_owned());
            reader.skip()
        })
    });
    assert_eq!((read, keys), (Ok(()), vec!["id".to_owned(), "id".to_owned()]));
}

#[test]
fn a_whole_number_is_written_as_one_and_fits() {
    for (json, number) in [("0", 0), ("7", 7), ("4294967295", u32::MAX)] {
        assert_eq!(read_all(json, Reader::whole_number), Ok(number));
    }
    for json in ["4294967296", "-1", "-0", "1.0", "1e0", "1e400", "\"1\"", "null", "[1]", "99999999999999999999999"] {
        assert_eq!(read_all(json, Reader::whole_number), Err(Fault::Shape), "{json}");
    }
}

#[test]
fn another_type_than_the_expected_one_is_no_answer() {
    for json in ["1", "null", "true", "[]", "{}", "-1"] {
        assert_eq!(text(json), Err(Fault::Shape), "{json}");
    }
    for json in ["1", "null", "true", "[]", "\"{}\""] {
        assert_eq!(read_all(json, |reader| reader.object(|reader, _| reader.skip())), Err(Fault::Shape), "{json}");
    }
    for json in ["1", "null", "{}", "\"[]\""] {
        assert_eq!(read_all(json, |reader| reader.array(Reader::skip)), Err(Fault::Shape), "{json}");
    }
    for json in ["0", "null", "\"true\""] {
        assert_eq!(read_all(json, Reader::flag), Err(Fault::Shape), "{json}");
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
        let Err(Error::UnexpectedAnswer(text)) = parse(body, Reader::text) else { panic!("{body:?} was taken") };
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
        prop_assert_eq!(read_all(&text, value), Ok(json));
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
        let text = serde_json::json!({ "wrapped": json }).to_string();
        let cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        prop_assert_eq!(skip(&text[..cuts[cut.index(cuts.len())]]), Err(Fault::Short));
    }
}

#[test]
fn distinguishes_truncated_from_malformed_text() {
    for short in ["", "-", "1.", "1e", "1e+", "t", "tru", "nul", "\"a", "[1,", "{\"a\":"] {
        assert!(matches!(skip(short), Err(Fault::Short)), "{short}: {:?}", skip(short));
    }
    for wrong in ["-x", "1.x", "1e+x", "x", "trux", "nulx", "[1;", "{a"] {
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
