//! What kinds of values a call is given, as its text shows them.
//!
//! Invariant: nothing is evaluated; a kind is read from the form of an expression.

use std::collections::BTreeMap;

use ruff_python_ast::Expr;

use super::prepared::prepared;
use super::syntax;

/// The arguments of a call by position or name, with the kind of each; `None` if the text is not that of plain arguments.
///
/// Integers, floats and complex numbers are one kind, since code that takes one of them takes the others. `None` has no kind.
pub fn argument_kinds(arguments: &str) -> Option<BTreeMap<String, Option<String>>> {
    let Expr::Call(call) = syntax::expression(&format!("f({arguments}\n)"))? else { return None };
    let mut kinds = BTreeMap::new();
    for (position, argument) in call.arguments.args.iter().enumerate() {
        if argument.is_starred_expr() {
            return None;
        }
        kinds.insert(position.to_string(), kind(argument));
    }
    for keyword in &call.arguments.keywords {
        kinds.insert(keyword.arg.as_ref()?.to_string(), kind(&keyword.value));
    }
    Some(kinds)
}

/// The kind of an expression; `None` for the constant `None`.
fn kind(expression: &Expr) -> Option<String> {
    let name = match expression {
        Expr::NoneLiteral(_) => return None,
        Expr::BooleanLiteral(_) => "bool",
        Expr::NumberLiteral(_) | Expr::BinOp(_) => "number",
        Expr::UnaryOp(unary) => return kind(&unary.operand),
        Expr::StringLiteral(_) | Expr::FString(_) => "str",
        Expr::BytesLiteral(_) => "bytes",
        Expr::List(_) | Expr::ListComp(_) => "list",
        Expr::Tuple(_) => "tuple",
        Expr::Set(_) | Expr::SetComp(_) => "set",
        Expr::Dict(_) | Expr::DictComp(_) => "dict",
        Expr::Lambda(_) | Expr::Name(_) => "callable",
        // `Colour.RED` is a `Colour`, and `str.upper` is a function.
        Expr::Attribute(attribute) => {
            let owner = dotted(&attribute.value)?;
            return Some(if is_class(&owner) { owner } else { "callable".to_owned() });
        }
        Expr::Call(call) => return made(dotted(&call.func)?),
        Expr::Subscript(_) => match prepared(expression) {
            Some(object) => return kind(object.made),
            None => "other",
        },
        _ => "other",
    };
    Some(name.to_owned())
}

/// The kind of what a call makes, by what is called; `None` for a function, which does not tell.
fn made(callee: String) -> Option<String> {
    let kind = match callee.as_str() {
        // `float('nan')` is a number, as `1.5` is.
        "float" | "complex" | "int" => "number",
        "range" | "list" | "sorted" => "list",
        "frozenset" | "set" => "set",
        "bool" | "bytes" | "dict" | "str" | "tuple" => &callee,
        _ if is_class(&callee) => &callee,
        _ => return None,
    };
    Some(kind.to_owned())
}

/// Whether a dotted name is that of a class, as classes are written.
fn is_class(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|last| last.starts_with(char::is_uppercase))
}

fn dotted(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => {
            Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr))
        }
        _ => Some("other".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_have_the_kind_that_their_text_shows() {
        let kinds = argument_kinds(
            "1, -2.5, 'a', None, [1], Point(1, 2), Colour.RED, nx.path_graph(5), nx.Graph(), range(3), str.upper, key=len, x=float('nan')",
        )
        .unwrap();
        let expected = [
            ("0", Some("number")),
            ("1", Some("number")),
            ("2", Some("str")),
            ("3", None),
            ("4", Some("list")),
            ("5", Some("Point")),
            ("6", Some("Colour")),
            ("7", None),
            ("8", Some("nx.Graph")),
            ("9", Some("list")),
            ("10", Some("callable")),
            ("key", Some("callable")),
            ("x", Some("number")),
        ];
        let expected = expected.map(|(key, kind)| (key.to_owned(), kind.map(str::to_owned)));
        assert_eq!(kinds, BTreeMap::from(expected));
    }

    #[test]
    fn what_is_spliced_in_has_no_place() {
        assert_eq!(argument_kinds("*[1, 2]"), None);
        assert_eq!(argument_kinds("**{'a': 1}"), None);
        assert_eq!(argument_kinds("1,, 2"), None);
        assert_eq!(argument_kinds(""), Some(BTreeMap::new()));
    }
}
