//! Leaves out the methods of a program's classes that its function does not come to.
//!
//! Invariant: a method stays if anything that stays mentions its name, as a name or in a text; what Python itself calls stays; and if
//! the program can ask for members by names that it makes up, all stay.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Decorator, Expr, ModModule, Stmt, StmtClassDef, StmtFunctionDef};

use super::module::Module;
use super::syntax::{self, span_of, with_replacements};

/// Classes from outside of the program that call no methods of their subclasses by name.
const PLAIN_BASES: [&str; 14] = [
    "object",
    "dict",
    "list",
    "tuple",
    "set",
    "frozenset",
    "str",
    "int",
    "float",
    "bytes",
    "bytearray",
    "ABC",
    "Generic",
    "Protocol",
];
/// Decorators of classes that look for methods of the names that Python itself calls alone.
const PLAIN_DECORATORS: [&str; 2] = ["dataclass", "total_ordering"];
/// Names by which a program gets at members whose names it does not say.
const REFLECTION: [&str; 9] =
    ["dir", "vars", "globals", "locals", "eval", "exec", "getmembers", "__dict__", "methodcaller"];

/// The program without the methods that neither its entry nor these argument texts come to; `names` are what it is for.
pub fn without_unneeded(
    program: &str,
    entry: &str,
    names: &BTreeSet<String>,
    arguments: &[String],
) -> String {
    let Some(shorter) = without_methods(program, entry, arguments) else {
        return program.to_owned();
    };
    let Ok(module) = Module::parse(&shorter) else { return program.to_owned() };
    let closed = module.closure_of(names);
    if closed.is_empty() { program.to_owned() } else { closed }
}

/// A method that may be left out.
struct Method<'a> {
    name: &'a str,
    span: Range<usize>,
    /// Whether its class has other statements that stay.
    has_company: bool,
    words: HashSet<&'a str>,
}

/// The program without methods; `None` if all of them stay.
fn without_methods(program: &str, entry: &str, arguments: &[String]) -> Option<String> {
    let tree = syntax::module(program).ok()?;
    let mut methods = droppable(&tree, program, entry);
    if methods.is_empty() {
        return None;
    }
    let mut words: HashSet<&str> = HashSet::new();
    let mut previous = TokenKind::Newline;
    let docstrings = docstrings(&tree);
    for (kind, range) in syntax::tokens(program) {
        let text = program.get(range.clone()).unwrap_or_default();
        let found: Vec<&str> = match kind {
            TokenKind::Name => vec![text],
            TokenKind::String | TokenKind::FStringMiddle if !docstrings.contains(&range.start) => {
                words_of(text).collect()
            }
            _ => Vec::new(),
        };
        // The name that a definition gives is no mention of it.
        let is_defined = matches!(previous, TokenKind::Def);
        previous = kind;
        match methods.iter_mut().find(|method| method.span.contains(&range.start)) {
            Some(method) if !is_defined => method.words.extend(found),
            Some(_) => {}
            None => words.extend(found),
        }
    }
    words.extend(entry.split('.'));
    words.extend(arguments.iter().flat_map(|text| words_of(text)));
    while let Some(at) = methods.iter().position(|method| words.contains(method.name)) {
        words.extend(methods.swap_remove(at).words);
    }
    if methods.is_empty() || REFLECTION.iter().any(|name| words.contains(name)) {
        return None;
    }
    let mut asked = AskedByName(true);
    asked.visit_body(&tree.body);
    if !asked.0 {
        return None;
    }
    let edits = methods.into_iter().map(|method| {
        let text = if method.has_company { String::new() } else { keep_margin(program, &method) };
        (method.span, text)
    });
    let mut edits: Vec<(Range<usize>, String)> = edits.collect();
    edits.sort_by_key(|(span, _)| span.start);
    let shorter = with_replacements(program, edits);
    syntax::module(&shorter).is_ok().then_some(shorter)
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}

/// What takes the place of the methods of a class that has nothing else.
fn keep_margin(program: &str, method: &Method<'_>) -> String {
    let text = &program[method.span.clone()];
    let margin = &text[..text.len() - text.trim_start().len()];
    let margin = margin.rsplit('\n').next().unwrap_or_default();
    format!("{margin}pass\n")
}

/// The methods that Python does not call itself, of classes whose bases and decorators do not either, other than the entry.
fn droppable<'a>(tree: &'a ModModule, program: &str, entry: &str) -> Vec<Method<'a>> {
    let classes = || {
        tree.body.iter().filter_map(|stmt| match stmt {
            Stmt::ClassDef(class) => Some(class),
            _ => None,
        })
    };
    let own: HashSet<&str> = classes().map(|class| class.name.as_str()).collect();
    let mut found = Vec::new();
    for class in classes().filter(|class| is_plain(class, &own)) {
        let is_dropped = |stmt: &&Stmt| match stmt {
            Stmt::FunctionDef(def) => {
                !is_called_by_python(def) && format!("{}.{}", class.name, def.name) != entry
            }
            _ => false,
        };
        let mut has_company = class.body.iter().any(|stmt| !is_dropped(&stmt));
        for stmt in class.body.iter().filter(is_dropped) {
            let Stmt::FunctionDef(def) = stmt else { continue };
            let Some(span) = lines_of(program, stmt) else {
                has_company = true;
                continue;
            };
            found.push(Method {
                name: def.name.as_str(),
                span,
                has_company,
                words: HashSet::new(),
            });
            // One `pass` is enough.
            has_company = true;
        }
    }
    found
}

