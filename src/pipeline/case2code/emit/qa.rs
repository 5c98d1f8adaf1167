//! Questions that execution has answered: what a call gives, which call gives it, which way it goes.

use std::collections::BTreeSet;

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Emit;
use crate::cases::notation::result_text;
use crate::cases::question::{Question, TracedCall};
use crate::cases::{Executed, ExecutedCase};
use crate::error::Result;
use crate::python::given;
use crate::record::Record;
use crate::sample::{Provenance, Qa, QuestionKind, SampleCase, text};
use crate::sandbox::value::Value;
use crate::sandbox::{CaseResult, End, Job, Observe, Step, steps};

/// A longer trace teaches no more and reads badly.
const MAX_TRACE: usize = 50;
/// A run that is longer than this is not folded into a shorter trace.
const MAX_STEPS: usize = 300;
/// What runs through fewer steps needs no prediction, and no search for its arguments.
const MIN_PREDICTED: usize = 4;
/// A call and one statement leave nothing to explain.
const MIN_EXPLAINED: usize = 3;

/// Steps of a call that calls other functions of the program; with fewer, those would have all the steps worth telling.
const MIN_STEPS: usize = 3;

/// Characters of a value that somebody may come upon by trying.
const MAX_GUESSED: usize = 16;

/// Tracing is slow; a few cases are enough to choose from.
const MAX_TRACED: usize = 5;

/// Makes the questions about a function: at most one of each kind.
pub async fn samples(
    emit: &Emit<'_>,
    input: &Record<Executed>,
    provenance: &Provenance,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<Qa>> {
    let executed = &input.body;
    let traced = trace(emit, executed).await?;
    let writer = Writer { id: &input.id, file: &input.lineage.file, executed, provenance };
    let mut samples = Vec::new();
    let returned: Vec<&Traced> =
        traced.iter().filter(|t| matches!(t.case.result.end, End::Returned { .. })).collect();
    // Each question is about a case of its own: a trace that was shown answers the next one.
    let mut used: Vec<&str> = Vec::new();
    // The case that takes the most branches is the one worth predicting.
    let winding = returned
        .iter()
        .filter(|traced| says_something(traced.case))
        .max_by_key(|t| (branches(t.case), std::cmp::Reverse(t.case.arguments.len())));
    if let Some(traced) = winding
        && let Some(qa) = writer.qa(QuestionKind::PredictOutput, traced)
    {
        used.push(&traced.case.arguments);
        samples.push(qa);
    }
    let mut telling: Vec<&&Traced> = returned
        .iter()
        .filter(|t| is_telling(t.case, &executed.cases) && !used.contains(&&*t.case.arguments))
        .collect();
    telling.shuffle(rng);
    let found = telling
        .iter()
        .filter(|traced| is_derivable(&executed.target.program, &traced.stated))
        .find_map(|traced| Some((traced, writer.qa(QuestionKind::FindInput, traced)?)));
    if let Some((traced, qa)) = found {
        used.push(&traced.case.arguments);
        samples.push(qa);
    }
    // Which guard raised is one question among others.
    let raising = traced.iter().filter(|t| matches!(t.stated.end, End::Raised(_)));
    let mut explaining: Vec<&Traced> = returned.clone();
    let place = if rng.random_bool(0.4) { 0 } else { explaining.len() };
    explaining.splice(place..place, raising);
    samples.extend(
        explaining
            .into_iter()
            .filter(|traced| !used.contains(&&*traced.case.arguments))
            .find_map(|traced| writer.qa(QuestionKind::ExplainBranch, traced)),
    );
    Ok(samples)
}

/// A case with its line trace.
struct Traced<'a> {
    case: &'a ExecutedCase,
    /// What a sample states of the case.
    stated: SampleCase,
    /// The steps of the call itself.
    own: Vec<Step>,
    /// Those and the steps of what it calls, if they are few enough to follow.
    followed: Option<Vec<Step>>,
    /// Whether it calls functions of the program, itself among them.
    calls: Calls,
}

/// Which functions of the program a call calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Calls {
    None,
    Others,
    Itself,
}

/// Runs the most telling cases again under a line trace; one that comes out otherwise or runs too long is left out.
async fn trace<'a>(emit: &Emit<'_>, executed: &'a Executed) -> Result<Vec<Traced<'a>>> {
    let is_raising = |case: &&ExecutedCase| matches!(case.result.end, End::Raised(_));
    let mut cases: Vec<&ExecutedCase> =
        executed.cases.iter().filter(|case| !is_raising(case)).collect();
    cases.sort_by_key(|case| std::cmp::Reverse(branches(case)));
    cases.truncate(MAX_TRACED - 1);
    cases.extend(executed.cases.iter().find(is_raising));
    let job = Job {
        code: executed.target.program.clone(),
        entry: Some(executed.target.entry.clone()),
        cases: cases.iter().map(|case| crate::cases::run::case(&case.arguments)).collect(),
        limits: emit.limits,
        observe: vec![Observe::Steps, Observe::Mutations],
        ..Job::default()
    };
    let execution = emit.sandbox.submit(job).await?;
    let is_good = |case: &ExecutedCase, got: &CaseResult| {
        case.result.same_outcome(got) && !got.nondeterministic && !got.steps_cut
    };
    let entry = executed.target.entry.rsplit('.').next().unwrap_or_default();
    let pairs = cases.into_iter().zip(execution.cases);
    Ok(pairs
        .filter(|(case, got)| is_good(case, got))
        .filter_map(|(case, got)| traced(case, &got.steps, entry, emit.frames))
        .collect())
}

