//! The statements that one call of a trace ran.
//!
//! Invariant: what other calls did between them changes nothing of what is said here.

use std::collections::{HashMap, HashSet};

use super::{Decision, Entry, Then, Trace, object_of, tells};
use crate::cases::notation::result_text;
use crate::python::evaluate::holds;
use crate::python::given;
use crate::python::prepared::prepared;
use crate::python::statements::{Choice, Statement, StatementKind, at_line};
use crate::python::syntax::expression;
use crate::sample::SampleCase;
use crate::sandbox::value::Value;
use crate::sandbox::{CallKind, End, Step};

/// One call of a trace.
pub(super) struct Call<'a> {
    statements: &'a [Statement],
    /// Names that mean nothing once the statement is done.
    passing: Option<&'a HashSet<String>>,
    /// Its steps, with their places among those of all calls.
    steps: Vec<(usize, &'a Step)>,
    /// How many steps all calls have together.
    all: usize,
    /// The case, if the call is the one that the trace is of.
    case: Option<&'a SampleCase>,
}

impl<'a> Call<'a> {
    pub(super) fn new(trace: &'a Trace<'_>, frame: u32, case: Option<&'a SampleCase>) -> Self {
        let steps: Vec<(usize, &Step)> =
            trace.steps.iter().enumerate().filter(|(_, step)| step.frame == frame).collect();
        let passing = steps.first().and_then(|(_, step)| trace.passing.get(&step.line));
        Self { statements: &trace.statements, passing, steps, all: trace.steps.len(), case }
    }

    /// Shows arguments whose values do not tell how they are made as the call makes them.
    fn tell_arguments(&self, set: &mut Vec<(String, String)>, definition: &str) {
        // A constructor's object has nothing yet, and no call gives it.
        let made = definition
            .strip_prefix("def __init__(")
            .and_then(|rest| rest.split([',', ')', ' ']).next());
        set.retain(|(name, _)| name != "cls" && Some(name.as_str()) != made);
        let Some(call) = self.case.and_then(|case| given::arguments(&case.arguments)) else {
            return;
        };
        for (at, (name, value)) in set.iter_mut().enumerate() {
            let by_name = call.kwargs.iter().find(|(known, _)| known == name);
            let argument = by_name.map(|(_, argument)| argument).or_else(|| call.args.get(at));
            if let Some(text) = argument.filter(|_| !tells(value)).and_then(Value::to_source) {
                // What statements make ready has a name in the call that is shown.
                let object = expression(&text);
                *value = match object.as_ref().and_then(prepared) {
                    Some(object) => object.name.to_owned(),
                    None => text,
                };
            }
        }
        // `graph = graph` says nothing.
        set.retain(|(name, value)| name != value);
    }

