//! Walks a program once and notes its blocks, its expressions and its names.
//!
//! Invariant: blocks and expressions are in the order of the walk; expressions of annotations and of f-strings are walked for
//! their names only, since a rewrite there would show or could not be written.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    Comprehension, ExceptHandler, Expr, ExprContext, Identifier, InterpolatedStringElement,
    Parameters, Pattern, Stmt, UnaryOp,
};
use ruff_text_size::Ranged;

use super::references::{Does, Origin, Place, Reference, References, ScopeId, ScopeKind};
use crate::python::forms;
use crate::python::syntax::span_of;

/// What a block of statements is the body of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Module,
    Function,
    Class,
    /// The body of `for` or `while`.
    Loop,
    /// A branch of `if` or a case of `match`.
    Branch,
    /// The body of `with`, any part of `try`, or the `else` of a loop.
    Other,
}

#[derive(Debug)]
pub(super) struct Block<'m> {
    pub body: &'m [Stmt],
    pub kind: BlockKind,
    pub scope: ScopeId,
    /// The statement that it is part of.
    pub owner: Option<Place>,
    /// Whether an exception in it can be seen by the same function: it is in a `try` or `with`.
    pub guarded: bool,
}

/// An expression and where it stands.
#[derive(Debug)]
pub(super) struct Site<'m> {
    pub expr: &'m Expr,
    /// The expression that it is directly part of.
    pub parent: Option<&'m Expr>,
    pub scope: ScopeId,
    pub place: Place,
    /// Whether nothing but its truth is used.
    pub is_condition: bool,
}

#[derive(Debug, Default)]
pub(super) struct Walk<'m> {
    pub blocks: Vec<Block<'m>>,
    pub sites: Vec<Site<'m>>,
    pub references: References<'m>,
    /// Whether the program has type parameters, whose scopes are not modelled.
    pub has_type_parameters: bool,
    scope: ScopeId,
    here: Place,
    guarded: bool,
    parent: Option<&'m Expr>,
    is_condition: bool,
    /// How many annotations and f-strings are around.
    unseen: usize,
    /// How many `{x=}` are around.
    shown: usize,
}

/// Walks a whole program.
pub(super) fn walk<'m>(body: &'m [Stmt]) -> Walk<'m> {
    let mut walk = Walk::default();
    walk.references.enter(ScopeKind::Module, None);
    walk.block(body, BlockKind::Module, None);
    walk.references.resolve();
    walk.sites.sort_by_key(|site| (site.expr.start(), std::cmp::Reverse(site.expr.end())));
    walk
}

impl<'m> Walk<'m> {
    fn block(&mut self, body: &'m [Stmt], kind: BlockKind, owner: Option<Place>) {
        if body.is_empty() {
            return;
        }
        let id = self.blocks.len();
        self.blocks.push(Block { body, kind, scope: self.scope, owner, guarded: self.guarded });
        let outer = self.here;
        for (index, stmt) in body.iter().enumerate() {
            self.here = (id, index);
            self.visit_stmt(stmt);
        }
        self.here = outer;
    }

    fn part(&mut self, body: &'m [Stmt], kind: BlockKind) {
        self.block(body, kind, Some(self.here));
    }

