//! Finds calls of a function that its own program shows: doctests, assertions, tables of test cases and plain calls.
//!
//! Invariant: every example fits the function's signature; an expected value is text that the program states for a call with literal
//! arguments, never something computed.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{CmpOp, Expr, ExprCall, Stmt, StmtFor, StmtFunctionDef};

use super::call::{self, Call};
use super::function::Function;
use super::given::Scope;
use super::literal;
use super::module::Module;
use super::syntax::{self, text};
use crate::sandbox::value::Value;

/// A call and, if the program states it, the source text of its result.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    pub call: Call,
    pub expected: Option<String>,
}

/// Characters of a line of a docstring that are searched; a longer line shows no example.
const MAX_LINE: usize = 300;

/// Examples of one function that are kept; a search tries fewer.
const MAX_EXAMPLES: usize = 200;

/// Finds the calls of a function that have nothing but literals for arguments, those of its docstring first; repeated calls are given
/// once.
pub fn examples(module: &Module, function: &Function) -> Vec<Example> {
    let all = Shown::by(module).of(function);
    all.into_iter().filter(|example| example.call.is_literal()).collect()
}

/// The calls that a module's statements show, by the name of the function.
pub struct Shown {
    calls: HashMap<String, Vec<Example>>,
    scope: Scope,
}

impl Shown {
    /// Reads a module, once for all its functions.
    pub fn by(module: &Module) -> Self {
        let names = module.functions().iter().map(|function| (function.name.clone(), Vec::new()));
        let scope = Scope::of(module);
        let calls = Walk::over(module, names.collect(), scope.clone(), false);
        Self { calls, scope }
    }

    /// The calls of functions that a module imports, by their names.
    pub fn abroad(module: &Module) -> Vec<(String, Vec<Call>)> {
        let names = module.imported_members().into_iter().map(|name| (name, Vec::new()));
        let calls = Walk::over(module, names.collect(), Scope::of(module), true);
        let mut calls: Vec<(String, Vec<Call>)> = calls
            .into_iter()
            .map(|(name, shown)| (name, shown.into_iter().map(|one| one.call).collect()))
            .collect();
        calls.sort_by(|(a, _), (b, _)| a.cmp(b));
        calls
    }

    /// What the module's functions are called with, and what they take by default: the name of a parameter and the argument's text,
    /// each once.
    pub fn arguments(&self, module: &Module) -> Vec<(String, String)> {
        let mut seen = HashSet::new();
        let mut arguments = Vec::new();
        for function in module.functions() {
            for Example { call, .. } in self.of(function) {
                for (at, param) in function.params.iter().enumerate() {
                    let text = call.argument(function, at).and_then(Value::to_source);
                    let one = text.map(|text| (param.name.clone(), text));
                    arguments.extend(one.filter(|one| seen.insert(one.clone())));
                }
            }
        }
        // A text by default is of a kind that nothing else tells.
        for param in module.functions().iter().flat_map(|function| &function.params) {
            let default = param
                .default
                .as_deref()
                .filter(|text| matches!(literal::parse(text), Some(Value::Str(_))));
            let one = default.map(|text| (param.name.clone(), text.to_owned()));
            arguments.extend(one.filter(|one| seen.insert(one.clone())));
        }
        arguments
    }

    /// The calls of one of the module's functions, those of its docstring first; repeated calls are given once.
    pub fn of(&self, function: &Function) -> Vec<Example> {
        let mut found = Found { function, scope: &self.scope, examples: Vec::new() };
        if let Some(doc) = &function.docstring {
            doctests(doc, &mut found);
            shown_calls(doc, &mut found);
        }
        for Example { call, expected } in self.calls.get(&function.name).into_iter().flatten() {
            found.add(call.clone(), expected.clone());
        }
        found.examples
    }
}

struct Found<'f> {
    function: &'f Function,
    scope: &'f Scope,
    examples: Vec<Example>,
}

