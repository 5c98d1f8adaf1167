//! How a call is written: a function with its arguments, an object with its method, or an operator with its operands.
//!
//! Invariant: reading what was written gives the same arguments; the object of a method is the first of them.

mod operation;

use ruff_python_ast::{Expr, ExprCall};

use crate::python::syntax::{expression, span_of};

/// Writes a call. `Account.deposit` with `Account(100), 50` is `Account(100).deposit(50)`, and `Account.__len__` is `len(Account(100))`.
pub fn write(entry: &str, arguments: &str) -> String {
    if let Some(written) = operation::write(entry, arguments) {
        return written;
    }
    let plain = format!("{entry}({arguments})");
    match split(entry, &plain) {
        Some((object, rest)) => {
            let (_, method) = entry.rsplit_once('.').unwrap_or_default();
            format!("{object}.{method}({rest})")
        }
        None => plain,
    }
}

/// A call as one side of a comparison: a comparison would become a part of it.
pub fn as_operand(call: String) -> String {
    match expression(&call) {
        Some(Expr::Compare(_)) => format!("({call})"),
        _ => call,
    }
}

/// Whether a call can be written as people write it: a special method needs an object of its class, and the operands of its operator.
pub fn is_natural(entry: &str, arguments: &str) -> bool {
    !operation::is_special(entry) || operation::write(entry, arguments).is_some()
}

/// Whether the arguments begin with an object of the class whose method the entry is.
pub fn is_on_object(entry: &str, arguments: &str) -> bool {
    !operation::is_of_constructor(entry) && split(entry, &format!("{entry}({arguments})")).is_some()
}

/// The arguments of a call as it was written; `None` if it is no call of this function.
pub fn read(text: &str, entry: &str) -> Option<String> {
    if operation::is_special(entry) {
        return operation::read(text, entry);
    }
    if let Some(arguments) =
        text.strip_prefix(entry).and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'))
    {
        return matches!(expression(text), Some(Expr::Call(_))).then(|| arguments.to_owned());
    }
    let (class, method) = entry.rsplit_once('.')?;
    let Some(Expr::Call(call)) = expression(text) else { return None };
    let Expr::Attribute(function) = &*call.func else { return None };
    if function.attr.as_str() != method || !makes(&function.value, class) {
        return None;
    }
    let object = text.get(span_of(&*function.value))?;
    let arguments = text.get(span_of(&call.arguments))?;
    let arguments = arguments.strip_prefix('(')?.strip_suffix(')')?;
    Some(if arguments.is_empty() { object.to_owned() } else { format!("{object}, {arguments}") })
}

/// Whether a text may begin with a call of this function, as [`write()`] writes it.
pub fn begins(text: &str, entry: &str) -> bool {
    let after = |head: &str, marks: &[char]| {
        text.strip_prefix(head).is_some_and(|rest| rest.starts_with(marks))
    };
    operation::begins(text, entry)
        || after(entry, &['('])
        || entry.rsplit_once('.').is_some_and(|(class, _)| after(class, &['(', '.']))
}

/// The object that a plain call of a method gets, and the other arguments.
fn split<'t>(entry: &str, plain: &'t str) -> Option<(&'t str, &'t str)> {
    let (class, _) = entry.rsplit_once('.')?;
    let Some(Expr::Call(ExprCall { arguments, .. })) = expression(plain) else { return None };
    let object = arguments.args.first().filter(|object| makes(object, class))?;
    let object_span = span_of(object);
    let rest = plain.get(object_span.end..span_of(&arguments).end)?.strip_suffix(')')?;
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix(',') {
        Some(rest) => rest.trim_start(),
        None if rest.is_empty() => rest,
        None => return None,
    };
    Some((plain.get(object_span)?, rest))
}

/// Whether an expression makes an object of a class: `Account(1)`, `Account.of(1)` or `Colour.RED`.
fn makes(object: &Expr, class: &str) -> bool {
    let is_class = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id.as_str() == class);
    match object {
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(attribute) => is_class(&attribute.value),
            other => is_class(other),
        },
        Expr::Attribute(attribute) => is_class(&attribute.value),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_does_not_run_into_the_one_around_it() {
        assert_eq!(as_operand("A(1) == A(2)".into()), "(A(1) == A(2))");
        assert_eq!(as_operand("A(1) + A(2)".into()), "A(1) + A(2)");
        assert_eq!(read("(A(1) == A(2))", "A.__eq__").as_deref(), Some("A(1), A(2)"));
        assert!(begins("(A(1) == A(2)) == True", "A.__eq__"));
    }

    #[test]
    fn a_method_is_called_on_its_object_and_read_again() {
        for (entry, arguments, written) in [
            ("f", "1, b=2", "f(1, b=2)"),
            ("f", "", "f()"),
            ("A.m", "A(1), 2, c=3", "A(1).m(2, c=3)"),
            ("A.m", "A()", "A().m()"),
            ("A.m", "A.of('x, y'), (1, 2)", "A.of('x, y').m((1, 2))"),
            ("A.m", "A.RED", "A.RED.m()"),
            ("A.of", "1", "A.of(1)"),
            ("A.of", "B(1), 2", "A.of(B(1), 2)"),
            ("A.of", "*A(1)", "A.of(*A(1))"),
        ] {
            assert_eq!(write(entry, arguments), written);
            assert_eq!(read(written, entry).as_deref(), Some(arguments));
            assert!(begins(written, entry));
        }
        assert_eq!(read("B(1).m(2)", "A.m"), None);
        assert_eq!(read("g(1)", "f"), None);
        assert!(!begins("B(1).m(2)", "A.m"));
    }
}
