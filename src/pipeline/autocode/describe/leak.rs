//! What a description gives away of the solution.
//!
//! Invariant: parameters, the function's own name and words of the language are no leak.

use std::collections::BTreeSet;

use crate::python::{Function, Module};
use crate::report::is_unseen;

/// Characters of a line of code, without what `squeezed` leaves out, that is long enough to give something away.
const TELLING_LINE: usize = 12;
/// Characters of a local name that no English word is likely to be.
const TELLING_NAME: usize = 4;

/// What a description has of the solution: a line of its code however it is spaced or marked, a name that only its functions know, or
/// the name of a helper; names have an underscore, or are marked as code.
pub fn leak(module: &Module, function: &Function, description: &str) -> Option<String> {
    leaked_line(module, function, description)
        .or_else(|| leaked_name(module, function, description))
}

/// A line of the program, but for docstrings, which are there to be read, and the function's own head.
fn leaked_line(module: &Module, function: &Function, description: &str) -> Option<String> {
    let told = squeezed(description);
    let head = squeezed(&module.head_of(function));
    let mut between = module.source().to_owned();
    for other in module.functions() {
        between = between.replacen(module.text_of(other), "", 1);
    }
    let bodies = module.functions().iter().flat_map(|other| module.body_of(other).lines());
    let mut lines = bodies.chain(between.lines()).map(str::trim);
    let is_told = |line: &&str| {
        let line = squeezed(line);
        line.chars().count() >= TELLING_LINE && told.contains(&line) && !head.contains(&line)
    };
    lines.find(is_told).map(str::to_owned)
}

/// A name that a body binds, or that of another function.
fn leaked_name(module: &Module, function: &Function, description: &str) -> Option<String> {
    let words: BTreeSet<&str> = description
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| word.len() >= TELLING_NAME)
        .collect();
    let is_public = |name: &str| {
        name == function.name || function.params.iter().any(|param| param.name == name)
    };
    let is_told = |name: &String| {
        let is_marked = description.contains(&format!("`{name}`"));
        (is_marked || name.contains('_') && words.contains(name.as_str())) && !is_public(name)
    };
    let mut names = module
        .functions()
        .iter()
        .flat_map(|other| std::iter::once(other.name.clone()).chain(module.local_names(other)));
    names.find(is_told)
}

/// A text without white space, the marks of Markdown and quotes, and characters that are not seen.
fn squeezed(text: &str) -> String {
    let is_kept =
        |c: &char| !c.is_whitespace() && !"`'\"*".contains(*c) && !c.is_control() && !is_unseen(*c);
    text.chars().filter(is_kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_names_that_only_the_solution_knows_are_found() {
        let source = "def mixed(seed):\n    scaled_seed = seed * 7 + 13\n    return scaled_seed ^ 3\n\ndef f(xs, step=1):\n    \"\"\"Sum what step_size leaves.\"\"\"\n    running_total = sum(xs)\n    step = abs(step)\n    total = mixed(running_total) * 2\n    return total - step\n";
        let module = Module::parse(source).unwrap();
        let function = module.function("f").unwrap();
        let leak = |text: &str| leak(&module, function, text);
        assert_eq!(leak("Double the total, less one `step`; `f` takes `xs` and is mixed."), None);
        assert_eq!(leak("def f(xs, step=1): Sum what step_size leaves."), None);
        assert_eq!(leak("Keep a running_total."), Some("running_total".into()));
        for text in ["Return the `total`.", "Return the ``total``."] {
            assert_eq!(leak(text), Some("total".into()));
        }
        assert_eq!(leak("Use `mixed`."), Some("mixed".into()));
        assert_eq!(leak("It has a scaled_seed."), Some("scaled_seed".into()));
        for line in [
            "running_total = sum(xs)",
            "`running_total=sum( xs )`",
            "**running_\u{200b}total** = sum(xs)",
        ] {
            let text = format!("Do {line} first.");
            assert_eq!(leak(&text), Some("running_total = sum(xs)".into()), "{line}");
        }
        assert_eq!(leak("It is return scaled_seed ^ 3."), Some("return scaled_seed ^ 3".into()));
    }
}