impl Found<'_> {
    fn add(&mut self, call: Call, expected: Option<String>) {
        if !call.bind(self.function) {
            return;
        }
        let is_full = self.examples.len() == MAX_EXAMPLES;
        let known = self
            .examples
            .iter_mut()
            .find(|known| known.call.args == call.args && known.call.kwargs == call.kwargs);
        match known {
            Some(known) => known.expected = known.expected.take().or(expected),
            None if is_full => {}
            None => self.examples.push(Example { call, expected }),
        }
    }

    /// The literal call of the function that an expression is, or prints.
    fn call(&self, scope: &Scope, source: &str, expr: &Expr) -> Option<Call> {
        let is_function = |node: &&ExprCall| scope.called(node) == Some(&self.function.name);
        call::of(source, printed(expr).find(is_function)?)
    }

    /// Notes the calls of the function anywhere in a statement, whatever is done with what they give.
    fn within(&mut self, scope: &Scope, source: &str, stmt: &Stmt) {
        let mut calls = Calls(Vec::new());
        calls.visit_stmt(stmt);
        let is_function = |node: &&&ExprCall| scope.called(node) == Some(&self.function.name);
        let plain = calls.0.iter().filter(is_function);
        let mut found: Vec<Call> = plain.filter_map(|node| scope.call(source, node)).collect();
        if let Some((class, method)) = self.function.name.split_once('.') {
            let of_method = |node: &&ExprCall| scope.method_call(source, node, class, method);
            found.extend(calls.0.iter().filter_map(of_method));
        }
        found.into_iter().for_each(|call| self.add(call, None));
    }
}

/// Every call in a statement.
struct Calls<'a>(Vec<&'a ExprCall>);

impl<'a> Visitor<'a> for Calls<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            self.0.push(call);
        }
        visitor::walk_expr(self, expr);
    }
}

/// An expression if it is a call, and the calls that it does nothing but print.
fn printed(expr: &Expr) -> impl Iterator<Item = &ExprCall> {
    std::iter::successors(expr.as_call_expr(), |node| match &*node.arguments.args {
        [inner] if is_name(&node.func, "print") => inner.as_call_expr(),
        _ => None,
    })
}

/// Reads `>>> f(1)` and the lines of output after it; names that are bound on the way keep their meaning.
fn doctests(doc: &str, found: &mut Found) {
    let mut lines = doc.lines().map(str::trim).peekable();
    let mut scope = found.scope.clone();
    while let Some(line) = lines.next() {
        let Some(first) = line.strip_prefix(">>>") else { continue };
        let mut code = first.trim().to_owned();
        while let Some(more) = lines.next_if(|line| line.starts_with("...")) {
            code = code + "\n" + more.trim_start_matches("...").strip_prefix(' ').unwrap_or("");
        }
        let mut output = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.is_empty() && !line.starts_with(">>>")) {
            output.push(line);
        }
        let Ok(module) = syntax::module(&code) else { continue };
        for stmt in &module.body {
            if let Stmt::Expr(expr) = stmt
                && let Some(call) = found.call(&scope, &code, &expr.value)
            {
                let raises = output.first().is_some_and(|line| line.starts_with("Traceback"));
                found.add(call, (!output.is_empty() && !raises).then(|| output.join("\n")));
            } else {
                found.within(&scope, &code, stmt);
            }
            scope.note(&code, stmt);
        }
    }
}

/// Reads `f(3) -> 4`, `f(3) == 4`, `f(3) returns 4` and bare `f(3)` in running text.
fn shown_calls(doc: &str, found: &mut Found) {
    let opening = format!("{}(", found.function.name);
    for line in
        doc.lines().filter(|line| line.len() <= MAX_LINE && !line.trim_start().starts_with(">>>"))
    {
        for (start, _) in line.match_indices(&opening) {
            let within_word =
                line[..start].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
            let end = (start + opening.len()..=line.len())
                .filter(|&end| line.is_char_boundary(end) && line[..end].ends_with(')'))
                .find(|&end| syntax::expression(&line[start..end]).is_some());
            let (false, Some(end)) = (within_word, end) else { continue };
            let code = &line[start..end];
            let call =
                syntax::expression(code).and_then(|expr| found.call(found.scope, code, &expr));
            if let Some(call) = call {
                found.add(call, stated_result(&line[end..]));
            }
        }
    }
}

