//! What is wrong with a TOML file, in one line.
//!
//! Invariant: no value of the file is repeated, since it may be a key that somebody has put into the wrong place.

use toml::de::Error;

/// Words that the names of keys, passwords and the like have.
const SECRET: [&str; 5] = ["key", "token", "secret", "password", "auth"];

/// Says in which line and at which key a file cannot be read.
pub fn in_words(text: &str, error: &Error) -> String {
    let message = without_value(&error.message().trim().replace('\n', ", "));
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    let hint = match unknown {
        Some(field) if is_secret(field) => {
            "; name the environment variable or the file that holds the key with `api_key_env` or `api_key_file`"
        }
        Some(_) | None => "",
    };
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else {
        return format!("{message}{hint}");
    };
    let at = before.matches('\n').count();
    let line = text.lines().nth(at).unwrap_or_default();
    let key = match key(line).filter(|key| !message.contains(&format!("`{key}`"))) {
        Some(key) => format!("`{key}`: "),
        None => String::new(),
    };
    format!("line {}: {key}{message}{hint}", at + 1)
}

fn is_secret(field: &str) -> bool {
    let field = field.to_lowercase();
    SECRET.iter().any(|word| field.contains(word))
}

/// The key that a line sets.
fn key(line: &str) -> Option<&str> {
    let key = line.split_once('=')?.0.trim();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!key.is_empty() && key.chars().all(is_part)).then_some(key)
}

/// A message without the value that does not fit, as in `invalid type: string "x", expected u64`.
fn without_value(message: &str) -> String {
    let wrong = ["invalid type: ", "invalid value: "];
    let start = wrong.into_iter().find(|start| message.starts_with(start));
    let parts = start.zip(message.rfind(", expected "));
    let Some((start, end)) = parts else { return message.to_owned() };
    let found = message.get(start.len()..end).unwrap_or_default();
    // The kind comes before the value.
    let kind = found.split([' ', '"', '`']).next().unwrap_or_default();
    format!("{start}{kind}{}", message.get(end..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::config::Endpoint;

    #[test]
    fn no_value_is_repeated() {
        for (text, said) in [
            ("\napi_key = \"SEKRET\"\n", "line 2: unknown field `api_key`, expected "),
            ("api-token = \"SEKRET\"\n", "with `api_key_env` or `api_key_file`"),
            (
                "api_key_env = [\"SEKRET\"]\n",
                "line 1: `api_key_env`: invalid type: sequence, expected a string",
            ),
            (
                "max_retries = \"SEKRET, expected , expected \"\n",
                "line 1: `max_retries`: invalid type: string, expected u32",
            ),
            ("api_key_env = SEKRET\n", "line 1: `api_key_env`: "),
            ("api_key_env = \"SEKRET\n", "line 1: `api_key_env`: "),
            ("api_key_env = 5\napi_key_env = \"SEKRET\"\n", "line 2: "),
        ] {
            let words = in_words(text, &toml::from_str::<Endpoint>(text).unwrap_err());
            assert!(words.contains(said) && !words.contains("SEKRET"), "{words}");
            assert_eq!(words.lines().count(), 1, "{words}");
        }
    }

    #[test]
    fn a_field_that_holds_no_key_gets_no_hint_about_keys() {
        let text = "modle = 'x'\n";
        let words = in_words(text, &toml::from_str::<Endpoint>(text).unwrap_err());
        assert!(words.starts_with("line 1: unknown field `modle`, expected "), "{words}");
        assert!(words.ends_with("`price`"), "{words}");
    }
}
