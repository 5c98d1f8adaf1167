//! A row on its way through the techniques, and the row that is written of it.
//!
//! Invariant: a written row has the fields of the row that it was made from, in their order, and then ours; each of ours has one type in
//! all rows.

use serde::{Deserialize, Serialize};

use crate::ask::prompt::Prompts;
use crate::dataset::programs::ProgramRow;
use crate::json::{self, Json, Object, Text};
use crate::lint::Finding;
use crate::named::named_enum;
use crate::outcome::{Reason, Rejection};

named_enum! {
    /// What is done to a set.
    pub enum Technique {
        /// Augments: adds programs that do the same.
        Augment = "aug",
        /// Cleans: drops programs with findings.
        Clean = "cle",
        /// Refactors: replaces a program by a tidier one that does the same.
        Refactor = "ref",
        /// Selects a part of the set.
        Select = "sel",
        /// Synthesizes: adds rows that a model writes.
        Synthesize = "syn",
    }
}

/// The field of a new row that names its task.
pub const TASK_TYPE: &str = "task_type";

/// The field of APPS and TACO that holds inputs and outputs; both sets publish it as JSON in a text.
const CASES: &str = "input_output";

/// The task whose solution is a text.
pub const TEXT: &str = "summary";

/// A row and the program that takes the place of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The row as it was read.
    pub row: String,
    pub program: String,
    /// The id of the row that it was made from.
    pub origin: String,
    /// The techniques that have changed the program, in order.
    pub techniques: Vec<Technique>,
    /// The rules that have changed the program, in order.
    pub rules: Vec<String>,
    /// Whether the solution is a text about a program, which no technique changes, measures or drops.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_text: bool,
    /// What was found in it, if it was cleaned and findings are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<Finding>>,
    /// What it was selected by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// What the last technique has tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<Trial>,
}

/// What an earlier run has written into a row about where its program comes from.
struct Earlier<'r> {
    origin: &'r str,
    technique: &'r str,
    rules: Vec<Json>,
}

impl<'r> Earlier<'r> {
    fn of(row: &'r Object) -> Option<Self> {
        let text = |name| row.get(name).and_then(Json::as_str);
        match json::read(text("rules")?) {
            Ok(Json::List(rules)) => {
                Some(Self { origin: text("origin")?, technique: text("technique")?, rules })
            }
            Ok(_) | Err(_) => None,
        }
    }
}

/// A rule that was tried on a program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub rule: String,
    pub end: TrialEnd,
    /// Why the result was not kept, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

named_enum! {
    /// What came of a rule that was tried.
    pub enum TrialEnd {
        /// Proven to do the same.
        Same = "same",
        /// The text parses to the same tree, so that nothing has to be run.
        SameTree = "same-tree",
        /// A test fails.
        FailsTest = "fails-test",
        /// The tests pass, and a fresh input shows a difference.
        Differs = "differs",
        /// The result does not fit into its row.
        Misplaced = "misplaced",
    }
}

impl TrialEnd {
    /// Whether the rewritten program is kept.
    pub fn is_kept(self) -> bool {
        match self {
            Self::Same | Self::SameTree => true,
            Self::FailsTest | Self::Differs | Self::Misplaced => false,
        }
    }
}

impl Sample {
    /// The row with its own program.
    pub fn read(row: Object, id: &str, prompts: &Prompts) -> Result<Self, Rejection> {
        let found = ProgramRow::read(row, prompts)?;
        let task = found.row.get(TASK_TYPE).and_then(Json::as_str);
        let earlier = Earlier::of(&found.row).map(|earlier| earlier.origin.to_owned());
        Ok(Self {
            is_text: found.problem.is_none() && task == Some(TEXT),
            row: Json::Object(found.row).to_string(),
            program: found.program,
            origin: earlier.unwrap_or_else(|| id.to_owned()),
            techniques: Vec::new(),
            rules: Vec::new(),
            findings: None,
            score: None,
            trials: Vec::new(),
        })
    }

    /// The row, and where it has its program.
    pub fn open(&self, prompts: &Prompts) -> Result<ProgramRow, Rejection> {
        match json::read(&self.row) {
            Ok(Json::Object(row)) => ProgramRow::read(row, prompts),
            Ok(_) | Err(_) => {
                Err(Rejection::new(Reason::UnreadableRecord, "the row is not an object"))
            }
        }
    }

    /// The row as it is written, under an id of its own; only if no row was made from another does a number stay one.
    pub fn written(&self, id: &str, row: &ProgramRow, keeps_numbers: bool) -> Json {
        // What stands around a program that stays is left as it is.
        let is_replaced = self.program != row.program;
        let replaced = is_replaced.then(|| row.with_program(&self.program)).flatten();
        let replaced = replaced.unwrap_or_else(|| row.row.clone());
        let mut fields: Vec<(Text, Json)> = replaced.into_iter().collect();
        let text = |text: &str| Json::Text(text.to_owned().into());
        let mut set = |name: &str, value: Json| match fields
            .iter_mut()
            .find(|(known, _)| known.as_str() == Some(name))
        {
            Some((_, old)) => *old = value,
            None => fields.push((name.to_owned().into(), value)),
        };
        // A column of numbers and texts does not load.
        let is_number = matches!(row.row.get("id"), Some(Json::Int(_) | Json::Float(_)));
        if !(is_number && keeps_numbers) {
            set("id", text(id));
        }
        set("origin", text(&self.origin));
        let earlier = Earlier::of(&row.row);
        let is_ours = earlier.is_some();
        let before = earlier.as_ref().map(|earlier| earlier.technique).filter(|it| !it.is_empty());
        let own = self.techniques.iter().map(|technique| technique.name());
        let techniques: Vec<&str> = before.into_iter().chain(own).collect();
        set("technique", text(&techniques.join("+")));
        // Lists are written as texts: a loader takes an empty one for a column of nulls.
        let own = self.rules.iter().map(|rule| text(rule));
        let rules = earlier.into_iter().flat_map(|it| it.rules).chain(own).collect();
        set("rules", text(&Json::List(rules).to_string()));
        if let Some(score) = self.score {
            set("score", Json::Float(score));
        } else if is_replaced && row.row.get("score").is_some() && is_ours {
            // An earlier run's score is that of another program.
            set("score", Json::Null);
        }
        if let Some(findings) = &self.findings {
            set("findings", text(&serde_json::json!(findings).to_string()));
        }
        // Its lists hold a number here and a text there, and integers of any size: no column can hold them.
        for (name, value) in &mut fields {
            if name.as_str() == Some(CASES) && matches!(value, Json::Object(_)) {
                *value = text(&value.to_string());
            }
        }
        Json::Object(Object::new(fields))
    }
}
