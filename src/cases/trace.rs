//! A line trace in words: one text for each statement that ran, with the values that it set, returned or yielded.
//!
//! Invariant: nothing is said of a step that the trace and the result do not show.

use std::collections::{HashMap, HashSet};

use super::notation::result_text;
use crate::python::evaluate::holds;
use crate::python::given;
use crate::python::statements::{
    Choice, Statement, StatementKind, at_line, comprehension_names, statements,
};
use crate::sample::SampleCase;
use crate::sandbox::value::Value;
use crate::sandbox::{CallKind, End, Step};

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
    /// Names that mean nothing once the statement is done.
    passing: HashSet<String>,
    steps: &'a [Step],
}

/// One statement that ran.
struct Entry {
    line: u32,
    /// Whether it begins a turn of a loop, or ends the loop.
    turn: Option<bool>,
    text: String,
    set: Vec<(String, String)>,
    after: String,
    decisions: Vec<Decision>,
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
    /// The end of the function.
    End,
    /// What an expression gives.
    Gives { whole: String, part: String },
}

impl Entry {
    /// Shows these names first: what sets a name to the value that it has already sets it all the same.
    fn show(&mut self, names: &[String], known: &HashMap<&str, String>) {
        self.set.retain(|(name, _)| !names.contains(name));
        let values =
            names.iter().filter_map(|name| Some((name.clone(), known.get(name.as_str())?.clone())));
        self.set.splice(0..0, values);
    }

