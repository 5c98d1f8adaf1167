//! Runs an existing sample again and compares what it gives with what it states.
//!
//! Invariant: a row that does not hold is reported with its first failing call and, as far as
//! running it shows one, the cause.

use serde_json::json;

use crate::cases::address::has_address;
use crate::cases::equality::{nearly_equal, same_class};
use crate::cases::run::not_loaded;
use crate::cases::stated::{Expected, Stated, StatedCase};
use crate::dataset::stated::stated;
use crate::error::Result;
use crate::flow::Stage;
use crate::ground::{Ground, Grounding, Subject, ungrounded};
use crate::json::{self, Json};
use crate::named::named_enum;
use crate::outcome::{Outcome, Reason, Rejection};
use crate::python::literal;
use crate::record::Record;
use crate::sample::SampleCase;
use crate::sandbox::value::Value;
use crate::sandbox::{CaseResult, End, Isolation, Job, Limits, Observe, Sandbox};

/// The stage that checks samples.
pub struct Verify<'a> {
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
}

named_enum! {
    /// Why a stated result is not what running gives.
    pub enum Cause {
        /// The stated text shows a memory address.
        Address = "address",
        /// The program or its inputs need a module that is not there.
        MissingImport = "missing-import",
        /// The stated result needs what earlier calls left behind.
        StateBetweenCases = "state-between-cases",
        /// The same items in another order: they come out of a set.
        SetOrder = "set-order",
        /// The result depends on `hash()`, the clock or chance.
        Hash = "hash",
        /// The same except for a number's last digits: newer Pythons sum floats more exactly.
        Rounding = "rounding",
        /// The same except for the wording of this version of Python.
        Wording = "wording",
        /// The program exits the interpreter; the runner that stated the result kept it from doing so.
        Exit = "exit",
        /// The call does not end within its limits.
        Limits = "limits",
        /// None of these.
        Difference = "difference",
    }
}

impl Stage for Verify<'_> {
    /// A row as it is in its file.
    type In = String;
    type Out = String;
    const NAME: &'static str = "verify";

    fn fingerprint(&self) -> String {
        format!("4|{}|{:?}", self.sandbox.fingerprint(), self.limits)
    }

    async fn apply(&self, input: &Record<Self::In>) -> Result<Outcome<Self::Out>> {
        let row = json::read(&input.body).map_err(|error| error.to_string());
        let object = |row: &Json| row.as_object().map_or(Err("not an object".into()), stated);
        let parts = match row.and_then(|row| object(&row)) {
            Ok(parts) => parts,
            Err(message) => {
                return Ok(Outcome::Rejected(Rejection::new(Reason::UnreadableRecord, message)));
            }
        };
        for part in &parts {
            // A text may rest on the code alone.
            let rests_on_code = part.text.is_some() && part.cases.is_empty();
            let rejection = if rests_on_code { None } else { self.check(part).await? };
            let rejection = match rejection {
                None => self.check_text(part).await?,
                some => some,
            };
            if let Some(rejection) = rejection {
                return Ok(Outcome::Rejected(rejection));
            }
        }
        Ok(Outcome::Accepted(vec![input.clone()]))
    }
}

impl Verify<'_> {
    /// Holds a sample's free text against its program once more, given only the calls that the sample itself brings.
    async fn check_text(&self, part: &Stated) -> Result<Option<Rejection>> {
        let Some(text) = &part.text else { return Ok(None) };
        let own = |case: &StatedCase| match &case.expected {
            Expected::Outcome(case) => Some((**case).clone()),
            Expected::Repr(_) | Expected::Error { .. } => None,
        };
        let cases: Vec<SampleCase> = part.cases.iter().filter_map(own).collect();
        let subject = Subject { program: &part.program, entry: &part.entry, cases: &cases };
        Ok(
            match (Ground { sandbox: self.sandbox, limits: self.limits })
                .check(&subject, text)
                .await?
            {
                Grounding::Holds(_) => None,
                Grounding::Fails(failed) => Some(ungrounded(&failed)),
            },
        )
    }

    async fn check(&self, part: &Stated) -> Result<Option<Rejection>> {
        let mut job = Job {
            code: part.program.clone(),
            entry: Some(part.entry.clone()),
            cases: part.cases.iter().map(|case| case.case.clone()).collect(),
            limits: self.limits,
            observe: vec![Observe::Mutations],
            ..Job::default()
        };
        let execution = self.sandbox.submit(job.clone()).await?;
        if let Some(rejection) = not_loaded(&execution) {
            let missing =
                execution.error.as_ref().is_some_and(|error| is_missing_import(&error.kind));
            let cause = if missing { Cause::MissingImport } else { Cause::Difference };
            let evidence = json!({"cause": cause, "loading": rejection.evidence});
            let detail = format!("the program does not load: {}", rejection.detail);
            return Ok(Some(Rejection::new(Reason::NotReproduced, detail).with_evidence(evidence)));
        }
        let failing =
            part.cases.iter().zip(&execution.cases).position(|(case, got)| !holds(case, got));
        let Some(first) = failing else { return Ok(None) };
        let (case, got) = (&part.cases[first], &execution.cases[first]);
        let failing =
            part.cases.iter().zip(&execution.cases).filter(|(case, got)| !holds(case, got)).count();
        let cause = match cause(case, got) {
            Cause::Difference => {
                // Once more as the row was made, maybe: all calls in one interpreter.
                job.isolation = Isolation::Program;
                let shared = self.sandbox.submit(job).await?;
                let all_hold =
                    part.cases.iter().zip(&shared.cases).all(|(case, got)| holds(case, got));
                if all_hold && shared.cases.len() == part.cases.len() {
                    Cause::StateBetweenCases
                } else {
                    Cause::Difference
                }
            }
            known => known,
        };
        let detail = format!(
            "{failing} of {} calls give a different result; the first is {}({})",
            part.cases.len(),
            part.entry,
            case.shown
        );
        let evidence =
            json!({"cause": cause, "call": case.shown, "expected": case.expected, "got": got.end});
        Ok(Some(Rejection::new(Reason::NotReproduced, detail).with_evidence(evidence)))
    }
}

