//! Programs that anybody tries first: `min`, `len`, an argument as it is. Cases that one of them gives as well tell little of a function.
//!
//! Invariant: a program is only said to be broken by a case that it is defined for.

use crate::python::Call;
use crate::sandbox::value::Value;

type Trivial = fn(&[Value]) -> Option<Value>;

const TRIVIAL: [Trivial; 15] = [
    |arguments| arguments.first().cloned(),
    |arguments| arguments.get(1).cloned(),
    |arguments| Some(Value::int(items(arguments.first()?)?.len() as i64)),
    |arguments| Some(Value::int(text(arguments.first()?)?.chars().count() as i64)),
    |arguments| extreme(arguments, true),
    |arguments| extreme(arguments, false),
    |arguments| extreme(items(arguments.first()?)?, true),
    |arguments| extreme(items(arguments.first()?)?, false),
    |arguments| items(arguments.first()?)?.first().cloned(),
    |arguments| items(arguments.first()?)?.last().cloned(),
    |arguments| sum(items(arguments.first()?)?),
    |arguments| sum(arguments),
    |arguments| Some(Value::int(whole(arguments.first()?)?.checked_abs()?)),
    |arguments| Some(Value::Str(text(arguments.first()?)?.to_lowercase())),
    |arguments| Some(Value::Str(text(arguments.first()?)?.to_uppercase())),
];

/// The numbers of the trivial programs that give something else than a call did.
pub(super) fn broken(call: &Call, result: &Value) -> Vec<usize> {
    let gives_other = |trivial: &Trivial| trivial(&call.args).is_some_and(|value| value != *result);
    (0..TRIVIAL.len()).filter(|&number| gives_other(&TRIVIAL[number])).collect()
}

fn items(value: &Value) -> Option<&[Value]> {
    match value {
        Value::List(items) | Value::Tuple(items) => Some(items),
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    if let Value::Str(text) = value { Some(text) } else { None }
}

fn whole(value: &Value) -> Option<i64> {
    if let Value::Int(digits) = value { digits.parse().ok() } else { None }
}

fn extreme(values: &[Value], least: bool) -> Option<Value> {
    let numbers: Option<Vec<i64>> = values.iter().map(whole).collect();
    let numbers = numbers.filter(|numbers| numbers.len() > 1)?;
    let found = if least { numbers.iter().min() } else { numbers.iter().max() };
    found.copied().map(Value::int)
}

fn sum(values: &[Value]) -> Option<Value> {
    let numbers: Option<Vec<i64>> = values.iter().map(whole).collect();
    let numbers = numbers.filter(|numbers| numbers.len() > 1)?;
    numbers.into_iter().try_fold(0_i64, i64::checked_add).map(Value::int)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::given::arguments;

    #[test]
    fn a_case_breaks_the_programs_that_give_something_else() {
        let holds = |text: &str, result: Value| {
            let call = arguments(text).unwrap();
            let broken = broken(&call, &result);
            (0..TRIVIAL.len())
                .filter(|&at| TRIVIAL[at](&call.args).is_some() && !broken.contains(&at))
                .collect::<Vec<_>>()
        };
        // A greatest common divisor that is the smaller number, and the first argument.
        assert_eq!(holds("4, 8", Value::int(4)), [0, 4, 12]);
        assert!(holds("12, 8", Value::int(4)).is_empty());
        assert_eq!(holds("[3, 1, 2]", Value::int(3)), [2, 7, 8]);
        assert_eq!(holds("'Ab'", Value::str("ab")), [13]);
        assert_eq!(holds("[[1], [2]], len", Value::int(2)), [2]);
    }
}
