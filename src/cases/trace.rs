//! A line trace in words: one text for each statement that ran, with the values that it set, returned or yielded, and below a
//! statement those of the program's functions that it called, if the trace has their steps.
//!
//! Invariant: nothing is said of a step that the trace and the result do not show.

mod call;

use std::collections::{BTreeSet, HashMap, HashSet};

use self::call::Call;
use crate::python::is_dotted_identifier;
use crate::python::statements::{
    Statement, StatementKind, at_line, comprehension_names, statements,
};
use crate::sample::SampleCase;
use crate::sandbox::{Step, steps};

/// A trace up to this length is shown whole.
const WHOLE: usize = 24;
/// Turns of a loop from which its middle is left out, and how many are kept at its beginning and its end.
const MANY_TURNS: usize = 7;
const FIRST_TURNS: usize = 3;
const LAST_TURNS: usize = 2;

/// The trace of a call.
pub(super) struct Trace<'a> {
    case: &'a SampleCase,
    statements: Vec<Statement>,
    /// For the first line of each call, the names that only comprehensions of its function set.
    passing: HashMap<u32, HashSet<String>>,
    steps: &'a [Step],
}

/// One statement that ran.
struct Entry {
    line: u32,
    /// Where its steps begin, and where the call's next statement begins.
    from: usize,
    to: usize,
    /// Whether it begins a turn of a loop, or ends the loop.
    turn: Option<bool>,
    text: String,
    set: Vec<(String, String)>,
    after: String,
    decisions: Vec<Decision>,
    /// What the functions did that it called.
    within: Vec<String>,
}

/// How a condition came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decision {
    pub line: u32,
    /// The condition, as a part of the answer says it.
    pub text: String,
    /// `None` if the trace does not tell.
    pub holds: Option<bool>,
    pub then: Then,
}

/// What a condition that holds, or does not hold, leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Then {
    /// A line with its text.
    Line(u32, String),
    /// The end of a function.
    End(String),
    /// What an expression gives.
    Gives { whole: String, part: String },
}

impl Entry {
    fn of(line: u32, text: String) -> Self {
        Self {
            line,
            from: 0,
            to: 0,
            turn: None,
            text,
            set: Vec::new(),
            after: String::new(),
            decisions: Vec::new(),
            within: Vec::new(),
        }
    }

    /// Shows these names first: what sets a name to the value that it has already sets it all the same.
    fn show(&mut self, names: &[String], known: &HashMap<&str, String>) {
        self.set.retain(|(name, _)| !names.contains(name));
        let values =
            names.iter().filter_map(|name| Some((name.clone(), known.get(name.as_str())?.clone())));
        self.set.splice(0..0, values);
    }

    fn told(&self) -> Vec<String> {
        let set: Vec<String> =
            self.set.iter().filter_map(|(name, value)| became(name, value)).collect();
        let set = if set.is_empty() { String::new() } else { format!("; then {}", set.join(", ")) };
        let outcome = format!("{set}{}", self.after);
        if self.within.is_empty() {
            return vec![format!("{}{outcome}", self.text)];
        }
        let mut lines = vec![self.text.clone()];
        lines.extend(self.within.iter().map(|line| format!("  {line}")));
        if !outcome.is_empty() {
            lines.push(format!("Back on line {}{outcome}", self.line));
        }
        lines
    }
}

/// Says what a name became, unless its value shows nothing.
fn became(name: &str, value: &str) -> Option<String> {
    if tells(value) {
        return Some(format!("{name} = {value}"));
    }
    if let Some(object) = object_of(value) {
        return Some(format!("{name} is {object}"));
    }
    let function = value.split_once(' ').map_or("", |(_, rest)| rest).trim_end_matches('>');
    let function = function.strip_prefix("function ").unwrap_or(function);
    is_dotted_identifier(function).then(|| format!("{name} = {function}"))
}

/// What the text of an object without a `repr` says: `<nets.Graph object>` is a Graph object.
fn object_of(value: &str) -> Option<String> {
    let class = value.strip_prefix('<')?.strip_suffix(" object>")?.rsplit('.').next()?;
    let article = if class.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    is_dotted_identifier(class).then(|| format!("{article} {class} object"))
}

/// Whether the text of a value says more than that it is an object or a function.
fn tells(value: &str) -> bool {
    let is_named = ["<function ", "<bound method ", "<built-in "];
    // `...` is an object whose `repr` fails, since its constructor still runs.
    !(value == "..."
        || value.starts_with('<') && value.ends_with(" object>")
        || is_named.iter().any(|start| value.starts_with(start)))
}

