//! What a description gives away of the solution.
//!
//! Invariant: parameters, the function's own name and words of the language are no leak.

use std::collections::BTreeSet;

use crate::python::{Function, Module};

/// Characters of a line of code, white space aside, that is long enough to give something away.
const TELLING_LINE: usize = 12;
/// Characters of a local name that no English word is likely to be.
const TELLING_NAME: usize = 4;

/// What a description has of the solution: a line of its code however it is spaced, or a name that only its body knows: one with an
/// underscore, or any if it is marked as code.
pub fn leak(module: &Module, function: &Function, description: &str) -> Option<String> {
    let squeezed = squeezed(description);
    let code = module.body_of(function).lines().map(str::trim);
    let mut lines = code.filter(|line| {
        let line = self::squeezed(line);
        line.chars().count() >= TELLING_LINE && squeezed.contains(&line)
    });
    if let Some(line) = lines.next() {
        return Some(line.to_owned());
    }
    let words: BTreeSet<&str> = description
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| word.len() >= TELLING_NAME)
        .collect();
    let marked: BTreeSet<&str> = description.split('`').skip(1).step_by(2).map(str::trim).collect();
    let is_parameter = |name: &str| function.params.iter().any(|param| param.name == name);
    let is_name = |name: &&String| {
        let is_told = name.contains('_') && words.contains(name.as_str());
        (is_told || marked.contains(name.as_str())) && !is_parameter(name)
    };
    module.local_names(function).iter().find(is_name).cloned()
}

/// A text without white space and backticks.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '`').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_local_names_of_the_solution_are_found() {
        let module = Module::parse(
            "def f(xs, step=1):\n    running_total = sum(xs)\n    step = abs(step)\n    total = running_total * 2\n    return total - step\n",
        )
        .unwrap();
        let function = module.function("f").unwrap();
        let leak = |text: &str| leak(&module, function, text);
        assert_eq!(leak("Double the total, less one `step`; `f` takes `xs`."), None);
        assert_eq!(leak("Keep a `running_total`."), Some("running_total".into()));
        assert_eq!(leak("Return the `total`."), Some("total".into()));
        for line in ["running_total = sum(xs)", "`running_total=sum( xs )`"] {
            let text = format!("Do {line} first.");
            assert_eq!(leak(&text), Some("running_total = sum(xs)".into()));
        }
        assert_eq!(leak("It is return total - step."), Some("return total - step".into()));
    }
}
