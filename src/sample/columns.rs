//! A case as a table's columns: every field has one type in every row, as the loaders of training stacks need it.
//!
//! Invariant: a case survives the way there and back.

use serde::{Deserialize, Serialize};

use super::SampleCase;
use crate::sandbox::value::Value;
use crate::sandbox::{ArgumentKey, CallKind, End, Raised};

/// A case whose values are JSON texts, since a column cannot hold a number here and a list there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CaseColumns {
    arguments: String,
    /// `returned`, `raised`, and so on.
    end: String,
    /// The returned value as tagged JSON in a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repr: Option<String>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    class: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_arguments: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trap: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<CallKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stdout: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mutated: Vec<MutationColumns>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct MutationColumns {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    value: String,
}

impl From<SampleCase> for CaseColumns {
    fn from(case: SampleCase) -> Self {
        let mutated = case.mutated.iter().map(|(key, value)| {
            let (position, name) = match key {
                ArgumentKey::Position(position) => (Some(*position), None),
                ArgumentKey::Name(name) => (None, Some(name.clone())),
            };
            MutationColumns { position, name, value: text(value) }
        });
        let columns = Self {
            arguments: case.arguments,
            kind: case.kind,
            stdout: Some(case.stdout).filter(|stdout| !stdout.is_empty()),
            mutated: mutated.collect(),
            ..Self::default()
        };
        match case.end {
            End::Returned { value, repr } => Self {
                end: "returned".into(),
                value: Some(text(&value)),
                repr: Some(repr),
                ..columns
            },
            End::Raised(raised) => Self {
                end: "raised".into(),
                class: Some(raised.kind),
                message: Some(raised.message),
                line: raised.line,
                in_arguments: raised.in_arguments.then_some(true),
                ..columns
            },
            End::Exited { exit_code } => {
                Self { end: "exited".into(), exit_code: Some(exit_code), ..columns }
            }
            End::NotBuilt { exit_code } => {
                Self { end: "not-built".into(), exit_code: Some(exit_code), ..columns }
            }
            End::OutOfFuel => Self { end: "out-of-fuel".into(), ..columns },
            End::OutOfMemory => Self { end: "out-of-memory".into(), ..columns },
            End::OutputTooLarge => Self { end: "output-too-large".into(), ..columns },
            End::Trapped { trap } => Self { end: "trapped".into(), trap: Some(trap), ..columns },
        }
    }
}

impl TryFrom<CaseColumns> for SampleCase {
    type Error = String;

    fn try_from(columns: CaseColumns) -> Result<Self, String> {
        let missing = |field: &str| format!("a case that ended {:?} has no {field}", columns.end);
        let end = match columns.end.as_str() {
            "returned" => {
                let value = parse(columns.value.as_deref().ok_or_else(|| missing("value"))?)?;
                End::Returned { value, repr: columns.repr.ok_or_else(|| missing("repr"))? }
            }
            "raised" => End::Raised(Raised {
                kind: columns.class.ok_or_else(|| missing("type"))?,
                message: columns.message.unwrap_or_default(),
                line: columns.line,
                in_arguments: columns.in_arguments.unwrap_or_default(),
                bases: Vec::new(),
            }),
            "exited" => {
                End::Exited { exit_code: columns.exit_code.ok_or_else(|| missing("exit_code"))? }
            }
            "not-built" => {
                End::NotBuilt { exit_code: columns.exit_code.ok_or_else(|| missing("exit_code"))? }
            }
            "out-of-fuel" => End::OutOfFuel,
            "out-of-memory" => End::OutOfMemory,
            "output-too-large" => End::OutputTooLarge,
            "trapped" => End::Trapped { trap: columns.trap.unwrap_or_default() },
            other => return Err(format!("a case cannot end {other:?}")),
        };
        let mut mutated = Vec::new();
        for mutation in columns.mutated {
            let key = match (mutation.position, mutation.name) {
                (Some(position), _) => ArgumentKey::Position(position),
                (None, Some(name)) => ArgumentKey::Name(name),
                (None, None) => {
                    return Err("a changed argument has neither position nor name".into());
                }
            };
            mutated.push((key, parse(&mutation.value)?));
        }
        let stdout = columns.stdout.unwrap_or_default();
        Ok(Self { arguments: columns.arguments, end, kind: columns.kind, stdout, mutated })
    }
}

fn text(value: &Value) -> String {
    serde_json::to_string(value).expect("a value is plain data")
}

fn parse(text: &str) -> Result<Value, String> {
    Value::from_tagged_text(text).ok_or_else(|| format!("{text:?} is not a value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_survives_the_way_there_and_back() {
        let returned =
            End::Returned { value: Value::Tuple(vec![Value::int(1)]), repr: "(1,)".into() };
        let raised = Raised {
            kind: "KeyError".into(),
            message: "'a'".into(),
            line: Some(3),
            in_arguments: false,
            bases: Vec::new(),
        };
        for end in [
            returned,
            End::Raised(raised),
            End::Exited { exit_code: 2 },
            End::NotBuilt { exit_code: 1 },
            End::OutOfFuel,
        ] {
            let mutated = vec![
                (ArgumentKey::Position(0), Value::None),
                (ArgumentKey::Name("b".into()), Value::int(2)),
            ];
            let case =
                SampleCase { arguments: "1".into(), end, kind: None, stdout: "x".into(), mutated };
            let json = serde_json::to_string(&case).unwrap();
            assert_eq!(serde_json::from_str::<SampleCase>(&json).unwrap(), case, "{json}");
        }
    }

    #[test]
    fn an_integer_of_any_size_is_read_exactly_with_its_tag_and_without() {
        for value in ["18446744073709551617", r#"{\"int\": \"18446744073709551617\"}"#] {
            let json = format!(
                r#"{{"arguments": "", "end": "returned", "value": "{value}", "repr": ""}}"#
            );
            let case: SampleCase = serde_json::from_str(&json).unwrap();
            let value = Value::Int("18446744073709551617".into());
            assert_eq!(case.end, End::Returned { value, repr: String::new() });
        }
    }

    #[test]
    fn a_value_is_a_text_in_every_row() {
        let end = End::Returned { value: Value::List(vec![]), repr: "[]".into() };
        let case = SampleCase {
            arguments: String::new(),
            end,
            kind: None,
            stdout: String::new(),
            mutated: Vec::new(),
        };
        assert_eq!(serde_json::to_value(&case).unwrap()["value"], "[]");
    }
}
