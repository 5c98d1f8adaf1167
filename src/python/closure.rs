//! Cuts the smallest program out of a module that still defines one function.
//!
//! Invariant: the result is made of whole top-level statements of the original text, in their original order.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use ruff_python_ast::{CmpOp, Expr, Stmt};

use super::builtins::is_builtin;
use super::names::Names;
use super::scopes;
use super::syntax::span_of;

/// One top-level statement with the comments that belong to it.
#[derive(Debug, Clone)]
struct Unit {
    /// Bytes, with the comment lines right above and the comment behind.
    span: Range<usize>,
    /// Empty lines above, at most two.
    blank_lines: usize,
    names: Names,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Role {
    /// `from __future__ import …` changes how everything else is read.
    Future,
    /// `if __name__ == "__main__":` runs only in a script.
    MainBlock,
    Ordinary,
}

/// A module's top-level statements, and where each name gets its value.
#[derive(Debug, Clone)]
pub(super) struct Units {
    units: Vec<Unit>,
    /// The ordinary statements that bind a name or change its object.
    definers: HashMap<String, Vec<usize>>,
    /// Names that any statement binds.
    bound: HashSet<String>,
    futures: Vec<usize>,
    stars: Vec<usize>,
}

impl Units {
    /// Splits a module into its top-level statements.
    pub(super) fn of(body: &[Stmt], source: &str) -> Self {
        let mut units = Vec::with_capacity(body.len());
        let mut definers: HashMap<String, Vec<usize>> = HashMap::new();
        let mut bound = HashSet::new();
        let (mut futures, mut stars) = (Vec::new(), Vec::new());
        let mut previous_end = 0;
        for (place, stmt) in body.iter().enumerate() {
            let span = with_comments(source, previous_end, span_of(stmt));
            let newlines =
                source[previous_end..span.start].bytes().filter(|&byte| byte == b'\n').count();
            previous_end = span.end;
            let names = scopes::of_statement(stmt);
            match role(stmt) {
                Role::Future => futures.push(place),
                Role::MainBlock => {}
                Role::Ordinary => {
                    for name in names.binds.union(&names.changes) {
                        definers.entry(name.clone()).or_default().push(place);
                    }
                    stars.extend(names.star.then_some(place));
                }
            }
            bound.extend(names.binds.iter().cloned());
            let blank_lines = newlines.saturating_sub(1).min(2);
            units.push(Unit { span, blank_lines, names });
        }
        Self { units, definers, bound, futures, stars }
    }

    /// The names of each statement, in the order of the text.
    pub(super) fn names(&self) -> impl Iterator<Item = &Names> {
        self.units.iter().map(|unit| &unit.names)
    }

    /// The names that statements other than the main block bind or change.
    pub(super) fn names_defined(&self) -> impl Iterator<Item = &str> {
        self.definers.keys().map(String::as_str)
    }

    /// The text of the closure of some names; empty when nothing defines one of them.
    pub(super) fn text(&self, source: &str, names: &BTreeSet<String>) -> String {
        let mut out = String::new();
        for unit in self.kept(names) {
            if !out.is_empty() {
                out.push_str(&"\n".repeat(unit.blank_lines));
            }
            out.push_str(&source[unit.span.clone()]);
            out.push('\n');
        }
        out
    }

    /// The names that the closure of a name uses and nothing defines, sorted.
    pub(super) fn unresolved(&self, name: &str) -> Vec<String> {
        let kept = self.kept(&BTreeSet::from([name.to_owned()]));
        if kept.iter().any(|unit| unit.names.star) {
            return Vec::new();
        }
        let defined: BTreeSet<&String> = kept
            .iter()
            .flat_map(|unit| unit.names.binds.iter().chain(&unit.names.global_writes))
            .collect();
        let used: BTreeSet<&String> = kept
            .iter()
            .flat_map(|unit| &unit.names.uses)
            .filter(|(_, strict)| **strict)
            .map(|(name, _)| name)
            .collect();
        let is_missing = |name: &&String| !defined.contains(name) && !is_builtin(name);
        used.into_iter().filter(is_missing).cloned().collect()
    }