impl<'a> Trace<'a> {
    pub(super) fn new(program: &str, steps: &'a [Step], case: &'a SampleCase) -> Self {
        let mut passing = HashMap::new();
        let mut begun = HashSet::new();
        for step in steps.iter().filter(|step| begun.insert(step.frame)) {
            let names = || comprehension_names(program, step.line);
            passing.entry(step.line).or_insert_with(names);
        }
        Self { case, statements: statements(program), passing, steps }
    }

    /// The line and the text of the statement that returned.
    pub(super) fn last_return(&self) -> Option<(u32, &str)> {
        let own = self.steps.first()?.frame;
        let last = self.steps.iter().rev().find(|step| step.frame == own)?;
        let statement = at_line(&self.statements, last.line)?;
        (statement.kind == StatementKind::Return)
            .then(|| (*statement.lines.start(), statement.text.as_str()))
    }

    /// Whether the last statement of the call called functions whose steps are there.
    pub(super) fn ends_in_a_call(&self) -> bool {
        let ends = self.steps.first().zip(self.steps.last());
        ends.is_some_and(|(first, last)| first.frame != last.frame)
    }

    /// How the conditions that were met came out, in the order in which they were met, in the call and in all that the trace has of
    /// what it called.
    pub(super) fn decisions(&self) -> Vec<Decision> {
        let named = self.steps.iter().filter(|step| !step.is_nameless());
        let frames: BTreeSet<u32> = named.map(|step| step.frame).collect();
        let own = self.steps.first().map(|step| step.frame);
        let calls = frames.into_iter().map(|frame| {
            let case = (Some(frame) == own).then_some(self.case);
            Call::new(self, frame, case)
        });
        let mut entries: Vec<Entry> = calls.flat_map(|call| call.entries()).collect();
        entries.sort_by_key(|entry| entry.from);
        entries.into_iter().flat_map(|entry| entry.decisions).collect()
    }

    /// The trace, one text for each statement.
    pub(super) fn lines(&self) -> Vec<String> {
        self.told(self.own().entries())
    }

    /// The call that the trace is of.
    fn own(&self) -> Call<'_> {
        let frame = self.steps.first().map_or(0, |step| step.frame);
        Call::new(self, frame, Some(self.case))
    }

    /// The text of each statement, with what it called below it.
    fn told(&self, mut entries: Vec<Entry>) -> Vec<String> {
        for entry in &mut entries {
            entry.within = self.told_within(entry.from + 1..entry.to);
        }
        if entries.len() > WHOLE {
            let heads = self.statements.iter().filter(|one| {
                matches!(one.kind, StatementKind::For { .. } | StatementKind::While { .. })
            });
            heads.for_each(|head| {
                entries = folded(std::mem::take(&mut entries), *head.lines.start());
            });
        }
        entries.iter().flat_map(Entry::told).collect()
    }

    /// What the calls did whose steps stand in a range, which may have steps of their caller between them.
    fn told_within(&self, range: std::ops::Range<usize>) -> Vec<String> {
        let caller = range.start.checked_sub(1).map(|at| self.steps[at].frame);
        let runs = self.steps[range.clone()].split(|step| Some(step.frame) == caller);
        let mut at = range.start;
        let mut told = Vec::new();
        for run in runs {
            for call in steps::calls(self.steps, at..at + run.len()) {
                told.extend(self.told_call(call));
            }
            at += run.len() + 1;
        }
        told
    }

    /// What one call did from one of its steps on until it was left.
    fn told_call(&self, range: std::ops::Range<usize>) -> Vec<String> {
        let first = &self.steps[range.start];
        if first.is_nameless() {
            return self.told_within(range.start + 1..range.end);
        }
        let call = Call::new(self, first.frame, None);
        let mut entries = call.entries();
        entries.retain_mut(|entry| {
            entry.to = entry.to.min(range.end);
            range.contains(&entry.from)
        });
        let begins = self.steps.iter().position(|step| step.frame == first.frame);
        let has_head = entries.first().is_some_and(|entry| entry.text.ends_with("` is called"));
        let told = self.told(entries);
        if has_head {
            return told;
        }
        let verb = if begins == Some(range.start) { "is called" } else { "goes on" };
        std::iter::once(format!("`{}` {verb}", first.function)).chain(told).collect()
    }

    /// The text of the statement that a line belongs to, on one line.
    pub(super) fn statement(&self, line: u32) -> Option<&str> {
        at_line(&self.statements, line).map(|statement| statement.text.as_str())
    }
}

