//! Texts that Python's `json` reads, and those that it refuses.
//!
//! Invariant: what a text becomes is written out, never computed by what is tested.

use super::*;

#[track_caller]
fn text(written: &str) -> Text {
    match read(written).unwrap() {
        Json::Text(text) => text,
        other => panic!("{other} is not a text"),
    }
}

#[track_caller]
fn refused(text: &str) -> (&'static str, usize) {
    let error = read(text).unwrap_err();
    (error.why, error.at)
}

#[test]
fn integers_keep_their_digits() {
    for digits in ["0", "-7", "18446744073709551617", "-10000000000000000000000000000000000007"] {
        assert_eq!(read(digits), Ok(Json::Int(digits.into())));
    }
    assert_eq!(read(" -0\n"), Ok(Json::Int("0".into())));
    assert_eq!(read(&"7".repeat(4300)), Ok(Json::Int("7".repeat(4300))));
    assert_eq!(refused(&"7".repeat(4301)), ("an integer of more than 4300 digits", 0));
}

#[test]
fn numbers_with_a_point_or_an_exponent_are_floats_up_to_infinity() {
    for (text, x) in [
        ("1.0", 1.0),
        ("-0.0", -0.0),
        ("1e5", 100_000.0),
        ("1E-2", 0.01),
        ("123456789012345678901234567890.5", 123_456_789_012_345_678_901_234_567_890.5),
        ("1e309", f64::INFINITY),
        ("-1e309", f64::NEG_INFINITY),
        ("Infinity", f64::INFINITY),
        ("-Infinity", f64::NEG_INFINITY),
    ] {
        let Ok(Json::Float(read)) = read(text) else { panic!("{text} is not a float") };
        assert_eq!(read.to_bits(), x.to_bits(), "{text}");
    }
    assert!(matches!(read("NaN"), Ok(Json::Float(x)) if x.is_nan()));
}

#[test]
fn texts_are_unescaped() {
    let escaped = r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#;
    assert_eq!(text(escaped).as_str(), Some("\"\\/\u{8}\u{c}\n\r\té😀é"));
}

#[test]
fn lone_surrogates_stay_what_they_are() {
    for (written, points) in [
        (r#""\ud83d""#, vec![0xd83d]),
        (r#""a\uDE00\ud83d""#, vec![0x61, 0xde00, 0xd83d]),
        (r#""\ud83d\ud83d\ude00\ufffd""#, vec![0xd83d, 0x1f600, 0xfffd]),
        (r#""\ud83d\u0041""#, vec![0xd83d, 0x41]),
        (r#""\ud83d\n""#, vec![0xd83d, 0xa]),
    ] {
        let text = text(written);
        assert_eq!(text.code_points().collect::<Vec<_>>(), points, "{written}");
        assert_eq!(text.as_str(), None);
    }
    assert_eq!(text(r#""a\ud83db""#).lossy(), "a\u{fffd}b");
}

#[test]
fn what_python_refuses_is_refused_at_its_place() {
    for (text, why, at) in [
        ("", "the text ends too early", 0),
        ("[1, 2", "the text ends too early", 5),
        ("\"a", "the text ends too early", 2),
        ("[1 2]", "expected a comma or a closing bracket", 3),
        ("[1,]", "expected a value", 3),
        ("{1: 2}", "expected a text in quotes", 1),
        ("{\"a\" 2}", "expected a colon", 5),
        ("nan", "expected a value", 0),
        ("-", "the text ends too early", 1),
        ("+1", "expected a value", 0),
        (".5", "expected a value", 0),
        ("1.", "the text goes on after its value", 1),
        ("1e", "the text goes on after its value", 1),
        ("007", "the text goes on after its value", 1),
        ("[] x", "the text goes on after its value", 3),
        ("\"a\nb\"", "a control character in a text", 2),
        (r#""\x""#, "an escape that JSON does not have", 2),
        (r#""\u12g4""#, "\\u without four hexadecimal digits", 2),
        ("\u{a0}1", "expected a value", 0),
    ] {
        assert_eq!(refused(text), (why, at), "{text}");
    }
}

#[test]
fn nesting_has_an_end() {
    for open in ["[", "{\"a\":"] {
        assert_eq!(refused(&open.repeat(100_000)).0, "nested too deeply");
    }
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(read(&deep(MAX_DEPTH)).is_ok());
    assert_eq!(refused(&deep(MAX_DEPTH + 1)), ("nested too deeply", MAX_DEPTH));
}

#[test]
fn a_value_at_the_begin_ends_where_the_next_begins() {
    assert_eq!(prefix("[1] and"), (read("[1]"), 3));
    assert_eq!(prefix("[1 and").1, 3);
}

#[test]
fn parts_are_found_without_being_read() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let list = format!(" [{deep} , {{\"]\": [NaN, ]}}, 1 ]");
    assert_eq!(elements(&list).unwrap(), [deep.as_str(), "{\"]\": [NaN, ]}", "1"]);
    assert_eq!(elements("[]"), Ok(vec![]));
    let found = fields(r#"{"a": [1, 2], "b" :"}"}"#).unwrap();
    let found: Vec<(&str, &str)> = found.iter().map(|(name, text)| (name.lossy(), *text)).collect();
    assert_eq!(found, [("a", "[1, 2]"), ("b", "\"}\"")]);
    for text in ["[1", "[1] 2", "[1]]", "{}"] {
        assert!(elements(text).is_err(), "{text}");
    }
}
