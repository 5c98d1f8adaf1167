//! Makes small faulty variants of a function by editing its text in one place.
//!
//! Invariant: every mutant parses, differs from the original in exactly one span inside the function's body, and leaves
//! docstrings, annotations and decorators alone; the order is that of the text.

use std::collections::BTreeSet;
use std::ops::Range;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCall, ExprContext, Number, Operator, Stmt, UnaryOp};
use ruff_text_size::Ranged;

use super::function::span_of;
use super::module::Module;
use super::mutate_tables::{COMPARISONS, METHODS, OPERATORS, SWAPPED_FUNCTIONS, WRAPPERS};
use super::naming::by_name;
use super::syntax;
use super::types::Type;

/// No function needs more, and each mutant holds the whole module.
const MAX_MUTANTS: usize = 500;
/// Bytes of all mutants of a function together.
const MAX_BYTES: usize = 64 << 20;

/// A program with one deliberate fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// The kind of edit, in snake case.
    pub operator: &'static str,
    /// 1-based line of the edit in the module.
    pub line: usize,
    pub original: String,
    pub replacement: String,
    /// The text of the whole module with the edit made.
    pub source: String,
}

/// Makes every single-edit mutant of a function, or none when the module does not define it.
pub fn mutants(module: &Module, function_name: &str) -> Vec<Mutant> {
    let Some(def) = module.function(function_name).and_then(|function| module.def(function)) else { return Vec::new() };
    let source = module.source();
    let mut variables: Vec<String> = def.parameters.iter_source_order().map(|p| p.name().to_string()).collect();
    let mut stores = Stores(&mut variables);
    stores.visit_body(&def.body);
    let mut editor = Editor { source, variables: &variables, edits: Vec::new() };
    editor.visit_body(&def.body);
    let mut edits = editor.edits;
    edits.sort_by_key(|edit| edit.span.start);
    let mut mutants: Vec<Mutant> = Vec::new();
    let mut made: BTreeSet<(usize, usize, String)> = BTreeSet::new();
    for Edit { operator, span, replacement } in edits {
        if mutants.len() >= MAX_MUTANTS.min(MAX_BYTES / source.len()) {
            break;
        }
        let changed = source[span.clone()] != *replacement;
        if !changed || !made.insert((span.start, span.end, replacement.clone())) {
            continue;
        }
        let mutated = [&source[..span.start], &replacement, &source[span.end..]].concat();
        if syntax::module(&mutated).is_ok() {
            let (line, _) = syntax::position(source, span.start);
            mutants.push(Mutant { operator, line, original: source[span].to_owned(), replacement, source: mutated });
        }
    }
    mutants
}

struct Edit {
    operator: &'static str,
    span: Range<usize>,
    replacement: String,
}

/// Collects the names a function binds, in order.
struct Stores<'v>(&'v mut Vec<String>);

impl<'a> Visitor<'a> for Stores<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Store => {
                if !self.0.iter().any(|known| known == name.id.as_str()) {
                    self.0.push(name.id.to_string());
                }
            }
            // Names of comprehensions and lambdas are not those of the function.
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) | Expr::Lambda(_) => {}
            _ => visitor::walk_expr(self, expr),
        }
    }
}

struct Editor<'e> {
    source: &'e str,
    variables: &'e [String],
    edits: Vec<Edit>,
}