/// A case with the steps of the call itself, and with those of the calls that it makes if these are `frames` at most; `None` if its own
/// are too many to read, or say nothing.
fn traced<'a>(
    case: &'a ExecutedCase,
    all: &[Step],
    entry: &str,
    frames: usize,
) -> Option<Traced<'a>> {
    let frame = all.iter().find(|step| step.function == entry)?.frame;
    let within = steps::within(all, frame);
    let own: Vec<Step> = within.iter().filter(|step| step.frame == frame).cloned().collect();
    let called = || within.iter().filter(|step| step.frame != frame && !step.is_nameless());
    let count = called().map(|step| step.frame).collect::<BTreeSet<u32>>().len();
    let calls = match count {
        0 => Calls::None,
        _ if called().any(|step| step.function == entry) => Calls::Itself,
        _ => Calls::Others,
    };
    let is_followed = (1..=frames).contains(&count) && within.len() <= MAX_STEPS;
    let least = if count == 0 || is_followed { 1 } else { MIN_STEPS };
    let stated = SampleCase::new(&case.arguments, &case.result);
    let followed = is_followed.then_some(within);
    (least..=MAX_STEPS).contains(&own.len()).then_some(Traced {
        case,
        stated,
        own,
        followed,
        calls,
    })
}

fn branches(case: &ExecutedCase) -> usize {
    case.result.coverage.as_ref().map_or(0, |coverage| coverage.branches.len())
}

/// Whether a result says something, and no other case gives it.
fn is_telling(case: &ExecutedCase, cases: &[ExecutedCase]) -> bool {
    let is_bool = matches!(&case.result.end, End::Returned { value: Value::Bool(_), .. });
    says_something(case)
        && !is_bool
        && cases.iter().filter(|other| other.result.end == case.result.end).count() == 1
}

/// Whether somebody who knows the result could come upon the arguments: long texts and numbers stand in the result or the program.
fn is_derivable(program: &str, case: &SampleCase) -> bool {
    let result = result_text(&case.end);
    let Some(call) = given::arguments(&case.arguments) else { return false };
    let values = call.args.iter().chain(call.kwargs.iter().map(|(_, value)| value));
    values.flat_map(Value::walk).all(|value| {
        let text = match value {
            Value::Str(text) => text.as_str(),
            Value::Int(digits) => digits.as_str(),
            Value::Opaque(_, source) => source.as_str(),
            _ => return true,
        };
        text.len() <= MAX_GUESSED || result.contains(text) || program.contains(text)
    })
}

/// Whether a call returns something that is not empty.
fn says_something(case: &ExecutedCase) -> bool {
    let End::Returned { value, .. } = &case.result.end else { return false };
    !match value {
        Value::None => true,
        Value::Str(text) => text.is_empty(),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => items.is_empty(),
        Value::Dict(entries) => entries.is_empty(),
        _ => false,
    }
}

/// Writes the samples of one function.
struct Writer<'a> {
    id: &'a str,
    file: &'a str,
    executed: &'a Executed,
    provenance: &'a Provenance,
}

impl Writer<'_> {
    /// Makes the sample of a kind, following the functions that the call calls if that is not too long to read; `None` if the call
    /// does not answer its question.
    fn qa(&self, kind: QuestionKind, traced: &Traced<'_>) -> Option<Qa> {
        // What the functions do that a call leaves its result to has to be told; so have the decisions of all calls of one function.
        let is_told_by_own = match (kind, traced.calls) {
            (_, Calls::None) | (QuestionKind::FreeText, _) => true,
            (QuestionKind::ExplainBranch, calls) => calls == Calls::Others,
            (QuestionKind::PredictOutput | QuestionKind::FindInput, _) => false,
        };
        let own = Some(&traced.own).filter(|_| is_told_by_own);
        let mut ways = traced.followed.iter().chain(own);
        ways.find_map(|steps| self.qa_of(kind, traced, steps))
    }

    fn qa_of(&self, kind: QuestionKind, traced: &Traced<'_>, steps: &[Step]) -> Option<Qa> {
        let target = &self.executed.target;
        let call = TracedCall {
            program: &target.program,
            entry: &target.entry,
            case: &traced.stated,
            steps,
        };
        let is_of_result = matches!(kind, QuestionKind::PredictOutput | QuestionKind::FindInput);
        if is_of_result && call.leaves_result_to_another() {
            return None;
        }
        let Question { question, answer } = call.question(kind)?;
        let trace = call.trace(kind);
        let least = match kind {
            QuestionKind::PredictOutput | QuestionKind::FindInput => MIN_PREDICTED,
            QuestionKind::ExplainBranch => MIN_EXPLAINED,
            QuestionKind::FreeText => 0,
        };
        if !(least..=MAX_TRACE).contains(&trace.len()) {
            return None;
        }
        let suffix = match kind {
            QuestionKind::PredictOutput => "predict",
            QuestionKind::FindInput => "find",
            QuestionKind::ExplainBranch => "explain",
            QuestionKind::FreeText => "text",
        };
        Some(Qa {
            id: format!("{}/{suffix}", self.id),
            kind,
            prompt: text::prompt(&target.program, &question),
            completion: text::completion(&trace, &answer),
            file: self.file.to_owned(),
            code: target.program.clone(),
            function_name: target.entry.clone(),
            question,
            answer,
            trace,
            check: Some(traced.stated.clone()),
            steps: steps.to_vec(),
            claims: Vec::new(),
            provenance: self.provenance.clone(),
        })
    }
}
