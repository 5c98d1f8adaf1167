//! A stand-in for `pytest`, which no runtime has.
//!
//! Invariant: only a test can import it; an answer in the same interpreter cannot.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::script::Script;
use crate::sandbox::value::Value;

const SOURCE: &str = concat!(
    include_str!("pytest/checks.py"),
    "\n\n",
    include_str!("pytest/fixtures.py"),
    "\n\n",
    include_str!("pytest/run.py")
);

/// A line of Python that loads the module.
static LOAD: LazyLock<String> = LazyLock::new(|| {
    let source = Value::str(SOURCE).to_literal().unwrap_or_default();
    let module =
        "__import__('sys').modules.setdefault('pytest', __import__('types').ModuleType('pytest'))";
    format!("exec(compile({source}, 'pytest.py', 'exec', dont_inherit=True), vars({module}))\n")
});

impl Script<'_> {
    /// A program of ours that runs the test, after the module is loaded if the test may import it.
    pub(super) fn with_pytest(&self, program: &'static str) -> Cow<'static, str> {
        let mentions = [self.setup, self.definitions, self.call];
        if mentions.iter().any(|text| text.contains("pytest")) {
            Cow::Owned(format!("{}{program}", *LOAD))
        } else {
            Cow::Borrowed(program)
        }
    }
}