    fn told(&self) -> String {
        let telling = self.set.iter().filter(|(_, value)| tells(value));
        let set: Vec<String> = telling.map(|(name, value)| format!("{name} = {value}")).collect();
        let set = if set.is_empty() { String::new() } else { format!("; then {}", set.join(", ")) };
        format!("{}{set}{}", self.text, self.after)
    }
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
        let passing = comprehension_names(program, steps.first().map_or(0, |step| step.line));
        Self { case, statements: statements(program), passing, steps }
    }

    /// The line and the text of the statement that returned.
    pub(super) fn last_return(&self) -> Option<(u32, &str)> {
        let statement = at_line(&self.statements, self.steps.last()?.line)?;
        (statement.kind == StatementKind::Return)
            .then(|| (*statement.lines.start(), statement.text.as_str()))
    }

    /// How the conditions that were met came out, in the order in which they were met.
    pub(super) fn decisions(&self) -> Vec<Decision> {
        self.entries().into_iter().flat_map(|entry| entry.decisions).collect()
    }

    /// The trace, one text for each statement.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut entries = self.entries();
        if entries.len() > WHOLE {
            let heads = self.statements.iter().filter(|one| {
                matches!(one.kind, StatementKind::For { .. } | StatementKind::While { .. })
            });
            heads.for_each(|head| {
                entries = folded(std::mem::take(&mut entries), *head.lines.start());
            });
        }
        entries.iter().map(Entry::told).collect()
    }

    /// Shows arguments whose values do not tell how they are made as the call makes them.
    fn tell_arguments(&self, set: &mut Vec<(String, String)>, definition: &str) {
        // A constructor's object has nothing yet, and no call gives it.
        let made = definition
            .strip_prefix("def __init__(")
            .and_then(|rest| rest.split([',', ')', ' ']).next());
        set.retain(|(name, _)| name != "cls" && Some(name.as_str()) != made);
        let Some(call) = given::arguments(&self.case.arguments) else { return };
        for (at, (name, value)) in set.iter_mut().enumerate() {
            let by_name = call.kwargs.iter().find(|(known, _)| known == name);
            let argument = by_name.map(|(_, argument)| argument).or_else(|| call.args.get(at));
            if let Some(text) = argument.filter(|_| !tells(value)).and_then(Value::to_source) {
                *value = text;
            }
        }
    }

    fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut known: HashMap<&str, String> = HashMap::new();
        let mut yields = self.yielded().into_iter();
        let mut at = 0;
        while at < self.steps.len() {
            let Some(statement) = at_line(&self.statements, self.steps[at].line) else {
                at += 1;
                continue;
            };
            // A comprehension, and an expression over several lines, meet their lines more than once.
            let same = |step: &&Step| at_line(&self.statements, step.line) == Some(statement);
            let count = self.steps[at..].iter().take_while(same).count();
            let mut decisions: Vec<Decision> =
                statement.choices.iter().map(|choice| chosen(choice, statement, &known)).collect();
            let mut set: Vec<(String, String)> = Vec::new();
            let steps = self.steps[at..at + count].iter().flat_map(|step| &step.set);
            // `super()` makes a variable of the class.
            let is_own = |name: &String| name != "__class__" && !self.passing.contains(name);
            for (name, value) in steps.filter(|(name, _)| is_own(name)) {
                let value = without_addresses(value);
                known.insert(name, value.clone());
                set.retain(|(known, _)| known != name);
                set.push((name.clone(), value));
            }
            at += count;
            let line = *statement.lines.start();
            let is_call =
                ["def ", "async def ", "@"].iter().any(|word| statement.text.starts_with(word));
            if is_call && entries.is_empty() {
                self.tell_arguments(&mut set, &statement.text);
                entries.push(Entry {
                    line,
                    turn: None,
                    text: "The call".into(),
                    set,
                    after: String::new(),
                    decisions: Vec::new(),
                });
                continue;
            }
            let next = self.steps.get(at);
            let mut entry = Entry {
                line,
                turn: None,
                text: format!("Line {line}: `{}`", statement.text),
                set,
                after: String::new(),
                decisions: Vec::new(),
            };
            let mut outcome = None;
            match &statement.kind {
                StatementKind::For { names, body } => {
                    entry.turn = self.is_turn(body, next);
                    if entry.turn == Some(true) {
                        entry.show(names, &known);
                    } else if entry.turn == Some(false) {
                        entry.after = "; the loop ends".into();
                    }
                }
                StatementKind::While { body } => {
                    entry.turn = self.is_turn(body, next);
                    outcome = Some(entry.turn);
                    entry.after = match entry.turn {
                        Some(true) => "; the condition holds".into(),
                        Some(false) => "; the condition does not hold, so the loop ends".into(),
                        None => String::new(),
                    };
                }
                StatementKind::If { body } => {
                    let turn = self.is_turn(body, next);
                    outcome = Some(turn);
                    entry.after = match turn {
                        Some(true) => "; the condition holds".into(),
                        Some(false) => "; the condition does not hold".into(),
                        None => String::new(),
                    };
                }
                StatementKind::Assignment { names }
                    if next.is_some_and(|next| !self.is_handler(next.line)) =>
                {
                    entry.show(names, &known);
                }
                StatementKind::ShortIf { leaves } => outcome = Some(self.leaves(*leaves, next)),
                StatementKind::Handler { body } => {
                    entry.after = match (next, body) {
                        (Some(next), Some(body)) if body.contains(&next.line) => {
                            "; the exception is caught".into()
                        }
                        (Some(next), _) if self.is_handler(next.line) => {
                            "; it does not match".into()
                        }
                        // What it does about the exception is on its own line.
                        (Some(_), None) => "; the exception is caught".into(),
                        (None, None) if matches!(self.case.end, End::Returned { .. }) => {
                            "; the exception is caught".into()
                        }
                        (Some(_), Some(_)) | (None, _) => String::new(),
                    };
                }
                StatementKind::Return if next.is_none() && self.is_own_result() => {
                    entry.after = format!("; returns {}", result_text(&self.case.end));
                }
                StatementKind::Yield => {
                    entry.after =
                        yields.next().map(|value| format!("; yields {value}")).unwrap_or_default();
                }
                StatementKind::Assignment { .. } | StatementKind::Return | StatementKind::Plain => {
                }
            }
            if !matches!(statement.kind, StatementKind::Handler { .. })
                && next.is_some_and(|next| self.is_handler(next.line))
            {
                entry.after = "; raises an exception".into();
                // A test that raises neither holds nor fails to hold.
                outcome = outcome.and(None);
                decisions.clear();
            }
            if let Some(holds) = outcome {
                let then = match next {
                    Some(next) => Then::Line(
                        next.line,
                        self.statement(next.line).unwrap_or_default().to_owned(),
                    ),
                    None => Then::End,
                };
                decisions.push(Decision { line, text: statement.text.clone(), holds, then });
            }
            entry.decisions = decisions;
            if let (None, End::Raised(raised)) = (next, &self.case.end)
                && raised.line.is_some_and(|line| statement.lines.contains(&line))
            {
                entry.after = format!("; raises {}", raised.kind);
            }
            entries.push(entry);
        }
        entries
    }

    /// Whether a turn begins or the loop ends; `None` if an exception leaves it.
    fn is_turn(&self, body: &std::ops::RangeInclusive<u32>, next: Option<&Step>) -> Option<bool> {
        let Some(next) = next else {
            return matches!(self.case.end, End::Returned { .. }).then_some(false);
        };
        match body.contains(&next.line) {
            true => Some(true),
            false => (!self.is_handler(next.line)).then_some(false),
        }
    }

    /// Whether an `if` with its body on its own line holds, as far as what comes next tells.
    fn leaves(&self, leaves: bool, next: Option<&Step>) -> Option<bool> {
        let gave_something = match &self.case.end {
            // A function that comes to its end without a `return` gives nothing.
            End::Returned { value, .. } => *value != Value::None && self.is_own_result(),
            _ => false,
        };
        match next {
            Some(next) => (leaves && !self.is_handler(next.line)).then_some(false),
            None => (leaves && gave_something).then_some(true),
        }
    }

    /// Whether a handler of exceptions begins on this line: what came before has raised one.
    fn is_handler(&self, line: u32) -> bool {
        at_line(&self.statements, line)
            .is_some_and(|statement| matches!(statement.kind, StatementKind::Handler { .. }))
    }

    /// The text of the statement that a line belongs to, on one line.
    pub(super) fn statement(&self, line: u32) -> Option<&str> {
        at_line(&self.statements, line).map(|statement| statement.text.as_str())
    }

    /// Whether the value of the case is what the function itself returned.
    fn is_own_result(&self) -> bool {
        matches!(self.case.end, End::Returned { .. })
            && matches!(self.case.kind, None | Some(CallKind::Coroutine))
    }

    /// The yielded values, if each `yield` that ran gave one of the values that the case lists.
    fn yielded(&self) -> Vec<String> {
        let End::Returned { value: Value::List(values), .. } = &self.case.end else {
            return Vec::new();
        };
        let is_yield = |step: &&Step| {
            at_line(&self.statements, step.line).is_some_and(|one| one.kind == StatementKind::Yield)
        };
        let count = self.steps.iter().filter(is_yield).count();
        if self.case.kind != Some(CallKind::Generator) || count != values.len() {
            return Vec::new();
        }
        values.iter().map(Value::to_string).collect()
    }
}

