//! Cuts the smallest program out of a module that still defines one function.
//!
//! Invariant: the result is made of whole top-level statements of the original text, in their original order.

use std::collections::BTreeSet;
use std::ops::Range;

use ruff_python_ast::{CmpOp, Expr, Stmt};

use super::builtins::is_builtin;
use super::names::Names;
use super::scopes;
use super::syntax::span_of;

/// One top-level statement with the comments that belong to it.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// Bytes, with the comment lines right above and the comment behind.
    span: Range<usize>,
    /// Empty lines above, at most two.
    blank_lines: usize,
    role: Role,
    names: Names,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    /// `from __future__ import …` changes how everything else is read.
    Future,
    /// `if __name__ == "__main__":` runs only in a script.
    MainBlock,
    Ordinary,
}

/// Splits a module into its top-level statements.
pub(super) fn units(body: &[Stmt], source: &str) -> Vec<Unit> {
    let mut units = Vec::with_capacity(body.len());
    let mut previous_end = 0;
    for stmt in body {
        let span = with_comments(source, previous_end, span_of(stmt));
        let newlines =
            source[previous_end..span.start].bytes().filter(|&byte| byte == b'\n').count();
        previous_end = span.end;
        units.push(Unit {
            span,
            blank_lines: newlines.saturating_sub(1).min(2),
            role: role(stmt),
            names: scopes::of_statement(stmt),
        });
    }
    units
}

/// The text of the closure of some names; empty when nothing defines one of them.
pub(super) fn text(units: &[Unit], source: &str, names: &BTreeSet<String>) -> String {
    let mut out = String::new();
    for unit in kept(units, names) {
        if !out.is_empty() {
            out.push_str(&"\n".repeat(unit.blank_lines));
        }
        out.push_str(&source[unit.span.clone()]);
        out.push('\n');
    }
    out
}

/// The names that the closure of a name uses and nothing defines, sorted.
pub(super) fn unresolved(units: &[Unit], name: &str) -> Vec<String> {
    let kept = kept(units, &BTreeSet::from([name.to_owned()]));
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
    used.into_iter().filter(|name| !defined.contains(name) && !is_builtin(name)).cloned().collect()
}

fn kept<'u>(units: &'u [Unit], wanted: &BTreeSet<String>) -> Vec<&'u Unit> {
    let binds = |unit: &Unit| {
        unit.role == Role::Ordinary && unit.names.binds.iter().any(|name| wanted.contains(name))
    };
    if !units.iter().any(binds) {
        return Vec::new();
    }
    let mut keep: Vec<bool> = units.iter().map(|unit| unit.role == Role::Future).collect();
    let mut needed = wanted.clone();
    loop {
        let before = keep.iter().filter(|kept| **kept).count();
        for (unit, keep) in units.iter().zip(&mut keep) {
            if !*keep && unit.role == Role::Ordinary && defines_any(unit, &needed) {
                *keep = true;
                needed.extend(unit.names.uses.keys().cloned());
            }
        }
        if keep.iter().filter(|kept| **kept).count() == before {
            break;
        }
    }
    let defined: BTreeSet<&String> = units.iter().flat_map(|unit| &unit.names.binds).collect();
    let needs_star = needed.iter().any(|name| !defined.contains(name) && !is_builtin(name));
    units
        .iter()
        .zip(keep)
        .filter(|(unit, keep)| {
            *keep || unit.names.star && needs_star && unit.role == Role::Ordinary
        })
        .map(|(unit, _)| unit)
        .collect()
}

fn defines_any(unit: &Unit, needed: &BTreeSet<String>) -> bool {
    unit.names.binds.iter().chain(&unit.names.changes).any(|name| needed.contains(name))
}

fn role(stmt: &Stmt) -> Role {
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
fn with_comments(source: &str, previous_end: usize, span: Range<usize>) -> Range<usize> {
    let line_end =
        source[span.end..].find(['\n', '\r']).map_or(source.len(), |length| span.end + length);
    let rest = source[span.end..line_end].trim_start();
    let end = if rest.starts_with('#') {
        span.end + source[span.end..line_end].trim_end().len()
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
    fn windows_line_ends_do_not_hide_comments() {
        assert_eq!(
            closure("x = 1\r\n# a\r\ndef f(): pass # b\r\n", "f"),
            "# a\r\ndef f(): pass # b\n"
        );
    }
}
