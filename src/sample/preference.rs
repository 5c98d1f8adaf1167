//! Preferences: a prompt with a better and a worse reply, as every command of this program writes them.
//!
//! Invariant: all of them have the same columns with the same types, so that a loader reads any of them together.

use serde::{Deserialize, Serialize};

use super::problem::CodingProblem;
use super::program_pair::DecidedBy;
use super::turn::{Bucket, ChatMessage, DuelProvenance};
use super::{Evidence, MutantPair, Mutation, Provenance, SampleCase};
use crate::record::Lineage;
use crate::schema::{Row, RowSchema};

/// The columns of a preference, in the conversational form of trainers; a column that says nothing of its kind is empty or 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preference {
    pub id: String,
    pub prompt: Vec<ChatMessage>,
    pub chosen: Vec<ChatMessage>,
    pub rejected: Vec<ChatMessage>,
    /// That of the chosen reply, from 0 to 100; earlier versions did not write it for programs.
    #[serde(default)]
    pub score: Option<f64>,
    /// The name of the score's bucket; empty below all that turns are exported from.
    #[serde(default)]
    pub bucket: String,
    /// The problem with its tests, as JSON text.
    #[serde(default)]
    pub problem: String,
    #[serde(default)]
    pub tests: u64,
    #[serde(default)]
    pub chosen_passes: u64,
    #[serde(default)]
    pub rejected_passes: u64,
    #[serde(default = "judges")]
    pub decided_by: DecidedBy,
    /// What shows that the rejected reply is worse, as JSON text.
    #[serde(default)]
    pub evidence: String,
    pub provenance: PreferenceProvenance,
}

/// Where a preference comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreferenceProvenance {
    pub tgsand: String,
    pub source: Lineage,
    pub seed: u64,
    /// The contestants of a duel; empty without one.
    pub king: String,
    pub challenger: String,
    /// What the programs ran under and who proposed their cases, as JSON text; empty in rows of a duel.
    #[serde(default)]
    pub execution: String,
}

fn judges() -> DecidedBy {
    DecidedBy::Judges
}

/// A conversation with a better and a worse turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TurnPair(pub Preference);

/// A problem with a better and a worse program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProgramPair(pub Preference);

/// The row of a program and a faulty variant of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MutantPreference(pub Preference);

/// The row of a right and a wrong answer of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AnswerPreference(pub Preference);

impl Row for TurnPair {
    const SCHEMA: RowSchema = RowSchema::new("turn-pair", 1);
}

impl Row for ProgramPair {
    const SCHEMA: RowSchema = RowSchema::new("program-pair", 1);
}

impl Row for MutantPreference {
    const SCHEMA: RowSchema = RowSchema::new("duel", 2);
}

impl Row for AnswerPreference {
    const SCHEMA: RowSchema = RowSchema::new("preference", 2);
}

impl Preference {
    /// The name of the bucket of a winner's score.
    pub fn bucket_of(score: f64) -> &'static str {
        match Bucket::of(score) {
            bucket @ (Bucket::Final | Bucket::Refined) => bucket.name(),
            Bucket::Defeat => "",
        }
    }
}

impl From<DuelProvenance> for PreferenceProvenance {
    fn from(provenance: DuelProvenance) -> Self {
        let DuelProvenance { tgsand, source, seed, king, challenger } = provenance;
        Self { tgsand, source, seed, king, challenger, execution: String::new() }
    }
}

impl From<Provenance> for PreferenceProvenance {
    fn from(provenance: Provenance) -> Self {
        let mut fields = serde_json::to_value(&provenance).expect("a provenance is plain data");
        if let Some(fields) = fields.as_object_mut() {
            fields.retain(|name, _| !["tgsand", "source", "seed"].contains(&name.as_str()));
        }
        let Provenance { tgsand, source, seed, .. } = provenance;
        let (king, challenger) = (String::new(), String::new());
        Self { tgsand, source, seed, king, challenger, execution: fields.to_string() }
    }
}

impl TryFrom<PreferenceProvenance> for Provenance {
    type Error = String;

    fn try_from(provenance: PreferenceProvenance) -> Result<Self, String> {
        let PreferenceProvenance { tgsand, source, seed, execution, .. } = provenance;
        let unreadable = |error| format!("`provenance.execution` cannot be read: {error}");
        let mut fields: serde_json::Value = serde_json::from_str(&execution).map_err(unreadable)?;
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("tgsand".into(), tgsand.into());
            fields.insert("source".into(), serde_json::json!(source));
            fields.insert("seed".into(), seed.into());
        }
        serde_json::from_value(fields).map_err(unreadable)
    }
}

/// The score of a program or an answer that its tests prefer.
const WON: f64 = 100.0;

/// What shows that a variant is worse.
#[derive(Serialize, Deserialize)]
struct VariantEvidence {
    entry: String,
    mutation: Mutation,
    expected: SampleCase,
    got: SampleCase,
}