/// The literal after an arrow or the like.
fn stated_result(rest: &str) -> Option<String> {
    const MARKS: &[&str] = &[
        "-->",
        "==>",
        "->",
        "=>",
        "==",
        "=",
        "→",
        "⇒",
        "returns",
        "should return",
        "gives",
        "is",
        "#",
        ":",
    ];
    let rest = rest.trim_start_matches(['`', ' ', '\t']);
    let stated = MARKS.iter().find_map(|mark| rest.strip_prefix(mark))?;
    let stated = stated.trim_start_matches(['>', ' ']);
    // The sentence may go on after the value: `4. Also …`.
    let ends = stated.match_indices(['.', ',', ';', '`']).map(|(i, _)| i).chain([stated.len()]);
    let mut candidates: Vec<&str> = ends
        .map(|end| {
            stated[..end].trim_end_matches(['.', ',', ';', '`', ' ']).trim_start_matches('`')
        })
        .collect();
    candidates.reverse();
    candidates.into_iter().find(|text| literal::parse(text).is_some()).map(str::to_owned)
}

/// Rows of a table of test cases that are looked at.
const MAX_ROWS: usize = 8;

struct Walk<'w> {
    source: &'w str,
    calls: HashMap<String, Vec<Example>>,
    scope: Scope,
    /// How many definitions enclose the statement.
    depth: usize,
    /// Whether functions are called as attributes of their modules, too.
    takes_attributes: bool,
}

impl<'w> Walk<'w> {
    /// The calls of some functions in a module, by their names.
    fn over(
        module: &'w Module,
        calls: HashMap<String, Vec<Example>>,
        scope: Scope,
        takes_attributes: bool,
    ) -> HashMap<String, Vec<Example>> {
        let mut walk = Self { source: module.source(), calls, scope, depth: 0, takes_attributes };
        walk.visit_body(module.body());
        walk.calls
    }

    /// Notes a call of one of the functions, and tells whether it is one.
    fn add(&mut self, node: &ExprCall, expected: impl FnOnce(&str) -> Option<String>) -> bool {
        let examples = match &*node.func {
            Expr::Name(name) => self.calls.get_mut(name.id.as_str()),
            _ if self.takes_attributes => {
                let name = self.scope.called(node);
                name.map(|name| self.calls.entry(name.to_owned()).or_default())
            }
            _ => None,
        };
        let Some(examples) = examples else { return false };
        let (call, expected) = match call::of(self.source, node) {
            Some(call) => (call, expected(self.source)),
            None => match self.scope.call(self.source, node) {
                Some(call) => (call, None),
                None => return false,
            },
        };
        examples.push(Example { call, expected });
        true
    }

    /// Walks statements once for each row of a table, with the names of its columns bound.
    fn rows(&mut self, columns: &[&str], rows: &Expr, body: &[Stmt]) {
        let rows = match rows {
            Expr::List(list) => &list.elts[..],
            Expr::Tuple(tuple) => &tuple.elts[..],
            _ => return self.visit_body(body),
        };
        for row in rows.iter().take(MAX_ROWS) {
            let cells = match row {
                Expr::Tuple(cells) if columns.len() > 1 => &cells.elts[..],
                Expr::List(cells) if columns.len() > 1 => &cells.elts[..],
                one => std::slice::from_ref(one),
            };
            for (name, cell) in columns.iter().zip(cells) {
                self.scope.bind(name, self.source, cell);
            }
            self.visit_body(body);
        }
    }

