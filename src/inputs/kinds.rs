//! One type an argument: which of the calls that were tried show a function's own types.
//!
//! Invariant: no call is left out that alone reaches a side of a branch and is of a type that the source shows.

use std::collections::{BTreeMap, BTreeSet};

use super::select::Try;
use crate::python::argument_kinds::argument_kinds;
use crate::python::prepared;
use crate::python::types::Type;
use crate::python::{Function, ParamKind};
use crate::sandbox::value::Value;

/// Whether two values are of one type, as far as their first parts tell; an empty container is of the type of any other.
pub(super) fn same_kind(a: &Value, b: &Value) -> bool {
    let first = |a: &[Value], b: &[Value]| match (a.first(), b.first()) {
        (Some(a), Some(b)) => same_kind(a, b),
        (None, _) | (_, None) => true,
    };
    match (a, b) {
        (Value::List(a), Value::List(b)) | (Value::Set(a), Value::Set(b)) => first(a, b),
        (Value::Tuple(a), Value::Tuple(b)) => first(a, b),
        (Value::Dict(a), Value::Dict(b)) => match (a.first(), b.first()) {
            (Some(a), Some(b)) => same_kind(&a.0, &b.0) && same_kind(&a.1, &b.1),
            (None, _) | (_, None) => true,
        },
        (Value::Opaque(_, a), Value::Opaque(_, b)) => class_of(a) == class_of(b),
        (a, b) => a.type_name() == b.type_name(),
    }
}

/// What an expression makes: a class by its name, or a function.
fn class_of(text: &str) -> &str {
    let text = prepared::made_of(text);
    if text.starts_with("lambda") {
        return "";
    }
    match (text.split_once('('), text.split_once('.')) {
        (Some((class, _)), _) => class,
        (None, Some((class, _))) if class.starts_with(char::is_uppercase) => class,
        (None, _) => "",
    }
}

/// Marks the tries whose arguments are of the types that the function takes.
pub(super) fn of_one_type(tries: &[Try], function: &Function, types: &[Type]) -> Vec<bool> {
    let mut kept = vec![true; tries.len()];
    for (at, ty) in types.iter().enumerate() {
        let (takes_several, takes_none) = match ty {
            Type::Union(members) => (
                members.iter().filter(|member| **member != Type::None).count() > 1,
                members.contains(&Type::None),
            ),
            _ => (false, *ty == Type::None),
        };
        if takes_several {
            continue;
        }
        // Each kind of value with what speaks for it.
        let mut kinds: Vec<(&Value, usize)> = Vec::new();
        let mut shown: Vec<&Value> = Vec::new();
        for tried in tries {
            let Some(value) = tried.call.argument(function, at) else { continue };
            if *value == Value::None {
                continue;
            }
            // `range(3)` stands for a list as well as for a range.
            let is_made = value.as_expression().is_some()
                && !matches!(ty, Type::Callable | Type::Shown | Type::Instance(_) | Type::Union(_));
            if tried.given && !is_made {
                shown.push(value);
            }
            let weight = 1 + 4 * usize::from(tried.returned());
            match kinds.iter_mut().find(|(kind, _)| same_kind(kind, value)) {
                Some((_, known)) => *known += weight,
                None => kinds.push((value, weight)),
            }
        }
        if shown.is_empty() {
            shown.extend(heaviest(&kinds).copied());
        }
        for (keep, tried) in kept.iter_mut().zip(tries) {
            let fits = match tried.call.argument(function, at) {
                None => true,
                Some(Value::None) => takes_none || shown.is_empty(),
                // Which function makes an object says little about its class.
                Some(value) if *ty == Type::Shown => value.as_expression().is_some(),
                Some(value) => shown.iter().any(|kind| same_kind(kind, value)),
            };
            *keep &= fits || tried.given;
        }
    }
    // Further arguments are of the kinds that are shown, if any are.
    let is_named =
        |kind| matches!(kind, ParamKind::PositionalOnly | ParamKind::PositionalOrKeyword);
    let takes_more = function.params.iter().any(|param| param.kind == ParamKind::VarPositional);
    let named = function.params.iter().take_while(|param| is_named(param.kind)).count();
    let further =
        |tried: &'_ Try| -> Vec<Value> { tried.call.args.iter().skip(named).cloned().collect() };
    let shown: Vec<Value> = tries.iter().filter(|tried| tried.given).flat_map(further).collect();
    if takes_more && !shown.is_empty() {
        for (keep, tried) in kept.iter_mut().zip(tries) {
            let fits = |value: &Value| shown.iter().any(|known| same_kind(known, value));
            *keep &= tried.given || further(tried).iter().all(fits);
        }
    }
    keep_one_form(tries, function, types, &mut kept);
    kept
}

