//! Names a request to a model, so that its reply is found again.
//!
//! Invariant: equal keys are equal questions to a model of the same name; neither the server nor the API key is part of one, since
//! recordings and batches are portable. The cache adds an [`Identity`](super::identity::Identity).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::request::Request;

/// What the key of a vector begins with.
const VECTORS: &[u8] = b"embeddings";

/// The digest of a model's name and of the whole request; 64 hexadecimal digits in text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// Makes the key of a request to the model of this name.
    pub fn of(model: &str, request: &Request) -> Self {
        let request = serde_json::to_vec(request).expect("texts and numbers always serialise");
        Self::of_parts(&[model.as_bytes(), &request])
    }

    /// Makes the key of a text's vector; no request to a model has it.
    pub fn of_vector(model: &str, text: &str) -> Self {
        Self::of_parts(&[VECTORS, model.as_bytes(), text.as_bytes()])
    }

    fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            // Lengths keep neighbours from running into each other.
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Self(*hasher.finalize().as_bytes())
    }

    /// Gives a key as it is stored.
    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Key {
    type Err = blake3::HexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(*blake3::Hash::from_hex(text)?.as_bytes()))
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Sampling, Schema};

    fn request() -> Request {
        Request::new("be brief", "1?", Sampling::default())
    }

    #[test]
    fn everything_that_decides_a_reply_is_in_its_key() {
        let schema = Schema { name: "calls".into(), schema: serde_json::json!({"type": "array"}) };
        let keys = [
            Key::of("m", &request()),
            Key::of("n", &request()),
            Key::of("m", &Request::new("be brief", "2?", Sampling::default())),
            Key::of("m", &Request::new("be long", "1?", Sampling::default())),
            Key::of(
                "m",
                &Request::new("be brief", "1?", Sampling { seed: Some(1), ..Sampling::default() }),
            ),
            Key::of("m", &request().with_schema(schema)),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert_eq!(keys.iter().position(|other| other == key), Some(at));
        }
    }

    #[test]
    fn a_key_stays_what_it_is_over_releases() {
        let written = "be7a68991b270421fd71de8ec2b5cc5f2314d37836cc6cd8018cca5ec0fc26b6";
        assert_eq!(
            Key::of("m", &request()).to_string(),
            written,
            "kept replies would be asked for and paid again"
        );
    }

    #[test]
    fn the_key_of_a_vector_is_that_of_a_model_and_a_text_and_of_no_request() {
        let keys = [
            Key::of_vector("m", "text"),
            Key::of_vector("n", "text"),
            Key::of_vector("m", "text "),
            Key::of_vector("mt", "ext"),
            Key::of("embeddings", &request()),
            Key::of("m", &Request::of_user("text", Sampling::default())),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert_eq!(keys.iter().position(|other| other == key), Some(at));
        }
        let written = "424385e236b5661476863b93f140db6c566d8e45cf8f06fea53f0666a9f6fe91";
        assert_eq!(
            Key::of_vector("m", "text").to_string(),
            written,
            "kept vectors would be asked for and paid again"
        );
    }

    #[test]
    fn a_key_is_read_as_it_is_written() {
        let key = Key::of("m", &request());
        assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(json, format!("\"{key}\""));
        assert_eq!(serde_json::from_str::<Key>(&json).unwrap(), key);
        for text in ["", "12", &"g".repeat(64), &"0".repeat(65)] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }
}
