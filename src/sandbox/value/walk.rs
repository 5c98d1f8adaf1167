//! The values within a value.
//!
//! Invariant: every value within a container is met once, in the order in which the container holds it, and no walk recurses.

use super::Value;

impl Value {
    /// The values directly within a container: its items, its keys and values in turn, or its fields' values.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        type Parts<'v> = (&'v [Value], &'v [(Value, Value)], &'v [(String, Value)]);
        let (items, entries, fields): Parts<'_> = match self {
            Self::List(items) | Self::Tuple(items) | Self::Set(items) | Self::FrozenSet(items) => {
                (items, &[], &[])
            }
            Self::Dict(entries) => (&[], entries, &[]),
            Self::Object(_, fields) => (&[], &[], fields),
            Self::Derived(_, from) => (std::slice::from_ref(&**from), &[], &[]),
            Self::None
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Complex(..)
            | Self::Str(_)
            | Self::EscapedStr(_)
            | Self::Bytes(_)
            | Self::ByteArray(_)
            | Self::Opaque(..)
            | Self::Cycle(_) => (&[], &[], &[]),
        };
        let entries = entries.iter().flat_map(|(key, value)| [key, value]);
        items.iter().chain(entries).chain(fields.iter().map(|(_, value)| value))
    }

    /// The value and all within it, each container before what it holds.
    pub fn walk(&self) -> impl Iterator<Item = &Self> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            let next = open.pop()?;
            let first_child = open.len();
            open.extend(next.children());
            open[first_child..].reverse();
            Some(next)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_meets_everything_once_and_containers_first() {
        let point = Value::Object("Point".into(), vec![("x".into(), Value::int(4))]);
        let inner = Value::Tuple(vec![Value::int(1), Value::int(2)]);
        let dict = Value::Dict(vec![(inner, Value::int(3)), (Value::str("p"), point)]);
        let shown: Vec<String> = dict.walk().map(Value::to_string).collect();
        let whole = dict.to_string();
        assert_eq!(shown, [&whole, "(1, 2)", "1", "2", "3", "'p'", "Point(x=4)", "4"]);
        let children: Vec<&str> = dict.children().map(Value::type_name).collect();
        assert_eq!(children, ["tuple", "int", "str", "Point"]);
    }

    #[test]
    fn a_plain_value_is_all_there_is_of_it() {
        assert_eq!(Value::str("ab").children().count(), 0);
        assert_eq!(Value::str("ab").walk().count(), 1);
    }
}
