//! Identifies the model that answers: its name, its server, and its entry in the server's list of models.
//!
//! Invariant: fields that change while the model stays the same are not part of an identity, and neither is an API key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// Fields that change while the model stays the same: vLLM generates new ids of permissions for every request, llama.cpp reports
/// whether the model is loaded, and gateways report today's price.
const PASSING: [&str; 3] = ["permission", "status", "pricing"];
/// The time of the model in Ollama, and the time of the request in vLLM, SGLang and llama.cpp.
const CREATED: &str = "created";
/// Hexadecimal digits of a digest.
const DIGITS: usize = 16;

/// The model that answers, as far as it is known before a request.
///
/// `system_fingerprint` is not part of it, because it arrives only with the reply; it is kept with the reply instead, and a run
/// reports if its replies have more than one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The model's name, as the server knows it.
    pub model: String,
    /// The server's base URL, without a slash at its end.
    pub server: String,
    /// The digest of the model's entry in the server's list; `None` if there is none.
    pub listing: Option<String>,
}

impl Identity {
    /// A model of which only the name and the server are known.
    pub fn unlisted(model: &str, server: &str) -> Self {
        Self { model: model.into(), server: server.into(), listing: None }
    }

    /// The identity of replies from batch files: any server may have given them.
    pub(super) fn of_batches(model: &str, server: &str) -> Self {
        Self { listing: Some("batch".into()), ..Self::unlisted(model, server) }
    }

    /// A digest of all parts.
    pub fn digest(&self) -> String {
        let Self { model, server, listing } = self;
        digest(&serde_json::to_vec(&(model, server, listing)).expect("texts always serialise"))
    }
}

/// A model's entry in a server's list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Listed(Map<String, Json>);

impl Listed {
    /// Finds a model among those of a list: by its name, by the name to which Ollama completes it, or as the only one, since
    /// llama.cpp answers to any name.
    pub(super) fn find(rows: &[Json], model: &str) -> Option<Self> {
        let named =
            |name: &str| rows.iter().find(|row| row.get("id").and_then(Json::as_str) == Some(name));
        let only = || if let [only] = rows { Some(only) } else { None };
        let row = named(model).or_else(|| named(&format!("{model}:latest"))).or_else(only)?;
        let mut fields = row.as_object()?.clone();
        fields.retain(|name, _| !PASSING.contains(&name.as_str()));
        Some(Self(fields))
    }

    /// Whether it has a time of creation, which may be that of the request.
    pub(super) fn has_time(&self) -> bool {
        self.0.contains_key(CREATED)
    }

    /// The same without a time of creation.
    pub(super) fn without_time(&self) -> Self {
        let mut fields = self.0.clone();
        fields.shift_remove(CREATED);
        Self(fields)
    }

    /// A digest that does not depend on the order of fields.
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

pub(super) fn digest(content: &[u8]) -> String {
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