    /// Walks a definition with names of its own.
    fn definition(&mut self, def: &StmtFunctionDef) {
        let outside = self.scope.clone();
        self.depth += 1;
        let table = def.decorator_list.iter().find_map(|decorator| {
            let call = decorator.expression.as_call_expr()?;
            let is_table =
                matches!(&*call.func, Expr::Attribute(name) if name.attr.as_str() == "parametrize");
            let [names, rows, ..] = &*call.arguments.args else { return None };
            let names: Option<Vec<&str>> = match names {
                Expr::StringLiteral(names) => {
                    Some(names.value.to_str().split(',').map(str::trim).collect())
                }
                Expr::Tuple(names) => names.elts.iter().map(as_text).collect(),
                Expr::List(names) => names.elts.iter().map(as_text).collect(),
                _ => None,
            };
            is_table.then_some((names?, rows))
        });
        match table {
            Some((names, rows)) => self.rows(&names, rows, &def.body),
            None => self.visit_body(&def.body),
        }
        self.depth -= 1;
        self.scope = outside;
    }

    /// Walks a loop; in a test, one over a table is walked row by row.
    fn each(&mut self, each: &StmtFor) {
        let names: Option<Vec<&str>> = match &*each.target {
            Expr::Name(name) => Some(vec![name.id.as_str()]),
            Expr::Tuple(names) => names
                .elts
                .iter()
                .map(|name| name.as_name_expr().map(|name| name.id.as_str()))
                .collect(),
            _ => None,
        };
        self.visit_expr(&each.iter);
        match names {
            Some(names) if self.depth == 1 => self.rows(&names, &each.iter, &each.body),
            Some(_) | None => self.visit_body(&each.body),
        }
        self.visit_body(&each.orelse);
    }

    /// Notes the equation of two sides, one of them a call of a function.
    fn equal(&mut self, left: &Expr, right: &Expr) {
        let literal = |expr: &Expr, source: &str| {
            let written = text(source, expr);
            literal::parse(&written).map(|_| written)
        };
        let mut noted: Vec<&str> = Vec::new();
        for (one, other) in [(left, right), (right, left)] {
            for node in printed(one) {
                let Expr::Name(name) = &*node.func else { continue };
                if !noted.contains(&name.id.as_str())
                    && self.add(node, |source| literal(other, source))
                {
                    noted.push(&name.id);
                }
            }
        }
    }

