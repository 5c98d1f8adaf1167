//! Results of classes whose values equal each other, as the Python that builds them: dataclasses, named tuples, enum members, dates.
//!
//! Invariant: a text is given only if it says what the value's own `repr` says.

use crate::python::is_identifier;
use crate::sandbox::value::Value;

/// What `repr` begins with for values of the standard library whose `repr` builds them.
const BUILT_BY_REPR: [&str; 7] = [
    "datetime.date(",
    "datetime.datetime(",
    "datetime.time(",
    "datetime.timedelta(",
    "Decimal(",
    "Fraction(",
    "UUID(",
];

/// Writes a value with objects in it as Python that builds it; `None` if its `repr` does not tell how.
pub fn built(value: &Value, repr: &str) -> Option<String> {
    let (mut shown, mut source) = (String::new(), String::new());
    (write(value, &mut shown, &mut source) && shown == repr).then_some(source)
}

/// Writes both what `repr` gives and what builds the value.
fn write(value: &Value, shown: &mut String, source: &mut String) -> bool {
    let both = |text: &str, shown: &mut String, source: &mut String| {
        shown.push_str(text);
        source.push_str(text);
    };
    let mut list = |open: &str, items: &[&Value], close: &str| {
        both(open, shown, source);
        for (i, item) in items.iter().enumerate() {
            both(if i > 0 { ", " } else { "" }, shown, source);
            if !write(item, shown, source) {
                return false;
            }
        }
        both(close, shown, source);
        true
    };
    match value {
        Value::List(items) => list("[", &items.iter().collect::<Vec<_>>(), "]"),
        Value::Tuple(items) => {
            let close = if items.len() == 1 { ",)" } else { ")" };
            list("(", &items.iter().collect::<Vec<_>>(), close)
        }
        Value::Dict(entries) => {
            both("{", shown, source);
            for (i, (key, value)) in entries.iter().enumerate() {
                both(if i > 0 { ", " } else { "" }, shown, source);
                if !write(key, shown, source) {
                    return false;
                }
                both(": ", shown, source);
                if !write(value, shown, source) {
                    return false;
                }
            }
            both("}", shown, source);
            true
        }
        Value::Object(class, fields) => match &fields[..] {
            [(name, Value::Str(member)), (of, value)]
                if name == "name" && of == "value" && is_identifier(member) =>
            {
                let (mut inner, mut ignored) = (String::new(), String::new());
                let is_written = write(value, &mut inner, &mut ignored);
                shown.push_str(&format!("<{class}.{member}: {inner}>"));
                source.push_str(&format!("{class}.{member}"));
                is_written
            }
            fields => {
                both(&format!("{class}("), shown, source);
                for (i, (name, value)) in fields.iter().enumerate() {
                    let comma = if i > 0 { ", " } else { "" };
                    both(&format!("{comma}{name}="), shown, source);
                    if !write(value, shown, source) {
                        return false;
                    }
                }
                both(")", shown, source);
                true
            }
        },
        Value::Opaque(_, text) if text.starts_with("PosixPath('") => {
            shown.push_str(text);
            source.push_str(text.trim_start_matches("Posix"));
            true
        }
        Value::Opaque(_, text) if BUILT_BY_REPR.iter().any(|start| text.starts_with(start)) => {
            both(text, shown, source);
            true
        }
        // Members of one set come in no order.
        Value::Set(_)
        | Value::FrozenSet(_)
        | Value::Derived(..)
        | Value::Opaque(..)
        | Value::Cycle(_) => false,
        plain => match plain.to_literal() {
            Some(text) => {
                both(&text, shown, source);
                true
            }
            None => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: i64) -> Value {
        Value::Object("Point".into(), vec![("x".into(), Value::int(x))])
    }

    #[test]
    fn values_of_classes_are_written_as_python_that_builds_them() {
        let colour = Value::Object(
            "Colour".into(),
            vec![("name".into(), Value::str("RED")), ("value".into(), Value::int(1))],
        );
        let date = Value::Opaque("date".into(), "datetime.date(2024, 1, 31)".into());
        for (value, repr, expected) in [
            (point(1), "Point(x=1)", Some("Point(x=1)")),
            (colour.clone(), "<Colour.RED: 1>", Some("Colour.RED")),
            (Value::List(vec![colour]), "[<Colour.RED: 1>]", Some("[Colour.RED]")),
            (Value::Tuple(vec![point(2)]), "(Point(x=2),)", Some("(Point(x=2),)")),
            (date, "datetime.date(2024, 1, 31)", Some("datetime.date(2024, 1, 31)")),
            (point(1), "<Point object>", None),
            (Value::Opaque("C".into(), "C()".into()), "C()", None),
        ] {
            assert_eq!(built(&value, repr).as_deref(), expected, "{repr}");
        }
    }
}
