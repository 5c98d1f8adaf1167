//! Objects that statements make ready before a call, properties, and traces that follow what a call calls.

use tgsand::sample::{Case2Code, Qa, QuestionKind};

use crate::cli::file;
use crate::special_methods::hold_elsewhere;
use crate::synth::synth;

/// A stack, a function that a doctest shows with a stack that has something on it, and helpers.
const STACK: &str = r#"
class Stack:
    """A stack with a limit."""

    def __init__(self, limit: int = 10):
        self.items = []
        self.limit = limit

    def push(self, item: int):
        if len(self.items) >= self.limit:
            raise OverflowError("full")
        self.items.append(item)

    def pop(self) -> int:
        if not self.items:
            raise IndexError("empty")
        return self.items.pop()

    @property
    def height(self) -> int:
        return len(self.items)

    def __contains__(self, item):
        return item in self.items


def twice(number: int) -> int:
    double = 2 * number
    return double


def doubled(stack: Stack, least: int = 0) -> list[int]:
    """Doubles what is on a stack.

    >>> stack = Stack()
    >>> stack.push(3)
    >>> stack.push(
    ...     5,  # the last one
    ... )
    >>> doubled(stack)
    [6, 10]
    """
    found = []
    for item in stack.items:
        if item > least:
            found.append(twice(item))
    return found
"#;

#[test]
fn objects_are_made_ready_by_statements_and_hold_in_the_other_commands() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "stack.py", STACK);
    let out = folder.path().join("out");
    let run = synth(&input, &out, &["--fuel", "200M"], b"").done();
    let samples: Vec<Case2Code> = run.lines("samples/case2code.jsonl");
    let of = |entry: &str| samples.iter().find(|one| one.entry == entry).unwrap();
    for (entry, call) in [
        ("Stack.push", "; stack.push("),
        ("Stack.pop", "; stack.pop()"),
        ("Stack.height", "; stack.height"),
        ("Stack.__contains__", " in stack"),
        ("doubled", "doubled(stack)"),
    ] {
        let prompt = &of(entry).prompt.replace("; assert ", "; ");
        assert!(prompt.contains("stack = Stack("), "{prompt}");
        assert!(prompt.contains("; stack.push("), "{prompt}");
        assert!(prompt.contains(call) || prompt.contains("Input: stack = "), "{prompt}");
    }
    let height = &of("Stack.height").prompt;
    assert!(height.contains(" property ") && !height.contains("height()"), "{height}");
    let pop = &of("Stack.pop").prompt;
    assert!(pop.contains(", with the method `push(item: int)`."), "{pop}");
    let shown = "(stack := Stack(), stack.push(3), stack.push(5))[0]";
    assert_eq!(of("doubled").visible_cases[0].arguments, shown);
    // The program has the method that its calls need, though the function itself does not call it.
    assert!(of("Stack.pop").program.contains("def push("));
    assert_eq!(hold_elsewhere(folder.path(), &out), samples.len());
}

#[test]
fn traces_follow_what_a_call_calls_as_far_as_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "stack.py", STACK);
    let traces = |frames: &str| -> Vec<Qa> {
        let out = folder.path().join(format!("out-{frames}"));
        let run = synth(&input, &out, &["--frames", frames, "--fuel", "200M"], b"").done();
        let asked: Vec<Qa> = run.lines("samples/qa.jsonl");
        asked
            .into_iter()
            .filter(|qa| qa.function_name == "doubled" && qa.kind == QuestionKind::PredictOutput)
            .collect()
    };
    let is_within = |qa: &Qa| qa.trace.iter().any(|line| line.starts_with("  "));
    let (followed, own) = (traces("6"), traces("0"));
    // Nobody can tell the result from the call's own steps.
    assert!(own.is_empty(), "{own:?}");
    let followed = followed.iter().find(|qa| is_within(qa)).unwrap();
    let begins = |start: &str| followed.trace.iter().any(|line| line.starts_with(start));
    for start in ["  `twice` is called; then number = ", "  Line ", "Back on line "] {
        assert!(begins(start), "{start}: {:?}", followed.trace);
    }
    let returns = |line: &String| line.contains("`return double`; returns ");
    assert!(followed.trace.iter().any(returns), "{:?}", followed.trace);
}
