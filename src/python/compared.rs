//! A program that notes what it compares: both sides of comparisons, prefixes, and keys that are looked up.
//!
//! Invariant: every line stays where it was, and what the functions give stays the same.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{CmpOp, Expr, ExprContext, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::syntax::{self, span_of};

/// What every name in the notes begins with.
const PREFIX: &str = "_tgsand_";

/// Defines what the program calls instead of comparing, below the program. Nothing but texts and numbers is noted, and nothing that a
/// reader would find long; so objects of the program are never asked anything that they would not be asked anyway.
const NOTES: &str = r#"
_tgsand_notes = []
def _tgsand_note(a, b, plain=(str, int, float), notes=_tgsand_notes, type=type, len=len, str=str):
    if len(notes) < 60 and type(a) in plain and type(b) is type(a) and a != b and (type(a) is not str or len(a) < 40 > len(b)):
        notes.append((a, b))
def _tgsand_eq(a, b): _tgsand_note(a, b); return a == b
def _tgsand_ne(a, b): _tgsand_note(a, b); return a != b
def _tgsand_lt(a, b): _tgsand_note(a, b); return a < b
def _tgsand_le(a, b): _tgsand_note(a, b); return a <= b
def _tgsand_gt(a, b): _tgsand_note(a, b); return a > b
def _tgsand_ge(a, b): _tgsand_note(a, b); return a >= b
def _tgsand_members(a, b, known=(str, list, tuple, set, frozenset, dict), type=type, list=list):
    if type(b) in known:
        for item in list(b)[:6]: _tgsand_note(a, item)
def _tgsand_in(a, b): _tgsand_members(a, b); return a in b
def _tgsand_not_in(a, b): _tgsand_members(a, b); return a not in b
def _tgsand_item(a, b, type=type, dict=dict):
    if type(a) is dict: _tgsand_members(b, a)
    return a[b]
def _tgsand_get(a, *b, type=type, dict=dict):
    if type(a) is dict: _tgsand_members(b[0], a)
    return a.get(*b)
def _tgsand_startswith(a, b, type=type, str=str):
    if type(a) is str is type(b): _tgsand_note(a, b + a)
    return a.startswith(b)
def _tgsand_endswith(a, b, type=type, str=str):
    if type(a) is str is type(b): _tgsand_note(a, a + b)
    return a.endswith(b)
def _tgsand_call(*args, **kwargs):
    _tgsand_notes.clear()
    try:
        value = CALLED(*args, **kwargs)
        if hasattr(value, "__next__"):
            for _ in zip(value, range(20)): pass
    except Exception: pass
    return list(_tgsand_notes)
"#;

/// The function that makes a call and gives what it has compared, as pairs of texts or numbers.
pub const ENTRY: &str = "_tgsand_call";

/// A program whose functions note what they compare while `called` runs; `None` if there is nothing to note.
pub fn noting(program: &str, called: &str) -> Option<String> {
    if program.contains(PREFIX) {
        return None;
    }
    let tree = syntax::module(program).ok()?;
    let mut places = Places { program, within: 0, edits: Vec::new() };
    places.visit_body(&tree.body);
    let mut edits = places.edits;
    if edits.is_empty() {
        return None;
    }
    // Of two insertions at one place the outer one comes first, and so it was noted.
    edits.sort_by_key(|(start, ..)| *start);
    let (mut noted, mut at) = (String::with_capacity(2 * program.len()), 0);
    for (start, end, text) in edits {
        noted.push_str(program.get(at..start)?);
        noted.push_str(&text);
        at = end;
    }
    noted.push_str(program.get(at..)?);
    noted.push_str(&NOTES.replace("CALLED", called));
    Some(noted)
}

struct Places<'p> {
    program: &'p str,
    /// How many functions are around.
    within: usize,
    /// Byte ranges, each with the text that replaces it.
    edits: Vec<(usize, usize, String)>,
}

impl Places<'_> {
    /// Makes a call of `left SEPARATOR right`: `name(left, right)`.
    fn call(
        &mut self,
        name: &str,
        whole: &Expr,
        left: &Expr,
        right: &Expr,
        separator: &str,
    ) -> Option<()> {
        let (start, end) = (span_of(left).end, span_of(right).start);
        let between = self.program.get(start..end)?;
        let at = start + between.find(separator)?;
        if between.contains('#') {
            return None;
        }
        let whole_start = span_of(whole).start;
        self.edits.push((whole_start, whole_start, format!("{PREFIX}{name}(")));
        self.edits.push((at, at + separator.len(), ",".to_owned()));
        Some(())
    }

    fn close(&mut self, whole: &Expr) {
        let end = span_of(whole).end;
        self.edits.push((end, end, ")".to_owned()));
    }
}

