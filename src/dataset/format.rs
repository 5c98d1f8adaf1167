//! What kind of row a row is.
//!
//! Invariant: a row has the same kind for every reader: the one that its schema states, or else the
//! one whose fields it has, which no other kind has together.

use super::rows::field_names;
use crate::json::{Json, Object};
use crate::sample::preference::{MutantPreference, ProgramPair, TurnPair};
use crate::sample::problem::{CodingProblem, ProblemElsewhere, TranslatedProblem};
use crate::sample::program_pair::JudgedPrograms;
use crate::sample::turn::{Conversation, JudgedTurn};
use crate::sample::{Case2Code, Design, Qa};
use crate::schema::{self, Row, RowSchema};

/// The rows that can be read: our own samples, and those of the common test sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    Case2Code,
    MutantPair,
    Qa,
    Design,
    Turn,
    TurnPair,
    Conversation,
    Programs,
    ProgramPair,
    /// A row of the Case2Code paper's test set.
    Reference,
    HumanEval,
    Mbpp,
    Apps,
    Codeforces,
    CodeContests,
    AutoCodeBench,
    EvalPlus,
    LiveCodeBench,
    VerificationInfo,
    KodCode,
}

impl RowFormat {
    /// The kinds of our own rows, by their schemas.
    const OWN: [(RowSchema, Self); 13] = [
        (Case2Code::SCHEMA, Self::Case2Code),
        // The first version has fields of its own instead of a preference's columns.
        (RowSchema::new("duel", 1), Self::MutantPair),
        (MutantPreference::SCHEMA, Self::MutantPair),
        (Qa::SCHEMA, Self::Qa),
        (Design::SCHEMA, Self::Design),
        (JudgedTurn::SCHEMA, Self::Turn),
        (TurnPair::SCHEMA, Self::TurnPair),
        (Conversation::SCHEMA, Self::Conversation),
        (JudgedPrograms::SCHEMA, Self::Programs),
        (ProgramPair::SCHEMA, Self::ProgramPair),
        // Our own problems have the published fields.
        (CodingProblem::SCHEMA, Self::AutoCodeBench),
        (ProblemElsewhere::SCHEMA, Self::AutoCodeBench),
        (TranslatedProblem::SCHEMA, Self::AutoCodeBench),
    ];

    /// What duels write.
    pub const DUEL: [Self; 5] =
        [Self::Turn, Self::TurnPair, Self::Conversation, Self::Programs, Self::ProgramPair];

    /// The format of a row, if it is one of `wanted`; a row that states a schema of ours which is another or a newer one is an error.
    pub fn of(row: &Object, wanted: &[Self]) -> Result<Option<Self>, String> {
        let own: Vec<_> =
            Self::OWN.into_iter().filter(|(_, format)| wanted.contains(format)).collect();
        let known: Vec<RowSchema> = own.iter().map(|(schema, _)| *schema).collect();
        let stated = schema::of(row.get(schema::FIELD).and_then(Json::as_str), &known)?;
        let own = own.into_iter().find(|(schema, _)| Some(*schema) == stated);
        Ok(own.map(|(_, format)| format).or_else(|| Self::by_fields(row, wanted)))
    }

    fn by_fields(row: &Object, wanted: &[Self]) -> Option<Self> {
        let has = |name: &str| row.get(name).is_some_and(|value| !value.is_null());
        wanted.iter().copied().find(|format| {
            let Fields { all, any } = format.fields();
            all.iter().all(|name| has(name)) && (any.is_empty() || any.iter().any(|name| has(name)))
        })
    }

    /// These formats with their fields, as a message lists them.
    pub fn listed(formats: &[Self]) -> String {
        let described = formats.iter().map(|format| {
            let Fields { all, any } = format.fields();
            let any = any.join(" or ");
            let fields: Vec<&str> = all
                .iter()
                .copied()
                .chain([any.as_str()].into_iter().filter(|any| !any.is_empty()))
                .collect();
            format!("{} ({})", format.name(), fields.join(", "))
        });
        described.collect::<Vec<_>>().join(", ")
    }

    /// Why a row is none of these formats.
    pub fn unknown(row: &Object, what: &str) -> String {
        match row.is_empty() {
            true => "the row has no fields".into(),
            false => format!("the fields {} match no known {what} format", field_names(row)),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Case2Code => "case2code",
            Self::MutantPair => "duel",
            Self::Qa => "qa",
            Self::Design => "design",
            Self::Turn => "duel's turn",
            Self::TurnPair => "duel's preference",
            Self::Conversation => "duel's conversation",
            Self::Programs => "duel's programs",
            Self::ProgramPair => "duel's program preference",
            Self::Reference => "reference case2code",
            Self::HumanEval => "HumanEval",
            Self::Mbpp => "MBPP",
            Self::Apps => "APPS",
            Self::Codeforces => "open-r1/codeforces",
            Self::CodeContests => "CodeContests",
            Self::AutoCodeBench => "AutoCodeBench",
            Self::EvalPlus => "EvalPlus",
            Self::LiveCodeBench => "LiveCodeBench",
            Self::VerificationInfo => "verification_info",
            Self::KodCode => "KodCode",
        }
    }

