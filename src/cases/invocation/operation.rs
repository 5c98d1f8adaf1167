//! Calls of special methods, as the operators and functions that make Python call them.
//!
//! Invariant: what is written calls the method with exactly the given arguments; what no operator takes is not written.

use ruff_python_ast::{CmpOp, Expr, ExprCall};

use super::makes;
use crate::python::special::{Form, form};
use crate::python::syntax::{expression, span_of};

/// Whether an entry is a special method with a form of its own.
pub fn is_special(entry: &str) -> bool {
    parts(entry).is_some()
}

/// Whether an entry is a constructor, whose arguments have no object of the class in front.
pub fn is_of_constructor(entry: &str) -> bool {
    matches!(parts(entry), Some((_, Form::Attributes)))
}

/// Writes `Box.__len__` with `Box([1])` as `len(Box([1]))`; `None` if the method or the arguments have no such form.
pub fn write(entry: &str, arguments: &str, named: &[&str]) -> Option<String> {
    let (class, form) = parts(entry)?;
    let plain = format!("{class}({arguments})");
    let Expr::Call(call) = expression(&plain)? else { return None };
    if form == Form::Attributes {
        return Some(format!("vars({plain})"));
    }
    let object = call.arguments.args.first().filter(|object| makes(object, class, named))?;
    let text = |expr: &Expr| plain.get(span_of(expr));
    let object_text = text(object)?;
    if form == Form::Call {
        let rest = plain.get(span_of(object).end..span_of(&call.arguments).end)?;
        let rest = rest.strip_suffix(')')?.trim_start_matches([',', ' ']);
        return Some(format!("{object_text}({rest})"));
    }
    let has_names = !call.arguments.keywords.is_empty();
    if has_names || call.arguments.args.iter().any(Expr::is_starred_expr) {
        return None;
    }
    if let Form::Function(function) = form {
        return Some(format!("{function}({arguments})"));
    }
    // A number with a sign is an operand as it stands; only `**` would take the number before the sign.
    let operand = |expr: &Expr, is_base: bool| {
        let text = text(expr)?;
        let is_one = match expr {
            Expr::UnaryOp(_) => !is_base,
            other => is_primary(other),
        };
        Some(if is_one { text.to_owned() } else { format!("({text})") })
    };
    match (form, &call.arguments.args[1..]) {
        (Form::Prefix(operator), []) => Some(format!("{operator}{object_text}")),
        (Form::Infix(operator), [other]) => {
            Some(format!("{object_text} {operator} {}", operand(other, false)?))
        }
        (Form::Reflected(operator), [other]) => {
            Some(format!("{} {operator} {object_text}", operand(other, operator == "**")?))
        }
        (Form::Membership, [other]) => Some(format!("{} in {object_text}", operand(other, false)?)),
        (Form::Item, [key]) => Some(format!("{object_text}[{}]", text(key)?)),
        _ => None,
    }
}

/// The arguments of a call that is written in the form of its special method.
pub fn read(text: &str, entry: &str, named: &[&str]) -> Option<String> {
    let (class, form) = parts(entry)?;
    let expr = expression(text)?;
    let of = |expr: &Expr| text.get(span_of(expr));
    let within = |call: &ExprCall| {
        text.get(span_of(&call.arguments))?.strip_prefix('(')?.strip_suffix(')').map(str::to_owned)
    };
    let pair = |object: &Expr, other: &Expr| {
        let other_text = of(other)?;
        let is_bare = matches!(other, Expr::Tuple(tuple) if !tuple.parenthesized);
        let other_text = if is_bare { format!("({other_text})") } else { other_text.to_owned() };
        makes(object, class, named).then_some(format!("{}, {other_text}", of(object)?))
    };
    match (form, &expr) {
        (Form::Attributes, Expr::Call(call)) if is_name(&call.func, "vars") => {
            let [Expr::Call(made)] = &*call.arguments.args else { return None };
            if is_name(&made.func, class) { within(made) } else { None }
        }
        (Form::Function(function), Expr::Call(call)) if is_name(&call.func, function) => {
            let object = call.arguments.args.first()?;
            if makes(object, class, named) { within(call) } else { None }
        }
        (Form::Call, Expr::Call(call)) if makes(&call.func, class, named) => {
            let (object, rest) = (of(&call.func)?, within(call)?);
            let comma = if rest.is_empty() { "" } else { ", " };
            Some(format!("{object}{comma}{rest}"))
        }
        (Form::Prefix(operator), Expr::UnaryOp(unary)) if unary.op.as_str() == operator => {
            makes(&unary.operand, class, named).then_some(of(&unary.operand)?.to_owned())
        }
        (Form::Infix(operator), Expr::BinOp(binary)) if binary.op.as_str() == operator => {
            pair(&binary.left, &binary.right)
        }
        (Form::Reflected(operator), Expr::BinOp(binary)) if binary.op.as_str() == operator => {
            pair(&binary.right, &binary.left)
        }
        (Form::Infix(_) | Form::Membership, Expr::Compare(compare)) => {
            let ([operator], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
            match form {
                Form::Infix(wanted) if operator.as_str() == wanted => pair(&compare.left, right),
                Form::Membership if *operator == CmpOp::In => pair(right, &compare.left),
                _ => None,
            }
        }
        (Form::Item, Expr::Subscript(item)) => pair(&item.value, &item.slice),
        _ => None,
    }
}

/// Whether a text may begin with such a call.
pub fn begins(text: &str, entry: &str) -> bool {
    let Some((class, form)) = parts(entry) else { return false };
    let text = text.strip_prefix('(').unwrap_or(text);
    let after = |head: &str| {
        let rest = text.strip_prefix(head).and_then(|rest| rest.strip_prefix(class));
        rest.is_some_and(|rest| rest.starts_with(['(', '.']))
    };
    match form {
        Form::Attributes => after("vars("),
        Form::Function(function) => after(&format!("{function}(")),
        Form::Prefix(operator) => after(operator),
        Form::Infix(_) | Form::Item | Form::Call => after(""),
        Form::Reflected(operator) => text.contains(&format!(" {operator} {class}")),
        Form::Membership => text.contains(&format!(" in {class}")),
    }
}

/// The class of a special method, and its form.
fn parts(entry: &str) -> Option<(&str, Form)> {
    let (class, method) = entry.rsplit_once('.')?;
    Some((class, form(method)?))
}

fn is_name(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Name(found) if found.id.as_str() == name)
}