/// A trace without the middle of the longest runs of a loop.
fn folded(entries: Vec<Entry>, head: u32) -> Vec<Entry> {
    let mut kept: Vec<Entry> = Vec::new();
    let mut run: Vec<Vec<Entry>> = Vec::new();
    let close = |run: &mut Vec<Vec<Entry>>, kept: &mut Vec<Entry>| {
        let turns = std::mem::take(run);
        let count = turns.len();
        let mut middle: Vec<(String, String)> = Vec::new();
        for (at, turn) in turns.into_iter().enumerate() {
            let is_middle = count >= MANY_TURNS && at >= FIRST_TURNS && at + LAST_TURNS < count;
            if !is_middle {
                kept.extend(turn);
                continue;
            }
            for (name, value) in turn.into_iter().flat_map(|entry| entry.set) {
                middle.retain(|(known, _)| *known != name);
                middle.push((name, value));
            }
            if at + LAST_TURNS + 1 == count {
                let left_out = count - FIRST_TURNS - LAST_TURNS;
                let text = format!("{left_out} more turns of the loop on line {head}");
                let set = std::mem::take(&mut middle);
                kept.push(Entry { set, ..Entry::of(head, text) });
            }
        }
    };
    for entry in entries {
        match entry.turn.filter(|_| entry.line == head) {
            Some(true) => run.push(vec![entry]),
            Some(false) => {
                close(&mut run, &mut kept);
                kept.push(entry);
            }
            None => match run.last_mut() {
                Some(turn) => turn.push(entry),
                None => kept.push(entry),
            },
        }
    }
    close(&mut run, &mut kept);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::End;
    use crate::sandbox::value::Value;

    const PROGRAM: &str = "def f(items):\n    for item in items:\n        print(\n            item\n        )\n    return items\n";

    fn step(line: u32, set: &[(&str, &str)]) -> Step {
        Step {
            frame: 0,
            depth: 0,
            function: "f".into(),
            line,
            set: set.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            left: String::new(),
        }
    }

    fn returning(value: Value) -> SampleCase {
        let repr = value.to_string();
        SampleCase {
            arguments: "[4]".into(),
            end: End::Returned { value, repr },
            kind: None,
            stdout: String::new(),
            mutated: Vec::new(),
        }
    }

    /// Turns over the same item, as the harness traces them.
    fn told(turns: usize) -> Vec<String> {
        let mut steps = vec![step(1, &[("items", "<f at 0x7f01>")])];
        for turn in 0..turns {
            steps.push(step(2, if turn == 0 { &[("item", "4")] } else { &[] }));
            steps.extend([step(3, &[]), step(4, &[]), step(3, &[])]);
        }
        steps.extend([step(2, &[]), step(6, &[])]);
        let case = returning(Value::List(vec![Value::int(4)]));
        Trace::new(PROGRAM, &steps, &case).lines()
    }

    #[test]
    fn what_is_set_to_the_same_value_is_shown_and_each_if_says_whether_it_holds() {
        let program = "def f(n):\n    a = n\n    if a > 4:\n        return 1\n    elif a:\n        a = n\n    return a\n";
        let steps = [
            step(1, &[("n", "4")]),
            step(2, &[("a", "4")]),
            step(3, &[]),
            step(5, &[]),
            step(6, &[]),
            step(7, &[]),
        ];
        assert_eq!(
            Trace::new(program, &steps, &returning(Value::int(4))).lines(),
            [
                "The call; then n = 4",
                "Line 2: `a = n`; then a = 4",
                "Line 3: `if a > 4:`; the condition does not hold",
                "Line 5: `elif a:`; the condition holds",
                "Line 6: `a = n`; then a = 4",
                "Line 7: `return a`; returns 4",
            ]
        );
    }

    #[test]
    fn a_handler_on_one_line_is_known_and_choices_within_lines_are_decisions() {
        let program = "def f(n):\n    try:\n        m = 1 if n > 3 else g()\n        g()\n    except ValueError: pass\n    if n > 5: return 0\n    return n or m\n";
        let steps = [
            step(1, &[("n", "4")]),
            step(2, &[]),
            step(3, &[("m", "1")]),
            step(4, &[]),
            step(5, &[]),
            step(6, &[]),
            step(7, &[]),
        ];
        let case = returning(Value::int(4));
        let trace = Trace::new(program, &steps, &case);
        let lines = trace.lines();
        assert_eq!(
            lines[3..5],
            [
                "Line 4: `g()`; raises an exception",
                "Line 5: `except ValueError: pass`; the exception is caught"
            ]
        );
        let told: Vec<(u32, String, Option<bool>)> =
            trace.decisions().into_iter().map(|one| (one.line, one.text, one.holds)).collect();
        let expected = [(3, "n > 3", true), (6, "if n > 5: return 0", false), (7, "n", true)];
        let expected = expected.map(|(line, text, holds)| (line, text.to_owned(), Some(holds)));
        assert_eq!(told, expected);
        let gives = |decision: &Decision| match &decision.then {
            Then::Gives { part, .. } => part.clone(),
            Then::Line(..) | Then::End(_) => String::new(),
        };
        assert_eq!(trace.decisions().iter().map(gives).collect::<Vec<_>>(), ["1", "", "n"]);
    }

    #[test]
    fn each_turn_shows_its_variable_and_each_statement_is_one_step() {
        assert_eq!(
            told(2),
            [
                "The call; then items = <f>",
                "Line 2: `for item in items:`; then item = 4",
                "Line 3: `print(item)`",
                "Line 2: `for item in items:`; then item = 4",
                "Line 3: `print(item)`",
                "Line 2: `for item in items:`; the loop ends",
                "Line 6: `return items`; returns [4]",
            ]
        );
    }

    #[test]
    fn objects_are_shown_as_the_call_makes_them_and_functions_by_their_names() {
        let program = "def f(graph, n=1):\n    g = graph\n    h = len\n    return n\n";
        let graph = ("graph", "<nets.Graph object at 0x7f01>");
        let steps = [
            step(1, &[graph, ("n", "4")]),
            step(2, &[("g", graph.1)]),
            step(3, &[("h", "<built-in function len>")]),
            step(4, &[]),
        ];
        let case = SampleCase { arguments: "path(5), n=4".into(), ..returning(Value::int(4)) };
        assert_eq!(
            Trace::new(program, &steps, &case).lines(),
            [
                "The call; then graph = path(5), n = 4",
                "Line 2: `g = graph`; then g is a Graph object",
                "Line 3: `h = len`; then h = len",
                "Line 4: `return n`; returns 4",
            ]
        );
    }

    #[test]
    fn the_middle_of_a_long_loop_is_left_out_with_its_count() {
        let long = told(20);
        assert_eq!(long.len(), 1 + 2 * 5 + 1 + 2);
        assert_eq!(long[7], "15 more turns of the loop on line 2; then item = 4");
    }

    #[test]
    fn what_is_called_is_told_below_the_statement_that_calls_it() {
        let program = "def twice(n):\n    return 2 * n\n\ndef f(n):\n    m = twice(n) + sum(twice(k) for k in [1])\n    return m\n";
        let at = |frame: u32, depth: u32, function: &str, line: u32, set, left: &str| Step {
            frame,
            depth,
            function: function.into(),
            left: left.into(),
            ..step(line, set)
        };
        let steps = [
            at(0, 0, "f", 4, &[("n", "3")], ""),
            at(0, 0, "f", 5, &[("m", "8")], ""),
            at(1, 1, "twice", 1, &[("n", "3")], ""),
            at(1, 1, "twice", 2, &[], "returns 6"),
            at(2, 1, "<genexpr>", 5, &[("k", "1")], "yields 2"),
            at(3, 2, "twice", 1, &[("n", "1")], ""),
            at(3, 2, "twice", 2, &[], "returns 2"),
            at(0, 0, "f", 6, &[], "returns 8"),
        ];
        let case = returning(Value::int(8));
        assert_eq!(
            Trace::new(program, &steps, &case).lines(),
            [
                "The call; then n = 3",
                "Line 5: `m = twice(n) + sum(twice(k) for k in [1])`",
                "  `twice` is called; then n = 3",
                "  Line 2: `return 2 * n`; returns 6",
                "  `twice` is called; then n = 1",
                "  Line 2: `return 2 * n`; returns 2",
                "Back on line 5; then m = 8",
                "Line 6: `return m`; returns 8",
            ]
        );
    }
}
