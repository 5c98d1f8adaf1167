//! The rules that executed cases must hold to; each rule bears the name of the reason it rejects for.
//!
//! Invariant: a rule looks at results only and runs nothing.

use std::collections::BTreeSet;

use serde_json::json;

use super::address::{has_address, value_shows_address};
use super::notation::result_text;
use super::run::way_out;
use super::{Executed, ExecutedCase, invocation};
use crate::flow::Fate;
use crate::outcome::{Reason, Rejection};
use crate::python::raises::raising_lines;
use crate::python::{Call, Module, given, is_call};
use crate::report::counted;
use crate::sandbox::value::Value;
use crate::sandbox::{CaseResult, End, Raised};

/// The rules of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    pub active: BTreeSet<Reason>,
    /// Fewer usable cases than this are too few.
    pub min_cases: usize,
    /// A function whose longest argument or result has more characters than this is out of range under `size-out-of-range`.
    pub max_value: usize,
}

/// What the reference keeps and drops, and what cannot be true twice: nondeterminism and addresses.
const DEFAULT: [Reason; 5] = [
    Reason::AllInputsFailed,
    Reason::TooFewCases,
    Reason::Nondeterministic,
    Reason::UsesEntropy,
    Reason::AddressInOutput,
];
/// What shows nothing of a function, though it is true: cases that do not differ, arguments that come back as they are, and results
/// that no Python makes.
const TELLING: [Reason; 3] =
    [Reason::ConstantOutput, Reason::ReturnsArgument, Reason::OpaqueResult];
/// The paper's rules on top of both: nothing that raises, sizes in range.
const STRICT: [Reason; 2] = [Reason::Raised, Reason::SizeOutOfRange];

impl Default for Rules {
    fn default() -> Self {
        Self { active: DEFAULT.into(), min_cases: 3, max_value: 2_000 }
    }
}

impl Rules {
    /// The default rules, and that cases show something: those that a prompt shows would tell nothing otherwise.
    pub fn telling() -> Self {
        Self { active: DEFAULT.into_iter().chain(TELLING).collect(), ..Self::default() }
    }

    /// The default rules and the paper's.
    pub fn strict() -> Self {
        Self {
            active: DEFAULT.into_iter().chain(TELLING).chain(STRICT).collect(),
            ..Self::default()
        }
    }

    /// The rules of the given names; an unknown name is an error that lists the known ones.
    pub fn named(names: &[String]) -> Result<Self, String> {
        let mut active = BTreeSet::new();
        let known = || DEFAULT.into_iter().chain(TELLING).chain(STRICT);
        for name in names {
            let rule = known().find(|rule| rule.name() == name).ok_or_else(|| {
                let known: Vec<&str> = known().map(Reason::name).collect();
                format!("there is no rule {name:?}; the rules are {}", known.join(", "))
            })?;
            active.insert(rule);
        }
        Ok(Self { active, ..Self::default() })
    }

    /// Keeps the usable cases, or says why the function is not usable.
    pub fn check(&self, executed: &Executed) -> Result<Executed, Rejection> {
        let mut usable: Vec<ExecutedCase> =
            executed.cases.iter().filter(|case| is_usable(&case.result.end)).cloned().collect();
        if usable.iter().any(|case| !breaks_down(&case.result.end)) {
            usable.retain(|case| !breaks_down(&case.result.end));
        }
        if usable.is_empty() {
            return Err(nothing_finished(&executed.cases));
        }
        let (opaque, usable): (Vec<ExecutedCase>, Vec<ExecutedCase>) =
            usable.into_iter().partition(|case| {
                let program = &executed.target.program;
                self.active.contains(&Reason::OpaqueResult) && is_opaque(program, case)
            });
        if let Some(first) = opaque.first().filter(|_| usable.len() < self.min_cases) {
            let call = invocation::write(&executed.target.entry, &first.arguments);
            let detail = format!(
                "{call} gives {} or changes what no Python makes",
                result_text(&first.result.end)
            );
            return Err(Rejection::new(Reason::OpaqueResult, detail).with_evidence(evidence(first)));
        }
        let kept = Executed { cases: usable, ..executed.clone() };
        // That nothing differs says less than any other reason.
        let (last, first): (Vec<Reason>, Vec<Reason>) =
            self.active.iter().partition(|rule| TELLING.contains(rule));
        for rule in first.into_iter().chain(last) {
            if let Some(rejection) = self.breaks(rule, &kept) {
                return Err(rejection);
            }
        }
        Ok(kept)
    }

