//! A top-level function of a module: its signature, docstring and place in the text.
//!
//! Invariant: `span` starts at the first decorator (or `def`) and ends with the last statement of the body.

use std::ops::Range;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Parameter, Stmt, StmtFunctionDef};
use serde::Serialize;

use super::syntax::{span_of, text};
use crate::named::named_enum;

named_enum! {
    /// How a parameter takes its argument.
    pub enum ParamKind {
        PositionalOnly = "positional-only",
        PositionalOrKeyword = "positional-or-keyword",
        /// `*args`, `...rest`
        VarPositional = "var-positional",
        KeywordOnly = "keyword-only",
        /// `**kwargs`
        VarKeyword = "var-keyword",
    }
}

/// A parameter; annotation and default are source text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Param {
    pub name: String,
    pub kind: ParamKind,
    pub annotation: Option<String>,
    pub default: Option<String>,
}

impl Param {
    /// Whether a call must give the parameter a value.
    pub fn is_required(&self) -> bool {
        self.default.is_none()
            && !matches!(self.kind, ParamKind::VarPositional | ParamKind::VarKeyword)
    }
}

/// A function defined at the top level of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub is_async: bool,
    pub is_generator: bool,
    /// Whether the name has no leading underscore.
    pub is_public: bool,
    pub params: Vec<Param>,
    pub returns: Option<String>,
    /// The docstring with its common margin removed.
    pub docstring: Option<String>,
    /// Bytes of the module's source, decorators included.
    pub span: Range<usize>,
    /// 1-based line of the span's start.
    pub line: usize,
}

impl Function {
    /// The names of the parameters in order.
    pub fn param_names(&self) -> Vec<&str> {
        self.params.iter().map(|param| param.name.as_str()).collect()
    }

    /// Describes a definition that begins on this line.
    pub(super) fn new(def: &StmtFunctionDef, source: &str, line: usize) -> Self {
        let span = span_of(def);
        Self {
            name: def.name.to_string(),
            is_async: def.is_async,
            is_generator: yields(&def.body),
            is_public: !def.name.starts_with('_'),
            params: params(def, source),
            returns: def.returns.as_deref().map(|returns| text(source, returns)),
            docstring: docstring(&def.body),
            line,
            span,
        }
    }
}

fn params(def: &StmtFunctionDef, source: &str) -> Vec<Param> {
    let param = |parameter: &Parameter, kind, default: Option<&Expr>| Param {
        name: parameter.name.to_string(),
        kind,
        annotation: parameter.annotation().map(|annotation| text(source, annotation)),
        default: default.map(|default| text(source, default)),
    };
    let mut params = Vec::new();
    for (group, kind) in [
        (&def.parameters.posonlyargs, ParamKind::PositionalOnly),
        (&def.parameters.args, ParamKind::PositionalOrKeyword),
    ] {
        params.extend(group.iter().map(|one| param(&one.parameter, kind, one.default())));
    }
    params.extend(
        def.parameters.vararg.as_deref().map(|one| param(one, ParamKind::VarPositional, None)),
    );
    params.extend(
        def.parameters
            .kwonlyargs
            .iter()
            .map(|one| param(&one.parameter, ParamKind::KeywordOnly, one.default())),
    );
    params
        .extend(def.parameters.kwarg.as_deref().map(|one| param(one, ParamKind::VarKeyword, None)));
    params
}

fn docstring(body: &[Stmt]) -> Option<String> {
    match body.first()? {
        Stmt::Expr(statement) => match &*statement.value {
            Expr::StringLiteral(string) => Some(clean(string.value.to_str())),
            _ => None,
        },
        _ => None,
    }
}

/// Removes the margin that all lines but the first share, and the empty lines around, as `inspect.cleandoc` does.
fn clean(doc: &str) -> String {
    let lines: Vec<&str> = doc.lines().collect();
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let margin =
        lines.iter().skip(1).filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let cleaned: Vec<&str> = lines
        .iter()
        .enumerate()
        // A margin of mixed white space may end inside a character, which is then no margin.
        .map(|(i, line)| {
            if i == 0 { line.trim_start() } else { line.get(margin..).unwrap_or(line.trim_start()) }
        })
        .map(str::trim_end)
        .collect();
    cleaned.join("\n").trim_matches('\n').to_owned()
}

fn yields(body: &[Stmt]) -> bool {
    struct Yields(bool);
    impl<'a> Visitor<'a> for Yields {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            // A nested function or class has its own `yield`.
            if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                walk_stmt(self, stmt);
            }
        }

        fn visit_expr(&mut self, expr: &'a Expr) {
            match expr {
                Expr::Yield(_) | Expr::YieldFrom(_) => self.0 = true,
                Expr::Lambda(_) => {}
                _ => walk_expr(self, expr),
            }
        }
    }
    let mut visitor = Yields(false);
    visitor.visit_body(body);
    visitor.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::Module;

    fn only(source: &str) -> Function {
        Module::parse(source).unwrap().functions()[0].clone()
    }

    #[test]
    fn a_signature_is_kept_as_written() {
        let f = only("def f(a, /, b: int=1, *c, d = 'x', **e) -> list[int]: pass\n");
        let shown: Vec<_> =
            f.params.iter().map(|p| (p.name.as_str(), p.kind, p.is_required())).collect();
        assert_eq!(
            shown,
            [
                ("a", ParamKind::PositionalOnly, true),
                ("b", ParamKind::PositionalOrKeyword, false),
                ("c", ParamKind::VarPositional, false),
                ("d", ParamKind::KeywordOnly, false),
                ("e", ParamKind::VarKeyword, false),
            ]
        );
        assert_eq!(f.params[1].annotation.as_deref(), Some("int"));
        assert_eq!(f.params[3].default.as_deref(), Some("'x'"));
        assert_eq!(f.returns.as_deref(), Some("list[int]"));
    }

    #[test]
    fn a_decorator_belongs_to_the_span() {
        let source = "x = 1\n\n@cache\nasync def f(): yield 1\ny = 2\n";
        let module = Module::parse(source).unwrap();
        let f = &module.functions()[0];
        assert_eq!(module.text_of(f), "@cache\nasync def f(): yield 1");
        assert_eq!((f.line, f.is_async, f.is_generator), (3, true, true));
    }

    #[test]
    fn a_nested_yield_makes_no_generator() {
        assert!(!only("def f():\n    def g():\n        yield 1\n    return g\n").is_generator);
    }

    #[test]
    fn a_docstring_loses_its_margin() {
        let f = only("def f():\n    '''One.\n\n        two\n      three\n    '''\n");
        assert_eq!(f.docstring.as_deref(), Some("One.\n\n  two\nthree"));
    }
}
