//! Comparisons of sets and dictionaries that take no longer for being deep, or in another order.
//!
//! Invariant: no pair of values is compared twice at one level, which would double the work at every level, and no text is copied from
//! level to level.

use super::Value;

/// The items as texts that two values share exactly when they are equal, sorted.
pub(super) fn sorted(items: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = items.iter().map(text).collect();
    texts.sort();
    texts
}

/// Whether two dictionaries have the same entries.
pub(super) fn same_entries(a: &[(Value, Value)], b: &[(Value, Value)]) -> bool {
    let are_in_order = || a.iter().zip(b).all(|(x, y)| x.0 == y.0);
    if a.len() != b.len() {
        return false;
    }
    if are_in_order() {
        return a.iter().zip(b).all(|(x, y)| x.1 == y.1);
    }
    sorted_entries(a) == sorted_entries(b)
}

fn sorted_entries(entries: &[(Value, Value)]) -> Vec<String> {
    let mut texts: Vec<String> =
        entries.iter().map(|(key, value)| format!("{}:{}", text(key), text(value))).collect();
    texts.sort();
    texts
}

/// A text of bounded length that two texts share exactly when they are equal. None begins with `#`.
pub(super) fn short(text: String) -> String {
    const LONGEST: usize = 64;
    if text.len() <= LONGEST { text } else { format!("#{}", blake3::hash(text.as_bytes())) }
}

fn text(value: &Value) -> String {
    short(whole_text(value))
}

fn whole_text(value: &Value) -> String {
    let ordered = || value.children().map(text).collect::<Vec<_>>().join(",");
    match value {
        Value::Set(items) | Value::FrozenSet(items) => {
            format!("{}{{{}}}", value.type_name(), sorted(items).join(","))
        }
        Value::Dict(entries) => format!("dict{{{}}}", sorted_entries(entries).join(",")),
        Value::List(_) => format!("[{}]", ordered()),
        Value::Tuple(_) => format!("({})", ordered()),
        Value::Derived(class, _) => format!("{class:?}<{}>", ordered()),
        Value::Object(class, fields) => {
            let names: Vec<&String> = fields.iter().map(|(name, _)| name).collect();
            format!("{class:?}{names:?}<{}>", ordered())
        }
        Value::None
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Complex(..)
        | Value::Str(_)
        | Value::EscapedStr(_)
        | Value::Bytes(_)
        | Value::ByteArray(_)
        | Value::Opaque(..)
        | Value::Cycle(_) => serde_json::to_string(value).unwrap_or_default(),
    }
}
