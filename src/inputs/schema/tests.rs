//! Schemas of every type, as JSON.
//!
//! Invariant: what these tests ask for is what `reply` has tests to read.

use super::*;
use crate::python::Module;
use crate::python::infer::infer;

fn schema(program: &str, count: usize, max_tokens: usize) -> Option<Json> {
    let module = Module::parse(program).unwrap();
    let function = &module.functions()[0];
    calls_schema(program, function, &infer(&module, function), count, max_tokens)
}

/// The schema of one annotated parameter in each group of one call.
fn parts(annotation: &str) -> [Json; 3] {
    let schema = schema(&format!("def f(x: {annotation}): return x\n"), 3, 1500).unwrap();
    GROUPS.map(|group| schema["properties"][group]["items"]["properties"]["x"].clone())
}

fn small(annotation: &str) -> Json {
    let [small, _, _] = parts(annotation);
    small
}

fn text(least: usize, most: usize) -> Json {
    json!({"type": "string", "pattern": format!("^[ !#-Z^-~\\[\\]]{{{least},{most}}}$")})
}

#[test]
fn a_schema_asks_for_a_fixed_number_of_calls_with_every_property() {
    let int = |least, most| json!({"type": "integer", "minimum": least, "maximum": most});
    let group = |count: usize, a: Json, b: Json| {
        json!({
            "type": "array",
            "items": {"type": "object", "required": ["a", "b"], "additionalProperties": false, "properties": {"a": a, "b": b}},
            "minItems": count,
            "maxItems": count,
        })
    };
    let expected = json!({
        "type": "object",
        "required": ["small", "large", "edge"],
        "additionalProperties": false,
        "properties": {
            "small": group(2, int(-20, 100), json!({"anyOf": [{"type": "boolean"}, {"type": "null"}]})),
            "large": group(1, int(-1_000_000, 1_000_000), json!({"type": "boolean"})),
            "edge": group(
                1,
                json!({"type": "integer", "enum": [10, 9, 11]}),
                json!({"anyOf": [{"type": "boolean"}, {"type": "null"}]}),
            ),
        },
    });
    assert_eq!(
        schema("def f(a: int, b: bool = False): return a > 10 and b\n", 4, 1500),
        Some(expected)
    );
}

#[test]
fn every_type_has_a_bounded_schema() {
    let number = json!({"type": "number", "minimum": -20.0, "maximum": 100.0});
    let int = json!({"type": "integer", "minimum": -20, "maximum": 100});
    let object = |properties: Json| {
        let required: Vec<&String> = properties.as_object().unwrap().keys().collect();
        json!({"type": "object", "required": required, "additionalProperties": false, "properties": properties})
    };
    let array = |items: &Json, least: usize, most: usize| json!({"type": "array", "items": items, "minItems": least, "maxItems": most});
    for (annotation, expected) in [
        ("None", json!({"type": "null"})),
        ("float", number.clone()),
        ("str", text(0, 10)),
        (
            "bytes",
            object(json!({"bytes": {"type": "string", "pattern": "^([0-9a-f][0-9a-f]){0,8}$"}})),
        ),
        ("complex", object(json!({"complex": array(&number, 2, 2)}))),
        ("list[int]", array(&int, 1, 3)),
        ("set[int]", array(&int, 1, 3)),
        ("tuple[int, ...]", array(&int, 1, 3)),
        ("tuple[int, int]", array(&int, 2, 2)),
        ("tuple[int, str]", object(json!({"0": int, "1": text(0, 10)}))),
        ("list[list[int]]", array(&array(&int, 1, 2), 1, 3)),
        ("dict[int, str]", array(&object(json!({"key": int, "value": text(0, 10)})), 1, 3)),
        ("Optional[int]", json!({"anyOf": [int, {"type": "null"}]})),
        ("Literal['a', 'b']", json!({"type": "string", "enum": ["a", "b"]})),
        (
            "Literal['a', 1]",
            json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "integer", "enum": [1]}]}),
        ),
    ] {
        assert_eq!(small(annotation), expected, "{annotation}");
    }
}

