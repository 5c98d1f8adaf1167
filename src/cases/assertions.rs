//! Cases as assertions: the test functions that coding problems are published with.
//!
//! Invariant: a test states only recorded results, and fails on any result that `==` distinguishes from them, except in the last digits of
//! floats.

use std::collections::BTreeSet;

use super::address::{has_address, value_shows_address};
use super::invocation;
use super::invocation::Written;
use super::notation::{Notation, call_text, has_nan};
use crate::python::{Call, Function, Param, ParamKind, parse_calls};
use crate::sample::SampleCase;
use crate::sandbox::value::Value;
use crate::sandbox::{ArgumentKey, CallKind, End, Raised};

/// The share by which a float may differ from the one that was recorded; below 1e-12, the difference itself counts.
const FLOATS: &str = "rel_tol=1e-9, abs_tol=1e-12";

/// Names that tests use themselves.
pub const TEST_NAMES: [&str; 9] =
    ["asyncio", "close", "contextlib", "io", "isinstance", "list", "math", "repr", "test"];

/// Compares values that hold floats.
const CLOSE: &str = "def close(got, expected):
    \"\"\"Compare two values; floats may differ by a share of 1e-9.\"\"\"
    if isinstance(expected, float):
        return isinstance(got, float) and math.isclose(got, expected, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(expected, complex):
        return isinstance(got, complex) and abs(got - expected) <= max(1e-9 * abs(expected), 1e-12)
    if type(got) is not type(expected):
        return False
    if isinstance(expected, (list, tuple)):
        return len(got) == len(expected) and all(map(close, got, expected))
    if isinstance(expected, dict):
        return got.keys() == expected.keys() and all(close(got[key], expected[key]) for key in expected)
    return got == expected
";

/// Writes the tests of one function.
pub struct TestWriter<'a> {
    pub function: &'a Function,
    /// The program that defines it.
    pub program: &'a str,
}

/// What the assertions of a test use.
#[derive(Default)]
struct Uses {
    modules: BTreeSet<&'static str>,
    close: bool,
}