    fn guarded(&mut self, walk: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.guarded, true);
        walk(self);
        self.guarded = outer;
    }

    fn within(&mut self, kind: ScopeKind, walk: impl FnOnce(&mut Self)) {
        let outer = self.scope;
        self.scope = self.references.enter(kind, Some(outer));
        walk(self);
        self.scope = outer;
    }

    fn refer(&mut self, name: &'m str, span: std::ops::Range<usize>, does: Does) {
        self.refer_in(self.scope, name, span, does);
    }

    fn refer_in(
        &mut self,
        scope: ScopeId,
        name: &'m str,
        span: std::ops::Range<usize>,
        does: Does,
    ) {
        let (place, shown) = (self.here, self.shown > 0);
        self.references.add(Reference { name, span, scope, of: None, does, place, shown });
    }

    fn declare(&mut self, name: Option<&'m Identifier>) {
        if let Some(name) = name {
            self.refer(name.as_str(), span_of(name), Does::Declare);
            self.references.originates(self.scope, name.as_str(), Origin::Unknown);
        }
    }

    /// Binds a target; parts of a tuple get the parts of a value that is written as a tuple too.
    fn bind(&mut self, target: &'m Expr, origin: Origin<'m>) {
        match target {
            Expr::Name(name) => {
                let kind = self.references.scopes[self.scope].kind;
                let is_inner = matches!(kind, ScopeKind::Comprehension | ScopeKind::Generator);
                let does = if is_inner { Does::Element } else { Does::Store };
                self.refer(name.id.as_str(), span_of(name), does);
                self.references.originates(self.scope, name.id.as_str(), origin);
            }
            Expr::Tuple(_) | Expr::List(_) => {
                let targets = elements(target);
                let values = match origin {
                    Origin::Value(value) => elements(value),
                    Origin::Update(..) | Origin::Element(_) | Origin::Counter | Origin::Unknown => {
                        &[]
                    }
                };
                let starred = |exprs: &[Expr]| exprs.iter().any(Expr::is_starred_expr);
                let pairs = targets.len() == values.len() && !starred(targets) && !starred(values);
                // The first of what `enumerate` gives is a counter.
                let counter = match origin {
                    Origin::Element(Expr::Call(call)) if call.arguments.len() == 1 => {
                        call.func.as_name_expr().filter(|name| name.id.as_str() == "enumerate")
                    }
                    _ => None,
                };
                for (i, target) in targets.iter().enumerate() {
                    let origin = match counter {
                        _ if pairs => Origin::Value(&values[i]),
                        Some(_) if i == 0 => Origin::Counter,
                        Some(_) | None => Origin::Unknown,
                    };
                    self.bind(target, origin);
                }
            }
            Expr::Starred(starred) => self.bind(&starred.value, Origin::Unknown),
            _ => self.expr(target, None, false),
        }
    }

    fn expr(&mut self, expr: &'m Expr, parent: Option<&'m Expr>, is_condition: bool) {
        let outer = (self.parent, self.is_condition);
        (self.parent, self.is_condition) = (parent, is_condition);
        self.visit_expr(expr);
        (self.parent, self.is_condition) = outer;
    }

    fn whole(&mut self, expr: &'m Expr) {
        self.expr(expr, None, false);
    }

    fn condition(&mut self, expr: &'m Expr) {
        self.expr(expr, None, true);
    }

    fn parameters(&mut self, parameters: &'m Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.whole(default);
            }
        }
        for parameter in parameters.iter_source_order() {
            if let Some(annotation) = parameter.annotation() {
                self.visit_annotation(annotation);
            }
        }
    }

    fn bind_parameters(&mut self, parameters: &'m Parameters) {
        for parameter in parameters.iter_source_order() {
            let name = &parameter.as_parameter().name;
            self.refer(name.as_str(), span_of(name), Does::Parameter);
            self.references.originates(self.scope, name.as_str(), Origin::Unknown);
        }
    }

    fn comprehension(
        &mut self,
        expr: &'m Expr,
        kind: ScopeKind,
        generators: &'m [Comprehension],
        elements: &[&'m Expr],
    ) {
        if let Some(first) = generators.first() {
            self.expr(&first.iter, Some(expr), false);
        }
        self.within(kind, |this| {
            for (i, generator) in generators.iter().enumerate() {
                if i > 0 {
                    this.expr(&generator.iter, Some(expr), false);
                }
                let origin = if generator.is_async {
                    Origin::Unknown
                } else {
                    Origin::Element(&generator.iter)
                };
                this.bind(&generator.target, origin);
                generator.ifs.iter().for_each(|test| this.expr(test, Some(expr), true));
            }
            elements.iter().for_each(|element| this.expr(element, Some(expr), false));
        });
    }
}

/// The elements of a tuple or list; none of anything else.
pub(super) fn elements(expr: &Expr) -> &[Expr] {
    match expr {
        Expr::Tuple(tuple) => &tuple.elts,
        Expr::List(list) => &list.elts,
        _ => &[],
    }
}

