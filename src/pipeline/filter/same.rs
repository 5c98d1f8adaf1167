//! Whether a new run gives what a row of ours states of a call.
//!
//! Invariant: everything that a row states of a call is compared, also the text that shows its value.

use super::cause::letters;
use crate::python::literal;
use crate::sample::SampleCase;
use crate::sandbox::value::Value;
use crate::sandbox::{CaseResult, End};

/// Whether a call gives all that a case of ours states of it.
pub(super) fn gives(got: &CaseResult, stated: &SampleCase) -> bool {
    !got.nondeterministic
        && same_end(&stated.end, &got.end)
        && stated.stdout == got.stdout
        && stated.mutated == got.mutated
        && stated.kind == got.kind
}

/// Whether two ends are the same, also in the text that shows a value: only items of sets may have another order in it.
fn same_end(stated: &End, got: &End) -> bool {
    let (End::Returned { value, repr: stated_repr }, End::Returned { repr, .. }) = (stated, got)
    else {
        return stated.is_same(got);
    };
    let is_set = |value: &Value| matches!(value, Value::Set(_) | Value::FrozenSet(_));
    let same_items = || match literal::parse(stated_repr) {
        Some(shown) => shown == *value,
        None => letters(stated_repr) == letters(repr),
    };
    stated.is_same(got) && (stated_repr == repr || value.walk().any(is_set) && same_items())
}