    fn breaks(&self, rule: Reason, executed: &Executed) -> Option<Rejection> {
        let cases = &executed.cases;
        match rule {
            Reason::AllInputsFailed => all_inputs_failed(cases),
            Reason::TooFewCases => (cases.len() < self.min_cases).then(|| {
                Rejection::new(
                    rule,
                    format!(
                        "{}, at least {} are needed",
                        counted(cases.len(), "usable case"),
                        self.min_cases
                    ),
                )
            }),
            Reason::Nondeterministic => {
                cases.iter().find(|case| case.result.nondeterministic).map(|case| {
                    let call = invocation::write(&executed.target.entry, &case.arguments);
                    let detail = format!("{call} differs from run to run, or after other calls");
                    Rejection::new(rule, detail).with_evidence(evidence(case))
                })
            }
            Reason::UsesEntropy => cases.iter().find(|case| case.result.uses_entropy).map(|case| {
                let detail = format!(
                    "{} draws on chance without a seed, or takes the time of a clock apart",
                    executed.target.entry
                );
                Rejection::new(rule, detail).with_evidence(evidence(case))
            }),
            Reason::AddressInOutput => cases.iter().find(|case| shows_address(case)).map(|case| {
                let call = invocation::write(&executed.target.entry, &case.arguments);
                let detail = format!("{call} shows a memory address");
                Rejection::new(rule, detail).with_evidence(evidence(case))
            }),
            Reason::ConstantOutput => constant(executed),
            Reason::ReturnsArgument => returns_argument(executed),
            Reason::Raised => cases.iter().find_map(|case| match &case.result.end {
                End::Raised(raised) => Some(
                    Rejection::new(
                        rule,
                        format!(
                            "{} raises {}",
                            invocation::write(&executed.target.entry, &case.arguments),
                            raised.kind
                        ),
                    )
                    .with_evidence(evidence(case)),
                ),
                _ => None,
            }),
            Reason::SizeOutOfRange => self.size_out_of_range(executed),
            _ => None,
        }
    }

    fn size_out_of_range(&self, executed: &Executed) -> Option<Rejection> {
        let longest = executed
            .cases
            .iter()
            .map(|case| case.arguments.len().max(result_len(&case.result.end)))
            .max()?;
        (longest > self.max_value).then(|| {
            let detail =
                format!("a value has {longest} characters, {} are allowed", self.max_value);
            Rejection::new(Reason::SizeOutOfRange, detail)
        })
    }
}

/// Keeps the usable cases of a function, or rejects it.
pub fn validate(fate: Fate<Executed>, rules: &Rules) -> Fate<Executed> {
    match fate {
        Fate::Live(record) => match rules.check(&record.body) {
            Ok(kept) => Fate::Live(record.with_body(kept)),
            Err(rejection) => Fate::rejected(&record.id, record.lineage.clone(), rejection),
        },
        dropped => dropped,
    }
}

/// Whether a program breaks down on an input, which is no behaviour to learn.
fn breaks_down(end: &End) -> bool {
    let kinds =
        ["RecursionError", "NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError"];
    matches!(end, End::Raised(raised) if kinds.contains(&raised.kind.as_str()))
}

fn is_usable(end: &End) -> bool {
    match end {
        End::Returned { .. } => true,
        // Arguments that cannot be evaluated say nothing about the function.
        End::Raised(raised) => !raised.in_arguments,
        End::Exited { .. }
        | End::CompileError { .. }
        | End::OutOfFuel
        | End::OutOfMemory
        | End::OutputTooLarge
        | End::Trapped { .. } => false,
    }
}

