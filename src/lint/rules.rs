//! Rules for what ruff lacks, one file each.
//!
//! Invariant: a rule reports only what its text alone shows; what may be intended or is decided elsewhere, it leaves alone.

mod arbitrary_sleep;
mod code_after_jump;
mod empty_if_body;
mod file_never_closed;
mod imported;
mod method_not_called;
mod overwritten_key;
mod predictable_secret;
mod scopes;
mod unchecked_exit_status;
mod unchecked_response;
mod unused_inner_function;
mod uses;

use ruff_python_ast::Stmt;
use ruff_text_size::{Ranged, TextRange};

use super::Remark;

/// A rule of our own.
struct Rule {
    code: &'static str,
    name: &'static str,
    check: fn(&[Stmt], &mut Found),
}

const RULES: [Rule; 10] = [
    Rule { code: "TG001", name: "method-not-called", check: method_not_called::check },
    Rule { code: "TG002", name: "unchecked-response", check: unchecked_response::check },
    Rule { code: "TG003", name: "arbitrary-sleep", check: arbitrary_sleep::check },
    Rule { code: "TG004", name: "file-never-closed", check: file_never_closed::check },
    Rule { code: "TG005", name: "unchecked-exit-status", check: unchecked_exit_status::check },
    Rule { code: "TG006", name: "unused-inner-function", check: unused_inner_function::check },
    Rule { code: "TG007", name: "overwritten-key", check: overwritten_key::check },
    Rule { code: "TG008", name: "empty-if-body", check: empty_if_body::check },
    Rule { code: "TG009", name: "code-after-jump", check: code_after_jump::check },
    Rule { code: "TG010", name: "predictable-secret", check: predictable_secret::check },
];

/// What one rule finds.
#[derive(Default)]
struct Found(Vec<(TextRange, String)>);

impl Found {
    fn on(&mut self, node: &impl Ranged, message: impl Into<String>) {
        self.0.push((node.range(), message.into()));
    }
}

/// The codes of all rules.
pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.code)
}

/// What the selected rules find in a program.
pub(super) fn remarks(body: &[Stmt], is_selected: impl Fn(&str) -> bool) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for rule in RULES.iter().filter(|rule| is_selected(rule.code)) {
        let mut found = Found::default();
        (rule.check)(body, &mut found);
        remarks.extend(found.0.into_iter().map(|(range, message)| Remark {
            rule: rule.code.to_owned(),
            name: rule.name.to_owned(),
            range,
            message,
        }));
    }
    remarks
}
