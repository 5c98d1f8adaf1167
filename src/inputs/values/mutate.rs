//! Changes of values that worked: their neighbours reach further.
//!
//! Invariant: nothing is drawn but from the generator that is given, so that the same seed makes the same changes.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::{Taste, level, row_len, set_items, sort};
use crate::inputs::natural;
use crate::sandbox::value::Value;

/// Changes a value a little, keeping its type if that is easy.
pub fn mutate(value: &Value, rng: &mut ChaCha8Rng) -> Value {
    // Nothing at all is what `if not x` asks for.
    if rng.random_bool(0.06) {
        match value {
            Value::Str(_) => return Value::str(""),
            Value::Int(_) => return Value::int(0),
            Value::List(_) => return Value::List(Vec::new()),
            Value::Dict(_) => return Value::Dict(Vec::new()),
            _ => {}
        }
    }
    match value {
        Value::Bool(b) => Value::Bool(!b),
        Value::Int(digits) => {
            let n: i64 = digits.parse().unwrap_or(0);
            Value::int(match rng.random_range(0..6) {
                0 => n.saturating_add(1),
                1 => n.saturating_sub(1),
                2 => n.saturating_neg(),
                3 => n.saturating_mul(2),
                4 => n / 2,
                _ => rng.random_range(-20..=60),
            })
        }
        Value::Float(x) => Value::Float(match rng.random_range(0..4) {
            0 => -x,
            1 => x * 2.0,
            2 => x + 1.0,
            _ => (x / 3.0 * 100.0).round() / 100.0,
        }),
        Value::Str(text) => Value::Str(mutate_text(text, rng)),
        Value::List(items) => Value::List(mutate_items(items, rng)),
        Value::Tuple(items) if items.is_empty() => Value::Tuple(Vec::new()),
        Value::Tuple(items) => {
            // A tuple's length is part of its meaning.
            let mut items = items.clone();
            let at = rng.random_range(0..items.len());
            items[at] = mutate(&items[at], rng);
            Value::Tuple(items)
        }
        Value::Set(items) => Value::Set(set_items(mutate_items(items, rng))),
        Value::FrozenSet(items) => Value::FrozenSet(set_items(mutate_items(items, rng))),
        Value::Dict(entries) if !entries.is_empty() => {
            let mut entries = entries.clone();
            let at = rng.random_range(0..entries.len());
            match rng.random_range(0..4) {
                0 => drop(entries.remove(at)),
                _ => entries[at].1 = mutate(&entries[at].1, rng),
            }
            Value::Dict(entries)
        }
        Value::Bytes(bytes) => {
            Value::Bytes(bytes.iter().rev().copied().chain([rng.random()]).collect())
        }
        Value::Opaque(..) => {
            let made = value.as_expression().map(|source| Value::expression(resized(source, rng)));
            made.unwrap_or_else(|| value.clone())
        }
        other => other.clone(),
    }
}

/// A changed value in the form of the one before: rows of a table are of one length, and lists come in order if they have to.
pub fn in_form(changed: Value, before: &Value, taste: &Taste) -> Value {
    match changed {
        Value::List(mut items) => {
            if is_table(before) {
                level(&mut items);
            }
            if taste.is_sorted {
                sort(&mut items);
            }
            Value::List(items)
        }
        other => other,
    }
}

fn is_table(value: &Value) -> bool {
    let Value::List(rows) = value else { return false };
    let lens: Vec<usize> = rows.iter().map(row_len).collect();
    lens.len() > 1 && lens.iter().all(|len| *len > 0 && *len == lens[0])
}

/// Python that makes an object, with another one of its small whole numbers.
fn resized(source: &str, rng: &mut ChaCha8Rng) -> String {
    let is_part = |c: char| c.is_alphanumeric() || "_.'\"".contains(c);
    let bytes = source.as_bytes();
    let numbers: Vec<(usize, u8)> = bytes
        .iter()
        .enumerate()
        .filter(|(at, byte)| {
            let alone = !source[..*at].ends_with(is_part) && !source[at + 1..].starts_with(is_part);
            byte.is_ascii_digit() && alone
        })
        .map(|(at, byte)| (at, *byte - b'0'))
        .collect();
    let Some(&(at, number)) = numbers.choose(rng) else { return source.to_owned() };
    let other = if rng.random_bool(0.5) { number + 1 } else { number.saturating_sub(1) };
    format!("{}{other}{}", &source[..at], &source[at + 1..])
}

