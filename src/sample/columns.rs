//! A case as a table's columns: every field has one type in every row, as the loaders of training stacks need it.
//!
//! Invariant: a case survives the way there and back.

use serde::{Deserialize, Serialize};

use super::SampleCase;
use crate::sandbox::value::Value;
use crate::sandbox::{ArgumentKey, CallKind, End, Raised};

/// A case whose values are JSON texts, since a column cannot hold a number here and a list there.
///
/// Every field is written, with an empty text, 0 or `false` if it says nothing: loaders infer the columns from the beginning of a
/// file, and a field that comes later, or is null at first, has no place in them. Earlier versions left such fields out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CaseColumns {
    arguments: String,
    /// `returned`, `raised`, and so on.
    end: String,
    /// The returned value as tagged JSON in a text.
    value: Option<String>,
    repr: Option<String>,
    #[serde(rename = "type")]
    class: Option<String>,
    message: String,
    line: u32,
    in_arguments: bool,
    exit_code: Option<i32>,
    trap: String,
    kind: String,
    stdout: String,
    mutated: Mutated,
}

/// Changed arguments, as a list in a text; earlier versions wrote the list itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Mutated {
    Text(String),
    List(Vec<MutationColumns>),
}

impl Default for Mutated {
    fn default() -> Self {
        Self::List(Vec::new())
    }
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
        let mutated: Vec<MutationColumns> = mutated.collect();
        let columns = Self {
            arguments: case.arguments,
            value: Some(String::new()),
            repr: Some(String::new()),
            class: Some(String::new()),
            exit_code: Some(0),
            kind: case.kind.map(kind_name).unwrap_or_default(),
            stdout: case.stdout,
            mutated: Mutated::Text(
                serde_json::to_string(&mutated).expect("a change is plain data"),
            ),
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
                message: raised.message,
                line: raised.line.unwrap_or_default(),
                in_arguments: raised.in_arguments,
                ..columns
            },
            End::Exited { exit_code } => {
                Self { end: "exited".into(), exit_code: Some(exit_code), ..columns }
            }
            End::CompileError { exit_code } => {
                Self { end: "compile-error".into(), exit_code: Some(exit_code), ..columns }
            }
            End::OutOfFuel => Self { end: "out-of-fuel".into(), ..columns },
            End::OutOfMemory => Self { end: "out-of-memory".into(), ..columns },
            End::OutputTooLarge => Self { end: "output-too-large".into(), ..columns },
            End::Trapped { trap } => Self { end: "trapped".into(), trap, ..columns },
        }
    }
}

/// The name of a kind of call.
fn kind_name(kind: CallKind) -> String {
    let name = serde_json::to_value(kind).ok();
    name.as_ref().and_then(|name| name.as_str()).unwrap_or_default().to_owned()
}

impl CaseColumns {
    /// Refuses a field that says something which the case's end has no place for.
    fn has_only_its_own(&self) -> Result<(), String> {
        let is_empty = |text: &Option<String>| text.as_deref().unwrap_or_default().is_empty();
        let (returned, raised) = (self.end == "returned", self.end == "raised");
        let exited = self.end == "exited" || self.end == "compile-error";
        let strays = [
            ("value", !returned && !is_empty(&self.value)),
            ("repr", !returned && !is_empty(&self.repr)),
            ("type", !raised && !is_empty(&self.class)),
            ("message", !raised && !self.message.is_empty()),
            ("line", !raised && self.line != 0),
            ("in_arguments", !raised && self.in_arguments),
            ("exit_code", !exited && self.exit_code.unwrap_or_default() != 0),
            ("trap", self.end != "trapped" && !self.trap.is_empty()),
        ];
        match strays.iter().find(|(_, is_stray)| *is_stray) {
            Some((field, _)) => Err(format!("a case that ended {:?} has a {field}", self.end)),
            None => Ok(()),
        }
    }
}

impl TryFrom<CaseColumns> for SampleCase {
    type Error = String;

