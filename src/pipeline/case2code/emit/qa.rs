//! Questions that execution has answered: what a call gives, which call gives it, which way it goes.

use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::Emit;
use crate::cases::notation::{call_text, effects, result_text};
use crate::cases::{Executed, ExecutedCase};
use crate::error::Result;
use crate::fences::fenced;
use crate::record::Record;
use crate::sample::{Provenance, Qa, QuestionKind, SampleCase, text};
use crate::sandbox::value::Value;
use crate::sandbox::{CaseResult, End, Job, Observe, Step};

/// A longer trace teaches no more and reads badly.
const MAX_STEPS: usize = 60;

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
    // The case that takes the most branches is the one worth predicting.
    let winding = returned
        .iter()
        .max_by_key(|t| (branches(t.case), std::cmp::Reverse(t.case.arguments.len())));
    if let Some(traced) = winding {
        samples.push(writer.predict_output(traced));
    }
    let telling: Vec<&&Traced> =
        returned.iter().filter(|t| is_telling(t.case, &executed.cases)).collect();
    if let Some(traced) = telling.choose(rng) {
        samples.push(writer.find_input(traced));
    }
    let raising = traced.iter().find(|t| matches!(t.case.result.end, End::Raised(_)));
    let branching =
        raising.or_else(|| returned.iter().find(|t| writer.decision(&t.steps).is_some()).copied());
    if let Some(sample) = branching.and_then(|traced| writer.explain_branch(traced)) {
        samples.push(sample);
    }
    Ok(samples)
}

/// A case with its line trace.
struct Traced<'a> {
    case: &'a ExecutedCase,
    steps: Vec<Step>,
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
        case.result.same_outcome(got)
            && !got.nondeterministic
            && got.frames == 1
            && !got.steps_cut
            && !got.steps.is_empty()
            && got.steps.len() <= MAX_STEPS
    };
    let pairs = cases.into_iter().zip(execution.cases);
    Ok(pairs
        .filter(|(case, got)| is_good(case, got))
        .map(|(case, got)| Traced { case, steps: got.steps })
        .collect())
}

fn branches(case: &ExecutedCase) -> usize {
    case.result.coverage.as_ref().map_or(0, |coverage| coverage.branches.len())
}

/// Whether a result says something: not empty, and given by no other case.
fn is_telling(case: &ExecutedCase, cases: &[ExecutedCase]) -> bool {
    let End::Returned { value, .. } = &case.result.end else { return false };
    let is_trivial = match value {
        Value::None | Value::Bool(_) => true,
        Value::Str(text) => text.is_empty(),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => items.is_empty(),
        Value::Dict(entries) => entries.is_empty(),
        _ => false,
    };
    !is_trivial && cases.iter().filter(|other| other.result.end == case.result.end).count() == 1
}

struct Writer<'a> {
    id: &'a str,
    file: &'a str,
    executed: &'a Executed,
    provenance: &'a Provenance,
}

