//! Remembers what a server does not take.
//!
//! Invariant: quirks are only learnt, never forgotten, and each takes something out of what is sent, so that suiting a
//! request to its server comes to an end.

use std::collections::BTreeSet;

use super::refusal::Refusal;

/// What a server has refused so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Quirks {
    dropped: BTreeSet<String>,
    renames_max_tokens: bool,
    fences_schemas: bool,
}

impl Quirks {
    /// Whether the server refuses this field.
    pub(super) fn drops(&self, field: &str) -> bool {
        self.dropped.contains(field)
    }

    /// Whether the server calls `max_tokens` `max_completion_tokens`.
    pub(super) fn renames_max_tokens(&self) -> bool {
        self.renames_max_tokens
    }

    /// Whether the prompt states schemas, because the server does not enforce them.
    pub(super) fn fences_schemas(&self) -> bool {
        self.fences_schemas
    }

    /// Whether the refusal teaches nothing new.
    pub(super) fn knows(&self, refusal: &Refusal) -> bool {
        match refusal {
            Refusal::Field(name) => self.drops(name),
            Refusal::TokenField => self.renames_max_tokens,
            Refusal::Schema => self.fences_schemas,
            Refusal::TooLong | Refusal::UnknownModel | Refusal::OutOfCredit | Refusal::Gone => true,
        }
    }

    /// Takes in a refusal, and says what it changes; `None` if the request cannot be suited to the server.
    pub(super) fn learn(&mut self, refusal: &Refusal) -> Option<String> {
        match refusal {
            Refusal::Field(name) => {
                self.dropped.insert(name.clone());
                Some(format!("does not support `{name}`, which is left out from now on"))
            }
            Refusal::TokenField => {
                self.renames_max_tokens = true;
                Some("takes `max_completion_tokens` in place of `max_tokens`".into())
            }
            Refusal::Schema => {
                self.fences_schemas = true;
                Some(
                    "does not enforce a JSON Schema, so the prompt states the schema instead"
                        .into(),
                )
            }
            Refusal::TooLong | Refusal::UnknownModel | Refusal::OutOfCredit | Refusal::Gone => None,
        }
    }
}
