//! stub
use crate::named::named_enum;
use serde::{Deserialize, Serialize};
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: String,
    pub name: String,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
    pub message: String,
    pub severity: Severity,
    pub cwe: Option<u16>,
}
named_enum! { pub enum Severity { Error="error", Warning="warning", Note="note", } }
named_enum! { pub enum Step { Unused="unused", Format="format", Docstrings="docstrings", Quotes="quotes", } }
pub struct Selection;
impl Selection {
    pub fn new(_s: &[String], _i: &[String]) -> Result<Self, String> {
        Ok(Self)
    }
    pub fn default_cleaning() -> Self {
        Self
    }
    pub fn digest(&self) -> String {
        "stub".into()
    }
}
pub fn findings(_source: &str, _selection: &Selection) -> Result<Vec<Finding>, String> {
    Ok(vec![])
}
pub fn sarif(_r: &[(String, Vec<Finding>)]) -> serde_json::Value {
    serde_json::Value::Null
}
pub struct Tidied {
    pub source: String,
    pub changed: Vec<Step>,
}
pub fn tidy(source: &str, _steps: &[Step], _keep: &[&str]) -> Result<Tidied, String> {
    Ok(Tidied { source: source.into(), changed: vec![] })
}
pub fn version() -> &'static str {
    "stub"
}
