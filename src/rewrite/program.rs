//! A program as the rules see it: its text, tokens, blocks, expressions and names, and what may be relied on.
//!
//! Invariant: a program that looks at its own source, frames or names has no `Program`, so that no rule needs to ask.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;
use unicode_normalization::UnicodeNormalization;

use super::references::{Place, References, ScopeId};
use super::types::Types;
use super::walk::{Block, Site, walk};
use crate::python::Module;
use crate::python::builtins::is_builtin;
use crate::python::syntax::{self, span_of};

/// Builtins through which a program sees its own names or source.
const REFLECTIVE_BUILTINS: [&str; 10] = [
    "__builtins__",
    "__file__",
    "__import__",
    "breakpoint",
    "compile",
    "dir",
    "eval",
    "exec",
    "globals",
    "locals",
];

/// Names, also of attributes and modules, through which a program sees its frames, code or source.
const REFLECTIVE: [&str; 28] = [
    "__annotations__",
    "__closure__",
    "__code__",
    "__del__",
    "__dict__",
    "__globals__",
    "__loader__",
    "__qualname__",
    "__self__",
    "_getframe",
    "ast",
    "builtins",
    "ctypes",
    "dis",
    "f_locals",
    "gc",
    "getsource",
    "gi_frame",
    "importlib",
    "inspect",
    "jit",
    "linecache",
    "njit",
    "setprofile",
    "settrace",
    "traceback",
    "vars",
    "weakref",
];

/// Modules whose star import shadows no builtin but the named ones.
const PLAIN_STAR_IMPORTS: [&str; 9] = [
    "bisect",
    "collections",
    "functools",
    "heapq",
    "itertools",
    "math",
    "random",
    "string",
    "typing",
];

/// Modules whose types follow the data model: comparisons give booleans, `!=` is the opposite of `==`.
const TAME_MODULES: [&str; 32] = [
    "__future__",
    "array",
    "bisect",
    "calendar",
    "cmath",
    "collections",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "io",
    "itertools",
    "json",
    "math",
    "operator",
    "os",
    "queue",
    "random",
    "re",
    "statistics",
    "string",
    "struct",
    "sys",
    "textwrap",
    "time",
    "typing",
    "unicodedata",
];

/// Methods that operators and statements call.
const HOOKS: [&str; 28] = [
    "__add__",
    "__bool__",
    "__contains__",
    "__delitem__",
    "__eq__",
    "__floordiv__",
    "__ge__",
    "__getattr__",
    "__getattribute__",
    "__getitem__",
    "__gt__",
    "__iadd__",
    "__index__",
    "__int__",
    "__isub__",
    "__iter__",
    "__le__",
    "__len__",
    "__lt__",
    "__mod__",
    "__mul__",
    "__ne__",
    "__radd__",
    "__rmul__",
    "__setitem__",
    "__sub__",
    "__format__",
    "__truediv__",
];

#[derive(Debug)]
pub(super) struct Program<'m> {
    pub source: &'m str,
    pub tokens: Vec<(TokenKind, Range<usize>)>,
    pub blocks: Vec<Block<'m>>,
    pub sites: Vec<Site<'m>>,
    pub references: References<'m>,
    pub types: Types<'m>,
    pub newline: &'static str,
    /// Strings that go over several lines, in the order of the text.
    pub long_strings: Vec<Range<usize>>,
    /// Whether the operators of all types follow the data model, as far as the text can tell.
    pub is_tame: bool,
    /// Names that the text uses for anything, and those that must stay.
    taken: HashSet<String>,
    star_imports_shadow: bool,
}

impl<'m> Program<'m> {
    /// Reads a module, or gives nothing if no rule may touch it; types are inferred later.
    pub(super) fn read(module: &'m Module, keep: &[&str]) -> Option<Self> {
        let source = module.source();
        let newline = newline(source)?;
        let tokens = syntax::tokens(source);
        let mut taken: HashSet<String> = keep.iter().map(|&name| name.to_owned()).collect();
        let mut previous = TokenKind::Newline;
        let mut hooks = false;
        // Names of attributes that are put together from texts.
        let (mut looks_up, mut spells) = (false, false);
        for (kind, range) in &tokens {
            if kind.is_keyword() || *kind == TokenKind::Name {
                let name: String = source.get(range.clone())?.nfkc().collect();
                let reflects = REFLECTIVE.contains(&name.as_str())
                    || previous != TokenKind::Dot && REFLECTIVE_BUILTINS.contains(&name.as_str())
                    || previous == TokenKind::Dot
                        && matches!(name.as_str(), "__name__" | "modules");
                if reflects {
                    return None;
                }
                hooks |= HOOKS.contains(&name.as_str());
                looks_up |= matches!(name.as_str(), "getattr" | "attrgetter");
                taken.insert(name);
            }
            spells |= *kind == TokenKind::String && source.get(range.clone())?.contains("__");
            previous = *kind;
        }
        if looks_up && spells {
            return None;
        }
        let walked = walk(module.body());
        if walked.has_type_parameters {
            return None;
        }
        let imports = Imports::of(&walked.blocks);
        let long_strings = long_strings(source, &tokens);
        let program = Self {
            long_strings,
            source,
            tokens,
            blocks: walked.blocks,
            sites: walked.sites,
            references: walked.references,
            types: Types::default(),
            newline,
            is_tame: !hooks && imports.are_tame,
            taken,
            star_imports_shadow: imports.star_shadows,
        };
        Some(program)
    }

