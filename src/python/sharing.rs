//! Whether a test needs the answer's objects themselves, or only what they are equal to.
//!
//! Invariant: names are taken for the same in all scopes, so that in doubt a test needs the objects.

mod known;
mod objects;

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{CmpOp, Expr, ExprCall, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::mentions::Called;
use super::syntax;
use known::{CHANGING, COPYING, INDEPENDENT, WATCHING};
use objects::{callee, is_identity, name, root, roots};

/// Rounds in which names may come of each other.
const MAX_ROUNDS: usize = 100;

/// Whether a test looks at more than the values of an entry's results: at their identity or exact classes, at what becomes of
/// them after it has changed them, or at what a call prints or warns of.
pub fn needs_objects(test: &str, entry: &str) -> bool {
    let Ok(module) = syntax::module(test) else { return false };
    let mut sharing = Sharing::default();
    sharing.callees.insert(entry.to_owned());
    // Each round may find names that come of those of the round before; without an end, anything may.
    let mut settles = || {
        let known = sharing.size();
        sharing.visit_body(&module.body);
        sharing.size() == known
    };
    if !(0..MAX_ROUNDS).any(|_| settles()) {
        return true;
    }
    sharing.is_certain = true;
    sharing.visit_body(&module.body);
    sharing.needs_objects || sharing.reads_changed_part()
}

/// How much of a value may be an answer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Share {
    Nothing,
    /// A container of the test's own that may hold something of the answer's.
    Items,
    All,
}

#[derive(Default)]
struct Sharing {
    /// What runs the answer if it is called: the entry, its other names, and functions of the test that call one of these.
    callees: BTreeSet<String>,
    /// The test's own functions with their parameters.
    functions: BTreeMap<String, Vec<String>>,
    shares: BTreeMap<String, Share>,
    /// Where names were first handed to the answer.
    handed: BTreeMap<String, usize>,
    /// Names of wholes, with those of their parts.
    parts: BTreeSet<(String, String)>,
    /// Where names were last read.
    read: BTreeMap<String, usize>,
    /// The end of the outermost loop around.
    loop_end: Option<usize>,
    /// Whether all names are known.
    is_certain: bool,
    needs_objects: bool,
}

impl Sharing {
    fn size(&self) -> usize {
        let shares = self.shares.values().map(|share| *share as usize).sum::<usize>();
        self.callees.len() + self.functions.len() + shares + self.handed.len() + self.parts.len()
    }

    /// Where something happens for the last time.
    fn last(&self, node: &impl Ranged) -> usize {
        self.loop_end.unwrap_or(node.start().to_usize())
    }

    fn share(&self, expr: &Expr) -> Share {
        let of_all = |exprs: &[Expr]| {
            exprs.iter().map(|expr| self.share(expr)).max().unwrap_or(Share::Nothing)
        };
        let items = |share: Share| share.min(Share::Items);
        match expr {
            Expr::Name(_) => self.share_of_name(expr),
            Expr::Attribute(attribute) => {
                self.share_of_name(expr).max(self.share_of_part(&attribute.value))
            }
            Expr::Subscript(subscript) if subscript.slice.is_slice_expr() => {
                items(self.share(&subscript.value))
            }
            Expr::Subscript(subscript) => self.share_of_part(&subscript.value),
            Expr::Call(call) => self.share_of_call(call),
            Expr::List(list) => items(of_all(&list.elts)),
            Expr::Tuple(tuple) => items(of_all(&tuple.elts)),
            Expr::Dict(dict) => items(
                dict.items
                    .iter()
                    .map(|item| self.share(&item.value))
                    .max()
                    .unwrap_or(Share::Nothing),
            ),
            Expr::ListComp(node) => items(self.share(&node.elt)),
            Expr::SetComp(node) => items(self.share(&node.elt)),
            Expr::Generator(node) => items(self.share(&node.elt)),
            Expr::DictComp(node) => items(self.share(&node.value)),
            Expr::BinOp(node) => items(self.share(&node.left).max(self.share(&node.right))),
            Expr::BoolOp(node) => of_all(&node.values),
            Expr::If(node) => self.share(&node.body).max(self.share(&node.orelse)),
            Expr::Named(node) => self.share(&node.value),
            Expr::Await(node) => self.share(&node.value),
            Expr::Starred(node) => self.share(&node.value),
            _ => Share::Nothing,
        }
    }

    fn share_of_name(&self, expr: &Expr) -> Share {
        name(expr).and_then(|name| self.shares.get(&name)).copied().unwrap_or(Share::Nothing)
    }

    /// What comes out of something that is shared is.
    fn share_of_part(&self, whole: &Expr) -> Share {
        if self.share(whole) > Share::Nothing { Share::All } else { Share::Nothing }
    }

