//! Rows of each format, and the same rows with another program.

use serde_json::json;

use super::*;

fn read(row: serde_json::Value) -> Result<ProgramRow, Rejection> {
    let Json::Object(row) = Json::from(row) else { panic!("a row is an object") };
    ProgramRow::read(row, &Prompts::default())
}

/// The row with `new` in the place of its program.
fn replaced(row: serde_json::Value, new: &str) -> (String, serde_json::Value) {
    let found = read(row).unwrap();
    let row = found.with_program(new).unwrap();
    (found.program, serde_json::from_str(&Json::Object(row).to_string()).unwrap())
}

const OLD: &str = "def f(x):\n    return x + 1\n";
const NEW: &str = "def f(x):\n    return 1 + x\n";

#[test]
fn a_program_is_replaced_where_its_format_has_it() {
    let tests = json!(["assert f(1) == 2"]);
    let io = json!({"fn_name": "f", "inputs": [[1]], "outputs": [2]});
    let rows = [
        json!({"task_id": 7, "prompt": "Add one.", "code": OLD, "test_list": tests, "more": [null, 1.0]}),
        json!({"question": "Add one.", "solutions": OLD, "test_list": tests}),
        json!({"question": "Add one.", "solutions": OLD, "input_output": io.to_string()}),
        json!({"question": "Add one.", "solutions": ["x =", OLD, "y = 1"], "input_output": io}),
        json!({"question": "Add one.", "solutions": json!([OLD, "y = 1"]).to_string(), "input_output": io}),
        json!({"description": "Add one.", "solutions": {"language": [2, 3], "solution": ["int f;", OLD]}, "public_tests": {"input": ["1"], "output": ["2"]}}),
        json!({"instruction": "Add one.", "output": OLD}),
    ];
    for (at, row) in rows.into_iter().enumerate() {
        let (program, found) = replaced(row.clone(), NEW);
        assert_eq!(program, OLD, "row {at}");
        let expected = match at {
            3 => {
                json!({"question": "Add one.", "solutions": ["x =", NEW, "y = 1"], "input_output": io})
            }
            4 => {
                json!({"question": "Add one.", "solutions": json!([NEW, "y = 1"]).to_string(), "input_output": io})
            }
            5 => {
                json!({"description": "Add one.", "solutions": {"language": [2, 3], "solution": ["int f;", NEW]}, "public_tests": {"input": ["1"], "output": ["2"]}})
            }
            _ => serde_json::from_str(&row.to_string().replace("x + 1", "1 + x")).unwrap(),
        };
        assert_eq!(found, expected, "row {at}");
    }
}

#[test]
fn a_solution_that_goes_on_with_the_prompt_is_replaced_after_it() {
    let row = json!({"task_id": "t/1", "prompt": "def f(x):\n", "entry_point": "f", "canonical_solution": "    return x + 1\n", "test": "def check(candidate):\n    assert candidate(1) == 2\n"});
    let (program, found) = replaced(row.clone(), NEW);
    assert_eq!(program, OLD);
    assert_eq!(found["canonical_solution"], "    return 1 + x\n");
    assert!(read(row).unwrap().with_program("def f( x ):\n    return x + 1\n").is_none());
}

#[test]
fn what_repeats_the_program_follows_it() {
    let row = json!({"code": OLD, "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": fenced(OLD)}], "copy": OLD});
    let (_, found) = replaced(row, NEW);
    assert_eq!(
        found,
        json!({"code": NEW, "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": fenced(NEW)}], "copy": NEW})
    );
}

#[test]
fn a_row_without_a_program_says_so() {
    let reason = |row| read(row).err().map(|why| why.reason);
    assert_eq!(reason(json!({"a": 1})), Some(Reason::NoReference));
    let row = json!({"text": "Add.", "test_list": ["assert f(1) == 2"]});
    assert_eq!(reason(row), Some(Reason::NoReference));
    let row = json!({"text": "Add.", "code": OLD, "test_list": ["x = 1"]});
    assert_eq!(reason(row), Some(Reason::UnreadableRecord));
}
