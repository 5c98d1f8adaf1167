//! A program and its executions as a prompt shows them to a model that writes about it.
//!
//! Invariant: an execution is written in the form that a text must use to state it.

use super::notation::{call_text, effects, result_text};
use crate::sample::SampleCase;
use crate::sandbox::End;

/// Executions that a prompt shows.
const MAX_EXECUTIONS: usize = 6;
/// Characters of an execution that a prompt shows; longer ones hide what they show.
const MAX_EXECUTION: usize = 300;

/// Picks the executions that a prompt shows: short ones, and first of all such as differ in what they give.
pub fn telling<'c>(entry: &str, cases: impl Iterator<Item = &'c SampleCase>) -> Vec<SampleCase> {
    let is_telling = |case: &&SampleCase| {
        let text = execution(entry, case);
        matches!(case.end, End::Returned { .. } | End::Raised(_))
            && text.chars().count() <= MAX_EXECUTION
            // A backtick in the value would end the inline code.
            && text.matches('`').count() == 4
            && !text.contains('\n')
    };
    let (mut first, mut again): (Vec<SampleCase>, Vec<SampleCase>) = (Vec::new(), Vec::new());
    for case in cases.filter(is_telling) {
        let is_new = !first.iter().any(|other| other.end.is_same(&case.end));
        if is_new { &mut first } else { &mut again }.push(case.clone());
    }
    first.extend(again);
    first.truncate(MAX_EXECUTIONS);
    first
}

/// Describes an execution in the form in which texts must state results.
pub fn execution(entry: &str, case: &SampleCase) -> String {
    let call = call_text(entry, case);
    let result = result_text(&case.end);
    let told = match result.strip_prefix("raises ") {
        Some(raised) if matches!(case.end, End::Raised(_)) => format!("`{call}` raises `{raised}`"),
        _ => format!("`{call}` returns `{result}`"),
    };
    let effects = effects(entry, case);
    if effects.is_empty() { told } else { format!("{told}, and {effects}") }
}

/// The program with its line numbers.
pub fn numbered(program: &str) -> String {
    let width = program.lines().count().to_string().len();
    let lines: Vec<String> = program
        .lines()
        .enumerate()
        .map(|(i, line)| format!("{:>width$} | {line}", i + 1))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Raised;
    use crate::sandbox::value::Value;

    fn case(arguments: &str, end: End) -> SampleCase {
        SampleCase {
            arguments: arguments.into(),
            end,
            kind: None,
            stdout: String::new(),
            mutated: Vec::new(),
        }
    }

    fn returned(arguments: &str, text: &str) -> SampleCase {
        let value = Value::str(text);
        let repr = value.to_string();
        case(arguments, End::Returned { value, repr })
    }

    #[test]
    fn an_execution_is_told_as_texts_shall_state_it() {
        let raised = Raised {
            kind: "KeyError".into(),
            message: "'a'".into(),
            line: None,
            in_arguments: false,
            bases: Vec::new(),
        };
        assert_eq!(
            execution("f", &case("1", End::Raised(raised))),
            "`f(1)` raises `KeyError: 'a'`"
        );
        let printing = SampleCase { stdout: "hi\n".into(), ..returned("2", "raises x") };
        assert_eq!(execution("f", &printing), "`f(2)` returns `'raises x'`, and prints 'hi\\n'");
    }

    #[test]
    fn executions_that_differ_are_shown_first_and_unreadable_ones_never() {
        let cases = [
            returned("1", "a"),
            returned("2", "a"),
            returned("3", "`"),
            returned("4", &"x".repeat(MAX_EXECUTION)),
            case("5", End::OutOfFuel),
            returned("6", "b"),
        ];
        let shown: Vec<String> =
            telling("f", cases.iter()).into_iter().map(|case| case.arguments).collect();
        assert_eq!(shown, ["1", "6", "2"]);
    }

    #[test]
    fn lines_are_numbered_from_one() {
        let program = "x = 1\n".repeat(10);
        assert!(numbered(&program).starts_with(" 1 | x = 1\n 2 | "));
        assert!(numbered(&program).ends_with("\n10 | x = 1"));
    }
}