#[test]
fn groups_differ_in_size_and_only_some_leave_things_out() {
    let [small, large, edge] = parts("Optional[list[str]]");
    let array = |items: Json, least: usize, most: usize| json!({"type": "array", "items": items, "minItems": least, "maxItems": most});
    assert_eq!(small["anyOf"], json!([array(text(0, 10), 1, 3), {"type": "null"}]));
    assert_eq!(large, array(text(1, 40), 3, 8));
    assert_eq!(edge["anyOf"], json!([array(text(0, 4), 0, 2), {"type": "null"}]));
}

#[test]
fn records_and_collected_arguments_have_a_property_each() {
    let found = schema("def f(x, *rest: int, **more: int): return x['a'] + 1\n", 3, 1500).unwrap();
    let call = &found["properties"]["small"]["items"];
    assert_eq!(call["required"], json!(["x", "rest", "more"]));
    assert_eq!(call["properties"]["x"]["required"], json!(["a"]));
    assert_eq!(call["properties"]["rest"]["items"]["type"], "integer");
    let pair = &call["properties"]["more"]["items"]["properties"];
    assert_eq!(pair["key"], json!({"type": "string", "pattern": "^[a-z][a-z0-9_]{0,9}$"}));
    assert_eq!(pair["value"]["type"], "integer");
}

#[test]
fn text_that_needs_escapes_is_bounded_by_its_length_alone() {
    let found = schema("def f(x: str): return x.split('\\n')[0] == '\\t'\n", 3, 1500).unwrap();
    let text = &found["properties"]["large"]["items"]["properties"]["x"];
    assert_eq!(*text, json!({"type": "string", "minLength": 1, "maxLength": 40}));
    let text = &found["properties"]["edge"]["items"]["properties"]["x"];
    assert_eq!(*text, json!({"type": "string", "minLength": 0, "maxLength": 4}));
}

#[test]
fn one_known_value_does_not_make_all_edge_cases_alike() {
    let found = schema("def f(x: float): return x < -273.15\n", 3, 1500).unwrap();
    let edge = &found["properties"]["edge"]["items"]["properties"]["x"]["anyOf"];
    assert_eq!(edge[0], json!({"type": "number", "enum": [-273.15]}));
    assert_eq!(edge[1]["type"], "number");
}

#[test]
fn infinities_are_offered_to_functions_that_know_them() {
    let found = schema("import math\ndef f(x: float): return math.isnan(x)\n", 3, 1500).unwrap();
    let edge = &found["properties"]["edge"]["items"]["properties"]["x"]["anyOf"][1];
    assert_eq!(
        edge["properties"]["float"],
        json!({"type": "string", "enum": ["nan", "inf", "-inf"]})
    );
}

#[test]
fn fat_types_get_smaller_values_and_then_fewer_calls() {
    let program = "def f(x: list[list[list[str]]]): return x\n";
    let calls = |found: &Json| -> u64 {
        let groups = found["properties"].as_object().unwrap().values();
        groups.map(|group| group["minItems"].as_u64().unwrap()).sum()
    };
    let most =
        |found: &Json| found["properties"]["large"]["items"]["properties"]["x"]["maxItems"].clone();
    let shape = |max_tokens: usize| {
        let found = schema(program, 10, max_tokens).unwrap();
        (calls(&found), most(&found))
    };
    assert_eq!(shape(100_000), (10, json!(8)));
    assert_eq!(shape(2500), (10, json!(4)));
    assert_eq!(shape(1500), (10, json!(2)));
    assert_eq!(shape(500), (3, json!(2)));
    // One call is always asked for: the server may count less than was feared.
    assert_eq!(shape(1), (1, Json::Null));
}

#[test]
fn types_nested_too_deep_are_not_asked_for() {
    let nested = |levels: usize| {
        format!("def f(x: {}int{}): return x\n", "list[".repeat(levels), "]".repeat(levels))
    };
    assert!(schema(&nested(MAX_DEPTH), 3, 1500).is_some());
    assert_eq!(schema(&nested(MAX_DEPTH + 1), 3, 1500), None);
}
