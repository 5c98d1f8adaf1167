//! Replies that fit, that nearly fit and that mean harm.
//!
//! Invariant: every reply here is text alone; nothing of it is run.

use super::*;
use crate::python::Module;
use crate::python::infer::infer;

fn reply(program: &str, text: &str) -> Option<Vec<String>> {
    let module = Module::parse(program).unwrap();
    let function = &module.functions()[0];
    let calls = read(text, function, &infer(&module, function))?;
    Some(calls.iter().map(|call| call.to_source().unwrap()).collect())
}

/// What is read of calls given as JSON.
fn calls(program: &str, calls: &str) -> Vec<String> {
    reply(program, &format!(r#"{{"small": [{calls}], "large": [], "edge": []}}"#)).unwrap()
}

/// What is read of one argument, or nothing.
fn argument(annotation: &str, json: &str) -> Option<String> {
    calls(&format!("def f(x: {annotation}): return x\n"), &format!(r#"{{"x": {json}}}"#)).pop()
}

#[test]
fn the_type_tells_what_json_means() {
    for (annotation, json, expected) in [
        ("int", "3", "3"),
        ("int", "3.0", "3"),
        ("float", "1", "1.0"),
        ("Union[int, float]", "1", "1"),
        ("Union[float, int]", "1", "1"),
        ("Union[int, float]", "1.5", "1.5"),
        ("Union[str, list[str]]", r#"["a"]"#, "['a']"),
        ("Optional[int]", "null", "None"),
        ("Literal['a', 1]", "1", "1"),
        ("tuple[int, ...]", "[1, 2]", "(1, 2)"),
        ("tuple[int, str]", r#"[1, "a"]"#, "(1, 'a')"),
        ("tuple[int, str]", r#"{"0": 1, "1": "a"}"#, "(1, 'a')"),
        ("set[int]", "[2, 1, 2]", "{2, 1}"),
        ("set[int]", "[]", "set()"),
        ("frozenset[tuple[int, int]]", "[[1, 2], [1, 2]]", "frozenset({(1, 2)})"),
        ("dict[int, str]", r#"[{"key": 1, "value": "a"}, [2, "b"], [1, "c"]]"#, "{1: 'c', 2: 'b'}"),
        ("dict[int, str]", r#"{"1": "a"}"#, "{1: 'a'}"),
        ("dict[str, int]", r#"{"dict": [["a", 1]]}"#, "{'a': 1}"),
        ("dict[str, int]", r#"{"dict": 1}"#, "{'dict': 1}"),
        ("complex", "[1, 2]", ""),
        ("complex", "2", "(2+0j)"),
    ] {
        let expected = (!expected.is_empty()).then_some(expected);
        assert_eq!(argument(annotation, json).as_deref(), expected, "{annotation} {json}");
    }
}

#[test]
fn every_tag_is_read_where_the_type_is_known_and_where_it_is_not() {
    for (annotation, json, expected) in [
        ("int", r#"{"int": "123456789012345678901"}"#, "123456789012345678901"),
        ("float", r#"{"float": "nan"}"#, "float('nan')"),
        ("float", r#"{"float": "-inf"}"#, "float('-inf')"),
        ("complex", r#"{"complex": [1, -2.5]}"#, "(1-2.5j)"),
        ("bytes", r#"{"bytes": "00ff"}"#, "b'\\x00\\xff'"),
        ("bytes", r#"{"bytearray": "61"}"#, "bytearray(b'a')"),
        ("tuple", r#"{"tuple": [1, [2]]}"#, "(1, [2])"),
        ("set", r#"{"set": [1, "a"]}"#, "{1, 'a'}"),
        ("frozenset", r#"{"frozenset": []}"#, "frozenset()"),
        ("dict", r#"{"dict": [[1, null], [{"tuple": []}, true]]}"#, "{1: None, (): True}"),
    ] {
        for annotation in [annotation, "Any"] {
            assert_eq!(
                argument(annotation, json).as_deref(),
                Some(expected),
                "{annotation} {json}"
            );
        }
    }
    assert_eq!(argument("Any", r#"{"a": [1.5, false]}"#).as_deref(), Some("{'a': [1.5, False]}"));
}

#[test]
fn numbers_and_texts_are_those_that_python_reads() {
    for (json, expected) in [
        ("18446744073709551617", "18446744073709551617"),
        ("-9223372036854775809", "-9223372036854775809"),
        ("NaN", "float('nan')"),
        ("-Infinity", "float('-inf')"),
        ("1e309", "float('inf')"),
        (r#""\ud800""#, r"'\ud800'"),
        (r#"{"\ud83d": 10000000000000000000007}"#, r"{'\ud83d': 10000000000000000000007}"),
    ] {
        assert_eq!(argument("Any", json).as_deref(), Some(expected), "{json}");
    }
    assert_eq!(argument("int", "18446744073709551617").as_deref(), Some("18446744073709551617"));
    assert_eq!(argument("float", "1e309").as_deref(), Some("float('inf')"));
    assert_eq!(argument("str", r#""\ud800""#).as_deref(), Some(r"'\ud800'"));
    assert_eq!(
        argument("dict[int, str]", r#"{"18446744073709551617": "a"}"#).as_deref(),
        Some("{18446744073709551617: 'a'}")
    );
}

#[test]
fn what_does_not_fit_costs_its_call_alone() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for (annotation, json) in [
        ("int", "1.5"),
        ("int", "true"),
        ("int", "1e300"),
        ("int", r#""1""#),
        ("int", r#"{"int": "007"}"#),
        ("int", r#"{"int": "1; import os"}"#),
        ("float", r#"{"float": "1"}"#),
        ("str", "null"),
        ("int", "1e999"),
        ("int", "NaN"),
        ("int", r#""\ud800""#),
        ("bytes", r#"{"bytes": "0"}"#),
        ("bytes", r#"{"bytes": "zz"}"#),
        ("tuple[int, int]", "[1]"),
        ("tuple[int, str]", r#"{"0": 1, "2": "a"}"#),
        ("set", "[[1]]"),
        ("dict[str, int]", r#"[{"key": "a"}]"#),
        ("dict", r#"[[[1], 2]]"#),
        ("Literal['a']", r#""b""#),
        ("Callable", "null"),
        ("Any", r#"{"set": 1}"#),
        ("Any", deep.as_str()),
    ] {
        let program = format!("def f(x: {annotation}, y: int): return x\n");
        assert_eq!(
            calls(&program, &format!(r#"{{"x": {json}, "y": 1}}"#)),
            Vec::<String>::new(),
            "{annotation}"
        );
    }
    let program = "def f(x: int): return x\n";
    assert_eq!(calls(program, &format!(r#"{{"x": {deep}}}, {{"x": 1e999}}, {{"x": 2}}"#)), ["2"]);
    let huge = format!("1{}", "0".repeat(400));
    assert_eq!(argument("float", &huge), None);
}

#[test]
fn tags_that_could_hide_code_are_plain_keys() {
    let escaped = r#"{"str": "' + __import__('os').name + '"}"#;
    assert_eq!(
        argument("Any", escaped).as_deref(),
        Some(r#"{'str': "' + __import__('os').name + '"}"#)
    );
    assert_eq!(argument("str", escaped), None);
    assert_eq!(
        argument("Any", r#"{"object": "P", "fields": []}"#).as_deref(),
        Some("{'object': 'P', 'fields': []}")
    );
}

#[test]
fn keys_must_be_the_parameters() {
    let program = "def f(a: int, b: int): return a\n";
    let given = r#"{"a": 1, "b": 2}, {"a": 1}, {"a": 1, "b": 2, "c": 3}, [1, 2], {"b": 2, "a": 1, "a": 3}, {"b": 2, "a": 1}"#;
    assert_eq!(calls(program, given), ["1, 2", "3, 2"]);
}

#[test]
fn null_leaves_a_parameter_to_its_default() {
    let program = "def f(a: int, b: int = 1, c: str = None, *, d: bool = True): return a\n";
    let given =
        r#"{"a": 1, "b": null, "c": null, "d": null}, {"a": 1, "b": 2, "c": "x", "d": false}"#;
    assert_eq!(calls(program, given), ["1, c=None", "1, 2, 'x', d=False"]);
    let program = "def f(a: int = 0, /, b: int = 1, *c: int): return a\n";
    let given = r#"{"a": null, "b": 2, "c": []}, {"a": null, "b": 2, "c": [3]}, {"a": 1, "b": 2, "c": [3]}"#;
    assert_eq!(calls(program, given), ["b=2", "1, 2, 3"]);
}

#[test]
fn collected_keywords_are_pairs() {
    let program = "def f(a: int, **more: int): return a\n";
    let given = r#"{"a": 1, "more": [{"key": "b", "value": 2}]}, {"a": 1, "more": [{"key": "a", "value": 2}]}"#;
    assert_eq!(calls(program, given), ["1, b=2"]);
}

#[test]
fn a_fence_around_the_json_is_no_matter() {
    let program = "def f(a: int): return a\n";
    assert_eq!(
        reply(program, "```json\n{\"edge\": [{\"a\": 1}]}\n```\n"),
        Some(vec!["1".to_owned()])
    );
}

#[test]
fn other_replies_are_left_to_the_reader_of_literals() {
    for text in
        ["", "examples = [dict(a=1)]", "[{\"a\": 1}]", "{\"a\": 1}", "{\"small\": [{\"a\": 1}"]
    {
        assert_eq!(reply("def f(a: int): return a\n", text), None, "{text}");
    }
}
