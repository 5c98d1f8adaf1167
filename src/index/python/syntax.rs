//! Small questions about nodes of ruff's tree.
//!
//! Invariant: texts are on one line.

use ruff_python_ast::{Expr, ExprCall, Parameter, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::Source;
use crate::index::entities::{Lines, Param, ParamKind, Signature, Span};
use crate::index::text::{cleandoc, one_line};

impl Source<'_> {
    /// The source of a node, on one line.
    pub fn text_of(&self, node: &impl Ranged) -> String {
        one_line(&self.text[node.range().to_std_range()])
    }

    /// The line of a node's first byte.
    pub fn line_of(&self, node: &impl Ranged) -> u32 {
        self.lines.line(node.start().to_u32())
    }

    /// The lines of a node, from its first byte to its last.
    pub fn lines_of(&self, node: &impl Ranged) -> Lines {
        let end = self.lines.line(node.end().to_u32().saturating_sub(1));
        Lines { start: self.line_of(node), end }
    }

    /// The byte of the keyword that begins a definition, after its decorators.
    pub fn keyword_of(&self, decorators: &[ruff_python_ast::Decorator], node: &impl Ranged) -> u32 {
        let Some(last) = decorators.last() else { return node.start().to_u32() };
        let mut at = last.end().to_usize();
        loop {
            let rest = &self.text[at..];
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\x0c', '\n', '\\']).len();
            at += blank;
            match self.text[at..].strip_prefix('#') {
                Some(comment) => at += 1 + comment.find('\n').unwrap_or(comment.len()),
                None => return at as u32,
            }
        }
    }

    /// What a function takes and returns.
    pub fn signature(&self, def: &StmtFunctionDef) -> Signature {
        let returns = def.returns.as_deref().map(|returns| self.text_of(returns));
        let mut text = self.text_of(&*def.parameters);
        if let Some(returns) = &returns {
            text.push_str(" -> ");
            text.push_str(returns);
        }
        Signature { text, params: self.params(def), returns }
    }

    fn params(&self, def: &StmtFunctionDef) -> Vec<Param> {
        let param = |parameter: &Parameter, kind, default: Option<&Expr>| Param {
            name: parameter.name.to_string(),
            kind,
            annotation: parameter.annotation().map(|annotation| self.text_of(annotation)),
            default: default.map(|default| self.text_of(default)),
        };
        let parameters = &*def.parameters;
        let mut params = Vec::new();
        for (group, kind) in [
            (&parameters.posonlyargs, ParamKind::PositionalOnly),
            (&parameters.args, ParamKind::PositionalOrKeyword),
        ] {
            params.extend(group.iter().map(|one| param(&one.parameter, kind, one.default())));
        }
        let starred = parameters.vararg.as_deref();
        params.extend(starred.map(|one| param(one, ParamKind::VarPositional, None)));
        let keywords = parameters.kwonlyargs.iter();
        params.extend(
            keywords.map(|one| param(&one.parameter, ParamKind::KeywordOnly, one.default())),
        );
        let starred = parameters.kwarg.as_deref();
        params.extend(starred.map(|one| param(one, ParamKind::VarKeyword, None)));
        // They are kept as long as the index.
        params.shrink_to_fit();
        params
    }
}

/// The bytes of a node.
pub fn span(node: &impl Ranged) -> Span {
    Span { start: node.start().to_u32(), end: node.end().to_u32() }
}

/// The docstring of a body, cleaned.
pub fn docstring(body: &[Stmt]) -> Option<String> {
    match body.first()? {
        Stmt::Expr(statement) => match &*statement.value {
            Expr::StringLiteral(string) => Some(cleandoc(string.value.to_str())),
            _ => None,
        },
        _ => None,
    }
}

/// The dotted name that an expression is: `a.b.c`.
pub fn dotted(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => {
            let mut text = dotted(&attribute.value)?;
            text.push('.');
            text.push_str(&attribute.attr);
            Some(text)
        }
        _ => None,
    }
}

/// The value of a string literal.
pub fn string(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::StringLiteral(string) => Some(string.value.to_str()),
        _ => None,
    }
}

/// The argument of a call at a position, or with a name.
pub fn argument<'a>(call: &'a ExprCall, position: usize, name: &str) -> Option<&'a Expr> {
    let keyword = call
        .arguments
        .keywords
        .iter()
        .find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg.as_str() == name));
    keyword.map(|keyword| &keyword.value).or_else(|| call.arguments.args.get(position))
}

/// Whether a decorator has this last name: `abc.abstractmethod` has `abstractmethod`.
pub fn is_decorated(decorators: &[String], name: &str) -> bool {
    decorators.iter().any(|decorator| {
        let head = decorator.split('(').next().unwrap_or_default().trim();
        head == name || head.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
    })
}
