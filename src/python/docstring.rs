//! Types of parameters as docstrings state them, in Sphinx, Google, NumPy and plain style.
//!
//! Invariant: a parameter has a type here only if a line names both the parameter and the type.

use super::types::Type;

/// Finds the type that a docstring gives to a parameter.
pub fn param_type(doc: &str, param: &str) -> Option<Type> {
    doc.lines().filter_map(|line| typed_by(line.trim(), param)).find(|found| *found != Type::Any)
}

fn typed_by(line: &str, param: &str) -> Option<Type> {
    if let Some(field) = line.strip_prefix([':', '@']) {
        return field_type(field, param);
    }
    let line = line.trim_start_matches(['-', '*', '•', '`', ' ']);
    let rest = line.strip_prefix(param)?.trim_start_matches('`');
    let after = rest.trim_start();
    if let Some(inner) = after.strip_prefix('(') {
        return Type::from_prose(closed(inner));
    }
    // `x: int`, `x : int`, `x - int`, `x -- int` and `x = int`, but not `x-ray` or `x_y`.
    let separated = after
        .strip_prefix(':')
        .or_else(|| after.strip_prefix(['-', '=', '–']).filter(|_| after != rest))?;
    let described = separated.trim_start_matches(['-', ' ']);
    match described.strip_prefix('(') {
        Some(inner) => Type::from_prose(closed(inner)),
        None => Type::from_prose(described),
    }
}

/// `:type x: T`, `:param T x: …` and `:param x: T`, with `@` for `:` in Epytext.
fn field_type(field: &str, param: &str) -> Option<Type> {
    let (head, body) = field.split_once(':').or_else(|| {
        // `@param x text` has no second mark.
        let (head, rest) = field.split_once(' ')?;
        let (name, body) = rest.trim_start().split_once(' ')?;
        Some((&field[..head.len() + 1 + name.len()], body))
    })?;
    let words: Vec<&str> = head.split_whitespace().collect();
    match words.as_slice() {
        ["type" | "param" | "parameter" | "arg" | "argument" | "key" | "keyword", name]
            if *name == param =>
        {
            Type::from_prose(body)
        }
        ["param" | "parameter" | "arg" | "argument", typed @ .., name] if *name == param => {
            Type::from_prose(&typed.join(" "))
        }
        _ => None,
    }
}

/// The text up to the parenthesis that closes it.
fn closed(text: &str) -> &str {
    let mut depth = 0;
    for (i, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' if depth == 0 => return &text[..i],
            ')' | ']' => depth -= 1,
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_docstring_style_is_understood() {
        let doc = "Text.\n\n:param a: list\n:param int b: the b\n:type c: dict\n@param d string\nArgs:\n    e (list of int, optional): the e\n    f: Some text.\ng : float\n    Describes.\nh - integer quantum number\n";
        let found = |name| param_type(doc, name);
        assert_eq!(found("a"), Some(Type::list(Type::Any)));
        assert_eq!(found("b"), Some(Type::Int));
        assert_eq!(found("c"), Some(Type::dict(Type::Any, Type::Any)));
        assert_eq!(found("d"), Some(Type::Str));
        assert_eq!(found("e"), Some(Type::list(Type::Int)));
        assert_eq!(found("f"), None);
        assert_eq!(found("g"), Some(Type::Float));
        assert_eq!(found("h"), Some(Type::Int));
    }

    #[test]
    fn prose_about_other_things_is_left_alone() {
        let doc = "n-gram list of words\nnumber: int\nn is a string";
        assert_eq!(param_type(doc, "n"), None);
    }
}