    fn share_of_call(&self, call: &ExprCall) -> Share {
        if self.runs_answer(call) {
            return Share::All;
        }
        let arguments = call.arguments.args.iter().map(|arg| self.share(arg));
        let arguments = arguments
            .chain(call.arguments.keywords.iter().map(|keyword| self.share(&keyword.value)))
            .max()
            .unwrap_or(Share::Nothing);
        match (callee(call), &*call.func) {
            (Some(name), _) if INDEPENDENT.contains(&name) => Share::Nothing,
            (Some("copy"), Expr::Attribute(method)) => {
                self.share(&method.value).max(arguments).min(Share::Items)
            }
            (Some(name), Expr::Name(_)) if COPYING.contains(&name) => arguments.min(Share::Items),
            (_, Expr::Attribute(method)) => self.share_of_part(&method.value).max(arguments),
            (_, function) => self.share(function).max(arguments),
        }
    }

    fn runs_answer(&self, call: &ExprCall) -> bool {
        let is_callee = |expr: &Expr| name(expr).is_some_and(|name| self.callees.contains(&name));
        let called_attribute = match &*call.func {
            Expr::Attribute(attribute) => self.callees.contains(attribute.attr.as_str()),
            _ => false,
        };
        called_attribute || is_callee(&call.func) || call.arguments.args.iter().any(is_callee)
    }

    fn bind(&mut self, target: &Expr, share: Share) {
        match target {
            Expr::Tuple(tuple) => {
                tuple.elts.iter().for_each(|target| self.bind_part(target, share));
            }
            Expr::List(list) => list.elts.iter().for_each(|target| self.bind_part(target, share)),
            Expr::Starred(starred) => self.bind(&starred.value, share.min(Share::Items)),
            _ if share > Share::Nothing => {
                if let Some(name) = name(target) {
                    let known = self.shares.entry(name).or_insert(share);
                    *known = share.max(*known);
                }
            }
            _ => {}
        }
    }

    fn bind_part(&mut self, target: &Expr, whole: Share) {
        self.bind(target, if whole > Share::Nothing { Share::All } else { Share::Nothing });
    }

    fn assign(&mut self, target: &Expr, value: &Expr) {
        self.bind(target, self.share(value));
        let Some(bound) = name(target) else { return };
        let is_callee = match value {
            Expr::Lambda(lambda) => self.calls_answer(|called| called.visit_expr(&lambda.body)),
            _ => name(value).is_some_and(|name| self.callees.contains(&name)),
        };
        if is_callee {
            self.callees.insert(bound.clone());
        }
        match value {
            Expr::Subscript(_) => {
                if let Some(whole) = root(value) {
                    self.parts.insert((whole, bound));
                }
            }
            Expr::List(_) | Expr::Tuple(_) | Expr::Dict(_) => {
                let mut inside = BTreeSet::new();
                roots(value, &mut inside);
                self.parts.extend(inside.into_iter().map(|part| (bound.clone(), part)));
            }
            _ => {}
        }
    }

    fn calls_answer<'a>(&self, walk: impl FnOnce(&mut Called)) -> bool
    where
        Self: 'a,
    {
        let mut called = Called::default();
        walk(&mut called);
        called.names().iter().any(|name| self.callees.contains(name))
    }

    fn define(&mut self, def: &StmtFunctionDef) {
        let parameters = def.parameters.iter_non_variadic_params();
        let parameters: Vec<String> =
            parameters.map(|parameter| parameter.name().to_string()).collect();
        if self.calls_answer(|called| called.visit_body(&def.body)) {
            self.callees.insert(def.name.to_string());
        }
        self.functions.insert(def.name.to_string(), parameters);
    }

    /// Notes what a call hands to the answer, or to a function of the test's own.
    fn call(&mut self, call: &ExprCall) {
        let place = call.start().to_usize();
        if self.runs_answer(call) {
            let mut inside = BTreeSet::new();
            call.arguments.args.iter().for_each(|arg| roots(arg, &mut inside));
            call.arguments.keywords.iter().for_each(|arg| roots(&arg.value, &mut inside));
            for name in inside {
                let first = self.handed.entry(name).or_insert(place);
                *first = place.min(*first);
            }
        }
        let function = callee(call).and_then(|name| self.functions.get(name)).cloned();
        for (parameter, arg) in function.iter().flatten().zip(&call.arguments.args) {
            if name(arg).is_some_and(|name| self.callees.contains(&name)) {
                self.callees.insert(parameter.clone());
            }
            let share = self.share(arg);
            if share > Share::Nothing {
                let known = self.shares.entry(parameter.clone()).or_insert(share);
                *known = share.max(*known);
            }
        }
        if let Expr::Attribute(method) = &*call.func
            && CHANGING.contains(&method.attr.as_str())
        {
            // A list that results are put into holds them.
            let held = call.arguments.args.iter().map(|arg| self.share(arg)).max();
            self.bind(&method.value, held.unwrap_or(Share::Nothing).min(Share::Items));
            self.changed(&method.value);
        }
        let of_result = |call: &ExprCall| {
            call.arguments.args.first().is_some_and(|arg| self.share(arg) > Share::Nothing)
        };
        self.needs_objects |= match callee(call) {
            Some("id") => !call.arguments.args.is_empty(),
            Some("type") => of_result(call),
            Some("assertIs" | "assertIsNot") => is_identity(call.arguments.args.iter()),
            _ => false,
        };
    }

