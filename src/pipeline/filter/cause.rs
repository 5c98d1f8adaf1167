//! Why a call does not give what a row states of it, as far as one run shows it.
//!
//! Invariant: a cause is named only if the stated and the found result together show it.

use crate::cases::address::has_address;
use crate::cases::equality::nearly_equal;
use crate::cases::notation::result_text;
use crate::cases::stated::{Expected, StatedCase};
use crate::named::named_enum;
use crate::python::literal;
use crate::sandbox::value::Value;
use crate::sandbox::{CaseResult, End};

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

/// Whether an exception of this class says that a module or a name of it is not there.
pub fn is_missing_import(kind: &str) -> bool {
    matches!(kind, "ModuleNotFoundError" | "ImportError")
}

/// The cause that one call's results show by themselves.
pub fn cause(case: &StatedCase, got: &CaseResult) -> Cause {
    let stated = match &case.expected {
        Expected::Outcome(stated) => result_text(&stated.end),
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
        if stated != *value && nearly_equal(&stated, value) {
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

/// The letters of a text, sorted.
pub fn letters(text: &str) -> Vec<char> {
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
