//! Whether a server says that it does not run a language.
//!
//! Invariant: it has to say so of the language that it was asked for, so that no other refusal is taken for this one.

use serde_json::Value as Json;

use super::OtherLanguage;

/// How servers say it: `tgsand serve` says "not known" and "not installed".
const WORDINGS: [&str; 8] = [
    "not known",
    "not installed",
    "not supported",
    "not available",
    "unsupported",
    "unknown",
    "no such",
    "not a valid",
];

/// Whether a reply with this status may be about the language.
pub(super) fn may_say_so(status: u16) -> bool {
    matches!(status, 400 | 404 | 415 | 422 | 501)
}

/// Whether the body of an error names the field of the language, as FastAPI does: `{"detail": [{"loc": ["body", "language"], …}]}`.
pub(super) fn names_the_field(body: &[u8]) -> bool {
    let Ok(json) = serde_json::from_slice::<Json>(body) else { return false };
    let details = json.get("detail").and_then(Json::as_array);
    let last = |detail: &Json| detail.get("loc")?.as_array()?.last()?.as_str().map(str::to_owned);
    details
        .into_iter()
        .flatten()
        .filter_map(last)
        .any(|field| field == "language" || field == "lang")
}

/// Whether a refusal is about a language, which the request had under this name.
pub(super) fn says_so(refusal: &str, language: &OtherLanguage, sent_as: &str) -> bool {
    let refusal = refusal.to_lowercase();
    let has = |word: &str| refusal.contains(word);
    let names = [language.name(), sent_as].map(str::to_lowercase);
    (has("language") || has("runtime"))
        && WORDINGS.into_iter().any(has)
        && names.iter().any(|name| is_word_of(name, &refusal))
}

fn is_word_of(word: &str, text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '#' | '+');
    text.split(|c: char| !is_part(c)).any(|other| other == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_about_the_field_of_the_language_is_known_by_its_place() {
        let error = |field: &str| {
            let detail =
                serde_json::json!({"loc": ["body", field], "msg": "Input should be 'cpp'"});
            serde_json::json!({"detail": [detail]}).to_string()
        };
        assert!(names_the_field(error("language").as_bytes()));
        assert!(!names_the_field(error("code").as_bytes()));
        assert!(!names_the_field(b"language"));
    }

    #[test]
    fn a_refusal_is_about_the_language_if_it_names_it() {
        let bash = OtherLanguage::named("shell");
        for refusal in [
            "SandboxError: language \"bash\" is not known to this server; it runs python, sql",
            "runtime \"shell\" is not installed; `tgsand runtime install shell` installs it",
            "Unsupported language: bash",
            "ARGUMENT_ERROR: language 'shell' not supported",
        ] {
            assert!(says_so(refusal, &bash, "bash"), "{refusal}");
        }
        for refusal in [
            "SandboxError: no disk",
            "language \"java\" is not known to this server",
            "the program is in bash, and too long for its language",
            "unknown field: bashful, language",
        ] {
            assert!(!says_so(refusal, &bash, "bash"), "{refusal}");
        }
    }
}
