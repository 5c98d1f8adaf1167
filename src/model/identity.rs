//! Names who answers: a model by its name, on a server, with what that server lists of it.
//!
//! Invariant: what changes from one request for the list to the next is no part of an identity, and neither is a key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// What a server lists of a model and changes while the model stays the same: vLLM draws the ids of its permissions anew for
/// every request, llama.cpp tells whether the model is loaded, and gateways tell today's price.
const PASSING: [&str; 3] = ["permission", "status", "pricing"];
/// When the model was made, or when it was asked for: Ollama tells the one, vLLM, SGLang and llama.cpp the other.
const CREATED: &str = "created";
/// How much of a digest is kept, in hexadecimal digits.
const DIGITS: usize = 16;

/// Who answers, as far as can be told before asking.
///
/// A server's `system_fingerprint` comes with the reply, too late to look one up by: it is kept beside the reply instead, and a
/// run whose replies have more than one says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The model's name, as the server knows it.
    pub model: String,
    /// The server's base URL, without a slash at its end.
    pub server: String,
    /// The digest of what the server lists of the model; `None` if it lists nothing of it.
    pub listing: Option<String>,
}

impl Identity {
    /// A model of which nothing but its name and its server is known.
    pub fn unlisted(model: &str, server: &str) -> Self {
        Self { model: model.into(), server: server.into(), listing: None }
    }

    /// The replies that came in files from whoever answers batches to this server.
    pub(super) fn of_batches(model: &str, server: &str) -> Self {
        Self { listing: Some("batch".into()), ..Self::unlisted(model, server) }
    }

    /// Names the identity in one word.
    pub fn digest(&self) -> String {
        let Self { model, server, listing } = self;
        digest(&serde_json::to_vec(&(model, server, listing)).expect("texts always serialise"))
    }
}

/// What a server lists of a model, once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Listed(Map<String, Json>);

impl Listed {
    /// Finds a model among those of a list: by its name, by the name that Ollama completes it to, or as the only one, which
    /// llama.cpp has answer to any name.
    pub(super) fn find(rows: &[Json], model: &str) -> Option<Self> {
        let named =
            |name: &str| rows.iter().find(|row| row.get("id").and_then(Json::as_str) == Some(name));
        let only = || if let [only] = rows { Some(only) } else { None };
        let row = named(model).or_else(|| named(&format!("{model}:latest"))).or_else(only)?;
        let mut fields = row.as_object()?.clone();
        fields.retain(|name, _| !PASSING.contains(&name.as_str()));
        Some(Self(fields))
    }

    /// Whether a time of creation is among it, which may be that of the request.
    pub(super) fn has_time(&self) -> bool {
        self.0.contains_key(CREATED)
    }

    /// The same without a time of creation.
    pub(super) fn without_time(&self) -> Self {
        let mut fields = self.0.clone();
        fields.shift_remove(CREATED);
        Self(fields)
    }

    /// Names what is listed, whatever the order of its fields.
    pub(super) fn digest(&self) -> String {
        digest(sorted(&Json::Object(self.0.clone())).to_string().as_bytes())
    }
}

fn sorted(json: &Json) -> Json {
    match json {
        Json::Array(items) => items.iter().map(sorted).collect(),
        Json::Object(fields) => {
            let fields: BTreeMap<&String, Json> =
                fields.iter().map(|(name, value)| (name, sorted(value))).collect();
            fields.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => json.clone(),
    }
}

fn digest(content: &[u8]) -> String {
    blake3::hash(content).to_hex().chars().take(DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn listed(row: Json) -> Listed {
        Listed::find(&[json!({"id": "other"}), row], "m").unwrap()
    }

    #[test]
    fn what_tells_models_apart_is_in_the_digest_and_what_passes_is_not() {
        let row = json!({"id": "m", "root": "/a", "meta": {"n_params": 1, "size": 2}});
        let same = json!({
            "meta": {"size": 2, "n_params": 1}, "root": "/a", "id": "m", "permission": [{"id": "modelperm-7"}],
            "status": {"value": "loaded"},
        });
        assert_eq!(listed(row.clone()).digest(), listed(same).digest());
        for other in [
            json!({"id": "m", "root": "/b", "meta": {"n_params": 1, "size": 2}}),
            json!({"id": "m", "root": "/a", "meta": {"n_params": 1, "size": 3}}),
            json!({"id": "m", "root": "/a"}),
        ] {
            assert_ne!(listed(row.clone()).digest(), listed(other).digest());
        }
    }

    #[test]
    fn a_time_of_creation_can_be_left_out() {
        let at = |created: i64| listed(json!({"id": "m", "created": created}));
        assert!(at(1).has_time());
        assert_ne!(at(1).digest(), at(2).digest());
        assert_eq!(at(1).without_time(), at(2).without_time());
    }

    #[test]
    fn a_model_is_found_by_its_name_by_its_latest_tag_or_as_the_only_one() {
        let rows = ["m:latest", "m", "n:latest"].map(|id| json!({"id": id}));
        let found = |rows: &[Json], model: &str| {
            Listed::find(rows, model).map(|listed| Json::Object(listed.0))
        };
        assert_eq!(found(&rows, "m"), Some(json!({"id": "m"})));
        assert_eq!(found(&rows, "n"), Some(json!({"id": "n:latest"})));
        assert_eq!(found(&rows, "o"), None);
        assert_eq!(found(&rows[..1], "o"), Some(json!({"id": "m:latest"})));
        assert_eq!(found(&[json!(7)], "o"), None);
    }

    #[test]
    fn rows_that_are_no_models_are_passed_over() {
        let rows = [json!(7), json!({"id": 7}), json!(["m"]), json!({})];
        assert_eq!(Listed::find(&rows, "m"), None);
    }

    #[test]
    fn every_part_of_an_identity_is_in_its_digest() {
        let whole = Identity { listing: Some("l".into()), ..Identity::unlisted("m", "s") };
        let others = [
            Identity::unlisted("m", "s"),
            Identity { model: "n".into(), ..whole.clone() },
            Identity { server: "t".into(), ..whole.clone() },
            Identity { listing: Some("k".into()), ..whole.clone() },
        ];
        for other in others {
            assert_ne!(whole.digest(), other.digest(), "{other:?}");
        }
    }
}
