//! Cases to code: some cases are shown in one notation, the rest stay hidden for judging.

use minijinja::context;
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::ask::prompt::{Prompt, Prompts};
use crate::cases::notation::{Notation, result_text};
use crate::cases::{Executed, shown};
use crate::error::Result;
use crate::fences::fenced;
use crate::sample::{Case2Code, Provenance, SampleCase};

/// Introduces the cases of a sample.
pub const INSTRUCTIONS: Prompt = Prompt {
    path: "case2code/instructions.txt",
    builtin: include_str!("../../../../prompts/case2code/instructions.txt"),
    by_line: true,
    specimen: || context! { entry => "f" },
};

/// Fewer visible cases than this leave too much open.
const MIN_VISIBLE: usize = 3;

/// Makes the case2code sample of a function.
pub fn sample(
    id: &str,
    executed: &Executed,
    provenance: &Provenance,
    prompts: &Prompts,
    rng: &mut ChaCha8Rng,
) -> Result<Case2Code> {
    let mut cases: Vec<SampleCase> =
        executed.cases.iter().map(|case| SampleCase::new(&case.arguments, &case.result)).collect();
    cases.shuffle(rng);
    // About two thirds are shown, and one at least is hidden wherever two are to be had.
    let most = cases.len().saturating_sub(1).max(1);
    let visible = rng.random_range(
        MIN_VISIBLE.min(most)..=(2 * cases.len()).div_ceil(3).clamp(MIN_VISIBLE.min(most), most),
    );
    // Examples that all give the same result say little: one that gives another takes the last place.
    let is_other = |case: &SampleCase| result_text(&case.end) != result_text(&cases[0].end);
    if let Some(other) = cases.iter().position(is_other).filter(|&other| other >= visible) {
        cases.swap(other, visible - 1);
    }
    let hidden_cases = cases.split_off(visible);
    let entry = &executed.target.entry;
    let program = &executed.target.program;
    Ok(Case2Code {
        id: id.into(),
        prompt: prompt(entry, &cases, prompts, rng)?,
        completion: fenced(program),
        entry: entry.clone(),
        program: program.clone(),
        visible_cases: cases,
        hidden_cases,
        provenance: provenance.clone(),
    })
}

fn prompt(
    entry: &str,
    cases: &[SampleCase],
    prompts: &Prompts,
    rng: &mut ChaCha8Rng,
) -> Result<String> {
    let pick = |count| (0..count).collect::<Vec<usize>>().choose(rng).copied().unwrap_or_default();
    let instruction = prompts.render_line(&INSTRUCTIONS, pick, context! { entry => entry })?;
    // Only a call shows that its result is awaited or listed.
    let shows_calls = |notation: &Notation| *notation != Notation::InputOutput;
    let notations: Vec<Notation> = match cases.iter().any(|case| case.kind.is_some()) {
        true => Notation::ALL.into_iter().filter(shows_calls).collect(),
        false => Notation::ALL.into(),
    };
    let notation = notations[rng.random_range(0..notations.len())];
    Ok(shown::prompt(&instruction, notation, entry, cases))
}
