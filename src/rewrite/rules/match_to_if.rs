//! Turns `match` over literals into `if`, `elif` and `else`.
//!
//! Preconditions: the subject is a local name that no other scope sees; every pattern is a number, a text, `None`, a boolean or
//! alternatives of these, and `_` only in the last case; no guard binds the subject; comparisons follow the data model; cases have
//! lines of their own.

use ruff_python_ast::{Pattern, Singleton, Stmt};
use ruff_text_size::Ranged;

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::spelling::AND;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::Match(node) = stmt else { return None };
        let subject = node.subject.as_name_expr()?;
        let scope = program.scope_at(place);
        if !program.is_tame || program.private_local(scope, subject.id.as_str()) != Some(scope) {
            return None;
        }
        let margin = program.margin(stmt)?;
        let name = program.text_of(subject);
        let first = node.cases.first()?;
        let mut change = Change::default();
        let start = stmt.start().to_usize();
        for (i, case) in node.cases.iter().enumerate() {
            let case_start = case.start().to_usize();
            let end = case.guard.as_ref().map_or(case.pattern.end(), |guard| guard.end());
            let colon = program.after_colon(end.to_usize())?;
            let lines = program.lines_of(colon, &case.body)?;
            let from = program.line_start(case_start);
            let case_margin = program.text(from..case_start);
            program.step(case_margin, lines.margin)?;
            let is_last = i + 1 == node.cases.len();
            let test = test(program, name, &case.pattern);
            let guard = case.guard.as_ref().map(|guard| program.within(guard, AND));
            let rebinds = case.guard.as_deref().is_some_and(|guard| {
                program.binds_within(&span_of(guard), scope, subject.id.as_str())
            });
            if rebinds {
                return None;
            }
            let head = match (test?, guard, is_last) {
                (Test::Always, None, true) if i > 0 => "else:".to_owned(),
                (Test::Always, _, _) => return None,
                (Test::When { text, .. }, None, _) => {
                    format!("{}if {text}:", if i > 0 { "el" } else { "" })
                }
                (Test::When { text, is_or }, Some(guard), _) => {
                    let text = if is_or { format!("({text})") } else { text };
                    format!("{}if {text} and {guard}:", if i > 0 { "el" } else { "" })
                }
            };
            if head.contains('\n') {
                return None;
            }
            let head_start = if std::ptr::eq(case, first) { start } else { from + margin.len() };
            change.replace(head_start..colon, head);
            program.dedent(&mut change, &lines.span, lines.margin, case_margin);
        }
        Some(change)
    });
}

enum Test {
    Always,
    When { text: String, is_or: bool },
}

fn test(program: &Program<'_>, name: &str, pattern: &Pattern) -> Option<Test> {
    let when = |text| Some(Test::When { text, is_or: false });
    match pattern {
        Pattern::MatchValue(node) if program.is_literal(&node.value) => {
            when(format!("{name} == {}", program.text_of(&*node.value)))
        }
        Pattern::MatchSingleton(node) => when(format!(
            "{name} is {}",
            match node.value {
                Singleton::None => "None",
                Singleton::True => "True",
                Singleton::False => "False",
            }
        )),
        Pattern::MatchOr(node) => {
            let parts = node.patterns.iter().map(|one| match test(program, name, one)? {
                Test::When { text, is_or: false } => Some(text),
                Test::When { .. } | Test::Always => None,
            });
            let parts: Vec<String> = parts.collect::<Option<_>>()?;
            Some(Test::When { text: parts.join(" or "), is_or: true })
        }
        Pattern::MatchAs(node) if node.pattern.is_none() && node.name.is_none() => {
            Some(Test::Always)
        }
        _ => None,
    }
}