impl TestWriter<'_> {
    /// Whether a test can state the case: there is text for its result that means the same wherever it runs.
    pub fn can_state(&self, case: &SampleCase) -> bool {
        self.statements(case, &mut Uses::default()).is_some()
    }

    /// A script that defines `test()`, which asserts all these cases in order, and calls it; cases that cannot be stated are left out.
    pub fn script(&self, cases: &[SampleCase]) -> String {
        let mut uses = Uses::default();
        let lines: Vec<String> =
            cases.iter().filter_map(|case| self.statements(case, &mut uses)).flatten().collect();
        let mut script = String::new();
        for module in &uses.modules {
            script.push_str(&format!("import {module}\n"));
        }
        if !uses.modules.is_empty() {
            script.push_str("\n\n");
        }
        if uses.close {
            script.push_str(CLOSE);
            script.push_str("\n\n");
        }
        script.push_str("def test():\n");
        for line in lines {
            script.push_str(&format!("    {line}\n"));
        }
        // Not only under `__main__`: whoever runs the script by `exec` runs the test, too.
        script.push_str("\n\ntest()\n");
        script
    }

    /// Whether a value is of a class that an answer cannot know.
    fn is_foreign(&self, value: &Value) -> bool {
        match value {
            Value::Object(class, _) | Value::Derived(class, _) | Value::Opaque(class, _) => {
                !self.is_known(class)
            }
            _ => false,
        }
    }

    /// Whether the program itself defines a class.
    fn defines(&self, class: &str) -> bool {
        [format!("class {class}("), format!("class {class}:")]
            .iter()
            .any(|head| self.program.contains(head))
    }

    /// Whether an answer can know a class: one of the program's own has to be in the docstring.
    fn is_known(&self, class: &str) -> bool {
        let class = class.rsplit('.').next().unwrap_or_default();
        let docstring = self.function.docstring.as_deref().unwrap_or_default();
        !self.defines(class) || docstring.contains(class)
    }

    /// The lines that assert a case, without the test's indentation.
    fn statements(&self, case: &SampleCase, uses: &mut Uses) -> Option<Vec<String>> {
        match case.kind {
            None
            | Some(
                CallKind::Generator
                | CallKind::Iterator
                | CallKind::Iterators
                | CallKind::Attributes
                | CallKind::Property,
            ) => {}
            Some(CallKind::Coroutine) => _ = uses.modules.insert("asyncio"),
            Some(CallKind::AsyncGenerator | CallKind::NestedIterators) => return None,
        }
        let (mut lines, case) = if case.mutated.is_empty() {
            (Vec::new(), case.clone())
        } else {
            let (lines, arguments) = self.named_arguments(case)?;
            (lines, SampleCase { arguments, ..case.clone() })
        };
        let Written { setup, call } = call_text(&self.function.name, &case);
        if let Some(statements) = setup.strip_suffix("; ") {
            lines.push(statements.to_owned());
        }
        let prints = !case.stdout.is_empty();
        match &case.end {
            End::Returned { value, .. } if value.walk().any(|value| self.is_foreign(value)) => {
                return None;
            }
            End::Returned { value, repr } if prints => {
                uses.modules.extend(["contextlib", "io"]);
                lines.push("printed = io.StringIO()".into());
                lines.push("with contextlib.redirect_stdout(printed):".into());
                lines.push(format!("    result = {call}"));
                lines.push(returned("result", value, repr, uses)?);
                lines.push(format!("assert printed.getvalue() == {}", Value::str(&case.stdout)));
            }
            End::Returned { value, repr } => {
                lines.push(returned(&invocation::as_operand(&call), value, repr, uses)?);
            }
            End::Raised(raised) if prints || !self.is_known(&raised.kind) => return None,
            End::Raised(raised) => lines.extend(self.raises(&call, raised)),
            End::Exited { .. }
            | End::CompileError { .. }
            | End::OutOfFuel
            | End::OutOfMemory
            | End::OutputTooLarge
            | End::Trapped { .. } => return None,
        }
        for (key, value) in &case.mutated {
            lines.push(returned(&self.argument(key)?, value, "", uses)?);
        }
        Some(lines)
    }

    /// Binds changed arguments to names; gives the lines that do so, and the arguments of the call.
    fn named_arguments(&self, case: &SampleCase) -> Option<(Vec<String>, String)> {
        let parsed = parse_calls(
            &format!("{}({})", self.function.name, case.arguments),
            &self.function.param_names(),
        );
        let [Call { args, kwargs, .. }] = &parsed.calls[..] else { return None };
        let mut lines = Vec::new();
        let mut passed = Vec::new();
        let arguments = (0..).zip(args).map(|(i, value)| (ArgumentKey::Position(i), value));
        let named = kwargs.iter().map(|(name, value)| (ArgumentKey::Name(name.clone()), value));
        for (key, value) in arguments.chain(named) {
            let mut text = value.to_literal()?;
            if case.mutated.iter().any(|(changed, _)| *changed == key) {
                let name = self.argument(&key)?;
                lines.push(format!("{name} = {text}"));
                text = name;
            }
            passed.push(match key {
                ArgumentKey::Position(_) => text,
                ArgumentKey::Name(name) => format!("{name}={text}"),
            });
        }
        Some((lines, passed.join(", ")))
    }

    /// The parameter that takes an argument; `None` for one of many, or one that hides what the test uses.
    fn argument(&self, key: &ArgumentKey) -> Option<String> {
        let name = match key {
            ArgumentKey::Position(position) => self
                .function
                .params
                .get(*position as usize)
                .filter(|param| !is_variadic(param))?
                .name
                .clone(),
            ArgumentKey::Name(name) => name.clone(),
        };
        let hides =
            [self.function.name.as_str(), "close", "math", "io", "contextlib", "asyncio", "test"];
        (!hides.contains(&name.as_str())).then_some(name)
    }

    /// Asserts that a call raises an exception of a class; nobody can know its message without seeing the program.
    fn raises(&self, call: &str, raised: &Raised) -> Vec<String> {
        let class = raised.kind.rsplit('.').next().unwrap_or_default();
        let must_raise = Value::str(format!("{call} must raise {class}"));
        let caught = if raised.kind.contains('.') && !self.defines(class) {
            // The test does not import the class.
            let name = Value::str(class);
            [
                "except Exception as error:".to_owned(),
                format!("    assert type(error).__name__ == {name}"),
            ]
        } else {
            [format!("except {class}:"), "    pass".to_owned()]
        };
        let mut lines = vec!["try:".to_owned(), format!("    {call}")];
        lines.extend(caught);
        lines.extend(["else:".to_owned(), format!("    raise AssertionError({must_raise})")]);
        lines
    }
}

/// Cases as a question shows them: assertions that need nothing but the function.
pub fn shown(entry: &str, cases: &[SampleCase]) -> String {
    let lines: Vec<String> = cases.iter().map(|case| Notation::Assert.write(entry, case)).collect();
    lines.join("\n")
}

fn is_variadic(param: &Param) -> bool {
    matches!(param.kind, ParamKind::VarPositional | ParamKind::VarKeyword)
}

/// Asserts that an expression has a value.
fn returned(expression: &str, value: &Value, repr: &str, uses: &mut Uses) -> Option<String> {
    let has = |test: fn(&Value) -> bool| value.walk().any(test);
    let literal = value.to_literal().filter(|_| !has_nan(value));
    match (value, literal) {
        (Value::None | Value::Bool(_), Some(literal)) => {
            Some(format!("assert {expression} is {literal}"))
        }
        (Value::Float(_), Some(literal)) => {
            uses.modules.insert("math");
            Some(format!("assert math.isclose({expression}, {literal}, {FLOATS})"))
        }
        (_, Some(literal))
            if has(|value| matches!(value, Value::Float(_) | Value::Complex(..))) =>
        {
            uses.modules.insert("math");
            uses.close = true;
            Some(format!("assert close({expression}, {literal})"))
        }
        (_, Some(literal)) => Some(format!("assert {expression} == {literal}")),
        (Value::Float(_), None) => {
            uses.modules.insert("math");
            Some(format!("assert math.isnan({expression})"))
        }
        (_, None) => {
            let has_order = has(|value| matches!(value, Value::Set(_) | Value::FrozenSet(_)));
            let is_stable =
                !repr.is_empty() && !has_order && !has_address(repr) && !value_shows_address(value);
            is_stable.then(|| format!("assert repr({expression}) == {}", Value::str(repr)))
        }
    }
}