impl Writer<'_> {
    fn predict_output(&self, traced: &Traced<'_>) -> Qa {
        let check = SampleCase::new(&traced.case.arguments, &traced.case.result);
        let call = call_text(&self.executed.target.entry, &check);
        let question = format!("What is the result of `{call}`?");
        let answer = format!("`{call}` gives `{}`{}.", result_text(&check.end), also(&check));
        self.qa(QuestionKind::PredictOutput, question, answer, check, traced)
    }

    fn find_input(&self, traced: &Traced<'_>) -> Qa {
        let check = SampleCase::new(&traced.case.arguments, &traced.case.result);
        let entry = &self.executed.target.entry;
        let question =
            format!("Find arguments for which `{entry}` gives `{}`.", result_text(&check.end));
        let answer = format!(
            "`{}` gives `{}`{}.",
            call_text(entry, &check),
            result_text(&check.end),
            also(&check)
        );
        self.qa(QuestionKind::FindInput, question, answer, check, traced)
    }

    fn explain_branch(&self, traced: &Traced<'_>) -> Option<Qa> {
        let check = SampleCase::new(&traced.case.arguments, &traced.case.result);
        let call = call_text(&self.executed.target.entry, &check);
        let (question, answer) = match &check.end {
            End::Raised(raised) => {
                let line = raised.line.and_then(|line| Some((line, self.line(line)?)));
                let place = match line {
                    Some((number, text)) => format!("line {number}, `{text}`"),
                    None => "code outside the program".to_owned(),
                };
                let way = match self.decision(&traced.steps) {
                    Some(decision) => format!(" {decision}"),
                    None => String::new(),
                };
                (
                    format!("Why does `{call}` raise `{}`?", raised.kind),
                    format!(
                        "The exception comes from {place}: {}: {}.{way}",
                        raised.kind, raised.message
                    ),
                )
            }
            _ => (
                format!("Which way does `{call}` go through the branches of the function?"),
                format!(
                    "{} The result is `{}`.",
                    self.decision(&traced.steps)?,
                    result_text(&check.end)
                ),
            ),
        };
        Some(self.qa(QuestionKind::ExplainBranch, question, answer, check, traced))
    }

    /// Says, from the trace, where execution went after each of the last few `if` lines.
    fn decision(&self, steps: &[Step]) -> Option<String> {
        let decisions: Vec<String> = steps
            .windows(2)
            .filter(|pair| pair[0].function == pair[1].function)
            .filter_map(|pair| {
                let text = self.line(pair[0].line)?;
                // The next line shows which way the branch went only if the branch is on lines of
                // its own and the test does not enter this function again.
                let is_test =
                    ["if ", "elif ", "while "].iter().any(|keyword| text.starts_with(keyword))
                        && text.ends_with(':')
                        && !text.contains(&format!("{}(", pair[0].function));
                let next = self.line(pair[1].line)?;
                let holds = self.is_in_block_of(pair[0].line, pair[1].line);
                let verdict = if holds { "holds" } else { "does not hold" };
                is_test.then(|| {
                    format!(
                        "On line {}, `{text}` {verdict}, so line {} runs next: `{next}`.",
                        pair[0].line, pair[1].line
                    )
                })
            })
            .collect();
        // The first decision and the last two tell a loop's story without repeating it.
        let mut told: Vec<String> = Vec::new();
        for decision in decisions.iter().take(1).chain(decisions.iter().skip(1).rev().take(2).rev())
        {
            if !told.contains(decision) {
                told.push(decision.clone());
            }
        }
        (!told.is_empty()).then(|| told.join(" "))
    }

    fn qa(
        &self,
        kind: QuestionKind,
        question: String,
        answer: String,
        check: SampleCase,
        traced: &Traced<'_>,
    ) -> Qa {
        let code = self.executed.target.program.clone();
        let trace = self.trace_lines(&traced.steps);
        let suffix = match kind {
            QuestionKind::PredictOutput => "predict",
            QuestionKind::FindInput => "find",
            QuestionKind::ExplainBranch => "explain",
            QuestionKind::FreeText => "text",
        };
        Qa {
            id: format!("{}/{suffix}", self.id),
            kind,
            prompt: format!("{}\n{question}\n", fenced(&code)),
            completion: text::completion(&trace, &answer),
            file: self.file.to_owned(),
            code,
            function_name: self.executed.target.entry.clone(),
            question,
            answer,
            trace,
            check: Some(check),
            steps: traced.steps.clone(),
            claims: Vec::new(),
            provenance: self.provenance.clone(),
        }
    }

    fn trace_lines(&self, steps: &[Step]) -> Vec<String> {
        let mut lines = Vec::new();
        for (i, step) in steps.iter().enumerate() {
            let text = self.line(step.line).unwrap_or_default();
            let set: Vec<String> =
                step.set.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            let set =
                if set.is_empty() { String::new() } else { format!("; then {}", set.join(", ")) };
            // The trace begins with the call itself.
            lines.push(match i {
                0 => format!("The call{set}"),
                _ => format!("Line {}: `{text}`{set}", step.line),
            });
        }
        lines
    }

    fn line(&self, number: u32) -> Option<&str> {
        let text = self.executed.target.program.lines().nth((number as usize).checked_sub(1)?)?;
        Some(text.trim())
    }

    /// Whether a line is in the block that an earlier line opens: everything between is indented
    /// deeper than the opener.
    fn is_in_block_of(&self, opener: u32, line: u32) -> bool {
        let program = &self.executed.target.program;
        let indent = |text: &str| text.len() - text.trim_start().len();
        let Some(depth) = program.lines().nth((opener as usize).saturating_sub(1)).map(indent)
        else {
            return false;
        };
        let mut between = program.lines().take(line as usize).skip(opener as usize);
        let is_code = |text: &str| !text.trim().is_empty() && !text.trim_start().starts_with('#');
        line > opener && between.all(|text| !is_code(text) || indent(text) > depth)
    }
}

fn also(case: &SampleCase) -> String {
    let effects = effects(case);
    if effects.is_empty() { effects } else { format!(", and {effects}") }
}