    /// The source of a span.
    pub(super) fn text(&self, span: Range<usize>) -> &'m str {
        self.source.get(span).unwrap_or_default()
    }

    /// The source of a node, without parentheses around it.
    pub(super) fn text_of(&self, node: &impl Ranged) -> &'m str {
        self.text(span_of(node))
    }

    pub(super) fn block(&self, place: Place) -> &Block<'m> {
        &self.blocks[place.0]
    }

    pub(super) fn stmt(&self, place: Place) -> &'m Stmt {
        &self.blocks[place.0].body[place.1]
    }

    /// The expressions within a span, in the order of the text.
    pub(super) fn sites_within(
        &self,
        span: &Range<usize>,
    ) -> impl Iterator<Item = &Site<'m>> + use<'_, 'm> {
        let (start, end) = (span.start, span.end);
        let from = self.sites.partition_point(|site| span_of(site.expr).start < start);
        let to = self.sites.partition_point(|site| span_of(site.expr).start < end);
        let sites = self.sites.get(from..to).unwrap_or_default();
        sites.iter().filter(move |site| span_of(site.expr).end <= end)
    }

    /// Whether a span has a lambda, a generator expression, `:=`, `await` or `yield`.
    pub(super) fn defers_within(&self, span: &Range<usize>) -> bool {
        self.sites_within(span).any(|site| {
            matches!(
                site.expr,
                Expr::Named(_)
                    | Expr::Lambda(_)
                    | Expr::Generator(_)
                    | Expr::Await(_)
                    | Expr::Yield(_)
                    | Expr::YieldFrom(_)
            )
        })
    }

    /// The place of an expression's site.
    pub(super) fn site_of(&self, expr: &Expr) -> Option<&Site<'m>> {
        self.sites_within(&span_of(expr)).find(|site| std::ptr::eq(site.expr, expr))
    }

    /// Whether a name means the builtin wherever it stands.
    pub(super) fn is_builtin(&self, name: &str) -> bool {
        is_builtin(name) && !self.star_imports_shadow && !self.references.binds(name)
    }

    /// Whether an expression calls a builtin with plain arguments, which are given.
    pub(super) fn builtin_call<'e>(&self, expr: &'e Expr, name: &str) -> Option<&'e [Expr]> {
        let call = expr.as_call_expr()?;
        let is_it = call.func.as_name_expr().is_some_and(|function| function.id.as_str() == name);
        let is_plain = call.arguments.keywords.is_empty()
            && !call.arguments.args.iter().any(Expr::is_starred_expr);
        (is_it && is_plain && self.is_builtin(name)).then_some(&*call.arguments.args)
    }

    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.taken.contains(name) || is_builtin(name)
    }

    /// The index of the first token that begins at or after an offset.
    pub(super) fn token_at(&self, offset: usize) -> usize {
        self.tokens.partition_point(|(_, range)| range.start < offset)
    }

    /// The scope that the statements of a block run in.
    pub(super) fn scope_at(&self, place: Place) -> ScopeId {
        self.block(place).scope
    }
}

fn long_strings(source: &str, tokens: &[(TokenKind, Range<usize>)]) -> Vec<Range<usize>> {
    let mut open = Vec::new();
    let mut spans = Vec::new();
    for (kind, range) in tokens {
        let span = match kind {
            TokenKind::String if open.is_empty() => range.clone(),
            TokenKind::FStringStart | TokenKind::TStringStart => {
                open.push(range.start);
                continue;
            }
            TokenKind::FStringEnd | TokenKind::TStringEnd => match open.pop() {
                Some(start) if open.is_empty() => start..range.end,
                Some(_) | None => continue,
            },
            _ => continue,
        };
        if source.get(span.clone()).is_some_and(|text| text.contains('\n')) {
            spans.push(span);
        }
    }
    spans
}

/// How the lines of a text end; `None` if in several ways, or in one that is as good as none.
fn newline(source: &str) -> Option<&'static str> {
    let crlf = source.matches("\r\n").count();
    let all = source.matches('\n').count();
    let returns = source.matches('\r').count();
    match (crlf, returns) {
        (0, 0) => Some("\n"),
        (crlf, returns) if crlf == all && returns == crlf => Some("\r\n"),
        _ => None,
    }
}

struct Imports {
    are_tame: bool,
    star_shadows: bool,
}

impl Imports {
    fn of(blocks: &[Block<'_>]) -> Self {
        let mut imports = Self { are_tame: true, star_shadows: false };
        let tame: BTreeSet<&str> = TAME_MODULES.into();
        let root = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        for stmt in blocks.iter().flat_map(|block| block.body) {
            match stmt {
                Stmt::Import(node) => {
                    imports.are_tame &=
                        node.names.iter().all(|alias| tame.contains(root(&alias.name).as_str()));
                }
                Stmt::ImportFrom(node) => {
                    let module = node.module.as_ref().map_or("", |module| module.as_str());
                    imports.are_tame &= tame.contains(root(module).as_str());
                    imports.star_shadows |= node.names.iter().any(|alias| &alias.name == "*")
                        && !PLAIN_STAR_IMPORTS.contains(&module);
                }
                _ => {}
            }
        }
        imports
    }
}
