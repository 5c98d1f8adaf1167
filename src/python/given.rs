//! Calls that a text shows with arguments that are more than literals: `f(range(3))`, `f("a1", str.isdigit)`, `f(Node(1))`.
//!
//! Invariant: an argument is kept only if all its names mean something in the module: builtins, names of the module, or names that
//! the text has bound to such an argument, which it then has in their place.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprCall, ExprContext, Stmt, StmtFunctionDef};

use super::builtins::is_builtin;
use super::call::Call;
use super::literal::{self, Reader};
use super::module::Module;
use super::names::attribute_root;
use super::one_line::on_one_line;
use super::package::imports::imports_of;
use super::prepared;
use super::syntax::{self, span_of, text, with_replacements};
use crate::sandbox::value::Value;

/// Characters of one argument; a longer one is no example to read.
const MAX_TEXT: usize = 600;
/// Builtins that say nothing about the function: they need a machine, differ from run to run, or end the program.
const UNFIT: [&str; 16] = [
    "__import__",
    "breakpoint",
    "compile",
    "eval",
    "exec",
    "exit",
    "globals",
    "hash",
    "help",
    "id",
    "input",
    "locals",
    "object",
    "open",
    "print",
    "quit",
];

/// The names that arguments may use.
#[derive(Clone)]
pub(super) struct Scope {
    module: Rc<HashSet<String>>,
    /// Those of its names that are modules.
    modules: Rc<HashSet<String>>,
    /// Names that the text imports for itself: functions are called through them, but no argument can use them.
    imported: HashSet<String>,
    /// Names of the text, and the source that they stand for.
    bound: HashMap<String, String>,
}

impl Scope {
    /// The names of a module.
    pub(super) fn of(module: &Module) -> Self {
        Self {
            module: Rc::new(module.ordinary_names()),
            modules: Rc::new(module.imported_modules().into_keys().collect()),
            imported: HashSet::new(),
            bound: HashMap::new(),
        }
    }

    /// Notes that a name stands for an expression, or for nothing that can be written.
    pub(super) fn bind(&mut self, name: &str, source: &str, value: &Expr) {
        match self.source(source, value) {
            Some(text) => drop(self.bound.insert(name.to_owned(), text)),
            None => self.unbind(name),
        }
    }

    /// Notes what a statement binds.
    pub(super) fn note(&mut self, source: &str, stmt: &Stmt) {
        match stmt {
            Stmt::Assign(assign) => {
                if let [Expr::Name(name)] = &*assign.targets {
                    self.bind(&name.id, source, &assign.value);
                } else {
                    assign.targets.iter().for_each(|target| self.unbind_all(target));
                }
            }
            Stmt::AnnAssign(assign) => {
                if let (Expr::Name(name), Some(value)) = (&*assign.target, &assign.value) {
                    self.bind(&name.id, source, value);
                }
            }
            Stmt::AugAssign(assign) => self.unbind_all(&assign.target),
            // `graph.add_edge(1, 2)`: what it was bound to makes it no longer without this.
            Stmt::Expr(statement) => {
                if let Expr::Call(call) = &*statement.value
                    && let Expr::Attribute(method) = &*call.func
                    && let Expr::Name(name) = &*method.value
                {
                    match self.after_step(source, &name.id, &statement.value) {
                        Some(text) => drop(self.bound.insert(name.id.to_string(), text)),
                        None => self.unbind(&name.id),
                    }
                }
            }
            Stmt::For(each) => self.unbind_all(&each.target),
            Stmt::Import(_) | Stmt::ImportFrom(_) => {
                self.imported.extend(imports_of(stmt).into_iter().map(|import| import.binds));
            }
            Stmt::FunctionDef(def) => match as_lambda(source, def) {
                Some(lambda) => match syntax::expression(&lambda) {
                    Some(value) => self.bind(&def.name, &lambda, &value),
                    None => self.unbind(&def.name),
                },
                None => self.unbind(&def.name),
            },
            _ => {}
        }
    }

    /// Whether the module itself has a name.
    pub(super) fn is_of_module(&self, name: &str) -> bool {
        self.module.contains(name)
    }

    /// The arguments of a call of a method on an object of its class, which is the first of them.
    pub(super) fn method_call(
        &self,
        source: &str,
        node: &ExprCall,
        class: &str,
        method: &str,
    ) -> Option<Call> {
        let Expr::Attribute(called) = &*node.func else { return None };
        let object =
            self.source(source, &called.value).filter(|_| called.attr.as_str() == method)?;
        let made = prepared::made_of(&object).strip_prefix(class)?;
        let call = made.starts_with(['(', '.']).then(|| self.call(source, node)).flatten()?;
        let args = std::iter::once(Value::expression(object)).chain(call.args).collect();
        Some(Call { args, ..call })
    }