    /// The statements in the order in which they ran.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut known: HashMap<&str, String> = HashMap::new();
        let mut at = 0;
        while at < self.steps.len() {
            let (from, first) = self.steps[at];
            let Some(statement) = at_line(self.statements, first.line) else {
                at += 1;
                continue;
            };
            // A comprehension, and an expression over several lines, meet their lines more than once.
            let is_same = |(_, step): &&(usize, &Step)| {
                at_line(self.statements, step.line) == Some(statement)
            };
            // A statement that yields goes on after it as another step.
            let same = self.steps[at..].iter().take_while(is_same);
            let whole = same.clone().count();
            let until_left = same.take_while(|(_, step)| step.left.is_empty()).count() + 1;
            let count = whole.min(until_left);
            let run = &self.steps[at..at + count];
            let mut decisions: Vec<Decision> =
                statement.choices.iter().map(|choice| chosen(choice, statement, &known)).collect();
            let mut set: Vec<(String, String)> = Vec::new();
            let changes = run.iter().flat_map(|(_, step)| &step.set);
            // `super()` makes a variable of the class.
            let is_own = |name: &String| {
                name != "__class__"
                    && !self.passing.is_some_and(|passing| passing.contains(name))
                    && !statement.passing.contains(name)
            };
            for (name, value) in changes.filter(|(name, _)| is_own(name)) {
                let value = without_addresses(value);
                known.insert(name, value.clone());
                set.retain(|(known, _)| known != name);
                set.push((name.clone(), value));
            }
            at += count;
            let to = self.steps.get(at).map_or(self.all, |(next, _)| *next);
            let left = run
                .iter()
                .rev()
                .find_map(|(_, step)| Some(&*step.left).filter(|left| !left.is_empty()));
            let line = *statement.lines.start();
            let is_call =
                ["def ", "async def ", "@"].iter().any(|word| statement.text.starts_with(word));
            if is_call && entries.is_empty() {
                self.tell_arguments(&mut set, &statement.text);
                let text = match self.case {
                    Some(_) => "The call".to_owned(),
                    None => format!("`{}` is called", first.function),
                };
                entries.push(Entry { from, to, set, ..Entry::of(line, text) });
                continue;
            }
            let next = self.steps.get(at).map(|(_, step)| *step);
            let text = format!("Line {line}: `{}`", statement.text);
            let mut entry = Entry { from, to, set, ..Entry::of(line, text) };
            let yielded = left.filter(|left| left.starts_with("yields "));
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
                    if yielded.is_none()
                        && next.is_some_and(|next| !self.is_handler(next.line)) =>
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
                        (None, None) if self.returns() => "; the exception is caught".into(),
                        (Some(_), Some(_)) | (None, _) => String::new(),
                    };
                }
                StatementKind::Return if next.is_none() => {
                    entry.after = self
                        .result()
                        .map(|result| format!("; returns {result}"))
                        .unwrap_or_default();
                }
                StatementKind::Assignment { .. } | StatementKind::Return | StatementKind::Plain => {
                }
            }
            if let Some(yielded) = yielded {
                entry.after.push_str(&format!("; {yielded}"));
            }
            let comes_to_its_end = next.is_none()
                && statement.kind != StatementKind::Return
                && self.case.is_some_and(|case| case.kind.is_none());
            match self.result().filter(|_| comes_to_its_end).as_deref() {
                Some("None") => entry.after.push_str("; the call ends and returns None"),
                // A `finally` that comes after the `return`.
                Some(result) => entry.after.push_str(&format!("; the call returns {result}")),
                None => {}
            }
            if !matches!(statement.kind, StatementKind::Handler { .. })
                && next.is_some_and(|next| self.is_handler(next.line))
            {
                entry.after = match yielded {
                    Some(yielded) => format!("; {yielded}; an exception is thrown into it"),
                    None => "; raises an exception".into(),
                };
                // A test that raises neither holds nor fails to hold.
                outcome = outcome.and(None);
                decisions.clear();
            }
            if let Some(holds) = outcome {
                let then = match next {
                    Some(next) => Then::Line(
                        at_line(self.statements, next.line)
                            .map_or(next.line, |one| *one.lines.start()),
                        at_line(self.statements, next.line)
                            .map(|one| one.text.clone())
                            .unwrap_or_default(),
                    ),
                    None => Then::End(first.function.clone()),
                };
                decisions.push(Decision { line, text: statement.text.clone(), holds, then });
            }
            entry.decisions = decisions;
            match left.and_then(|left| left.split_once(' ')) {
                Some(("raises", kind)) => entry.after = format!("; raises {kind}"),
                Some(("passes", rest)) => entry.after.push_str(&format!("; {}", passed(rest))),
                Some(_) | None => {}
            }
            entries.push(entry);
        }
        entries
    }

    /// Whether a turn begins or the loop ends; `None` if an exception leaves it.
    fn is_turn(&self, body: &std::ops::RangeInclusive<u32>, next: Option<&Step>) -> Option<bool> {
        let Some(next) = next else {
            return (self.returns() || self.left().starts_with("passes ")).then_some(false);
        };
        match body.contains(&next.line) {
            true => Some(true),
            false => (!self.is_handler(next.line)).then_some(false),
        }
    }

    /// Whether an `if` with its body on its own line holds, as far as what comes next tells.
    fn leaves(&self, leaves: bool, next: Option<&Step>) -> Option<bool> {
        match next {
            Some(next) => (leaves && !self.is_handler(next.line)).then_some(false),
            // A function that comes to its end without a `return` gives nothing.
            None => {
                (leaves && self.result().is_some_and(|result| result != "None")).then_some(true)
            }
        }
    }

    /// Whether a handler of exceptions begins on this line: what came before has raised one.
    fn is_handler(&self, line: u32) -> bool {
        at_line(self.statements, line)
            .is_some_and(|statement| matches!(statement.kind, StatementKind::Handler { .. }))
    }

    /// How the call was left at last, as the trace says it.
    fn left(&self) -> &str {
        self.steps.last().map_or("", |(_, step)| &step.left)
    }

    /// Whether the call came to its end without an exception.
    fn returns(&self) -> bool {
        match self.case {
            Some(case) => matches!(case.end, End::Returned { .. }),
            None => self.left().starts_with("returns "),
        }
    }

    /// What the call itself returned.
    fn result(&self) -> Option<String> {
        let left = || {
            let text = without_addresses(self.left().strip_prefix("returns ")?);
            Some(object_of(&text).unwrap_or(text))
        };
        match self.case {
            Some(_) if !self.returns() => None,
            Some(case) => match case.kind {
                None | Some(CallKind::Coroutine | CallKind::Property) => {
                    Some(result_text(&case.end))
                }
                // What the case has is made of what the call returned.
                Some(
                    CallKind::Attributes
                    | CallKind::Iterator
                    | CallKind::Iterators
                    | CallKind::NestedIterators,
                ) => left(),
                Some(CallKind::Generator | CallKind::AsyncGenerator) => None,
            },
            None => left(),
        }
    }
}

/// Says of an exception from before a `finally` that it goes on.
fn passed(rest: &str) -> String {
    let kind = rest.strip_prefix("on ").unwrap_or(rest);
    format!("the {kind} from before goes on")
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