fn result_len(end: &End) -> usize {
    match end {
        End::Returned { repr, .. } => repr.len(),
        End::Raised(raised) => raised.message.len(),
        _ => 0,
    }
}

/// The reason why no case finished: the end that most of them had.
fn nothing_finished(cases: &[ExecutedCase]) -> Rejection {
    let Some(first) = cases.first() else {
        return Rejection::new(Reason::TooFewCases, "no input was found");
    };
    let (reason, what) = match &first.result.end {
        End::CompileError { .. } => (Reason::LoadFailed, "was not built"),
        End::OutOfFuel => (Reason::OutOfFuel, "ran out of fuel"),
        End::OutOfMemory => (Reason::OutOfMemory, "ran out of memory"),
        End::OutputTooLarge => (Reason::OutputTooLarge, "printed or returned too much"),
        End::Exited { .. } => (Reason::Trapped, "exited the interpreter"),
        End::Trapped { .. } => (Reason::Trapped, "trapped"),
        End::Raised(_) => (Reason::AllInputsFailed, "had arguments that cannot be evaluated"),
        End::Returned { .. } => (Reason::TooFewCases, "could not be used"),
    };
    Rejection::new(reason, format!("no input finished; the first {what}: {}", first.arguments))
        .with_evidence(evidence(first))
}

fn all_inputs_failed(cases: &[ExecutedCase]) -> Option<Rejection> {
    let mut raised: Vec<&Raised> = Vec::new();
    for case in cases {
        match &case.result.end {
            End::Raised(error) => raised.push(error),
            _ => return None,
        }
    }
    let first = raised.first()?;
    let alike = raised.iter().filter(|error| error.kind == first.kind).count();
    let detail = format!(
        "every input raised; {alike} of {} {}: {}{}",
        raised.len(),
        first.kind,
        first.message,
        way_out(first)
    );
    Some(Rejection::new(Reason::AllInputsFailed, detail).with_evidence(evidence(&cases[0])))
}

/// Whether all cases that return give the same, and none raises what the program itself raises: whatever a function does with its
/// arguments, such cases do not show it. Nor does what it raises if it gives nothing otherwise.
fn constant(executed: &Executed) -> Option<Rejection> {
    let returned = |case: &&ExecutedCase| matches!(case.result.end, End::Returned { .. });
    let first = executed.cases.iter().find(returned)?;
    let is_same = |case: &ExecutedCase| case.result.same_outcome(&first.result);
    let is_constant = executed.cases.len() > 1
        && (executed.cases.iter().filter(returned).all(is_same)
            || executed.cases.iter().filter(returned).all(gives_nothing));
    if !is_constant {
        return None;
    }
    let raises = executed.cases.iter().any(|case| matches!(case.result.end, End::Raised(_)));
    if !gives_nothing(first) && raises_on_purpose(executed) {
        return None;
    }
    let what = if raises { "every case that returns gives" } else { "every case gives" };
    let same = if executed.cases.iter().filter(returned).all(is_same) {
        "the same result"
    } else {
        "nothing but None"
    };
    Some(
        Rejection::new(Reason::ConstantOutput, format!("{what} {same}"))
            .with_evidence(evidence(first)),
    )
}

/// Whether a result has a part that only a `repr` shows which is no Python, or a field of an object that the program does not speak of,
/// since a class from elsewhere has it. Classes are read easily, and addresses have a rule of their own.
fn is_opaque(program: &str, case: &ExecutedCase) -> bool {
    let is_unwritten = |value: &Value| match value {
        Value::Opaque(_, text) => {
            let text = text.replace("<class '", "type('").replace("'>", "')");
            !is_call(&text) && !["Ellipsis", "NotImplemented"].contains(&text.as_str())
        }
        Value::Object(_, fields) => fields
            .iter()
            .any(|(field, _)| !["name", "value"].contains(&&**field) && !program.contains(field)),
        _ => false,
    };
    let End::Returned { value, .. } = &case.result.end else { return false };
    let changed = case.result.mutated.iter().map(|(_, value)| value);
    !shows_address(case)
        && std::iter::once(value).chain(changed).any(|value| value.walk().any(is_unwritten))
}

