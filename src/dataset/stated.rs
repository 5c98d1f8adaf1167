//! Samples that exist: the programs in them, and what they state that these give.
//!
//! Invariant: nothing of a row is evaluated here; what is no literal is left to the guest. A field that follows from others
//! of the row is what they make it.

mod duel;
mod problem;
mod reference;
mod repository;

use super::format::RowFormat;
use crate::cases::question::TracedCall;
use crate::cases::shown::{self, ShownCase};
use crate::cases::stated::{Expected, FreeText, Stated, StatedCase};
use crate::fences::{self, fenced};
use crate::json::{Json, Object};
use crate::outcome::{Reason, Rejection};
use crate::python::is_dotted_identifier;
use crate::sample::preference::MutantPreference;
use crate::sample::{
    Case2Code, Design, MutantPair, Mutation, Qa, QuestionKind, SampleCase, Text, text,
};
use crate::sandbox::Case;

pub use reference::reference;
pub use repository::{AboutRepository, about_repository};

/// The formats that state what calls give.
const SAMPLES: [RowFormat; 11] = [
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
    RowFormat::AutoCodeBench,
];

/// Places where an edit of a program may begin, as in one of many equal letters.
const MAX_PLACES: usize = 1000;

/// Reads what a row states, in our own formats or the reference's.
pub fn stated(row: &Object) -> Result<Vec<Stated>, Rejection> {
    let unreadable = |message| Rejection::new(Reason::UnreadableRecord, message);
    let format = RowFormat::of(row, &SAMPLES).map_err(unreadable)?;
    match format {
        Some(RowFormat::Case2Code) => Ok(vec![case2code(row.typed().map_err(unreadable)?)?]),
        Some(RowFormat::MutantPair) => mutant_pair(&written_pair(row).map_err(unreadable)?),
        Some(RowFormat::Qa) => Ok(vec![qa(row.typed().map_err(unreadable)?)?]),
        Some(RowFormat::Design) => Ok(vec![design(row.typed().map_err(unreadable)?)?]),
        Some(RowFormat::Turn) => duel::turn(&row.typed().map_err(unreadable)?),
        Some(RowFormat::TurnPair) => duel::turn_pair(&row.typed().map_err(unreadable)?),
        Some(RowFormat::Conversation) => duel::conversation(&row.typed().map_err(unreadable)?),
        Some(RowFormat::Programs) => duel::programs(row.typed().map_err(unreadable)?),
        Some(RowFormat::ProgramPair) => duel::program_pair(row.typed().map_err(unreadable)?),
        Some(RowFormat::Reference) => Ok(vec![reference(row).map_err(unreadable)?]),
        Some(RowFormat::AutoCodeBench) => Ok(vec![problem::problem(row)?]),
        Some(_) | None => Err(unreadable(RowFormat::unknown(row, "sample"))),
    }
}

/// The formats of samples with their fields, as a message lists them.
pub fn known_formats() -> String {
    RowFormat::listed(&SAMPLES)
}

/// Rejects a row unless a field is what the row's other fields make it.
fn require(holds: bool, contradiction: &str) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(contradictory(contradiction)) }
}

fn contradictory(contradiction: &str) -> Rejection {
    Rejection::new(Reason::Contradictory, contradiction)
}

fn case2code(sample: Case2Code) -> Result<Stated, Rejection> {
    require(sample.completion == fenced(&sample.program), "the completion is not the program")?;
    require(
        shown::shows(&sample.prompt, &sample.entry, &sample.visible_cases),
        "the prompt does not show the visible cases",
    )?;
    let cases = sample.visible_cases.into_iter().chain(sample.hidden_cases).map(own_case).collect();
    Ok(Stated::new(sample.program, sample.entry, cases))
}

/// A pair of programs in the columns of preferences, or in the fields of its first version.
pub fn written_pair(row: &Object) -> Result<MutantPair, String> {
    match row.get("prompt") {
        Some(Json::Text(_)) => row.typed(),
        _ => row.typed::<MutantPreference>()?.try_into(),
    }
}

fn mutant_pair(sample: &MutantPair) -> Result<Vec<Stated>, Rejection> {
    let evidence = &sample.evidence;
    let side = |text: &str, case: &SampleCase, shown: Vec<ShownCase>| {
        let blocks = fences::blocks(text);
        let program = blocks.first().map_or("", |block| block.content).to_owned();
        require(fenced(&program) == text, "a side of the duel is not a fenced program alone")?;
        Ok(Stated {
            shown,
            ..Stated::new(program, sample.entry.clone(), vec![own_case(case.clone())])
        })
    };
    let shown = shown::read(&sample.prompt, &sample.entry)
        .ok_or_else(|| contradictory("the prompt shows a text that is not a case"))?;
    require(
        shown.iter().any(|case| case.arguments == evidence.expected.arguments),
        "the prompt does not show the call that decides the duel",
    )?;
    require(evidence.differs(), "the evidence shows no difference between the two sides")?;
    let (failing, all) = evidence.failing;
    require(
        (1..=all).contains(&failing),
        "the evidence counts more failing cases than cases, or none",
    )?;
    let chosen = side(&sample.chosen, &evidence.expected, shown)?;
    let rejected = side(&sample.rejected, &evidence.got, Vec::new())?;
    require(
        is_edit(&sample.mutation, &chosen.program, &rejected.program),
        "the mutation does not make the rejected program from the chosen one",
    )?;
    Ok(vec![chosen, rejected])
}