impl Editor<'_> {
    fn edit(&mut self, operator: &'static str, span: Range<usize>, replacement: impl Into<String>) {
        self.edits.push(Edit { operator, span, replacement: replacement.into() });
    }

    fn text(&self, node: &impl Ranged) -> &str {
        &self.source[span_of(node)]
    }

    /// The place of an operator between two operands; both words of `not in` and `is not`.
    fn operator(&self, left: &Expr, right: &Expr, token: &str) -> Option<Range<usize>> {
        let gap = span_of(left).end..span_of(right).start;
        let text = without_comments(self.source.get(gap.clone())?);
        let first = token.split(' ').next()?;
        let last = token.rsplit(' ').next()?;
        let start = text.find(first)?;
        let end = start + text[start..].rfind(last)? + last.len();
        // `<` also begins `<=` and `<<`, but the tree has told them apart already.
        Some(gap.start + start..gap.start + end)
    }

    fn comparison(&mut self, left: &Expr, op: CmpOp, right: &Expr) {
        let Some((token, swaps)) = COMPARISONS.iter().find(|(token, _)| *token == op.as_str()) else { return };
        if let Some(span) = self.operator(left, right, token) {
            for swap in *swaps {
                self.edit("comparison", span.clone(), *swap);
            }
        }
    }

    fn binary(&mut self, left: &Expr, op: Operator, right: &Expr) {
        // Arithmetic on texts and lists would only fail to run.
        let is_text = |expr: &Expr| {
            matches!(
                expr,
                Expr::StringLiteral(_) | Expr::FString(_) | Expr::List(_) | Expr::ListComp(_) | Expr::BytesLiteral(_)
            )
        };
        if is_text(left) || is_text(right) {
            return;
        }
        let Some((token, swaps)) = OPERATORS.iter().find(|(token, _)| *token == op.as_str()) else { return };
        if let Some(span) = self.operator(left, right, token) {
            for swap in *swaps {
                self.edit("arithmetic", span.clone(), *swap);
            }
        }
    }

    fn integer(&mut self, expr: &Expr, operator: &'static str) {
        let Expr::NumberLiteral(literal) = expr else { return };
        let Number::Int(value) = &literal.value else { return };
        let Some(value) = value.as_u64().filter(|value| *value < u64::MAX) else { return };
        let span = span_of(literal);
        self.edit(operator, span.clone(), (value + 1).to_string());
        if value > 0 {
            self.edit(operator, span, (value - 1).to_string());
        }
    }

    /// One more and one less than an index or bound; integer literals become other literals.
    fn off_by_one(&mut self, expr: &Expr, operator: &'static str) {
        match expr {
            Expr::NumberLiteral(_) => self.integer(expr, operator),
            Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_) | Expr::Subscript(_) | Expr::BinOp(_) => {
                let text = self.text(expr).to_owned();
                let simple =
                    !matches!(expr, Expr::BinOp(binary) if !matches!(binary.op, Operator::Add | Operator::Sub));
                let text = if simple { text } else { format!("({text})") };
                self.edit(operator, span_of(expr), format!("{text} + 1"));
                self.edit(operator, span_of(expr), format!("{text} - 1"));
            }
            _ => {}
        }
    }

    fn condition(&mut self, test: &Expr) {
        // `not x` loses its `not` elsewhere, which is the same fault.
        if !matches!(test, Expr::UnaryOp(unary) if unary.op == UnaryOp::Not) {
            self.edit("negated_condition", span_of(test), format!("not ({})", self.text(test)));
        }
    }

    fn call(&mut self, call: &ExprCall) {
        let args = &*call.arguments.args;
        let plain = call.arguments.keywords.is_empty() && !args.iter().any(Expr::is_starred_expr);
        match (&*call.func, args) {
            (Expr::Name(function), _) => {
                let name = function.id.as_str();
                if let Some((_, other)) = SWAPPED_FUNCTIONS.iter().find(|(one, _)| *one == name) {
                    self.edit("swapped_function", span_of(function), *other);
                }
                if let ("range", true) = (name, plain) {
                    // The bound that excludes is the one most often wrong.
                    match args {
                        [stop] => self.off_by_one(stop, "range_bound"),
                        [start, stop, ..] => {
                            self.off_by_one(start, "range_bound");
                            self.off_by_one(stop, "range_bound");
                        }
                        [] => {}
                    }
                }
                if let ([inner, ..], true) = (args, WRAPPERS.contains(&name)) {
                    let inner = self.text(inner).to_owned();
                    self.edit("removed_call", span_of(call), format!("({inner})"));
                }
            }
            (Expr::Attribute(method), _) if METHODS.contains(&method.attr.as_str()) => {
                let object = self.text(&*method.value).to_owned();
                // The object keeps its own parentheses only if they are outside its span.
                let object = if self.source[span_of(&*method.value).end..].starts_with(')') {
                    format!("({object})")
                } else {
                    object
                };
                self.edit("removed_call", span_of(call), object);
            }
            _ => {}
        }
        // `isinstance(int, x)` only fails to run, and the order of what is printed is no fault of the function.
        let ordered = !matches!(&*call.func, Expr::Name(name) if matches!(name.id.as_str(), "isinstance" | "print"));
        if let ([first, second, ..], true) = (args, plain && ordered) {
            let between = &self.source[span_of(first).end..span_of(second).start];
            if without_comments(between).trim() == "," {
                let swapped = format!("{}{between}{}", self.text(second), self.text(first));
                self.edit("swapped_arguments", span_of(first).start..span_of(second).end, swapped);
            }
        }
    }
}

