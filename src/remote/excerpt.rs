//! Words a server's reply for an error.
//!
//! Invariant: an excerpt is one short line, and was redacted before it was cut.

use serde_json::Value;

/// The most characters of a body that an error quotes.
const EXCERPT_CHARS: usize = 300;

/// Words a body for an error: the message in it if it is a JSON error, in one line.
///
/// `redact` sees the whole text, as the cut could leave a part of the secret.
pub fn excerpt(body: &[u8], redact: impl Fn(&str) -> String) -> String {
    // Reading the JSON undoes the escapes that could hide the secret from `redact`.
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(json) => error_message(&json).map_or_else(|| json.to_string(), str::to_owned),
        Err(_) => {
            let text = String::from_utf8_lossy(body);
            title(&text).map_or_else(
                || text.to_string(),
                |title| format!("a web page, \"{}\"", title.trim()),
            )
        }
    };
    one_line(&redact(&text))
}

/// Finds the message in the JSON of an error; servers do not agree on where it is.
pub fn error_message(json: &Value) -> Option<&str> {
    ["/error/message", "/error", "/message", "/detail"]
        .iter()
        .find_map(|place| json.pointer(place)?.as_str())
}

/// Finds the title of a web page.
fn title(text: &str) -> Option<&str> {
    if !text.trim_start().starts_with('<') {
        return None;
    }
    Some(text.split_once("<title>")?.1.split_once("</title>")?.0)
}

/// Puts a text on one line and cuts it.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.is_empty() => "(empty)".to_owned(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(body: &str) -> String {
        excerpt(body.as_bytes(), |text| text.replace("sk/1", "***"))
    }

    #[test]
    fn an_excerpt_is_the_message_of_a_json_error() {
        assert_eq!(
            quoted(r#"{"error":{"message":"no  such\nmodel","code":404}}"#),
            "no such model"
        );
        assert_eq!(quoted(r#"{"error":"busy"}"#), "busy");
        assert_eq!(quoted(r#"{"object":"error","message":"too long"}"#), "too long");
        assert_eq!(quoted(r#"{"detail":[{"loc":"body"}]}"#), r#"{"detail":[{"loc":"body"}]}"#);
    }

    #[test]
    fn an_excerpt_is_short_and_holds_no_part_of_the_secret() {
        let long = quoted(&format!("{}sk/1", "é".repeat(EXCERPT_CHARS - 2)));
        assert_eq!(long.chars().count(), EXCERPT_CHARS + 1);
        assert!(long.ends_with("é**…"), "{long}");
        assert_eq!(quoted(r#"{"key":"sk\/1"}"#), r#"{"key":"***"}"#);
        assert_eq!(quoted(" "), "(empty)");
    }

    #[test]
    fn an_excerpt_of_a_web_page_is_its_title() {
        assert_eq!(
            quoted("<html><title>502 Bad\nGateway</title><p>x"),
            r#"a web page, "502 Bad Gateway""#
        );
        assert_eq!(quoted("<p>x</p>"), "<p>x</p>");
    }
}