    fn try_from(columns: CaseColumns) -> Result<Self, String> {
        columns.has_only_its_own()?;
        let missing = |field: &str| format!("a case that ended {:?} has no {field}", columns.end);
        let end = match columns.end.as_str() {
            "returned" => {
                let value = parse(columns.value.as_deref().ok_or_else(|| missing("value"))?)?;
                End::Returned { value, repr: columns.repr.ok_or_else(|| missing("repr"))? }
            }
            "raised" => End::Raised(Raised {
                kind: columns
                    .class
                    .filter(|class| !class.is_empty())
                    .ok_or_else(|| missing("type"))?,
                message: columns.message,
                line: Some(columns.line).filter(|line| *line > 0),
                in_arguments: columns.in_arguments,
                bases: Vec::new(),
            }),
            "exited" => {
                End::Exited { exit_code: columns.exit_code.ok_or_else(|| missing("exit_code"))? }
            }
            "compile-error" => End::CompileError {
                exit_code: columns.exit_code.ok_or_else(|| missing("exit_code"))?,
            },
            "out-of-fuel" => End::OutOfFuel,
            "out-of-memory" => End::OutOfMemory,
            "output-too-large" => End::OutputTooLarge,
            "trapped" => End::Trapped { trap: columns.trap },
            other => return Err(format!("a case cannot end {other:?}")),
        };
        let mut mutated = Vec::new();
        let changes: Vec<MutationColumns> = match columns.mutated {
            Mutated::List(changes) => changes,
            Mutated::Text(text) => serde_json::from_str(&text)
                .map_err(|error| format!("`mutated` is not a list of changes: {error}"))?,
        };
        for mutation in changes {
            let key = match (mutation.position, mutation.name) {
                (Some(position), _) => ArgumentKey::Position(position),
                (None, Some(name)) => ArgumentKey::Name(name),
                (None, None) => {
                    return Err("a changed argument has neither position nor name".into());
                }
            };
            mutated.push((key, parse(&mutation.value)?));
        }
        let kind = match columns.kind.as_str() {
            "" => None,
            kind => Some(
                serde_json::from_value(kind.into())
                    .map_err(|_| format!("{kind:?} is not a kind of call"))?,
            ),
        };
        Ok(Self { arguments: columns.arguments, end, kind, stdout: columns.stdout, mutated })
    }
}

/// A text that is empty in rows without one.
pub mod text_or_none {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(text: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(text.as_deref().unwrap_or_default())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        Ok(text.filter(|text| !text.is_empty()))
    }
}

/// A list as JSON in a text: loaders find no type for the items of a list that is empty in every row.
pub mod list_in_text {
    use serde::de::{DeserializeOwned, Error};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Earlier versions wrote the list itself.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Column<T> {
        Text(String),
        List(Vec<T>),
    }

    pub fn serialize<T: Serialize, S: Serializer>(list: &[T], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&serde_json::to_string(list).map_err(serde::ser::Error::custom)?)
    }

    pub fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<T>, D::Error> {
        match Column::deserialize(from)? {
            Column::List(list) => Ok(list),
            Column::Text(text) => serde_json::from_str(&text)
                .map_err(|error| D::Error::custom(format!("{text:?} is not a list: {error}"))),
        }
    }
}

/// A count of all, and how many of them, which are 0 in rows without any.
pub mod counts_or_none {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(
        counts: &Option<(usize, usize)>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        counts.unwrap_or_default().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<(usize, usize)>, D::Error> {
        let counts = Option::<(usize, usize)>::deserialize(from)?;
        Ok(counts.filter(|(_, all)| *all > 0))
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
            End::CompileError { exit_code: 1 },
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
    fn every_case_has_all_columns_and_each_has_one_type() {
        let case = |end: End| SampleCase {
            arguments: String::new(),
            end,
            kind: None,
            stdout: String::new(),
            mutated: Vec::new(),
        };
        let columns = |end: End| serde_json::to_value(case(end)).unwrap();
        let returned = columns(End::Returned { value: Value::None, repr: "None".into() });
        let trapped = columns(End::Trapped { trap: "t".into() });
        let types = |columns: &serde_json::Value| {
            let fields = columns.as_object().unwrap().iter();
            fields
                .map(|(name, value)| (name.clone(), std::mem::discriminant(value)))
                .collect::<Vec<_>>()
        };
        assert_eq!(types(&returned), types(&trapped));
        assert!(
            returned
                .as_object()
                .unwrap()
                .values()
                .all(|value| !value.is_null() && !value.is_array())
        );
    }

    #[test]
    fn earlier_cases_are_read_and_fields_without_a_place_are_refused() {
        let earlier = r#"{"arguments": "[1]", "end": "returned", "value": "2", "repr": "2", "mutated": [{"position": 0, "value": "[]"}]}"#;
        let case: SampleCase = serde_json::from_str(earlier).unwrap();
        assert_eq!(case.mutated, [(ArgumentKey::Position(0), Value::List(vec![]))]);
        let stray = earlier.replace("\"repr\": \"2\"", "\"repr\": \"2\", \"trap\": \"x\"");
        let refused = serde_json::from_str::<SampleCase>(&stray).unwrap_err().to_string();
        assert!(refused.contains("a case that ended \"returned\" has a trap"), "{refused}");
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
