//! The findings that are most frequent in published code, and those about security, by the rules that find them.
//!
//! Invariant: each of these rules is one of the rules for cleaning, and has examples of what it finds and of what it leaves alone.

/// What is found, and the rules that find it, ruff's or ours; what ruff lacks or takes more broadly is ours.
#[rustfmt::skip]
pub const KNOWN: [(&str, &[&str]); 24] = [
    ("open without encoding", &["PLW1514"]),
    ("a test method compared without being called", &["TG001"]),
    ("a web request without timeout", &["S113"]),
    ("a response used without raise_for_status", &["TG002"]),
    ("an arbitrary sleep", &["TG003"]),
    ("a file opened and never closed", &["TG004"]),
    ("exit() instead of sys.exit()", &["PLR1722"]),
    ("code after an unconditional return", &["TG009"]),
    ("an unchecked call of a command", &["PLW1510", "TG005"]),
    ("a useless inner function", &["TG006"]),
    ("`is` on literals", &["F632"]),
    ("a list modified while it is iterated", &["B909"]),
    ("an assignment overwritten by the same key", &["TG007", "F601"]),
    ("an empty body of an if", &["TG008"]),
    ("a mutable default argument", &["B006"]),
    ("a bare except", &["E722"]),
    ("a method that is named and not called, or another expression without effect", &["B018"]),
    ("CWE-259: a hard-coded password", &["S105", "S106", "S107"]),
    ("CWE-330: a secret that can be predicted", &["TG010"]),
    ("CWE-502: untrusted data deserialised", &["S301", "S506"]),
    ("CWE-89: SQL built from strings", &["S608"]),
    ("CWE-95: text evaluated or executed", &["S307", "S102"]),
    ("CWE-78: a command through a shell", &["S602", "S605"]),
    ("CWE-327: a weak hash or cipher", &["S324", "S304", "S305"]),
];