fn mutate_text(text: &str, rng: &mut ChaCha8Rng) -> String {
    let other_at = rng.random_range(0..24);
    let other = natural::text(&natural::text_kind("word", "", &[]), other_at, rng);
    // Words stay words: what is cut out of one, or turned round, nobody passes.
    if text.chars().all(|c| c.is_alphabetic() || c == ' ') {
        return match rng.random_range(0..6) {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            2 if !text.is_empty() => format!("{text} {other}"),
            3 => text.split(' ').next().unwrap_or_default().to_owned(),
            4 => text.split(' ').rev().collect::<Vec<_>>().join(" "),
            _ => other,
        };
    }
    let mut chars: Vec<char> = text.chars().collect();
    let digits: Vec<usize> = (0..chars.len()).filter(|&at| chars[at].is_ascii_digit()).collect();
    match rng.random_range(0..7) {
        // Another number, date or code of the same form.
        0 | 1 if !digits.is_empty() => {
            if let Some(&at) = digits.choose(rng) {
                chars[at] = char::from(rng.random_range(b'0'..=b'9'));
            }
        }
        0 => drop(chars.drain(..chars.len() / 2)),
        1 | 2 => return text.to_uppercase(),
        3 => return format!("{text} {other}"),
        4 => drop(chars.remove(rng.random_range(0..chars.len()))),
        5 => chars
            .insert(rng.random_range(0..=chars.len()), char::from(rng.random_range(b' '..=b'~'))),
        _ => chars.truncate(chars.len() / 2),
    }
    chars.into_iter().collect()
}

fn mutate_items(items: &[Value], rng: &mut ChaCha8Rng) -> Vec<Value> {
    let mut items = items.to_vec();
    if items.is_empty() {
        return items;
    }
    let at = rng.random_range(0..items.len());
    match rng.random_range(0..6) {
        0 => items.reverse(),
        1 => drop(items.remove(at)),
        2 => items.push(items[at].clone()),
        3 => items.insert(0, mutate(&items[at], rng)),
        _ => items[at] = mutate(&items[at], rng),
    }
    items
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn what_makes_an_object_changes_in_its_small_numbers_alone() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let made = Value::expression("nx.path_graph(5, x2=1.5, name='3')");
        let found: std::collections::BTreeSet<String> = (0..40)
            .filter_map(|_| mutate(&made, &mut rng).as_expression().map(str::to_owned))
            .collect();
        let resized = |size| format!("nx.path_graph({size}, x2=1.5, name='3')");
        assert_eq!(found, [resized(4), resized(6)].into());
        assert_eq!(mutate(&Value::expression("Graph()"), &mut rng), Value::expression("Graph()"));
    }

    #[test]
    fn tables_stay_tables_and_lists_in_order() {
        let row = |items: &[i64]| Value::List(items.iter().copied().map(Value::int).collect());
        let taste = |is_sorted| Taste { is_sorted, ..Taste::plain("rows") };
        let before = Value::List(vec![row(&[1, 2]), row(&[3, 4])]);
        let ragged = Value::List(vec![row(&[1, 2]), row(&[3])]);
        let even = Value::List(vec![row(&[1]), row(&[3])]);
        assert_eq!(in_form(ragged.clone(), &before, &taste(false)), even);
        // What never was a table does not become one.
        assert_eq!(in_form(ragged.clone(), &ragged, &taste(false)), ragged);
        assert_eq!(in_form(row(&[3, 1]), &row(&[1, 3]), &taste(true)), row(&[1, 3]));
    }

    #[test]
    fn words_stay_words() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..50 {
            let changed = mutate_text("blue sky", &mut rng).to_lowercase();
            let is_cut = |word: &str| "blue sky".contains(word) && !["blue", "sky"].contains(&word);
            assert!(!changed.split(' ').any(|word| word.len() > 1 && is_cut(word)), "{changed}");
        }
    }
}
