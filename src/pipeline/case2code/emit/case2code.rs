//! Cases to code: some cases are shown in one notation, the rest stay hidden for judging.

use std::collections::BTreeSet;

use minijinja::context;
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::visible;
use crate::ask::prompt::{Prompt, Prompts};
use crate::cases::notation::{Notation, result_text};
use crate::cases::{Executed, ExecutedCase, Target, shown};
use crate::error::Result;
use crate::fences::fenced;
use crate::python::Module;
use crate::python::given::names_in;
use crate::python::introduced::introductions;
use crate::python::prepared::methods_in;
use crate::sample::{Case2Code, Provenance, SampleCase};
use crate::sandbox::{CallKind, End};

/// Introduces the cases of a sample.
pub const INSTRUCTIONS: Prompt = Prompt {
    path: "case2code/instructions.txt",
    builtin: include_str!("../../../../prompts/case2code/instructions.txt"),
    by_line: true,
    specimen: || context! { entry => "f", kind => "function" },
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
    let mut order: Vec<&ExecutedCase> = executed.cases.iter().collect();
    order.shuffle(rng);
    // About half are shown, and more if they are needed to show what all do.
    let most = order.len().saturating_sub(1).max(1);
    let wanted = rng.random_range(
        MIN_VISIBLE.min(most)..=(2 * order.len()).div_ceil(3).clamp(MIN_VISIBLE.min(most), most),
    );
    let (mut visible, mut hidden) = visible::split(executed, &order, wanted);
    visible::with_two_results(&mut visible, &mut hidden);
    visible::with_two_results_hidden(&mut visible, &mut hidden);
    let stated = |cases: Vec<&ExecutedCase>| -> Vec<SampleCase> {
        cases.into_iter().map(|case| SampleCase::new(&case.arguments, &case.result)).collect()
    };
    let (cases, hidden_cases) = (stated(visible), stated(hidden));
    let entry = &executed.target.entry;
    let program = &executed.target.program;
    Ok(Case2Code {
        id: id.into(),
        prompt: prompt(&executed.target, &cases, prompts, rng)?,
        completion: fenced(program),
        entry: entry.clone(),
        program: program.clone(),
        visible_cases: cases,
        hidden_cases,
        provenance: provenance.clone(),
    })
}

/// Says what the names are that the cases have in them, if the program binds them, and how the object of a method is made.
fn introduced(target: &Target, cases: &[SampleCase]) -> String {
    let Ok(module) = Module::parse(&target.program) else { return String::new() };
    let mut names: BTreeSet<String> = BTreeSet::new();
    for case in cases {
        names.extend(names_in(&case.arguments));
        names.extend(methods_in(&case.arguments));
        if matches!(case.end, End::Returned { .. }) {
            names.extend(names_in(&result_text(&case.end)));
        }
    }
    if let Some((class, _)) = target.entry.split_once('.') {
        names.insert(class.to_owned());
    }
    names.remove(&target.entry);
    introductions(&module, &names).iter().map(|sentence| format!(" {sentence}")).collect()
}

fn prompt(
    target: &Target,
    cases: &[SampleCase],
    prompts: &Prompts,
    rng: &mut ChaCha8Rng,
) -> Result<String> {
    let entry = target.entry.as_str();
    let pick = |count| (0..count).collect::<Vec<usize>>().choose(rng).copied().unwrap_or_default();
    let kind = match entry.contains('.') {
        true if cases.iter().any(|case| case.kind == Some(CallKind::Property)) => "property",
        true => "method",
        false => "function",
    };
    let values = context! { entry => entry, kind => kind };
    let instruction = prompts.render_line(&INSTRUCTIONS, pick, values)?;
    let instruction = format!("{instruction}{}", introduced(target, cases));
    // Only a call shows that its result is awaited or listed.
    let shows_calls = |notation: &Notation| *notation != Notation::InputOutput;
    let notations: Vec<Notation> =
        match entry.contains('.') || cases.iter().any(|case| case.kind.is_some()) {
            true => Notation::ALL.into_iter().filter(shows_calls).collect(),
            false => Notation::ALL.into(),
        };
    let notation = notations[rng.random_range(0..notations.len())];
    Ok(shown::prompt(&instruction, notation, entry, cases))
}
