//! Smells of statements: pylint's `docstring`, `design`, `refactoring`, `basic` and `exceptions` checkers.
//!
//! Invariant: every statement is visited once and counted as pylint counts it.

use std::collections::HashSet;

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtClassDef, StmtFunctionDef, StmtIf, StmtTry};
use ruff_text_size::Ranged;

use super::{Found, returns};
use crate::python::special::is_special;

const MAX_RETURNS: usize = 6;
const MAX_BRANCHES: u64 = 12;
const MAX_STATEMENTS: u64 = 50;
const MAX_ARGUMENTS: usize = 5;
const MIN_PUBLIC_METHODS: usize = 2;

/// The message on an `else` behind each kind of statement that leaves the block.
type Leaving = (&'static str, fn(&Stmt) -> bool);
const LEAVING: [Leaving; 4] = [
    ("R1705", Stmt::is_return_stmt),
    ("R1720", Stmt::is_raise_stmt),
    ("R1723", Stmt::is_break_stmt),
    ("R1724", Stmt::is_continue_stmt),
];

pub(super) fn check(source: &str, body: &[Stmt], found: &mut Found) {
    let mut walk = Walk {
        source,
        found,
        frames: Vec::new(),
        is_in_class: false,
        excused: HashSet::new(),
        newlines: source.match_indices('\n').map(|(at, _)| at).collect(),
        lines: HashSet::new(),
    };
    if !body.is_empty() {
        walk.docstring(body, "C0114", 0);
    }
    walk.block(body);
}

/// What the limits count within a function.
#[derive(Default)]
struct Frame {
    branches: u64,
    statements: u64,
    is_init: bool,
}

struct Walk<'s> {
    source: &'s str,
    found: &'s mut Found,
    /// The functions around, from the outside.
    frames: Vec<Frame>,
    /// Whether the innermost function or class is a class.
    is_in_class: bool,
    /// The starts of expressions that may be statements because of their context.
    excused: HashSet<usize>,
    /// Where lines end.
    newlines: Vec<usize>,
    /// The numbers of the lines that were already blamed for a second statement.
    lines: HashSet<usize>,
}

/// The text that opens a body.
pub(super) fn docstring(body: &[Stmt]) -> Option<&str> {
    match body.first()? {
        Stmt::Expr(stmt) => stmt.value.as_string_literal_expr().map(|text| text.value.to_str()),
        _ => None,
    }
}

