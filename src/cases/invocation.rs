//! How a call is written: a function with its arguments, an object with its method, or an operator with its operands.
//!
//! Invariant: reading what was written gives the same arguments; the object of a method is the first of them.

mod operation;
mod setup;

use std::fmt::{self, Display, Formatter};

use ruff_python_ast::{Expr, ExprCall};

pub use self::setup::{Object, taken};
use self::setup::{lifted, lowered};
use crate::python::syntax::{expression, span_of};

/// A call as people write it, and the statements that come before it on the same line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub setup: String,
    pub call: String,
}

impl Display for Written {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.setup, self.call)
    }
}

/// Writes a call. `Account.deposit` with `Account(100), 50` is `Account(100).deposit(50)`, and `Account.__len__` is `len(Account(100))`.
/// What makes an argument ready becomes statements: `stack = Stack(); stack.push(4); stack.pop()`.
pub fn write(entry: &str, arguments: &str) -> Written {
    let setup = lifted(arguments);
    let call = write_call(entry, &setup.arguments, &setup.names());
    Written { setup: setup.statements(), call }
}

fn write_call(entry: &str, arguments: &str, named: &[&str]) -> String {
    if let Some(written) = operation::write(entry, arguments, named) {
        return written;
    }
    let plain = format!("{entry}({arguments})");
    match split(entry, &plain, named) {
        Some((object, rest)) => {
            let (_, method) = entry.rsplit_once('.').unwrap_or_default();
            format!("{object}.{method}({rest})")
        }
        None => plain,
    }
}

/// Arguments as they are shown by themselves, after the statements that make them ready.
pub fn write_arguments(arguments: &str) -> String {
    let setup = lifted(arguments);
    format!("{}{}", setup.statements(), setup.arguments)
}

/// A call as one side of a comparison: a comparison would become a part of it.
pub fn as_operand(call: &str) -> String {
    match expression(call) {
        Some(Expr::Compare(_)) => format!("({call})"),
        _ => call.to_owned(),
    }
}

/// Whether a call can be written as people write it: a special method needs an object of its class, and the operands of its operator.
pub fn is_natural(entry: &str, arguments: &str) -> bool {
    if !operation::is_special(entry) {
        return true;
    }
    let setup = lifted(arguments);
    operation::write(entry, &setup.arguments, &setup.names()).is_some()
}

/// Whether the arguments begin with an object of the class whose method the entry is.
pub fn is_on_object(entry: &str, arguments: &str) -> bool {
    if operation::is_of_constructor(entry) || !entry.contains('.') {
        return false;
    }
    let setup = lifted(arguments);
    let plain = format!("{entry}({})", setup.arguments);
    split(entry, &plain, &setup.names()).is_some()
}

/// The arguments of a call as it was written after these objects were made ready; `None` if it is no call of this function.
pub fn read(text: &str, entry: &str, objects: &[Object]) -> Option<String> {
    let named: Vec<&str> = objects.iter().map(|object| object.name.as_str()).collect();
    read_arguments(&read_call(text, entry, &named)?, objects)
}

/// The arguments that are shown by themselves after these objects were made ready.
pub fn read_arguments(arguments: &str, objects: &[Object]) -> Option<String> {
    lowered(objects, arguments)
}

fn read_call(text: &str, entry: &str, named: &[&str]) -> Option<String> {
    if operation::is_special(entry) {
        return operation::read(text, entry, named);
    }
    if let Some(arguments) =
        text.strip_prefix(entry).and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'))
    {
        return matches!(expression(text), Some(Expr::Call(_))).then(|| arguments.to_owned());
    }
    let (class, method) = entry.rsplit_once('.')?;
    let read = expression(text)?;
    // A property is read without a call.
    if let Expr::Attribute(property) = &read {
        let is_whole = span_of(&read) == (0..text.len()) && property.attr.as_str() == method;
        let object = (is_whole && makes(&property.value, class, named)).then_some(&property.value);
        return text.get(span_of(&**object?)).map(str::to_owned);
    }
    let Expr::Call(call) = read else { return None };
    let Expr::Attribute(function) = &*call.func else { return None };
    if function.attr.as_str() != method || !makes(&function.value, class, named) {
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
fn split<'t>(entry: &str, plain: &'t str, named: &[&str]) -> Option<(&'t str, &'t str)> {
    let (class, _) = entry.rsplit_once('.')?;
    let Some(Expr::Call(ExprCall { arguments, .. })) = expression(plain) else { return None };
    let object = arguments.args.first().filter(|object| makes(object, class, named))?;
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

/// Whether an expression makes an object of a class: `Account(1)`, `Account.of(1)` or `Colour.RED`; or is one that has a name.
fn makes(object: &Expr, class: &str, named: &[&str]) -> bool {
    let is_class = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id.as_str() == class);
    match object {
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(attribute) => is_class(&attribute.value),
            other => is_class(other),
        },
        Expr::Attribute(attribute) => is_class(&attribute.value),
        Expr::Name(name) => named.contains(&name.id.as_str()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_does_not_run_into_the_one_around_it() {
        assert_eq!(as_operand("A(1) == A(2)"), "(A(1) == A(2))");
        assert_eq!(as_operand("A(1) + A(2)"), "A(1) + A(2)");
        assert_eq!(read("(A(1) == A(2))", "A.__eq__", &[]).as_deref(), Some("A(1), A(2)"));
        assert!(begins("(A(1) == A(2)) == True", "A.__eq__"));
    }

    #[test]
    fn objects_are_made_ready_by_statements_before_the_call() {
        let stack = "(stack := Stack(2), stack.push(4))[0]";
        for (entry, rest, call) in [
            ("Stack.pop", "", "stack.pop()"),
            ("Stack.take", ", 2, key=len", "stack.take(2, key=len)"),
            ("Stack.__len__", "", "len(stack)"),
            ("Stack.__contains__", ", 4", "4 in stack"),
            ("Stack.__getitem__", ", 0", "stack[0]"),
            ("Stack.__eq__", ", Stack(2)", "stack == Stack(2)"),
            ("Stack.__call__", ", 3", "stack(3)"),
            ("total", ", 3", "total(stack, 3)"),
        ] {
            let arguments = format!("{stack}{rest}");
            let written = write(entry, &arguments);
            let setup = "stack = Stack(2); stack.push(4); ";
            assert_eq!((written.setup.as_str(), written.call.as_str()), (setup, call));
            let text = written.to_string();
            let (objects, after) = taken(&text);
            assert_eq!(read(after, entry, &objects), Some(arguments.clone()), "{text}");
            assert_eq!(is_on_object(entry, &arguments), entry != "total");
        }
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
            assert_eq!(write(entry, arguments).to_string(), written);
            assert_eq!(read(written, entry, &[]).as_deref(), Some(arguments));
            assert!(begins(written, entry));
        }
        assert_eq!(read("B(1).m(2)", "A.m", &[]), None);
        assert_eq!(read("g(1)", "f", &[]), None);
        assert!(!begins("B(1).m(2)", "A.m"));
    }
}