/// How a choice within a statement came out, by the values that the names had before it.
fn chosen(choice: &Choice, statement: &Statement, known: &HashMap<&str, String>) -> Decision {
    let line = *statement.lines.start();
    let value = |name: &str| known.get(name).cloned();
    let given = |text: &str, holds: Option<bool>, whole: &str, part: &str| Decision {
        line,
        text: text.to_owned(),
        holds,
        then: Then::Gives { whole: whole.to_owned(), part: part.to_owned() },
    };
    match choice {
        Choice::Ternary { whole, test, body, orelse } => {
            let outcome = holds(test, &value);
            given(test, outcome, whole, if outcome == Some(true) { body } else { orelse })
        }
        Choice::Operands { whole, is_and, operands } => {
            let (last, first) =
                operands.split_last().map_or(("", &[][..]), |(last, first)| (last.as_str(), first));
            for operand in first {
                match holds(operand, &value) {
                    None => return given(operand, None, whole, operand),
                    Some(holds) if holds != *is_and => {
                        return given(operand, Some(holds), whole, operand);
                    }
                    Some(_) => {}
                }
            }
            let before = first.last().map_or(last, String::as_str);
            given(before, Some(*is_and), whole, last)
        }
        Choice::Open => given("", None, "", ""),
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
                kept.push(Entry {
                    line: head,
                    turn: None,
                    text,
                    set,
                    after: String::new(),
                    decisions: Vec::new(),
                });
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

/// A value as it reads on any machine: without places in memory and in the file system.
fn without_addresses(value: &str) -> String {
    let mut text = value.to_owned();
    for (begin, ends) in [(" at 0x", [">", ",", " "]), (" from '/", ["'>", "'>", "'>"])] {
        let mut from = 0;
        while let Some(at) = text[from..].find(begin).map(|found| from + found) {
            let rest = &text[at + begin.len()..];
            let end = ends.iter().filter_map(|end| rest.find(end)).min();
            let end = end.map_or(text.len(), |end| at + begin.len() + end);
            let end = if text[end..].starts_with("'>") { end + 1 } else { end };
            text.replace_range(at..end, "");
            from = at;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "def f(items):\n    for item in items:\n        print(\n            item\n        )\n    return items\n";

    fn step(line: u32, set: &[(&str, &str)]) -> Step {
        Step {
            frame: 0,
            function: "f".into(),
            line,
            set: set.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
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
            Then::Line(..) | Then::End => String::new(),
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
    fn objects_are_shown_as_the_call_makes_them_and_functions_not_at_all() {
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
                "Line 2: `g = graph`",
                "Line 3: `h = len`",
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
}
