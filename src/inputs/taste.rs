//! What a function's text, its name and the calls that are shown tell of the values of its parameters.
//!
//! Invariant: what a signature declares is never overruled, only made more exact.

use super::matching::Matching;
use super::natural::text_kind;
use super::values::{Taste, fits, is_callable};
use crate::cases::Target;
use crate::python::builtins::is_builtin;
use crate::python::callables::fitting;
use crate::python::constants::constants;
use crate::python::infer::ParamHints;
use crate::python::patterns::patterns;
use crate::python::types::Type;
use crate::python::{Call, Function, Module, is_identifier};
use crate::sandbox::value::Value;

/// Parts of names, without underscores, of functions whose lists have to be in order.
const IN_ORDER_BY_NAME: [&str; 12] = [
    "binarysearch",
    "binsearch",
    "bsearch",
    "bisect",
    "interpolationsearch",
    "jumpsearch",
    "exponentialsearch",
    "ternarysearch",
    "mergesorted",
    "sortedmerge",
    "sortedlist",
    "insort",
];
/// What docstrings say of such lists.
const IN_ORDER_BY_DOCSTRING: [&str; 9] = [
    "sorted list",
    "sorted array",
    "sorted sequence",
    "sorted numbers",
    "sorted integers",
    "sorted input",
    "already sorted",
    "ascending list",
    "sorted in ascending",
];
/// Texts that the program only says to people are longer.
const MAX_WORD: usize = 16;

/// The type of a parameter, with what the values that are shown for it add; those that are shown elsewhere for one of its name say
/// what nothing else tells.
pub(super) fn steered(
    ty: &Type,
    shown: &[&Value],
    elsewhere: &[Value],
    is_annotated: bool,
) -> Type {
    let is_shown = shown.iter().any(|value| **value != Value::None);
    let values: Vec<&Value> = match is_shown {
        true => shown.to_vec(),
        false => elsewhere.iter().filter(|value| *ty == Type::Any || is_object(value)).collect(),
    };
    let types: Vec<Type> = values
        .iter()
        .filter(|value| ***value != Value::None)
        .filter_map(|value| match value.as_expression() {
            Some(text) if text.starts_with("range(") => Some(Type::list(Type::Int)),
            Some(text) if is_callable(text) && !text.contains(char::is_uppercase) => {
                Some(Type::Callable)
            }
            Some(_) => None,
            None => Some(Type::of_value(value)),
        })
        .collect();
    if types.is_empty() {
        let is_told = matches!(ty, Type::Instance(_) | Type::Callable);
        let is_open = !is_told && (!is_annotated || *ty == Type::Any);
        let only_shown = is_open && values.iter().any(|value| is_object(value));
        return if only_shown { Type::Shown } else { ty.clone() };
    }
    let takes_none = matches!(ty, Type::Union(members) if members.contains(&Type::None));
    let seen = Type::union(types);
    match (is_annotated, seen) {
        (_, Type::Any) => ty.clone(),
        (true, seen) => ty.clone().refined_by(seen),
        (false, seen) if takes_none => seen.or_none(),
        (false, seen) => seen,
    }
}

