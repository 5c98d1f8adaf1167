//! Blocks of tests in a design, as the sentences that say the same: which test is new, and what each call returns.
//!
//! Invariant: a block that states anything else stays a block, which no check accepts.

use crate::fences;
use crate::python::asserted::{Told, asserted};

/// A text whose blocks of tests are sentences.
pub fn in_words(text: &str) -> String {
    if fences::blocks(text).is_empty() {
        return text.to_owned();
    }
    let mut said = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let is_open = line.trim_end() == "```python";
        let rest = lines.clone();
        let block: Vec<&str> = rest.take_while(|line| line.trim_end() != "```").collect();
        let told = is_open.then(|| asserted(&block.join("\n"))).flatten();
        match told {
            Some(told) => {
                told.iter().for_each(|one| said.push_str(&sentence(one)));
                lines.by_ref().take(block.len() + 1).for_each(drop);
            }
            None => {
                said.push_str(line);
                said.push('\n');
            }
        }
    }
    said
}

fn sentence(told: &Told) -> String {
    match told {
        // What the module does not have is found by its name.
        Told::Import(name) => format!("\nThe code is `{name}`.\n"),
        Told::Test(name) => format!("\nThe test is `{name}` (new).\n"),
        Told::Result { call, value } => format!("\n`{call}` returns `{value}`.\n"),
    }
}