    fn unittest(&mut self, node: &ExprCall) {
        let Expr::Attribute(method) = &*node.func else { return };
        match (method.attr.as_str(), &*node.arguments.args) {
            (
                "assertEqual" | "assertEquals" | "assertListEqual" | "assertDictEqual"
                | "assertTupleEqual",
                [left, right, ..],
            ) => {
                self.equal(left, right);
            }
            ("assertAlmostEqual" | "assertIs", [left, right, ..]) => self.equal(left, right),
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::Assert(assert) = stmt
            && let Expr::Compare(compare) = &*assert.test
            && let ([CmpOp::Eq | CmpOp::Is], [right]) = (&*compare.ops, &*compare.comparators)
        {
            self.equal(&compare.left, right);
        }
        match stmt {
            Stmt::FunctionDef(def) => self.definition(def),
            Stmt::For(each) => self.each(each),
            _ => visitor::walk_stmt(self, stmt),
        }
        // The names of the module are there for the function, too.
        let is_of_module =
            |target: &Expr| matches!(target, Expr::Name(name) if self.scope.is_of_module(&name.id));
        let is_kept = self.depth == 0
            && match stmt {
                Stmt::Assign(assign) => assign.targets.iter().any(is_of_module),
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => true,
                _ => false,
            };
        if !is_kept {
            self.scope.note(self.source, stmt);
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(node) = expr {
            self.unittest(node);
            self.add(node, |_| None);
        }
        visitor::walk_expr(self, expr);
    }
}

fn as_text(expr: &Expr) -> Option<&str> {
    expr.as_string_literal_expr().map(|text| text.value.to_str())
}

fn is_name(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Name(node) if node.id.as_str() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> Vec<(String, Option<String>)> {
        let module = Module::parse(source).unwrap();
        let found = examples(&module, &module.functions()[0]);
        found.into_iter().map(|one| (one.call.to_source().unwrap(), one.expected)).collect()
    }

    #[test]
    fn doctests_are_examples() {
        let source = "def f(a, b=1):\n    '''Do.\n\n    >>> f(1,\n    ...   2)\n    [1,\n     2]\n    >>> print(f('x'))\n    x\n\n    >>> f(x)\n    1\n    >>> f(0)\n    Traceback (most recent call last):\n    ZeroDivisionError\n    '''\n";
        assert_eq!(
            shown(source),
            [
                ("1, 2".into(), Some("[1,\n2]".into())),
                ("'x'".into(), Some("x".into())),
                ("0".into(), None)
            ]
        );
    }

    /// The calls of the first function, those with more than literals among them.
    fn all(source: &str) -> Vec<String> {
        let module = Module::parse(source).unwrap();
        let found = Shown::by(&module).of(&module.functions()[0]);
        found.into_iter().map(|one| one.call.to_source().unwrap()).collect()
    }

    #[test]
    fn calls_within_other_code_and_with_bound_names_are_examples() {
        let doc = ">>> list(f([1, 2], 3))\n    [1]\n    >>> g = {'a': 1}\n    >>> sorted(f(g, 'a'))\n    [2]\n    >>> assert f(range(3), 1) == 2\n    >>> def even(x):\n    ...     return x % 2 == 0\n    >>> f(even, 4) # doctest: +SKIP";
        let source = format!("def f(a, b):\n    '''Do.\n\n    {doc}\n    '''\n");
        assert_eq!(
            all(&source),
            ["[1, 2], 3", "{'a': 1}, 'a'", "range(3), 1", "lambda x: x % 2 == 0, 4"]
        );
    }

    #[test]
    fn arguments_of_all_functions_are_known_by_the_names_of_parameters() {
        let source = "import nx\ndef f(G, n):\n    '''Do.\n\n    >>> nx.f(nx.path(5), 2)\n    '''\ndef g(G, weight='w', k=1):\n    pass\ng(nx.cycle(3))\n";
        let module = Module::parse(source).unwrap();
        let found = Shown::by(&module).arguments(&module);
        let found: Vec<(&str, &str)> =
            found.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(
            found,
            [("G", "nx.path(5)"), ("n", "2"), ("G", "nx.cycle(3)"), ("weight", "'w'")]
        );
    }

    #[test]
    fn tables_of_test_cases_are_examples() {
        let source = "def f(a): return a\n@pytest.mark.parametrize('a, b', [(1, 2), ([3], 4)])\ndef test_f(a, b):\n    assert f(a) == b\ndef test_g():\n    xs = [5]\n    assert f(xs) == 1\n    for x in (7, 8):\n        f(x)\n";
        assert_eq!(all(source), ["1", "[3]", "[5]", "7", "8"]);
    }

    #[test]
    fn results_in_running_text_are_examples() {
        let source = "def f(a):\n    '''Example: f(3) -> 4. Also `f((1, 2))` returns [')'].\n    if(1), f(n) == 2, f(5) ...\n    '''\n";
        assert_eq!(
            shown(source),
            [
                ("3".into(), Some("4".into())),
                ("(1, 2)".into(), Some("[')']".into())),
                ("5".into(), None)
            ]
        );
        assert_eq!(
            shown("def f(a):\n    '''f(3) => 4.\n    '''\n"),
            [("3".into(), Some("4".into()))]
        );
    }

    #[test]
    fn assertions_and_calls_are_examples() {
        let source = "def f(a): return a\nclass T:\n    def test(self):\n        self.assertEqual(f(1), 2)\nassert f([]) == [0]\nassert 7 == f(6)\nif __name__ == '__main__':\n    print(f(5), f(1), f(x), f(1, 2))\n";
        assert_eq!(
            shown(source),
            [
                ("1".into(), Some("2".into())),
                ("[]".into(), Some("[0]".into())),
                ("6".into(), Some("7".into())),
                ("5".into(), None)
            ]
        );
    }
}
