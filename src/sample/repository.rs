//! Questions about a repository and designs for it: what its index and executions of its functions show.
//!
//! Invariant: every row has every field, each of one type, and names the state of the files that it speaks of.

use serde::{Deserialize, Serialize};

use super::turn::ChatMessage;
use super::{SampleCase, columns};
use crate::named::named_enum;
use crate::schema::{Row, RowSchema};

named_enum! {
    /// What a question about a repository asks for.
    pub enum RepoQuestion {
        /// What a call returns, raises or prints.
        CallResult = "call-result",
        Callers = "callers",
        Callees = "callees",
        /// What has to change with a signature.
        SignatureChange = "signature-change",
        Tests = "tests",
        /// Which exceptions a function raises itself, and when.
        Exceptions = "exceptions",
        /// The calls from one function to another.
        CallPath = "call-path",
        /// What happens if a setting is missing.
        MissingSetting = "missing-setting",
        Hierarchy = "hierarchy",
        Overrides = "overrides",
        /// Which files import a module.
        Dependents = "dependents",
        Endpoint = "endpoint",
        /// Several questions about one function.
        Dialogue = "dialogue",
        /// A question from a model.
        FreeText = "free-text",
    }
}

named_enum! {
    /// What a design is for.
    pub enum RepoRequirement {
        MissingTests = "missing-tests",
        RequiredSetting = "required-setting",
        HealthCheck = "health-check",
        MockedInput = "mocked-input",
        /// A private function that nothing uses.
        UnusedFunction = "unused-function",
        /// A default that is one object for all calls.
        SharedDefault = "shared-default",
        /// A function that is deprecated in words only.
        Deprecation = "deprecation",
        /// Two modules that import each other.
        ImportCycle = "import-cycle",
        /// A requirement of the user's or of a topic, met by a model.
        Given = "given",
    }
}

named_enum! {
    /// The language of a text.
    pub enum TextLanguage {
        English = "en",
        Chinese = "zh",
    }
}

/// A call of a function of the repository, and what it gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepoExecution {
    /// The function's dotted name, from the module on.
    pub function: String,
    #[serde(flatten)]
    pub case: SampleCase,
}

/// Where a sample of a repository comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RepoProvenance {
    pub tgsand: String,
    pub repository: String,
    /// The commit that is checked out; empty outside of a git checkout.
    pub commit: String,
    /// The digest over all files of the index.
    pub digest: String,
    /// The digest of the sample's own file; empty if it has none.
    pub file_digest: String,
    /// What ran the calls; empty if none were run.
    pub runtime: String,
    pub seed: u64,
    /// The model that wrote the text; empty if the program did.
    pub model: String,
    /// The digests of the prompts that it was asked with.
    pub prompt_digests: String,
}

/// A question about a repository with its answer; the first six fields are those of the reference.
///
/// Questions and designs have the same columns, so that loaders take them together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepoQa {
    pub file: String,
    pub code: String,
    pub function_name: String,
    pub question: String,
    pub answer: String,
    pub trace: Vec<String>,
    pub id: String,
    pub kind: RepoQuestion,
    pub lang: TextLanguage,
    /// What the first message shows of the repository: lines with their numbers, by files.
    #[serde(default)]
    pub context: String,
    pub messages: Vec<ChatMessage>,
    /// The file that is asked about.
    #[serde(default)]
    pub files: Vec<String>,
    /// Empty: a question adds nothing.
    #[serde(default, with = "columns::list_in_text")]
    pub added: Vec<String>,
    #[serde(with = "columns::list_in_text")]
    pub executions: Vec<RepoExecution>,
    /// Empty, as the column of designs in a row that has none.
    #[serde(default)]
    pub requirement: String,
    #[serde(default)]
    pub design: String,
    pub provenance: RepoProvenance,
}

/// A requirement on a repository with a design that meets it; the first three fields are those of the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepoDesign {
    pub requirement: String,
    pub design: String,
    pub trace: Vec<String>,
    pub id: String,
    pub kind: RepoRequirement,
    pub lang: TextLanguage,
    #[serde(default)]
    pub context: String,
    pub messages: Vec<ChatMessage>,
    /// The files that the design changes or adds; never empty.
    pub files: Vec<String>,
    /// What the design adds: symbols, files and endpoints.
    #[serde(default, alias = "adds", with = "columns::list_in_text")]
    pub added: Vec<String>,
    #[serde(with = "columns::list_in_text")]
    pub executions: Vec<RepoExecution>,
    /// The function that the design is about, with its code; empty if it is about more.
    #[serde(default)]
    pub file: String,
    #[serde(default)]
    pub code: String,
    #[serde(default)]
    pub function_name: String,
    /// The requirement and the design again, under the names that questions have for theirs.
    #[serde(default)]
    pub question: String,
    #[serde(default)]
    pub answer: String,
    pub provenance: RepoProvenance,
}

/// What the first message of a row says: what is shown of the repository, and what is asked.
pub fn first_message(context: &str, asked: &str) -> String {
    if context.is_empty() { asked.to_owned() } else { format!("{context}\n{asked}") }
}

impl Row for RepoQa {
    const SCHEMA: RowSchema = RowSchema::new("repo-qa", 1);
}

impl Row for RepoDesign {
    const SCHEMA: RowSchema = RowSchema::new("repo-design", 1);
}

#[cfg(test)]
mod tests {
    use std::mem::{Discriminant, discriminant};

    use serde_json::Value as Json;

    use super::*;

    fn columns(row: &impl Serialize) -> Vec<(String, Discriminant<Json>)> {
        let Json::Object(fields) = serde_json::to_value(row).unwrap() else { panic!("no row") };
        let mut found: Vec<_> =
            fields.iter().map(|(name, value)| (name.clone(), discriminant(value))).collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    #[test]
    fn questions_and_designs_have_the_same_columns_with_the_same_types() {
        let text = String::new;
        let qa = RepoQa {
            file: text(),
            code: text(),
            function_name: text(),
            question: text(),
            answer: text(),
            trace: vec![text()],
            id: text(),
            kind: RepoQuestion::Callers,
            lang: TextLanguage::English,
            context: text(),
            messages: Vec::new(),
            files: vec![text()],
            added: Vec::new(),
            executions: Vec::new(),
            requirement: text(),
            design: text(),
            provenance: RepoProvenance::default(),
        };
        let design = RepoDesign {
            requirement: text(),
            design: text(),
            trace: vec![text()],
            id: text(),
            kind: RepoRequirement::Given,
            lang: TextLanguage::Chinese,
            context: text(),
            messages: Vec::new(),
            files: vec![text()],
            added: vec!["a".into()],
            executions: Vec::new(),
            file: text(),
            code: text(),
            function_name: text(),
            question: text(),
            answer: text(),
            provenance: RepoProvenance::default(),
        };
        assert_eq!(columns(&qa), columns(&design));
        let json = serde_json::to_value(&design).unwrap();
        assert_eq!((&json["added"], &json["executions"]), (&"[\"a\"]".into(), &"[]".into()));
        assert_eq!(serde_json::from_value::<RepoDesign>(json).unwrap(), design);
    }

    #[test]
    fn the_first_message_shows_the_context_before_the_question() {
        assert_eq!(first_message("", "Who?"), "Who?");
        assert_eq!(first_message("`a.py`:\n", "Who?"), "`a.py`:\n\nWho?");
    }
}