    fn fields(self) -> Fields {
        let (all, any): (&[&str], &[&str]) = match self {
            Self::Case2Code => (&["program", "entry", "visible_cases", "hidden_cases"], &[]),
            Self::MutantPair => (&["chosen", "rejected", "entry", "evidence"], &[]),
            Self::Qa => (&["code", "function_name", "question"], &[]),
            Self::Design => (&["code", "function_name", "requirement", "design"], &[]),
            Self::Turn => (&["king", "challenger", "assistant", "judgements"], &[]),
            Self::TurnPair => (&["prompt", "chosen", "rejected", "bucket"], &[]),
            Self::Conversation => (&["messages", "score", "bucket"], &[]),
            Self::Programs => (&["king", "challenger", "problem", "decided_by"], &[]),
            Self::ProgramPair => (&["chosen", "rejected", "problem", "decided_by"], &[]),
            Self::Reference => (&["func_name", "code", "example_str", "example_outputs"], &[]),
            Self::HumanEval => (&["prompt", "entry_point", "test"], &[]),
            Self::Mbpp => (&["test_list"], &["text", "prompt", "question"]),
            Self::Apps => (&["question", "input_output"], &[]),
            Self::Codeforces => (&["description", "official_tests"], &[]),
            Self::CodeContests => {
                (&["description"], &["public_tests", "private_tests", "generated_tests"])
            }
            Self::AutoCodeBench => (&["question", "full_test_func"], &[]),
            Self::EvalPlus => {
                (&["prompt", "entry_point", "canonical_solution"], &["base_input", "plus_input"])
            }
            Self::LiveCodeBench => {
                (&["question_content"], &["public_test_cases", "private_test_cases"])
            }
            Self::VerificationInfo => (&["prompt", "verification_info"], &[]),
            Self::KodCode => (&["question", "solution", "test"], &[]),
        };
        Fields { all, any }
    }
}

/// The fields that tell a format: it has all of some, and at least one of others.
struct Fields {
    all: &'static [&'static str],
    any: &'static [&'static str],
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ALL: [RowFormat; 20] = [
        RowFormat::Case2Code,
        RowFormat::MutantPair,
        RowFormat::Qa,
        RowFormat::Design,
        RowFormat::Turn,
        RowFormat::TurnPair,
        RowFormat::Conversation,
        RowFormat::Programs,
        RowFormat::ProgramPair,
        RowFormat::Reference,
        RowFormat::HumanEval,
        RowFormat::Mbpp,
        RowFormat::Apps,
        RowFormat::Codeforces,
        RowFormat::CodeContests,
        RowFormat::AutoCodeBench,
        RowFormat::EvalPlus,
        RowFormat::LiveCodeBench,
        RowFormat::VerificationInfo,
        RowFormat::KodCode,
    ];

    fn of(row: serde_json::Value) -> Result<Option<RowFormat>, String> {
        RowFormat::of(Json::from(row).as_object().unwrap(), &ALL)
    }

    #[test]
    fn a_row_with_a_formats_fields_is_of_that_format_alone() {
        for format in ALL {
            let Fields { all, any } = format.fields();
            let row = all.iter().chain(any.first()).map(|name| ((*name).to_owned(), json!("x")));
            assert_eq!(of(row.collect::<serde_json::Map<_, _>>().into()), Ok(Some(format)));
        }
    }

    #[test]
    fn a_field_without_a_value_tells_nothing() {
        let row = json!({"question": "q", "input_output": null, "full_test_func": "f"});
        assert_eq!(of(row), Ok(Some(RowFormat::AutoCodeBench)));
        assert_eq!(of(json!({})), Ok(None));
    }

    #[test]
    fn a_list_of_formats_names_their_fields() {
        assert_eq!(
            RowFormat::listed(&[RowFormat::Apps, RowFormat::Mbpp]),
            "APPS (question, input_output), MBPP (test_list, text or prompt or question)"
        );
    }

    #[test]
    fn a_row_is_what_its_schema_states_and_an_unknown_one_is_refused() {
        let row = |schema: &str| of(json!({"schema": schema, "test_list": [], "text": "t"}));
        assert_eq!(row("tgsand/qa/1"), Ok(Some(RowFormat::Qa)));
        assert_eq!(row("another"), Ok(Some(RowFormat::Mbpp)));
        assert!(row("tgsand/qa/2").unwrap_err().contains("a newer one is needed"));
        assert!(row("tgsand/rejected/1").unwrap_err().contains("tgsand/case2code/1"));
    }
}