impl<'a> Visitor<'a> for Editor<'_> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_decorator(&mut self, _: &'a ruff_python_ast::Decorator) {}

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::If(node) => self.condition(&node.test),
            Stmt::While(node) => self.condition(&node.test),
            Stmt::Break(node) => self.edit("swapped_jump", span_of(node), "continue"),
            Stmt::Continue(node) => self.edit("swapped_jump", span_of(node), "break"),
            Stmt::Return(node) => {
                if let Some(Expr::Name(name)) = node.value.as_deref() {
                    let others = self.variables.iter().filter(|other| other.as_str() != name.id.as_str()).take(2);
                    for other in others.cloned().collect::<Vec<_>>() {
                        self.edit("returned_variable", span_of(name), other);
                    }
                }
            }
            Stmt::AugAssign(node) => {
                let token = format!("{}=", node.op.as_str());
                let text = matches!(&*node.value, Expr::StringLiteral(_) | Expr::FString(_) | Expr::List(_));
                if let (Some((_, swaps)), false) = (OPERATORS.iter().find(|(op, _)| *op == node.op.as_str()), text)
                    && let Some(span) = self.operator(&node.target, &node.value, &token)
                    && let Some(swap) = swaps.first()
                {
                    self.edit("augmented_assignment", span, format!("{swap}="));
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_elif_else_clause(&mut self, clause: &'a ruff_python_ast::ElifElseClause) {
        if let Some(test) = &clause.test {
            self.condition(test);
        }
        visitor::walk_elif_else_clause(self, clause);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Compare(node) => {
                let operands: Vec<&Expr> = std::iter::once(&*node.left).chain(&node.comparators).collect();
                for (pair, op) in operands.windows(2).zip(&node.ops) {
                    self.comparison(pair[0], *op, pair[1]);
                }
            }
            Expr::BinOp(node) => self.binary(&node.left, node.op, &node.right),
            Expr::BoolOp(node) => {
                let (token, swap) = if node.op == BoolOp::And { ("and", "or") } else { ("or", "and") };
                for pair in node.values.windows(2) {
                    if let Some(span) = self.operator(&pair[0], &pair[1], token) {
                        self.edit("logic", span, swap);
                    }
                }
            }
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => {
                let start = span_of(node).start;
                let word_end = start + "not".len();
                let space = self.source[word_end..].starts_with(' ');
                self.edit("dropped_not", start..word_end + usize::from(space), "");
            }
            Expr::If(node) => self.condition(&node.test),
            Expr::BooleanLiteral(node) => {
                self.edit("boolean", span_of(node), if node.value { "False" } else { "True" });
            }
            Expr::NumberLiteral(_) => self.integer(expr, "integer"),
            // A name that is no index is most likely a key, and adding to a key only fails to run.
            Expr::Subscript(node) => match &*node.slice {
                Expr::Name(name) if by_name(&name.id) != Some(Type::Int) => {}
                Expr::Name(_) | Expr::NumberLiteral(_) | Expr::BinOp(_) => self.off_by_one(&node.slice, "index"),
                _ => {}
            },
            Expr::Slice(node) => {
                for bound in [&node.lower, &node.upper].into_iter().flatten() {
                    self.off_by_one(bound, "index");
                }
            }
            Expr::Call(node) => self.call(node),
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

/// The same text with comments blanked out, so that offsets stay.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let code = line.find('#').map_or(line, |start| &line[..start]);
        out.push_str(code);
        out.push_str(&" ".repeat(line.len() - code.len()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(source: &str) -> Vec<String> {
        let module = Module::parse(source).unwrap();
        mutants(&module, "f")
            .into_iter()
            .map(|m| {
                assert!(Module::parse(&m.source).is_ok());
                format!("{} {}: {} -> {}", m.line, m.operator, m.original, m.replacement)
            })
            .collect()
    }

    #[test]
    fn comparisons_and_conditions_are_turned() {
        let source =
            "def f(x, y):\n    '''1 < 2'''\n    z = x < (  # < y\n            y)\n    if z:\n        return True\n";
        assert_eq!(
            edits(source),
            [
                "3 comparison: < -> <=",
                "3 comparison: < -> >",
                "5 negated_condition: z -> not (z)",
                "6 boolean: True -> False",
            ]
        );
    }

    #[test]
    fn two_word_operators_are_found() {
        assert_eq!(
            edits("def f(x, y):\n    return x not  in y or x is not None\n"),
            ["2 comparison: not  in -> in", "2 logic: or -> and", "2 comparison: is not -> is"]
        );
    }

    #[test]
    fn numbers_are_off_by_one() {
        assert_eq!(
            edits("def f(a: list[1]):\n    for i in range(len(a)):\n        a[i] += 0\n"),
            [
                "2 range_bound: len(a) -> len(a) + 1",
                "2 range_bound: len(a) -> len(a) - 1",
                "3 index: i -> i + 1",
                "3 index: i -> i - 1",
                "3 augmented_assignment: += -> -=",
                "3 integer: 0 -> 1",
            ]
        );
    }

    #[test]
    fn calls_lose_what_they_do() {
        assert_eq!(
            edits("def f(a, b):\n    return min(sorted(a.strip()), b)\n"),
            [
                "2 swapped_function: min -> max",
                "2 swapped_arguments: sorted(a.strip()), b -> b, sorted(a.strip())",
                "2 removed_call: sorted(a.strip()) -> (a.strip())",
                "2 removed_call: a.strip() -> a",
            ]
        );
    }

    #[test]
    fn jumps_results_and_negations_change() {
        assert_eq!(
            edits("def f(a, b):\n    while not a:\n        break\n    return a\n"),
            ["2 dropped_not: not  -> ", "3 swapped_jump: break -> continue", "4 returned_variable: a -> b"]
        );
    }

    #[test]
    fn only_the_named_function_is_edited() {
        let source = "X = 1\ndef g(): return 1\n@d(1)\ndef f(): return 'a' + 'b'\n";
        assert_eq!(edits(source), Vec::<String>::new());
    }
}