impl<'m> Visitor<'m> for Walk<'m> {
    fn visit_stmt(&mut self, stmt: &'m Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.has_type_parameters |= def.type_params.is_some();
                def.decorator_list.iter().for_each(|one| self.whole(&one.expression));
                self.parameters(&def.parameters);
                if let Some(returns) = &def.returns {
                    self.visit_annotation(returns);
                }
                self.declare(Some(&def.name));
                let guarded = std::mem::replace(&mut self.guarded, false);
                self.within(ScopeKind::Function, |this| {
                    this.bind_parameters(&def.parameters);
                    this.part(&def.body, BlockKind::Function);
                });
                self.guarded = guarded;
            }
            Stmt::ClassDef(def) => {
                self.has_type_parameters |= def.type_params.is_some();
                def.decorator_list.iter().for_each(|one| self.whole(&one.expression));
                if let Some(arguments) = &def.arguments {
                    arguments.args.iter().for_each(|one| self.whole(one));
                    arguments.keywords.iter().for_each(|one| self.whole(&one.value));
                }
                self.declare(Some(&def.name));
                self.within(ScopeKind::Class, |this| this.part(&def.body, BlockKind::Class));
            }
            Stmt::Assign(assign) => {
                self.whole(&assign.value);
                assign.targets.iter().for_each(|one| self.bind(one, Origin::Value(&assign.value)));
            }
            Stmt::AugAssign(assign) => {
                match &*assign.target {
                    Expr::Name(name) => {
                        self.refer(name.id.as_str(), span_of(name), Does::Update);
                        let origin = Origin::Update(assign.op, &assign.value);
                        self.references.originates(self.scope, name.id.as_str(), origin);
                    }
                    target => self.whole(target),
                }
                self.whole(&assign.value);
            }
            Stmt::AnnAssign(assign) => {
                self.visit_annotation(&assign.annotation);
                match (&*assign.target, &assign.value) {
                    (target, Some(value)) => {
                        self.whole(value);
                        self.bind(target, Origin::Value(value));
                    }
                    (Expr::Name(name), None) => {
                        self.refer(name.id.as_str(), span_of(name), Does::Declare);
                    }
                    (target, None) => self.whole(target),
                }
            }
            Stmt::For(node) => {
                self.whole(&node.iter);
                let origin =
                    if node.is_async { Origin::Unknown } else { Origin::Element(&node.iter) };
                self.bind(&node.target, origin);
                if node.is_async {
                    self.references.scopes[self.scope].suspends = true;
                }
                self.part(&node.body, BlockKind::Loop);
                self.part(&node.orelse, BlockKind::Other);
            }
            Stmt::While(node) => {
                self.condition(&node.test);
                self.part(&node.body, BlockKind::Loop);
                self.part(&node.orelse, BlockKind::Other);
            }
            Stmt::If(node) => {
                self.condition(&node.test);
                self.part(&node.body, BlockKind::Branch);
                for clause in &node.elif_else_clauses {
                    if let Some(test) = &clause.test {
                        self.condition(test);
                    }
                    self.part(&clause.body, BlockKind::Branch);
                }
            }
            Stmt::With(node) => {
                for item in &node.items {
                    self.whole(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.bind(target, Origin::Unknown);
                    }
                }
                if node.is_async {
                    self.references.scopes[self.scope].suspends = true;
                }
                self.guarded(|this| this.part(&node.body, BlockKind::Other));
            }
            Stmt::Try(node) => self.guarded(|this| {
                this.part(&node.body, BlockKind::Other);
                for ExceptHandler::ExceptHandler(handler) in &node.handlers {
                    if let Some(kind) = &handler.type_ {
                        this.whole(kind);
                    }
                    if let Some(name) = &handler.name {
                        // The name is deleted at the end of the handler.
                        this.declare(Some(name));
                        this.refer(name.as_str(), span_of(name), Does::Delete);
                    }
                    this.part(&handler.body, BlockKind::Other);
                }
                this.part(&node.orelse, BlockKind::Other);
                this.part(&node.finalbody, BlockKind::Other);
            }),
            Stmt::Match(node) => {
                self.whole(&node.subject);
                for case in &node.cases {
                    self.visit_pattern(&case.pattern);
                    if let Some(guard) = &case.guard {
                        self.condition(guard);
                    }
                    self.part(&case.body, BlockKind::Branch);
                }
            }
            Stmt::Global(node) => {
                node.names.iter().for_each(|name| self.references.declare_global(self.scope, name));
            }
            Stmt::Nonlocal(node) => {
                let scope = self.scope;
                node.names.iter().for_each(|name| self.references.declare_nonlocal(scope, name));
            }
            Stmt::Import(node) => {
                for alias in &node.names {
                    let whole = alias.asname.as_ref().unwrap_or(&alias.name);
                    let name = whole.as_str().split('.').next().unwrap_or_default();
                    self.refer(name, span_of(whole), Does::Declare);
                    self.references.originates(self.scope, name, Origin::Unknown);
                }
            }
            Stmt::ImportFrom(node) => {
                for alias in &node.names {
                    self.declare(Some(alias.asname.as_ref().unwrap_or(&alias.name)));
                }
            }
            Stmt::Assert(node) => {
                self.condition(&node.test);
                if let Some(message) = &node.msg {
                    self.whole(message);
                }
            }
            Stmt::TypeAlias(_) => self.has_type_parameters = true,
            _ => {
                let outer = (self.parent.take(), std::mem::replace(&mut self.is_condition, false));
                visitor::walk_stmt(self, stmt);
                (self.parent, self.is_condition) = outer;
            }
        }
    }

    fn visit_annotation(&mut self, expr: &'m Expr) {
        self.unseen += 1;
        self.whole(expr);
        self.unseen -= 1;
    }

    fn visit_expr(&mut self, expr: &'m Expr) {
        if self.unseen == 0 {
            self.sites.push(Site {
                expr,
                parent: self.parent,
                scope: self.scope,
                place: self.here,
                is_condition: self.is_condition,
            });
        }
        let is_condition = self.is_condition;
        match expr {
            Expr::Name(name) => {
                let does = match name.ctx {
                    ExprContext::Store => Does::Store,
                    ExprContext::Del => Does::Delete,
                    ExprContext::Load | ExprContext::Invalid => Does::Load,
                };
                self.refer(name.id.as_str(), span_of(name), does);
                if does != Does::Load {
                    self.references.originates(self.scope, name.id.as_str(), Origin::Unknown);
                }
            }
            Expr::BoolOp(node) => {
                node.values.iter().for_each(|one| self.expr(one, Some(expr), is_condition));
            }
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => {
                self.expr(&node.operand, Some(expr), true);
            }
            Expr::If(node) => {
                self.expr(&node.test, Some(expr), true);
                self.expr(&node.body, Some(expr), is_condition);
                self.expr(&node.orelse, Some(expr), is_condition);
            }
            Expr::Named(node) => {
                self.expr(&node.value, Some(expr), false);
                if let Expr::Name(name) = &*node.target {
                    let mut scope = self.scope;
                    let is_inner =
                        |kind| matches!(kind, ScopeKind::Comprehension | ScopeKind::Generator);
                    while is_inner(self.references.scopes[scope].kind) {
                        scope = self.references.scopes[scope].parent.unwrap_or_default();
                    }
                    self.refer_in(scope, name.id.as_str(), span_of(name), Does::Store);
                    self.references.originates(scope, name.id.as_str(), Origin::Unknown);
                }
            }
            Expr::Lambda(node) => {
                if let Some(parameters) = &node.parameters {
                    self.parameters(parameters);
                }
                self.within(ScopeKind::Lambda, |this| {
                    if let Some(parameters) = &node.parameters {
                        this.bind_parameters(parameters);
                    }
                    this.expr(&node.body, Some(expr), false);
                });
            }
            Expr::ListComp(node) => {
                self.comprehension(expr, ScopeKind::Comprehension, &node.generators, &[&node.elt]);
            }
            Expr::SetComp(node) => {
                self.comprehension(expr, ScopeKind::Comprehension, &node.generators, &[&node.elt]);
            }
            Expr::DictComp(node) => {
                let parts: Vec<&Expr> =
                    node.key.as_deref().into_iter().chain([&*node.value]).collect();
                self.comprehension(expr, ScopeKind::Comprehension, &node.generators, &parts);
            }
            Expr::Generator(node) => {
                self.comprehension(expr, ScopeKind::Generator, &node.generators, &[&node.elt]);
            }
            Expr::FString(_) | Expr::TString(_) => {
                self.unseen += 1;
                visitor::walk_expr(self, expr);
                self.unseen -= 1;
            }
            _ => {
                if matches!(expr, Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Await(_)) {
                    self.references.scopes[self.scope].suspends = true;
                }
                let outer = (self.parent, self.is_condition);
                (self.parent, self.is_condition) = (Some(expr), false);
                visitor::walk_expr(self, expr);
                (self.parent, self.is_condition) = outer;
            }
        }
    }

    fn visit_interpolated_string_element(&mut self, element: &'m InterpolatedStringElement) {
        let is_shown = element.as_interpolation().is_some_and(|inner| inner.debug_text.is_some());
        self.shown += usize::from(is_shown);
        visitor::walk_interpolated_string_element(self, element);
        self.shown -= usize::from(is_shown);
    }

    fn visit_pattern(&mut self, pattern: &'m Pattern) {
        self.declare(forms::captured(pattern));
        self.unseen += 1;
        visitor::walk_pattern(self, pattern);
        self.unseen -= 1;
    }
}