/// The tastes of a function's parameters.
pub(super) fn tastes(
    module: &Module,
    target: &Target,
    function: &Function,
    hints: Vec<ParamHints>,
    types: &[Type],
    given: &[Call],
) -> Vec<Taste> {
    let constants = constants(module);
    let found = patterns(module);
    let matching: Vec<Matching> = found
        .regexes
        .iter()
        .filter_map(|(pattern, is_whole)| Matching::of(pattern, *is_whole))
        .collect();
    let doc = function.docstring.as_deref().unwrap_or_default().to_ascii_lowercase();
    let name = function.name.to_ascii_lowercase().replace('_', "");
    let is_sorted = IN_ORDER_BY_NAME.iter().any(|words| name.contains(words))
        || IN_ORDER_BY_DOCSTRING.iter().any(|words| doc.contains(words));
    let body = module.body_of(function);
    let reads_numbers = ["int(", "float(", "isdigit", "isnumeric", "Decimal("]
        .iter()
        .any(|call| body.contains(call));
    hints
        .into_iter()
        .enumerate()
        .map(|(at, hints)| {
            let mut literals = hints.literals;
            if let Some((mut called_with, is_condition)) = hints.called {
                for ty in called_with.iter_mut().filter(|ty| **ty == Type::Any) {
                    *ty = item_of(types);
                }
                literals.extend(fitting(&called_with, &hints.name, is_condition));
            }
            let ty = types.get(at).unwrap_or(&Type::Any);
            let mut elsewhere = target.elsewhere(&hints.name);
            elsewhere.retain(|value| fits(ty, value));
            let shown = given.iter().filter_map(|call| call.argument(function, at));
            for value in elsewhere.iter().chain(shown) {
                if !literals.contains(value) {
                    // What is shown for a function comes before what could be.
                    literals.insert(0, value.clone());
                }
            }
            let is_short = |value: &&Value| match value {
                // Nor is a format or the name of an attribute one to pass.
                Value::Str(text) => {
                    text.chars().count() <= MAX_WORD
                        && !text.contains(['{', '%'])
                        && !text.contains("__")
                        && !is_pattern(text, &found.regexes)
                }
                _ => true,
            };
            let others =
                constants.iter().filter(is_short).filter(|value| !literals.contains(value));
            let others = others.cloned().collect();
            let name = hints.name.to_ascii_lowercase();
            Taste {
                texts: text_kind(&name, &function.name, &found.dates),
                is_graph: ["graph", "adj", "tree", "neighbors", "neighbours", "network", "deps"]
                    .iter()
                    .any(|word| name.contains(word)),
                is_sorted: is_sorted || name.contains("sorted"),
                reads_numbers,
                matching: matching.clone(),
                name: hints.name,
                literals,
                others,
            }
        })
        .collect()
}

/// Whether a value is Python that makes an object of a class that is not builtin: `Node(1)`, `graphs.path(5)`.
fn is_object(value: &Value) -> bool {
    let made_by = value.as_expression().and_then(|text| text.split_once('('));
    made_by.is_some_and(|(callee, _)| callee.split('.').all(is_identifier) && !is_builtin(callee))
}

/// Whether a text is, or looks like, a regular expression: it is what texts are held to, not one of them.
fn is_pattern(text: &str, regexes: &[(String, bool)]) -> bool {
    text.chars().count() > 1
        && (regexes.iter().any(|(pattern, _)| pattern.contains(text))
            || ["\\", "(?", "[^", ".*", ".+"].iter().any(|part| text.contains(part)))
}

/// The type of the items of the first argument that has any.
fn item_of(types: &[Type]) -> Type {
    let item = types.iter().find_map(|ty| match ty {
        Type::Str => Some(Type::Str),
        Type::List(item) | Type::Set(item) | Type::TupleOf(item) => Some((**item).clone()),
        Type::Dict(key, _) => Some((**key).clone()),
        _ => None,
    });
    item.unwrap_or(Type::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_shown_tell_the_type() {
        let text = Value::str("a");
        let function = Value::expression("str.isdigit");
        let any = Type::Any;
        assert_eq!(steered(&any, &[&text], &[], false), Type::Str);
        assert_eq!(steered(&any, &[&function], &[], false), Type::Callable);
        assert_eq!(
            steered(&Type::list(Type::Any), &[&Value::List(vec![text])], &[], true),
            Type::list(Type::Str)
        );
        assert_eq!(steered(&Type::Int, &[], &[], false), Type::Int);
        // Objects that only the source makes are what a parameter takes, and other parameters of its name.
        let made = Value::expression("nx.path_graph(5)");
        let set = Value::expression("set('ab')");
        let list = Type::list(Type::Any);
        assert_eq!(steered(&list, &[&made], &[], false), Type::Shown);
        assert_eq!(steered(&list, &[], std::slice::from_ref(&made), false), Type::Shown);
        assert_eq!(steered(&list, &[], std::slice::from_ref(&made), true), list);
        assert_eq!(steered(&list, &[&set], &[], false), list);
        assert_eq!(steered(&any, &[], &[Value::str("a")], false), Type::Str);
        assert_eq!(steered(&Type::Int, &[], &[Value::str("a")], false), Type::Int);
    }
}