    /// The statements of the closure of some names. Each statement and each name is looked at once.
    fn kept(&self, wanted: &BTreeSet<String>) -> Vec<&Unit> {
        let binds = |place: &&usize| {
            self.units[**place].names.binds.iter().any(|name| wanted.contains(name))
        };
        let definers = |name: &str| self.definers.get(name).into_iter().flatten();
        if !wanted.iter().any(|name| definers(name).any(|place| binds(&place))) {
            return Vec::new();
        }
        let mut keep: BTreeSet<usize> = self.futures.iter().copied().collect();
        let mut needed: HashSet<&str> = wanted.iter().map(String::as_str).collect();
        let mut open: Vec<&str> = needed.iter().copied().collect();
        while let Some(name) = open.pop() {
            for &place in definers(name) {
                if keep.insert(place) {
                    let uses = self.units[place].names.uses.keys().map(String::as_str);
                    open.extend(uses.filter(|name| needed.insert(name)));
                }
            }
        }
        if !self.stars.is_empty()
            && needed.iter().any(|name| !self.bound.contains(*name) && !is_builtin(name))
        {
            keep.extend(&self.stars);
        }
        keep.into_iter().map(|place| &self.units[place]).collect()
    }

    /// The places of the statements that run when the module is loaded, with those of the definitions that they
    /// use; `waits` tells a definition that does nothing until it is used.
    pub(super) fn running(&self, waits: impl Fn(usize) -> bool) -> BTreeSet<usize> {
        let mut binders: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, names) in self.names().enumerate() {
            for name in &names.binds {
                binders.entry(name).or_default().push(place);
            }
        }
        let mut runs: BTreeSet<usize> =
            (0..self.units.len()).filter(|&place| !waits(place)).collect();
        let mut open: Vec<usize> = runs.iter().copied().collect();
        while let Some(place) = open.pop() {
            for name in self.units[place].names.uses.keys() {
                // Each name is followed once.
                for binder in binders.remove(name.as_str()).unwrap_or_default() {
                    if runs.insert(binder) {
                        open.push(binder);
                    }
                }
            }
        }
        runs
    }
}

pub(super) fn role(stmt: &Stmt) -> Role {
    match stmt {
        Stmt::ImportFrom(import) if import.module.as_deref() == Some("__future__") => Role::Future,
        Stmt::If(branch) if is_main_test(&branch.test) => Role::MainBlock,
        _ => Role::Ordinary,
    }
}

fn is_main_test(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else { return false };
    let is_name = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id.as_str() == "__name__");
    let sides = [Some(&*compare.left), compare.comparators.first()];
    compare.ops.first() == Some(&CmpOp::Eq) && sides.into_iter().flatten().any(is_name)
}

/// Extends a statement over the comment behind it and the comment lines right above it.
pub(super) fn with_comments(source: &str, previous_end: usize, span: Range<usize>) -> Range<usize> {
    // Only a comment is read to the end of its line: a line may hold as many statements as it has letters.
    let after = &source[span.end..];
    let gap = after.len() - after.trim_start_matches(is_blank).len();
    let end = if after[gap..].starts_with('#') {
        let line = after.lines().next().unwrap_or_default();
        let line = line.split('\r').next().unwrap_or_default();
        span.end + line.trim_end().len()
    } else {
        span.end
    };
    let mut start = span.start;
    while let Some(above) = source[previous_end..start].strip_suffix('\n') {
        let line_start = above.rfind('\n').map_or(0, |newline| newline + 1);
        let line = &above[line_start..];
        // Lines such as `#!/usr/bin/env python` speak of the file, and a comment in the previous statement's own line
        // was taken with it.
        if !line.starts_with('#') || line.starts_with("#!") || line.contains("coding:") {
            break;
        }
        start = previous_end + line_start;
    }
    start..end
}

/// White space within a line.
fn is_blank(c: char) -> bool {
    c.is_whitespace() && !['\n', '\r'].contains(&c)
}