/// Whether an expression binds closer than any operator.
fn is_primary(expr: &Expr) -> bool {
    expr.is_literal_expr()
        || matches!(
            expr,
            Expr::Name(_)
                | Expr::Call(_)
                | Expr::Attribute(_)
                | Expr::Subscript(_)
                | Expr::List(_)
                | Expr::Tuple(_)
                | Expr::Dict(_)
                | Expr::Set(_)
                | Expr::ListComp(_)
                | Expr::DictComp(_)
                | Expr::SetComp(_)
                | Expr::FString(_)
        )
}

#[cfg(test)]
mod tests {
    use super::super::{begins, is_natural, is_on_object, read, write};

    #[test]
    fn special_methods_are_written_as_operators_and_read_again() {
        for (entry, arguments, written) in [
            ("A.__len__", "A([1, 2])", "len(A([1, 2]))"),
            ("A.__round__", "A(1.5), 1", "round(A(1.5), 1)"),
            ("A.__iter__", "A.of(3)", "list(A.of(3))"),
            ("A.__neg__", "A(1)", "-A(1)"),
            ("A.__add__", "A(1), A(2)", "A(1) + A(2)"),
            ("A.__add__", "A(1), -2", "A(1) + -2"),
            ("A.__mul__", "A(1), lambda x: x", "A(1) * (lambda x: x)"),
            ("A.__rpow__", "A(1), -2", "(-2) ** A(1)"),
            ("A.__radd__", "A(1), 2", "2 + A(1)"),
            ("A.__eq__", "A.RED, 'x == y'", "A.RED == 'x == y'"),
            ("A.__contains__", "A(1), (1, 2)", "(1, 2) in A(1)"),
            ("A.__getitem__", "A(1), slice(0, 2)", "A(1)[slice(0, 2)]"),
            ("A.__getitem__", "A(1), (0, 1)", "A(1)[(0, 1)]"),
            ("A.__call__", "A(1), 2, c=3", "A(1)(2, c=3)"),
            ("A.__call__", "A()", "A()()"),
            ("A.__init__", "1, b=2", "vars(A(1, b=2))"),
            ("A.__init__", "A(1)", "vars(A(A(1)))"),
        ] {
            assert_eq!(write(entry, arguments).to_string(), written);
            assert_eq!(read(written, entry, &[]).as_deref(), Some(arguments), "{written}");
            assert!(begins(written, entry) && is_natural(entry, arguments), "{written}");
        }
        assert_eq!(read("A(1)[0, 1]", "A.__getitem__", &[]).as_deref(), Some("A(1), (0, 1)"));
        for (text, entry) in [
            ("len(B(1))", "A.__len__"),
            ("A(1) - A(2)", "A.__add__"),
            ("2 + A(1)", "A.__add__"),
            ("1 not in A(1)", "A.__contains__"),
            ("vars(B(1))", "A.__init__"),
        ] {
            assert_eq!(read(text, entry, &[]), None, "{text}");
        }
        for (entry, arguments) in [
            ("A.__getitem__", "A(1), index=0"),
            ("A.__len__", "B(1)"),
            ("A.__eq__", "A(1)"),
            ("A.__add__", "A(1), 2, 3"),
            ("A.__len__", "*A(1)"),
        ] {
            assert!(!is_natural(entry, arguments), "{entry}({arguments})");
        }
        assert!(!is_on_object("A.__init__", "A(1)") && is_on_object("A.__eq__", "A(1), A(2)"));
    }
}