impl Walk<'_> {
    fn docstring(&mut self, body: &[Stmt], missing: &'static str, start: usize) {
        match docstring(body) {
            Some(text) if text.trim().is_empty() => self.found.add("C0112", start),
            Some(_) => {}
            None => self.found.add(missing, start),
        }
    }

    /// Walks the body of a module, class or function; pylint does not count its docstring as a
    /// statement.
    fn block(&mut self, body: &[Stmt]) {
        let has_docstring = docstring(body).is_some();
        if has_docstring && let Some(pass) = body.iter().skip(1).find(|stmt| stmt.is_pass_stmt()) {
            self.found.on("W0107", pass);
        }
        self.visit_body(body.get(usize::from(has_docstring)..).unwrap_or_default());
    }

    fn branch(&mut self, branches: u64, statements: u64) {
        if let Some(frame) = self.frames.last_mut() {
            frame.branches += branches;
        }
        for frame in &mut self.frames {
            frame.statements += statements;
        }
    }

    /// C0321: a statement on the line of the one before it, once a line.
    fn follows(&mut self, before: usize, stmt: &Stmt) {
        let start = stmt.start().to_usize();
        if self.source.get(before..start).is_some_and(|between| !between.contains('\n')) {
            let line = self.newlines.partition_point(|&newline| newline < start);
            if self.lines.insert(line) {
                self.found.add("C0321", start);
            }
        }
    }

    fn follows_header(&mut self, header: usize, body: &[Stmt]) {
        if let Some(first) = body.first() {
            self.follows(header, first);
        }
    }

    fn function(&mut self, function: &StmtFunctionDef) {
        let start = function.name.start().to_usize();
        let is_private = function.name.starts_with('_');
        let is_setter = function.decorator_list.iter().any(|decorator| {
            matches!(&decorator.expression, Expr::Attribute(of) if ["setter", "deleter", "overload"].contains(&of.attr.as_str()))
                || matches!(&decorator.expression, Expr::Name(name) if name.id == "overload")
        });
        if !is_private && !is_setter && (self.is_in_class || self.frames.is_empty()) {
            self.docstring(&function.body, "C0116", start);
        }
        let parameters = &function.parameters;
        let counted = |name: &str| !super::is_ignored_argument(name);
        let positional = parameters.posonlyargs.iter().chain(&parameters.args);
        let positional = positional.filter(|parameter| counted(parameter.name())).count();
        let named =
            parameters.kwonlyargs.iter().filter(|parameter| counted(parameter.name())).count();
        if positional + named > MAX_ARGUMENTS {
            self.found.add("R0913", start);
        }
        if positional > MAX_ARGUMENTS {
            self.found.add("R0917", start);
        }
        for default in parameters
            .iter_non_variadic_params()
            .filter_map(|parameter| parameter.default.as_deref())
        {
            if is_mutable(default) {
                self.found.add("W0102", start);
            }
        }
        let returns = returns::returns(&function.body);
        if returns.len() > MAX_RETURNS {
            self.found.add("R0911", start);
        }
        if returns::are_inconsistent(&function.body) {
            self.found.add("R1710", start);
        }
        if returns::is_useless(&function.body) {
            self.found.add("R1711", start);
        }
        let is_in_class = std::mem::replace(&mut self.is_in_class, false);
        self.frames.push(Frame {
            statements: 1,
            is_init: function.name.as_str() == "__init__",
            ..Frame::default()
        });
        self.block(&function.body);
        self.is_in_class = is_in_class;
        let frame = self.frames.pop().unwrap_or_default();
        if frame.branches > MAX_BRANCHES {
            self.found.add("R0912", start);
        }
        if frame.statements > MAX_STATEMENTS {
            self.found.add("R0915", start);
        }
    }

    fn class(&mut self, class: &StmtClassDef) {
        if !class.name.starts_with('_') {
            self.docstring(&class.body, "C0115", class.name.start().to_usize());
        }
        let methods = class.body.iter().filter_map(|stmt| stmt.as_function_def_stmt());
        // Special methods are as public as others.
        let is_public = |name: &str| !name.starts_with('_') || is_special(name);
        let public = methods.filter(|method| is_public(&method.name)).count();
        if is_plain(class) && public < MIN_PUBLIC_METHODS {
            self.found.on("R0903", &class.name);
        }
        let is_in_class = std::mem::replace(&mut self.is_in_class, true);
        self.block(&class.body);
        self.is_in_class = is_in_class;
    }

    fn conditional(&mut self, statement: &StmtIf) {
        let clauses = &statement.elif_else_clauses;
        let elifs = clauses.iter().filter(|clause| clause.test.is_some()).count() as u64;
        let otherwise = clauses.last().filter(|clause| clause.test.is_none());
        let is_chained = otherwise.is_some_and(|clause| matches!(&*clause.body, [Stmt::If(_)]));
        let branches = 1 + elifs + u64::from(otherwise.is_some() && !is_chained);
        self.found.statements += elifs;
        self.branch(branches, branches);
        if !clauses.is_empty() {
            self.superfluous_else(statement);
        }
        if let (Some(otherwise), 1) = (otherwise, clauses.len())
            && is_boolean_choice(&statement.body, &otherwise.body)
        {
            self.found.on("R1703", statement);
        }
        self.follows_header(statement.start().to_usize(), &statement.body);
        for clause in clauses.iter().filter(|clause| clause.test.is_some()) {
            self.follows_header(clause.start().to_usize(), &clause.body);
        }
    }

    /// `_check_superfluous_else`: what leaves the block needs no `else` behind it.
    fn superfluous_else(&mut self, statement: &StmtIf) {
        for (message, is_leaving) in LEAVING {
            if statement.body.iter().any(is_leaving) {
                self.found.on(message, statement);
            }
        }
    }

    fn attempt(&mut self, statement: &StmtTry) {
        let handlers = statement.handlers.len() as u64;
        let blocks = handlers
            + u64::from(!statement.orelse.is_empty())
            + u64::from(!statement.finalbody.is_empty());
        self.found.statements += handlers;
        // Handlers are statements of their own on top.
        self.branch(blocks, blocks + handlers);
        if !statement.orelse.is_empty() && statement.finalbody.is_empty() {
            // pylint asks this of `return` and `raise` alone here.
            for (message, is_leaving) in LEAVING.into_iter().take(2) {
                let mut bodies =
                    statement.handlers.iter().map(|ExceptHandler::ExceptHandler(part)| &part.body);
                if bodies.all(|body| body.iter().any(is_leaving)) {
                    self.found.on(message, statement);
                }
            }
        }
        // Evaluating an expression may be the purpose of the `try`; evaluating a string cannot be.
        if let [Stmt::Expr(only)] = &*statement.body
            && !only.value.is_string_literal_expr()
        {
            self.excused.insert(only.start().to_usize());
        }
        self.follows_header(statement.start().to_usize(), &statement.body);
        for ExceptHandler::ExceptHandler(handler) in &statement.handlers {
            self.follows_header(handler.start().to_usize(), &handler.body);
            if handler.body.iter().any(Stmt::is_raise_stmt) {
                continue;
            }
            let is_broad = |caught: &Expr| matches!(caught, Expr::Name(n) if ["Exception", "BaseException"].contains(&n.id.as_str()));
            match handler.type_.as_deref() {
                None => self.found.on("W0702", handler),
                Some(Expr::Tuple(tuple)) => {
                    let broad = tuple.elts.iter().filter(|caught| is_broad(caught));
                    broad.for_each(|_| self.found.on("W0718", tuple));
                }
                Some(caught) if is_broad(caught) => self.found.on("W0718", caught),
                Some(_) => {}
            }
        }
    }

    /// The effect of an expression statement: none, or only a side effect it was not written for.
    fn lone_expression(&mut self, value: &Expr) {
        match value {
            Expr::StringLiteral(_) => self.found.on("W0105", value),
            Expr::EllipsisLiteral(_)
            | Expr::Call(_)
            | Expr::Await(_)
            | Expr::Yield(_)
            | Expr::YieldFrom(_) => {}
            Expr::Named(_) => self.found.on("W0131", value),
            _ if super::expressions::has_call(value) => self.found.on("W0106", value),
            _ => self.found.on("W0104", value),
        }
    }
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_body(&mut self, body: &'a [Stmt]) {
        if body.len() > 1 {
            let passes = body.iter().filter(|stmt| stmt.is_pass_stmt());
            passes.for_each(|pass| self.found.on("W0107", pass));
        }
        let is_leaving = |stmt: &Stmt| {
            matches!(stmt, Stmt::Return(_) | Stmt::Raise(_) | Stmt::Break(_) | Stmt::Continue(_))
        };
        for pair in body.windows(2) {
            if let [before, stmt] = pair {
                self.follows(before.start().to_usize(), stmt);
                // A text behind an assignment documents it (PEP 257), except among the statements of most functions.
                let assigns =
                    matches!(before, Stmt::Assign(_) | Stmt::AnnAssign(_) | Stmt::TypeAlias(_));
                let is_text =
                    matches!(stmt, Stmt::Expr(text) if text.value.is_string_literal_expr());
                let may_document =
                    self.is_in_class || self.frames.last().is_none_or(|frame| frame.is_init);
                if assigns && is_text && may_document {
                    self.excused.insert(stmt.start().to_usize());
                }
                if is_leaving(before) {
                    self.found.on("W0101", stmt);
                }
            }
        }
        for stmt in body {
            self.visit_stmt(stmt);
        }
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.found.statements += 1;
        let start = stmt.start().to_usize();
        match stmt {
            Stmt::FunctionDef(function) => {
                self.follows_header(function.name.start().to_usize(), &function.body);
                return self.function(function);
            }
            Stmt::ClassDef(class) => {
                self.follows_header(class.name.start().to_usize(), &class.body);
                return self.class(class);
            }
            Stmt::If(statement) => self.conditional(statement),
            Stmt::Try(statement) => self.attempt(statement),
            Stmt::For(statement) => {
                self.branch(1 + u64::from(!statement.orelse.is_empty()), 0);
                self.follows_header(start, &statement.body);
            }
            Stmt::While(statement) => {
                self.branch(1 + u64::from(!statement.orelse.is_empty()), 0);
                self.follows_header(start, &statement.body);
            }
            Stmt::With(statement) => {
                self.branch(0, 1);
                self.follows_header(start, &statement.body);
            }
            Stmt::Return(_) => {}
            Stmt::Import(_) | Stmt::ImportFrom(_) => {
                self.branch(0, 1);
                if !self.frames.is_empty() {
                    self.found.on("C0415", stmt);
                }
            }
            Stmt::Expr(statement) => {
                self.branch(0, 1);
                if !self.excused.contains(&start) {
                    self.lone_expression(&statement.value);
                }
            }
            _ => self.branch(0, 1),
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// Whether a class has neither bases nor decorators from which methods may come.
fn is_plain(class: &StmtClassDef) -> bool {
    let arguments = class.arguments.as_deref();
    let has_bases = arguments.is_some_and(|arguments| {
        !arguments.keywords.is_empty()
            || arguments
                .args
                .iter()
                .any(|base| base.as_name_expr().is_none_or(|name| name.id != "object"))
    });
    class.decorator_list.is_empty() && !has_bases
}

/// W0102: a default that all calls share and may change.
fn is_mutable(default: &Expr) -> bool {
    match default {
        Expr::List(_) | Expr::Dict(_) | Expr::Set(_) => true,
        Expr::Call(call) => call
            .func
            .as_name_expr()
            .is_some_and(|name| ["list", "dict", "set"].contains(&name.id.as_str())),
        _ => false,
    }
}

/// `_check_simplifiable_if`: both branches return a boolean or assign one to the same name; the first is true.
fn is_boolean_choice(body: &[Stmt], otherwise: &[Stmt]) -> bool {
    let boolean = |value: &Expr| value.as_boolean_literal_expr().map(|literal| literal.value);
    let target = |targets: &[Expr]| match targets {
        [Expr::Name(name)] => Some(name.id.to_string()),
        _ => None,
    };
    match (body, otherwise) {
        ([Stmt::Return(first)], [Stmt::Return(second)]) => {
            first.value.as_deref().and_then(boolean) == Some(true)
                && second.value.as_deref().and_then(boolean).is_some()
        }
        ([Stmt::Assign(first)], [Stmt::Assign(second)]) => {
            boolean(&first.value) == Some(true)
                && boolean(&second.value).is_some()
                && target(&first.targets).is_some_and(|name| target(&second.targets) == Some(name))
        }
        _ => false,
    }
}