    /// The name of the function that is called: by itself, or as an attribute of what is imported: `f(1)`, `package.f(1)`.
    pub(super) fn called<'e>(&self, node: &'e ExprCall) -> Option<&'e str> {
        match &*node.func {
            Expr::Name(name) => Some(&name.id),
            Expr::Attribute(attribute) => {
                let root = attribute_root(&attribute.value)?;
                let is_module = self.modules.contains(root) || self.imported.contains(root);
                is_module.then_some(attribute.attr.as_str())
            }
            _ => None,
        }
    }

    /// The object that a name stands for, after a method of it was called.
    fn after_step(&self, source: &str, name: &str, step: &Expr) -> Option<String> {
        let object = self.bound.get(name).filter(|_| !self.module.contains(name))?;
        let step = self.source_but(source, step, Some(name))?;
        prepared::also(object, name, &step).filter(|text| text.len() <= MAX_TEXT)
    }

    fn unbind(&mut self, name: &str) {
        self.bound.remove(name);
    }

    fn unbind_all(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) => self.unbind(&name.id),
            Expr::Tuple(parts) => parts.elts.iter().for_each(|part| self.unbind_all(part)),
            _ => {}
        }
    }

    /// The arguments of a call.
    pub(super) fn call(&self, source: &str, node: &ExprCall) -> Option<Call> {
        let args = node.arguments.args.iter().map(|arg| self.value(source, arg));
        let kwargs = node.arguments.keywords.iter().map(|keyword| {
            Some((keyword.arg.as_ref()?.to_string(), self.value(source, &keyword.value)?))
        });
        Some(Call {
            args: args.collect::<Option<_>>()?,
            kwargs: kwargs.collect::<Option<_>>()?,
            source: text(source, node),
        })
    }

    fn value(&self, source: &str, expr: &Expr) -> Option<Value> {
        if let Some(value) = (Reader { source, json_names: false }).value(expr) {
            return Some(value);
        }
        let text = self.source(source, expr)?;
        Some(literal::parse(&text).unwrap_or_else(|| Value::expression(text)))
    }

    /// The text of an expression, with what bound names stand for in their places.
    fn source(&self, source: &str, expr: &Expr) -> Option<String> {
        self.source_but(source, expr, None)
    }

    /// The same with one name as it is.
    fn source_but(&self, source: &str, expr: &Expr, kept: Option<&str>) -> Option<String> {
        let mut names = FreeNames::default();
        names.visit_expr(expr);
        if names.is_unfit || expr.is_starred_expr() {
            return None;
        }
        let start = span_of(expr).start;
        let mut places = Vec::new();
        for (name, span) in names.free() {
            match self.bound.get(name) {
                _ if Some(name) == kept => {}
                Some(text) => {
                    let span = span.start - start..span.end - start;
                    places.push((span, text.clone()));
                }
                None if is_builtin(name) && !UNFIT.contains(&name) => {}
                None if self.module.contains(name) => {}
                None => return None,
            }
        }
        let replaced = on_one_line(&with_replacements(&text(source, expr), places));
        let is_atom = matches!(
            expr,
            Expr::Name(_)
                | Expr::Call(_)
                | Expr::Attribute(_)
                | Expr::Subscript(_)
                | Expr::List(_)
                | Expr::Dict(_)
                | Expr::Set(_)
                | Expr::ListComp(_)
                | Expr::StringLiteral(_)
                | Expr::NumberLiteral(_)
                | Expr::Lambda(_)
        );
        let is_whole = is_atom || replaced.starts_with('(');
        let one_line = !replaced.contains('\n') || syntax::expression(&replaced).is_some();
        (replaced.len() <= MAX_TEXT && one_line)
            .then(|| if is_whole { replaced } else { format!("({replaced})") })
    }
}

/// Reads argument texts that were kept before; `None` if they are no arguments of one call.
pub fn arguments(text: &str) -> Option<Call> {
    let source = format!("f({text}\n)");
    let Some(Expr::Call(node)) = syntax::expression(&source) else { return None };
    let value = |expr: &Expr| {
        let literal = (Reader { source: &source, json_names: false }).value(expr);
        literal.unwrap_or_else(|| Value::expression(self::text(&source, expr)))
    };
    let keyword = |name: Option<&str>, expr: &Expr| Some((name?.to_owned(), value(expr)));
    let keywords = node.arguments.keywords.iter();
    if node.arguments.args.iter().any(Expr::is_starred_expr) {
        return None;
    }
    Some(Call {
        args: node.arguments.args.iter().map(value).collect(),
        kwargs: keywords
            .map(|one| keyword(one.arg.as_deref(), &one.value))
            .collect::<Option<_>>()?,
        source: text.to_owned(),
    })
}

/// The names that argument texts look up, other than builtins.
pub fn names_in(arguments: &str) -> BTreeSet<String> {
    let source = format!("f({arguments}\n)");
    let Some(Expr::Call(node)) = syntax::expression(&source) else { return BTreeSet::new() };
    let mut names = FreeNames::default();
    names.visit_arguments(&node.arguments);
    names.free().filter(|(name, _)| !is_builtin(name)).map(|(name, _)| name.to_owned()).collect()
}