#[cfg(test)]
mod tests {
    use crate::python::Module;

    fn closure(source: &str, name: &str) -> String {
        Module::parse(source).unwrap().closure(name)
    }

    fn unresolved(source: &str, name: &str) -> Vec<String> {
        Module::parse(source).unwrap().unresolved(name)
    }

    #[test]
    fn a_row_of_one_function_is_its_own_closure() {
        let source = "def f(x):\n    return x\n";
        assert_eq!(closure(source, "f"), source);
        assert_eq!(closure(source, "g"), "");
    }

    #[test]
    fn helper_functions_travel_with_the_target() {
        let source = "from __future__ import annotations\nimport os, sys\nimport math\n\n# Two.\n# Lines.\nK = 2  # why\n\ndef other():\n    pass\n\n\ndef h(x):\n    return math.floor(x) * K\n\nprint(h(1))\n\ndef f(x):\n    return h(x)\n\nif __name__ == '__main__':\n    f(1)\n";
        let expected = "from __future__ import annotations\nimport math\n\n# Two.\n# Lines.\nK = 2  # why\n\n\ndef h(x):\n    return math.floor(x) * K\n\ndef f(x):\n    return h(x)\n";
        assert_eq!(closure(source, "f"), expected);
    }

    #[test]
    fn statements_that_fill_a_used_table_are_kept() {
        let source = "t = {}\nu = []\nfor i in range(3):\n    t[i] = i\nu.append(1)\nprint(t)\ndef f(x):\n    return t[x]\n";
        assert_eq!(
            closure(source, "f"),
            "t = {}\nfor i in range(3):\n    t[i] = i\ndef f(x):\n    return t[x]\n"
        );
    }

    #[test]
    fn conditional_imports_are_kept_whole() {
        let source = "try:\n    import json\nexcept ImportError:\n    json = None\ndef f(x):\n    return json.loads(x)\n";
        assert_eq!(closure(source, "f"), source);
        assert!(unresolved(source, "f").is_empty());
    }

    #[test]
    fn statements_of_one_line_are_cut_apart() {
        assert_eq!(closure("a = 1; b = 2\ndef f(): return b\n", "f"), "b = 2\ndef f(): return b\n");
    }

    #[test]
    fn a_missing_global_is_unresolved() {
        assert_eq!(unresolved("def r_c(j):\n    return dr * (j + 0.5)\n", "r_c"), ["dr"]);
        assert!(
            unresolved(
                "def f(x: Undefined) -> Missing:\n    global n\n    n = len(x)\n    return n\n",
                "f"
            )
            .is_empty()
        );
    }

    #[test]
    fn a_star_import_may_define_anything() {
        let source = "from math import *\ndef f(x):\n    return sqrt(x)\ndef g(x):\n    return x\n";
        assert!(closure(source, "f").starts_with("from math import *\n"));
        assert!(unresolved(source, "f").is_empty());
        assert_eq!(closure(source, "g"), "def g(x):\n    return x\n");
    }

    #[test]
    fn long_chains_of_functions_and_long_lines_are_cut_in_time() {
        let chain: String =
            (1..20_000).map(|i| format!("def f{i}(): return f{}()\n", i - 1)).collect();
        let source = format!("def f0(): pass\n{chain}");
        assert_eq!(closure(&source, "f19999"), source);
        let module = Module::parse(&source).unwrap();
        assert_eq!(module.candidates().len(), 20_000);
        assert!(!Module::parse(&format!("{source}f19999()\n")).unwrap().reads_stdin());
        let line = format!("{}\ndef f(): return x\n", "x = 1;".repeat(100_000));
        assert_eq!(closure(&line, "f").lines().count(), 100_001);
    }

    #[test]
    fn windows_line_ends_do_not_hide_comments() {
        assert_eq!(
            closure("x = 1\r\n# a\r\ndef f(): pass # b\r\n", "f"),
            "# a\r\ndef f(): pass # b\n"
        );
    }
}