/// Whether a case returns nothing, or several times nothing, and does nothing that is seen.
fn gives_nothing(case: &ExecutedCase) -> bool {
    let CaseResult { end, stdout, mutated, .. } = &case.result;
    let is_nothing = |value: &Value| {
        let has_parts = value.children().next().is_some();
        *value == Value::None || has_parts && matches!(value, Value::List(_) | Value::Tuple(_))
    };
    matches!(end, End::Returned { value, .. } if value.walk().all(is_nothing))
        && stdout.is_empty()
        && mutated.is_empty()
}

/// Whether a case raises what the program itself raises.
fn raises_on_purpose(executed: &Executed) -> bool {
    let raised = executed.cases.iter().filter_map(|case| match &case.result.end {
        End::Raised(raised) => raised.line,
        _ => None,
    });
    let lines: BTreeSet<u32> = raised.collect();
    !lines.is_empty()
        && Module::parse(&executed.target.program)
            .is_ok_and(|module| !raising_lines(&module).is_disjoint(&lines))
}

/// Whether all cases that return give the same one of their arguments as it was: a function that does nothing would give the same.
fn returns_argument(executed: &Executed) -> Option<Rejection> {
    let returned = |case: &&ExecutedCase| matches!(case.result.end, End::Returned { .. });
    let cases: Vec<&ExecutedCase> = executed.cases.iter().filter(returned).collect();
    let does_more =
        |case: &&ExecutedCase| !case.result.stdout.is_empty() || !case.result.mutated.is_empty();
    if cases.len() < 2 || cases.iter().any(does_more) || raises_on_purpose(executed) {
        return None;
    }
    let calls: Vec<Call> =
        cases.iter().map(|case| given::arguments(&case.arguments)).collect::<Option<_>>()?;
    let gives = |of: &dyn Fn(&Call) -> Option<&Value>| {
        cases
            .iter()
            .zip(&calls)
            .all(|(case, call)| of(call).is_some_and(|argument| gives_back(&case.result, argument)))
    };
    let first = calls.first()?;
    let is_position = (0..first.args.len()).any(|at| gives(&|call: &Call| call.args.get(at)));
    let is_name = first.kwargs.iter().any(|(wanted, _)| {
        gives(&|call: &Call| {
            call.kwargs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
        })
    });
    (is_position || is_name).then(|| {
        let detail = "every case that returns gives back the same one of its arguments";
        Rejection::new(Reason::ReturnsArgument, detail).with_evidence(evidence(cases[0]))
    })
}

/// Whether a result is an argument as it was; the items of an iterator are compared with those of any sequence.
fn gives_back(result: &CaseResult, argument: &Value) -> bool {
    let End::Returned { value, .. } = &result.end else { return false };
    match (value, argument) {
        (Value::List(given), Value::Tuple(items)) if result.kind.is_some() => given == items,
        (value, argument) => value == argument,
    }
}

fn evidence(case: &ExecutedCase) -> serde_json::Value {
    let mut evidence = json!({"arguments": case.arguments});
    if let (Some(fields), Ok(serde_json::Value::Object(end))) =
        (evidence.as_object_mut(), serde_json::to_value(&case.result.end))
    {
        fields.extend(end);
    }
    evidence
}

/// Whether anything that a reader sees of a case has the form of an object's address.
fn shows_address(case: &ExecutedCase) -> bool {
    let in_end = match &case.result.end {
        End::Returned { value, repr } => has_address(repr) || value_shows_address(value),
        End::Raised(raised) => has_address(&raised.message),
        _ => false,
    };
    in_end || has_address(&case.result.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_rule_names_the_known_ones() {
        let error = Rules::named(&["nope".into()]).unwrap_err();
        assert!(error.contains("constant-output"), "{error}");
    }
}