/// A function that only returns an expression, as a lambda.
fn as_lambda(source: &str, def: &StmtFunctionDef) -> Option<String> {
    let [Stmt::Return(returned)] = &*def.body else { return None };
    let value = text(source, returned.value.as_deref()?);
    let names: Option<Vec<&str>> = def
        .parameters
        .iter()
        .map(|parameter| {
            let is_plain = parameter.annotation().is_none() && parameter.default().is_none();
            is_plain.then(|| parameter.name().as_str())
        })
        .collect();
    let is_plain = def.parameters.vararg.is_none()
        && def.parameters.kwarg.is_none()
        && def.parameters.kwonlyargs.is_empty();
    let names = names.filter(|_| is_plain && def.decorator_list.is_empty())?;
    let space = if names.is_empty() { "" } else { " " };
    Some(format!("lambda{space}{}: {value}", names.join(", ")))
}

/// The names that an expression looks up, and those that it binds itself.
#[derive(Default)]
struct FreeNames<'a> {
    loads: Vec<(&'a str, Range<usize>)>,
    own: HashSet<&'a str>,
    is_unfit: bool,
}

impl<'a> FreeNames<'a> {
    fn free(&self) -> impl Iterator<Item = (&'a str, Range<usize>)> {
        self.loads.iter().filter(|(name, _)| !self.own.contains(name)).cloned()
    }
}

impl<'a> Visitor<'a> for FreeNames<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Load => {
                self.loads.push((name.id.as_str(), span_of(name)));
            }
            Expr::Name(name) => _ = self.own.insert(name.id.as_str()),
            Expr::Lambda(lambda) => {
                let names = lambda.parameters.iter().flat_map(|parameters| parameters.iter());
                self.own.extend(names.map(|parameter| parameter.name().as_str()));
            }
            Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Named(_) => {
                self.is_unfit = true;
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arguments of the last statement, a call, after the statements before it.
    fn read(code: &str) -> Option<String> {
        let module = Module::parse("from datetime import date\nclass Node: pass\n").unwrap();
        let mut scope = Scope::of(&module);
        let tree = syntax::module(code).unwrap();
        tree.body.iter().for_each(|stmt| scope.note(code, stmt));
        let Some(Stmt::Expr(last)) = tree.body.last() else { return None };
        scope.call(code, last.value.as_call_expr()?)?.to_source()
    }

    #[test]
    fn names_that_mean_something_are_kept_and_bound_ones_replaced() {
        for (code, expected) in [
            ("f(range(3), key=len)", "range(3), key=len"),
            ("f('a1', str.isdigit)", "'a1', str.isdigit"),
            ("f(Node(1, Node(2)), date(2024, 1, 31))", "Node(1, Node(2)), date(2024, 1, 31)"),
            ("g = {'a': [1]}\nf(g, 'a')", "{'a': [1]}, 'a'"),
            ("xs = [1]\ny = [xs, 2]\nf(y)", "[[1], 2]"),
            ("def even(n):\n    return n % 2 == 0\nf([1], even)", "[1], lambda n: n % 2 == 0"),
            (
                "n = Node(1)\nm = Node(2)\nn.add(3)\nn.link(m)\nf(n, m)",
                "(n := Node(1), n.add(3), n.link(Node(2)))[0], Node(2)",
            ),
            ("f(lambda x: x + 1, [i for i in range(2)])", "lambda x: x + 1, [i for i in range(2)]"),
        ] {
            assert_eq!(read(code).as_deref(), Some(expected), "{code}");
        }
    }

    #[test]
    fn a_function_is_called_by_its_name_or_as_an_attribute_of_a_module() {
        let module = Module::parse("import graphs.core as gs\nimport nets.far\nbox = 1\n").unwrap();
        let scope = Scope::of(&module);
        let is_call = |code: &str| {
            let expr = syntax::expression(code).unwrap();
            scope.called(expr.as_call_expr().unwrap()) == Some("path")
        };
        assert!(["path(1)", "gs.path(1)", "nets.far.path(1)"].into_iter().all(is_call));
        assert!(
            !["box.path(1)", "other.path(1)", "gs.other(1)", "f().path(1)"]
                .into_iter()
                .any(is_call)
        );
    }

    #[test]
    fn names_without_a_meaning_make_no_call() {
        for code in [
            "f(x)",
            "f(*[1])",
            "f(open('a'))",
            "x = 1\nx += 1\nf(x)",
            "x = []\nx.append(1)\nf(x)",
            "n = Node(1)\nn.add(x)\nf(n)",
            "n = Node(1)\nn.items.add(1)\nn = other(n)\nf(n)",
            "f(y := 1)",
            "f(**{})",
        ] {
            assert_eq!(read(code), None, "{code}");
        }
        assert_eq!(names_in("Node(x), [y for y in len(z)]").len(), 3);
    }
}