    /// Notes that the test changes an object.
    fn changed(&mut self, object: &Expr) {
        let holds_results = self.shares.values().any(|share| *share > Share::Nothing);
        let was_handed = root(object)
            .and_then(|name| self.handed.get(&name))
            .is_some_and(|first| self.last(object) > *first);
        self.needs_objects |=
            self.is_certain && (self.share(object) == Share::All || (was_handed && holds_results));
    }

    fn stored(&mut self, target: &Expr) {
        match target {
            Expr::Subscript(subscript) => self.changed(&subscript.value),
            // A test's own object may keep a result under a name.
            Expr::Attribute(attribute) if self.share(&attribute.value) == Share::All => {
                self.changed(&attribute.value);
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| self.stored(target)),
            Expr::List(list) => list.elts.iter().for_each(|target| self.stored(target)),
            _ => {}
        }
    }

    /// Whether a name of a part of something is read after the whole was handed to the answer, which may have changed it.
    fn reads_changed_part(&self) -> bool {
        self.parts.iter().any(|(whole, part)| {
            let handed = self.handed.get(whole);
            handed.zip(self.read.get(part)).is_some_and(|(handed, read)| read > handed)
        })
    }
}

impl<'a> Visitor<'a> for Sharing {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let outer = self.loop_end;
        match stmt {
            Stmt::FunctionDef(def) => self.define(def),
            Stmt::Assign(node) => {
                for target in &node.targets {
                    self.assign(target, &node.value);
                    self.stored(target);
                }
            }
            Stmt::AnnAssign(node) => {
                if let Some(value) = &node.value {
                    self.assign(&node.target, value);
                    self.stored(&node.target);
                }
            }
            Stmt::AugAssign(node) => {
                self.stored(&node.target);
                if !matches!(&*node.value, Expr::NumberLiteral(_) | Expr::StringLiteral(_)) {
                    self.changed(&node.target);
                }
            }
            Stmt::Delete(node) => node.targets.iter().for_each(|target| self.stored(target)),
            Stmt::For(node) => {
                self.bind_part(&node.target, self.share(&node.iter));
                self.loop_end.get_or_insert(node.end().to_usize());
            }
            Stmt::While(node) => {
                self.loop_end.get_or_insert(node.end().to_usize());
            }
            Stmt::With(node) => {
                for item in &node.items {
                    if let Some(target) = &item.optional_vars {
                        self.bind(target, self.share(&item.context_expr));
                    }
                }
            }
            Stmt::Import(node) => {
                self.needs_objects |=
                    node.names.iter().any(|alias| alias.name.as_str() == "warnings");
            }
            Stmt::ImportFrom(node) => {
                let is_watching = |name: &str| WATCHING.contains(&name);
                self.needs_objects |= node.module.as_deref() == Some("warnings")
                    || node.names.iter().any(|alias| is_watching(&alias.name));
            }
            _ => {}
        }
        walk_stmt(self, stmt);
        self.loop_end = outer;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => self.call(call),
            Expr::Named(node) => self.assign(&node.target, &node.value),
            Expr::Compare(node) => {
                let operands = std::iter::once(&*node.left).chain(&node.comparators);
                let operands: Vec<&Expr> = operands.collect();
                for (pair, op) in operands.windows(2).zip(&node.ops) {
                    self.needs_objects |=
                        matches!(op, CmpOp::Is | CmpOp::IsNot) && is_identity(pair.iter().copied());
                }
            }
            Expr::Name(name) if name.ctx.is_load() => {
                let last = self.last(name);
                let known = self.read.entry(name.id.to_string()).or_insert(last);
                *known = last.max(*known);
                self.needs_objects |= WATCHING.contains(&name.id.as_str());
            }
            Expr::Attribute(attribute) => {
                self.needs_objects |= WATCHING.contains(&attribute.attr.as_str());
            }
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_comprehension(&mut self, comprehension: &'a ruff_python_ast::Comprehension) {
        self.bind_part(&comprehension.target, self.share(&comprehension.iter));
        ruff_python_ast::visitor::walk_comprehension(self, comprehension);
    }
}

#[cfg(test)]
mod tests;