/// Whether one program becomes the other by the edit, on its line.
fn is_edit(mutation: &Mutation, from: &str, to: &str) -> bool {
    let Mutation { line, original, replacement, .. } = mutation;
    let Some(above) = line.checked_sub(1) else { return false };
    let mut lines = from.split_inclusive('\n');
    let start: usize = lines.by_ref().take(above).map(str::len).sum();
    let line = start..start + lines.next().map_or(0, str::len);
    // The edit begins no later than the programs begin to differ, and ends no earlier than they are the same again.
    let pairs = from.bytes().zip(to.bytes());
    let same_start = pairs.take_while(|(a, b)| a == b).count();
    let pairs = from.bytes().rev().zip(to.bytes().rev());
    let same_end = pairs.take_while(|(a, b)| a == b).count();
    let first = (from.len() - same_end).saturating_sub(original.len());
    let makes = |at: &usize| {
        let edited = from.get(*at..).and_then(|rest| rest.strip_prefix(original.as_str()));
        let new = to.get(*at..).and_then(|rest| rest.strip_prefix(replacement.as_str()));
        edited.is_some() && edited == new
    };
    (first..=same_start).filter(|at| line.contains(at)).take(MAX_PLACES).any(|at| makes(&at))
}

fn qa(sample: Qa) -> Result<Stated, Rejection> {
    require(
        sample.prompt == text::prompt(&sample.code, &sample.question),
        "the prompt is not the program and the question",
    )?;
    require(
        sample.completion == text::completion(&sample.trace, &sample.answer),
        "the completion is not the trace and the answer",
    )?;
    if sample.kind == QuestionKind::FreeText {
        require(
            sample.check.is_none() && sample.steps.is_empty(),
            "a free text has claims, not a check with a trace",
        )?;
        let text = sample.text();
        return Ok(free_text(sample.code, sample.function_name, text, sample.claims));
    }
    let Some(check) = sample.check else {
        return Err(contradictory("the question has no check"));
    };
    require(sample.claims.is_empty(), "a question with a check has no claims")?;
    let call = TracedCall {
        program: &sample.code,
        entry: &sample.function_name,
        case: &check,
        steps: &sample.steps,
    };
    require(sample.trace == call.trace(sample.kind), "the trace is not that of the steps")?;
    let written = call.question(sample.kind);
    let written = written.ok_or_else(|| contradictory("the steps do not answer the question"))?;
    require(sample.question == written.question, "the question is not about the checked call")?;
    require(sample.answer == written.answer, "the answer is not that of the checked call")?;
    let steps = Some(sample.steps);
    Ok(Stated { steps, ..Stated::new(sample.code, sample.function_name, vec![own_case(check)]) })
}

fn design(sample: Design) -> Result<Stated, Rejection> {
    require(
        sample.prompt == text::prompt(&sample.code, &sample.requirement),
        "the prompt is not the program and the requirement",
    )?;
    require(
        sample.completion == text::completion(&sample.trace, &sample.design),
        "the completion is not the trace and the design",
    )?;
    require(
        sample.adds.iter().all(|name| is_dotted_identifier(name)),
        "a name that the design adds is not an identifier",
    )?;
    let text = sample.text();
    Ok(free_text(sample.code, sample.function_name, text, sample.claims))
}

fn free_text(program: String, entry: String, text: Text, claims: Vec<SampleCase>) -> Stated {
    let cases = claims.iter().cloned().map(own_case).collect();
    Stated { text: Some(FreeText { text, claims }), ..Stated::new(program, entry, cases) }
}

pub fn own_case(case: SampleCase) -> StatedCase {
    StatedCase {
        case: Case::call(&case.arguments),
        shown: case.arguments.clone(),
        expected: Expected::Outcome(Box::new(case)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Json;

    #[test]
    fn an_unknown_row_is_told_its_fields() {
        let row = serde_json::json!({"text": "x", "id": 1});
        assert_eq!(
            stated(Json::from(row).as_object().unwrap()).unwrap_err().detail,
            "the fields text, id match no known sample format"
        );
        assert!(known_formats().contains("example_outputs"));
    }

    #[test]
    fn an_edit_is_made_on_its_line_alone() {
        let edit = |line, original: &str, replacement: &str| Mutation {
            operator: "integer".into(),
            line,
            original: original.into(),
            replacement: replacement.into(),
        };
        let (from, to) = ("a = 1\nb = 1 + 1\n", "a = 1\nb = 1 + 2\n");
        assert!(is_edit(&edit(2, "1", "2"), from, to));
        for wrong in [edit(1, "1", "2"), edit(2, "1", "3"), edit(2, "b", "2"), edit(0, "1", "2")] {
            assert!(!is_edit(&wrong, from, to), "{wrong:?}");
        }
        assert!(is_edit(&edit(2, "é", ""), "a\né\n", "a\n\n"));
        assert!(!is_edit(&edit(2, "1", "1"), from, to));
        assert!(!is_edit(&edit(9, "", ""), "", ""));
    }
}