impl From<MutantPair> for MutantPreference {
    fn from(pair: MutantPair) -> Self {
        let MutantPair { id, prompt, chosen, rejected, entry, mutation, evidence, provenance } =
            pair;
        let Evidence { expected, got, failing: (failing, cases) } = evidence;
        let evidence = VariantEvidence { entry, mutation, expected, got };
        Self(Preference {
            id,
            prompt: vec![ChatMessage::user(&prompt)],
            chosen: vec![ChatMessage::assistant(&chosen)],
            rejected: vec![ChatMessage::assistant(&rejected)],
            score: Some(WON),
            bucket: Preference::bucket_of(WON).into(),
            problem: String::new(),
            tests: cases as u64,
            chosen_passes: cases as u64,
            rejected_passes: cases.saturating_sub(failing) as u64,
            decided_by: DecidedBy::Execution,
            evidence: serde_json::to_string(&evidence).expect("evidence is plain data"),
            provenance: provenance.into(),
        })
    }
}

impl TryFrom<MutantPreference> for MutantPair {
    type Error = String;

    fn try_from(MutantPreference(row): MutantPreference) -> Result<Self, String> {
        let evidence: VariantEvidence = serde_json::from_str(&row.evidence)
            .map_err(|error| format!("`evidence` cannot be read: {error}"))?;
        let VariantEvidence { entry, mutation, expected, got } = evidence;
        let is_decided = row.score == Some(WON)
            && row.bucket == Preference::bucket_of(WON)
            && row.decided_by == DecidedBy::Execution
            && row.chosen_passes == row.tests
            && row.problem.is_empty();
        if !is_decided {
            return Err("a program that its variant differs from passes all cases, and has no other problem".into());
        }
        let failing = row.tests.checked_sub(row.rejected_passes);
        let failing = failing.ok_or("the rejected program passes more cases than there are")?;
        let counts = (usize::try_from(failing), usize::try_from(row.tests));
        let (Ok(failing), Ok(cases)) = counts else { return Err("too many cases".into()) };
        Ok(Self {
            id: row.id,
            prompt: only(row.prompt, "user", "`prompt`")?,
            chosen: only(row.chosen, "assistant", "`chosen`")?,
            rejected: only(row.rejected, "assistant", "`rejected`")?,
            entry,
            mutation,
            evidence: Evidence { expected, got, failing: (failing, cases) },
            provenance: row.provenance.try_into()?,
        })
    }
}

/// The text of the one message of a role.
fn only(messages: Vec<ChatMessage>, role: &str, column: &str) -> Result<String, String> {
    match <[ChatMessage; 1]>::try_from(messages) {
        Ok([message]) if message.role == role => Ok(message.content),
        Ok(_) | Err(_) => Err(format!("{column} is not one message of the {role}")),
    }
}

/// What decides between two programs for a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramEvidence {
    /// The first test that the rejected program fails, in one line.
    pub failure: String,
}

impl ProgramEvidence {
    /// As the text of a column; empty if no test fails.
    pub fn column(failure: &str) -> String {
        let evidence = Self { failure: failure.to_owned() };
        let text = || serde_json::to_string(&evidence).expect("evidence is plain data");
        if failure.is_empty() { String::new() } else { text() }
    }

    /// The failing test that a column states; empty if it states none.
    pub fn failure_in(column: &str) -> Result<String, serde_json::Error> {
        match column {
            "" => Ok(String::new()),
            text => serde_json::from_str(text).map(|Self { failure }| failure),
        }
    }
}

/// A right and a wrong answer of one model to a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerPair {
    pub id: String,
    pub prompt: String,
    pub chosen: String,
    pub rejected: String,
    pub evidence: AnswerEvidence,
}

/// What shows that an answer is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnswerEvidence {
    /// The program in the rejected answer, and why it fails.
    pub rejected_code: String,
    pub failure: String,
    /// The model that gave both answers.
    pub model: String,
}

/// The problem that answers are for, in the published fields that its test needs.
#[derive(Serialize)]
struct Tested<'a> {
    id: &'a str,
    question: &'a str,
    canonical_solution: &'a str,
    full_test_func: &'a str,
    language: &'a str,
}

impl AnswerPreference {
    /// The row of two answers to a problem, whose full test is one script.
    pub fn new(pair: AnswerPair, problem: &CodingProblem) -> Self {
        let AnswerPair { id, prompt, chosen, rejected, evidence } = pair;
        let CodingProblem {
            id: of, question, canonical_solution, full_test_func, language, ..
        } = problem;
        let tested = Tested { id: of, question, canonical_solution, full_test_func, language };
        Self(Preference {
            id,
            prompt: vec![ChatMessage::user(&prompt)],
            chosen: vec![ChatMessage::assistant(&chosen)],
            rejected: vec![ChatMessage::assistant(&rejected)],
            score: Some(WON),
            bucket: Preference::bucket_of(WON).into(),
            problem: serde_json::to_string(&tested).expect("a problem is plain data"),
            tests: 1,
            chosen_passes: 1,
            rejected_passes: 0,
            decided_by: DecidedBy::Execution,
            evidence: serde_json::to_string(&evidence).expect("evidence is plain data"),
            provenance: problem.provenance.clone().into(),
        })
    }
}