/// Whether a call gives what is stated of it: values canonically, the reference's errors by their class.
fn holds(case: &StatedCase, got: &CaseResult) -> bool {
    if got.nondeterministic {
        return false;
    }
    match (&case.expected, &got.end) {
        (Expected::Outcome(stated), _) => {
            stated.end.is_same(&got.end)
                && stated.stdout == got.stdout
                && stated.mutated == got.mutated
                && stated.kind == got.kind
        }
        (Expected::Repr(stated), End::Returned { value, repr }) => {
            stated == repr || literal::parse(stated).is_some_and(|stated| stated == *value)
        }
        (Expected::Error { class, .. }, End::Raised(raised)) => same_class(class, &raised.kind),
        (Expected::Repr(_) | Expected::Error { .. }, _) => false,
    }
}

fn is_missing_import(kind: &str) -> bool {
    matches!(kind, "ModuleNotFoundError" | "ImportError")
}

/// The cause that one call's results show by themselves.
fn cause(case: &StatedCase, got: &CaseResult) -> Cause {
    let stated = match &case.expected {
        Expected::Outcome(stated) => crate::cases::notation::result_text(&stated.end),
        Expected::Repr(repr) => repr.clone(),
        Expected::Error { message, .. } => message.clone(),
    };
    if has_address(&stated) {
        return Cause::Address;
    }
    if let Expected::Error { class, .. } = &case.expected
        && class == "NameError"
    {
        // The name was unknown when the row was made, and what came later has defined it.
        return Cause::StateBetweenCases;
    }
    match &got.end {
        End::Raised(raised) if is_missing_import(&raised.kind) => return Cause::MissingImport,
        // A name that an import would bring, used without it.
        End::Raised(raised) if raised.kind == "NameError" => return Cause::MissingImport,
        End::Raised(raised) if raised.kind == "SystemExit" => return Cause::Exit,
        End::Exited { .. } => return Cause::Exit,
        End::OutOfFuel | End::OutOfMemory | End::OutputTooLarge => return Cause::Limits,
        _ => {}
    }
    if let (Some(stated), End::Returned { value, .. }) = (literal::parse(&stated), &got.end) {
        if stated != *value && same_items(&stated, value) {
            return Cause::SetOrder;
        }
        if nearly_equal(&stated, value) {
            return Cause::Rounding;
        }
        if let (Value::Str(a), Value::Str(b)) = (&stated, value)
            && letters(a) == letters(b)
        {
            return Cause::SetOrder;
        }
    }
    if got.nondeterministic {
        return Cause::Hash;
    }
    if let (Expected::Repr(stated), End::Returned { repr, .. }) = (&case.expected, &got.end)
        && is_wording(stated, repr)
    {
        return Cause::Wording;
    }
    Cause::Difference
}

fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters
}

/// Whether two values are the same except for the order of items at any depth.
fn same_items(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(x), Value::List(y)) | (Value::Tuple(x), Value::Tuple(y)) => {
            x.len() == y.len() && x.iter().all(|item| y.iter().any(|other| same_items(item, other)))
        }
        (Value::Dict(x), Value::Dict(y)) => {
            x.len() == y.len()
                && x.iter().all(|(k, v)| y.iter().any(|(l, w)| k == l && same_items(v, w)))
        }
        _ => a == b,
    }
}

/// Whether two texts share most of their words, as two versions of one message do.
fn is_wording(a: &str, b: &str) -> bool {
    let words = |text: &str| -> std::collections::BTreeSet<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.len() > 2)
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (words(a), words(b));
    let shared = a.intersection(&b).count();
    a.len() > 2 && 2 * shared >= a.len().max(b.len())
}
