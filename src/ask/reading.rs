//! Reads the JSON object that a model was asked for, and holds its texts to the bounds of all texts.
//!
//! Invariant: a reply is taken whole or not at all, and one that was cut off is never taken for whole.

use serde::de::DeserializeOwned;
use serde_json::json;

use super::malformed;
use crate::json::Json;
use crate::model::{Completion, Finish};
use crate::outcome::Rejection;

/// Characters; longer texts ramble.
pub const MAX_TEXT: usize = 6_000;

/// Rejects a reply that ended at its token limit.
pub fn whole(completion: &Completion) -> Result<(), Rejection> {
    if completion.finish == Finish::Length {
        let why = "the reply was cut off at its token limit; --max-reply-tokens raises it";
        return Err(malformed(completion, why));
    }
    Ok(())
}

/// Reads a reply that is one JSON object, or has it in its last block.
pub fn object<T: DeserializeOwned>(completion: &Completion) -> Result<T, Rejection> {
    whole(completion)?;
    let json = completion
        .json()
        .filter(|json| matches!(json, Json::Object(_)))
        .ok_or_else(|| malformed(completion, "the reply is not a JSON object"))?;
    json.typed().map_err(|error| {
        malformed(completion, format!("the reply does not match the expected form: {error}"))
    })
}

/// The schema of an object that has exactly these fields.
pub fn object_of<'a>(
    fields: impl IntoIterator<Item = (&'a str, serde_json::Value)>,
) -> serde_json::Value {
    let properties: serde_json::Map<_, _> =
        fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect();
    let required: Vec<&String> = properties.keys().collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// Rejects texts that are empty or have no end.
pub fn texts_in<'a>(
    completion: &Completion,
    texts: impl IntoIterator<Item = &'a str>,
) -> Result<(), Rejection> {
    for text in texts {
        if !text.chars().any(char::is_alphanumeric) {
            return Err(malformed(completion, "a text in the reply is empty"));
        }
        if text.chars().count() > MAX_TEXT {
            let why = format!("a text in the reply is longer than {MAX_TEXT} characters");
            return Err(malformed(completion, why));
        }
    }
    Ok(())
}

/// Whether a text may be a sentence: three words, or six letters of a script that sets no blanks between words.
pub fn is_sentence(text: &str) -> bool {
    text.split_whitespace().count() >= 3
        || text.chars().filter(|c| !c.is_ascii() && c.is_alphabetic()).count() >= 6
}