impl<'p> Visitor<'p> for Places<'p> {
    fn visit_stmt(&mut self, stmt: &'p Stmt) {
        match stmt {
            Stmt::FunctionDef(StmtFunctionDef { body, .. }) => {
                self.within += 1;
                self.visit_body(body);
                self.within -= 1;
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'p Expr) {
        if self.within == 0 {
            return visitor::walk_expr(self, expr);
        }
        let is_called = match expr {
            Expr::Compare(compare) => match (&*compare.ops, &*compare.comparators) {
                ([operator], [right]) => name_of(*operator).and_then(|name| {
                    self.call(name, expr, &compare.left, right, operator.as_str())
                }),
                _ => None,
            },
            Expr::Subscript(item)
                if item.ctx == ExprContext::Load
                    && !matches!(&*item.slice, Expr::Slice(_) | Expr::Tuple(_)) =>
            {
                self.call("item", expr, &item.value, &item.slice, "[")
            }
            Expr::Call(call) if call.arguments.keywords.is_empty() => {
                match (&*call.func, &*call.arguments.args) {
                    (Expr::Attribute(method), [first, rest @ ..]) if !first.is_starred_expr() => {
                        let name = match (method.attr.as_str(), rest) {
                            ("get", [] | [_]) => Some("get"),
                            ("startswith", []) => Some("startswith"),
                            ("endswith", []) => Some("endswith"),
                            _ => None,
                        };
                        name.and_then(|name| {
                            self.call(name, expr, &method.value, first, &format!(".{name}("))
                        })
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        visitor::walk_expr(self, expr);
        if is_called.is_some() {
            match expr {
                // Its own bracket becomes the call's.
                Expr::Subscript(item) => {
                    let end = item.end().to_usize();
                    self.edits.push((end - 1, end, ")".to_owned()));
                }
                // It has a bracket.
                Expr::Call(_) => {}
                _ => self.close(expr),
            }
        }
    }

    fn visit_annotation(&mut self, _: &'p Expr) {}
}

fn name_of(operator: CmpOp) -> Option<&'static str> {
    Some(match operator {
        CmpOp::Eq => "eq",
        CmpOp::NotEq => "ne",
        CmpOp::Lt => "lt",
        CmpOp::LtE => "le",
        CmpOp::Gt => "gt",
        CmpOp::GtE => "ge",
        CmpOp::In => "in",
        CmpOp::NotIn => "not_in",
        CmpOp::Is | CmpOp::IsNot => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_become_calls_and_lines_stay() {
        for (body, expected) in [
            ("a == b", "_tgsand_eq(a , b)"),
            ("(a) == (b)", "_tgsand_eq((a) , (b))"),
            ("not a in b", "not _tgsand_in(a , b)"),
            ("a not in b and a < 1", "_tgsand_not_in(a , b) and _tgsand_lt(a , 1)"),
            ("a == (b == 1)", "_tgsand_eq(a , (_tgsand_eq(b , 1)))"),
            ("(a == b) == 1", "_tgsand_eq((_tgsand_eq(a , b)) , 1)"),
            ("a[b[0]] == 1", "_tgsand_eq(_tgsand_item(a,_tgsand_item(b,0)) , 1)"),
            ("a[1:2], a[1, 2], a < b < 3", "a[1:2], a[1, 2], a < b < 3"),
            ("a.get(b, 0)", "_tgsand_get(a,b, 0)"),
            ("a.startswith('x')", "_tgsand_startswith(a,'x')"),
            ("a.get(b).endswith(c)", "_tgsand_endswith(_tgsand_get(a,b),c)"),
            ("f'{a == b}'", "f'{_tgsand_eq(a , b)}'"),
            ("a is b or a.x is None or a == b", "a is b or a.x is None or _tgsand_eq(a , b)"),
        ] {
            let program = format!("def f(a, b):\n    return {body}\n\nX = f\nY = X == f\n");
            let noted = noting(&program, "f");
            let first =
                noted.as_deref().map(|text| text.split(NOTES.get(..10).unwrap()).next().unwrap());
            let expected = format!("def f(a, b):\n    return {expected}\n\nX = f\nY = X == f\n");
            assert_eq!(first.unwrap_or(&program), expected);
            assert!(noted.is_none_or(|text| syntax::module(&text).is_ok()));
        }
        assert_eq!(noting("def f(a): return a\n", "f"), None);
    }
}
