//! Names a request to a model, so that its reply is found again.
//!
//! Invariant: equal keys are equal questions to a model of the same name; neither the server nor the API key is part of one, since
//! recordings and batches are portable. The cache adds an [`Identity`](super::identity::Identity).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::request::Request;

/// The digest of a model's name and of the whole request; 64 hexadecimal digits in text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// Makes the key of a request to the model of this name.
    pub fn of(model: &str, request: &Request) -> Self {
        let request = serde_json::to_vec(request).expect("texts and numbers always serialise");
        let mut hasher = blake3::Hasher::new();
        for part in [model.as_bytes(), &request] {
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