fn is_plain(class: &StmtClassDef, own: &HashSet<&str>) -> bool {
    let name = |expr: &Expr| match expr {
        Expr::Subscript(node) => last_name(&node.value),
        Expr::Call(node) => last_name(&node.func),
        expr => last_name(expr),
    };
    let is_plain_base = |base: &Expr| {
        name(base).is_some_and(|name| {
            own.contains(name.as_str())
                || PLAIN_BASES.contains(&name.as_str())
                || ["Error", "Exception", "Warning"].iter().any(|end| name.ends_with(end))
        })
    };
    let is_plain_decorator = |decorator: &Decorator| {
        name(&decorator.expression).is_some_and(|name| PLAIN_DECORATORS.contains(&name.as_str()))
    };
    let is_abc = |value: &Expr| last_name(value).is_some_and(|name| name == "ABCMeta");
    let has_plain_bases = class.arguments.as_deref().is_none_or(|arguments| {
        arguments.args.iter().all(is_plain_base)
            && arguments.keywords.iter().all(|one| is_abc(&one.value))
    });
    has_plain_bases && class.decorator_list.iter().all(is_plain_decorator)
}

fn last_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => Some(attribute.attr.to_string()),
        _ => None,
    }
}

/// Whether a method has a name that Python and its library ask for: `__len__`, or `_missing_` of an enumeration.
fn is_called_by_python(def: &StmtFunctionDef) -> bool {
    let name = def.name.as_str();
    name.starts_with('_') && name.ends_with('_')
}

/// The lines of a statement with those of its decorators, the comment above them and the blank lines after it; `None` if others share
/// them.
fn lines_of(program: &str, stmt: &Stmt) -> Option<Range<usize>> {
    let span = span_of(stmt);
    let mut start = program[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = program[span.end..].find('\n').map_or(program.len(), |at| span.end + at + 1);
    let after = program[span.end..end].trim();
    let is_alone = program[start..span.start].trim().is_empty()
        && (after.is_empty() || after.starts_with('#'));
    while let Some(line_start) = program[..start.saturating_sub(1)].rfind('\n').map(|at| at + 1) {
        if !program[line_start..start].trim_start().starts_with('#') {
            break;
        }
        start = line_start;
    }
    let blank = program[end..]
        .split_inclusive('\n')
        .take_while(|line| line.trim().is_empty() && line.ends_with('\n'));
    let blank: usize = blank.map(str::len).sum();
    is_alone.then_some(start..end + blank)
}

/// The bytes at which docstrings begin.
fn docstrings(tree: &ModModule) -> HashSet<usize> {
    let mut found = HashSet::new();
    let mut open: Vec<&[Stmt]> = vec![&tree.body];
    while let Some(body) = open.pop() {
        if let Some(Stmt::Expr(first)) = body.first()
            && first.value.is_string_literal_expr()
        {
            found.insert(span_of(first).start);
        }
        for stmt in body {
            match stmt {
                Stmt::FunctionDef(def) => open.push(&def.body),
                Stmt::ClassDef(class) => open.push(&class.body),
                _ => {}
            }
        }
    }
    found
}

/// Whether all members that the program asks for by a text are asked for by a literal.
struct AskedByName(bool);

impl<'a> Visitor<'a> for AskedByName {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && let Expr::Name(name) = &*call.func
            && ["getattr", "hasattr", "setattr"].contains(&name.id.as_str())
        {
            self.0 &= call.arguments.args.get(1).is_some_and(Expr::is_string_literal_expr);
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shorter(program: &str, entry: &str) -> String {
        without_unneeded(program, entry, &BTreeSet::from([entry.to_owned()]), &[])
    }

    #[test]
    fn methods_that_nothing_comes_to_are_left_out_with_what_they_need() {
        let program = "import json\n\ndef _dump(x):\n    return json.dumps(x)\n\nclass Account:\n    def __init__(self, n):\n        self.n = n\n\n    def total(self):\n        return self._sum() + 1\n\n    # For the log.\n    @property\n    def text(self):\n        return _dump(self.n)\n\n    def _sum(self):\n        return self.n\n";
        let expected = "class Account:\n    def __init__(self, n):\n        self.n = n\n\n    def total(self):\n        return self._sum() + 1\n\n    def _sum(self):\n        return self.n\n";
        assert_eq!(shorter(program, "Account.total"), expected);
    }

    #[test]
    fn a_class_that_loses_all_passes() {
        let program = "class A:\n    def one(self):\n        return 1\n\n    def two(self):\n        return 2\n\ndef f(a=A()):\n    return isinstance(a, A)\n";
        let expected = "class A:\n    pass\ndef f(a=A()):\n    return isinstance(a, A)\n";
        assert_eq!(shorter(program, "f").replace("\n\n", "\n"), expected);
    }

    #[test]
    fn what_a_program_may_ask_for_stays() {
        let class = |base: &str, body: &str| {
            format!(
                "class A({base}):\n    def one(self):\n        return 1\n\n    def two(self):\n        {body}\n"
            )
        };
        for kept in [
            class("HTMLParser", "return 2"),
            class("object", "return getattr(self, self.name)()"),
            class("object", "return hasattr(self, 'one')"),
            class("object", "return dir(self)"),
            class("object", "return self.one"),
        ] {
            assert_eq!(shorter(&kept, "A.two"), kept);
        }
        let left = shorter(&class("dict", "return getattr(self, 'two')"), "A.two");
        assert!(!left.contains("one"), "{left}");
    }
}