/// The first of those that weigh most.
fn heaviest<T>(weighed: &[(T, usize)]) -> Option<&T> {
    let most = weighed.iter().map(|(_, weight)| *weight).max()?;
    weighed.iter().find(|(_, weight)| *weight == most).map(|(one, _)| one)
}

/// Keeps one form of each argument (a list, a text, a tuple): the one that most of the calls have that the source shows.
///
/// A call with another form stays if it reaches what no other call does: the code itself looks at the form.
fn keep_one_form(tries: &[Try], function: &Function, types: &[Type], kept: &mut [bool]) {
    let forms: Vec<BTreeMap<String, Option<String>>> =
        tries.iter().map(|tried| argument_kinds(&tried.arguments).unwrap_or_default()).collect();
    let form = |number: usize, argument: &str| forms[number].get(argument).cloned().flatten();
    // Examples of several forms make a union, too; only an annotation says that the function is meant to take each.
    let takes_several = |argument: &str| {
        let mut params = function.params.iter().zip(types).enumerate();
        params.any(|(at, (param, ty))| {
            (param.name == argument || at.to_string() == argument)
                && param.annotation.is_some()
                && matches!(ty, Type::Union(_))
        })
    };
    let arguments: BTreeSet<&String> = forms.iter().flat_map(BTreeMap::keys).collect();
    let mut left: BTreeSet<usize> = BTreeSet::new();
    for argument in arguments.into_iter().filter(|argument| !takes_several(argument)) {
        let mut weights: Vec<(String, usize)> = Vec::new();
        for (number, tried) in tries.iter().enumerate().filter(|(number, _)| kept[*number]) {
            let Some(form) = form(number, argument).filter(|_| tried.returned()) else { continue };
            let weight = if tried.given { tries.len() } else { 1 };
            match weights.iter_mut().find(|(known, _)| *known == form) {
                Some((_, known)) => *known += weight,
                None => weights.push((form, weight)),
            }
        }
        let Some(usual) = heaviest(&weights) else { continue };
        left.extend(
            (0..tries.len())
                .filter(|number| form(*number, argument).is_some_and(|form| form != *usual)),
        );
    }
    let stays = |number: &usize| kept[*number] && !left.contains(number);
    let results = (0..tries.len()).filter(stays).map(|number| &tries[number]);
    let results: BTreeSet<String> =
        results.filter(|tried| tried.returned()).map(Try::outcome).collect();
    if results.len() < 2 {
        // What the function tells apart may be the form: `is_iterable(5)`.
        return;
    }
    let mut reached: BTreeSet<u32> =
        (0..tries.len()).filter(stays).flat_map(|number| tries[number].sides()).collect();
    for number in left {
        let sides = tries[number].sides();
        kept[number] &= !sides.is_subset(&reached);
        if kept[number] {
            reached.extend(sides);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_first_parts() {
        let list = |items: &[i64]| Value::List(items.iter().map(|&n| Value::int(n)).collect());
        assert!(same_kind(&list(&[1]), &list(&[])));
        assert!(!same_kind(&list(&[1]), &Value::List(vec![Value::str("a")])));
        assert!(!same_kind(&Value::int(1), &Value::Float(1.0)));
        let expression = |text: &str| Value::expression(text);
        assert!(same_kind(&expression("len"), &expression("lambda x: x")));
        assert!(same_kind(&expression("Colour.RED"), &expression("Colour.BLUE")));
        assert!(!same_kind(&expression("Point(1)"), &expression("Node(1)")));
    }
}
