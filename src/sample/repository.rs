//! Questions about a repository and designs for it: what its index and executions of its functions show.
//!
//! Invariant: every row has every field, each of one type, and names the state of the files that it speaks of.

use serde::{Deserialize, Serialize};

use super::SampleCase;
use super::turn::ChatMessage;
use crate::named::named_enum;
use crate::schema::{Row, RowSchema};

named_enum! {
    /// What a question about a repository asks for.
    pub enum RepoQuestion {
        /// What a call returns, raises or prints.
        CallResult = "call-result",
        Definition = "definition",
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
        PrintedOutput = "printed-output",
        HealthCheck = "health-check",
        MockedInput = "mocked-input",
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
    pub prompts: String,
}

/// A question about a repository with its answer; the first six fields are those of the reference.
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
    pub messages: Vec<ChatMessage>,
    pub executions: Vec<RepoExecution>,
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
    pub messages: Vec<ChatMessage>,
    /// The files that the design changes or adds.
    pub files: Vec<String>,
    /// What the design adds: symbols, files and endpoints.
    pub adds: Vec<String>,
    pub executions: Vec<RepoExecution>,
    pub provenance: RepoProvenance,
}

impl Row for RepoQa {
    const SCHEMA: RowSchema = RowSchema::new("repo-qa", 1);
}

impl Row for RepoDesign {
    const SCHEMA: RowSchema = RowSchema::new("repo-design", 1);
}
