//! Functions or snippets to verified programming problems: a solution, inputs, tests with teeth, a question, a review and answers to it.
//!
//! Invariant: a problem's tests pass on its solution and fail on programs that do nothing; what is written depends on the input,
//! the options and the seed alone.

pub mod attempt;
pub mod describe;
pub mod elsewhere;
pub mod report;
pub mod review;
pub mod solve;
mod suite;
pub mod teeth;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use futures_util::stream::{self, LocalBoxStream};
use futures_util::{Stream, StreamExt};

use self::attempt::{Attempt, Attempted, Pair};
use self::describe::{DESCRIBE, DESCRIBE_AGAIN, Describe, Described, QUESTION, describable};
use self::elsewhere::SolveElsewhere;
use self::report::{Counts, Report, Settings};
use self::review::{CATEGORY, CRITIQUE, CRITIQUE_AGAIN, ReviewProblem, Reviewed};
use self::solve::{PYTHON, SOLVE, SOLVE_AGAIN, Snippet, Solve, snippets, without_a_model};
use self::teeth::{Teeth, Tested};
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::respondent::Respondent;
use crate::cases::Target;
use crate::cases::execute::Execute;
use crate::cases::rules::{self, Rules};
use crate::dataset::RawCode;
use crate::dataset::dedupe::{Seen, without_twins};
use crate::dataset::functions::Finder;
use crate::dataset::problems::{TASK, task_prompt};
use crate::dataset::rows::UniqueIds;
use crate::error::{Error, Result};
use crate::executor::Executors;
use crate::fences::fenced;
use crate::flow::frame::{Ending, Run};
use crate::flow::{self, Dropped, Fate, Stage};
use crate::inputs::Propose;
use crate::python::prose::Docstrings;
use crate::record::{Lineage, Record};
use crate::sample::Provenance;
use crate::sample::preference::{AnswerEvidence, AnswerPair, AnswerPreference};
use crate::sample::problem::{
    Attempts, CodingProblem, ProblemElsewhere, PromptCompletion, ProvenanceElsewhere, RewardRow,
};

/// The prompts of this pipeline; the one that problems are answered with is that of `eval`.
pub const PROMPTS: &[Prompt] = &[
    QUESTION,
    SOLVE,
    SOLVE_AGAIN,
    DESCRIBE,
    DESCRIBE_AGAIN,
    CRITIQUE,
    CRITIQUE_AGAIN,
    CATEGORY,
    elsewhere::SOLVE_ELSEWHERE,
    elsewhere::SOLVE_ELSEWHERE_AGAIN,
    elsewhere::DESCRIBE_ELSEWHERE,
    elsewhere::DESCRIBE_ELSEWHERE_AGAIN,
    elsewhere::QUESTION_ELSEWHERE,
];

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Options {
    pub seed: u64,
    pub rules: Rules,
    /// Inputs to look at in each search.
    pub pool: usize,
    /// Fewer cases than this are no full test.
    pub min_cases: usize,
    /// Tests that kill a smaller share of the faulty variants are toothless.
    pub min_mutation: f64,
    /// Functions from this similarity to an earlier one are duplicates; `None` keeps all.
    pub dedupe: Option<f64>,
    /// Whether functions are the solutions as they are; else a model writes solutions after them.
    pub as_is: bool,
    /// The language that a model writes questions in.
    pub lang: String,
    /// Answers to each problem, if a model is asked for any.
    pub samples: u32,
    /// Whether problems that every answer solves are kept.
    pub keep_easy: bool,
}

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    pub ending: Ending,
    pub counts: Counts,
}

/// What this pipeline needs in addition to the frame of every run.
pub struct Task<'a> {
    pub prompts: &'a Prompts,
    /// Writes solutions and questions; without one functions are taken as they are, and docstrings say what they do.
    pub author: Option<&'a Respondent>,
    /// Reviews problems.
    pub critic: Option<&'a Respondent>,
    /// Answers problems, to find out how hard they are.
    pub solver: Option<&'a Respondent>,
    /// Where snippets in other languages become problems, if a model writes solutions.
    pub executors: &'a Executors,
    pub options: &'a Options,
}

impl Task<'_> {
    /// Who writes solutions, if anybody does.
    fn solution_author(&self) -> Option<&Respondent> {
        self.author.filter(|_| !self.options.as_is)
    }

    /// The prompts that the run works with.
    fn prompts_in_use(&self) -> Vec<Prompt> {
        let mut prompts = vec![QUESTION, TASK];
        if self.solution_author().is_some() {
            prompts.extend([SOLVE, SOLVE_AGAIN]);
            if !self.executors.is_empty() {
                prompts.extend(elsewhere::PROMPTS);
            }
        }
        if self.author.is_some() {
            prompts.extend([DESCRIBE, DESCRIBE_AGAIN]);
        }
        if self.critic.is_some() {
            prompts.extend([CRITIQUE, CRITIQUE_AGAIN, CATEGORY]);
        }
        prompts
    }
}

/// Records on their way from one stage to the next.
type Fates<'a, T> = LocalBoxStream<'a, Result<Fate<T>>>;

/// Runs the pipeline and writes the samples and `run.json`.
///
/// If the run is stopped, no new function is begun, and the outputs of the last whole run stay as they are.
pub async fn run(
    rows: impl Iterator<Item = Result<Fate<RawCode>>>,
    run: &Run<'_>,
    task: &Task<'_>,
) -> Result<Summary> {
    let Task { prompts, author, critic, solver, executors, options } = *task;
    let Run { sandbox, limits, folder, window, .. } = *run;
    let Options { seed, rules, pool, min_cases, min_mutation, .. } = options;
    let (seed, pool, min_cases, min_mutation) = (*seed, *pool, *min_cases, *min_mutation);
    let solve = task
        .solution_author()
        .map(|author| Solve { author, prompts, sandbox, limits, rules })
        .map(|stage| Ok::<_, Error>((stage, folder.journal(Solve::NAME)?)))
        .transpose()?;
    let solve_elsewhere = task
        .solution_author()
        .filter(|_| !executors.is_empty())
        .map(|author| SolveElsewhere { author, prompts, executors, lang: &options.lang })
        .map(|stage| Ok::<_, Error>((stage, folder.journal(SolveElsewhere::NAME)?)))
        .transpose()?;
    // Snippets in other languages wait here until those in Python are done.
    let waiting: Rc<RefCell<VecDeque<Record<Snippet>>>> = Rc::default();
    let propose = Propose { sandbox, prompts, model: None, limits, seed, inputs: pool };
    let execute = Execute { sandbox, limits };
    let teeth = Teeth { sandbox, prompts, limits, seed, rules, pool, min_cases, min_mutation };
    let describe = Describe { sandbox, prompts, limits, author, lang: &options.lang };
    let journals = (
        folder.journal(Propose::NAME)?,
        folder.journal(Execute::NAME)?,
        folder.journal(Teeth::NAME)?,
        folder.journal(Describe::NAME)?,
    );
    let review = critic
        .map(|critic| {
            Ok::<_, Error>((
                ReviewProblem { critic, prompts },
                folder.journal(ReviewProblem::NAME)?,
            ))
        })
        .transpose()?;
    let attempt = solver
        .map(|solver| {
            let Options { samples, keep_easy, .. } = *options;
            let stage = Attempt { solver, author, samples, keep_easy, prompts, sandbox, limits };
            Ok::<_, Error>((stage, folder.journal(Attempt::NAME)?))
        })
        .transpose()?;

    let rows = run.until_stopped(rows);
    let targets: Fates<'_, Target> = match &solve {
        Some((solve, journal)) => {
            let waiting = Rc::clone(&waiting);
            let snippets = distinct_snippets(rows, options.dedupe, executors);
            let snippets = stream::iter(snippets.filter_map(move |fate| match fate {
                Ok(Fate::Live(record)) if record.body.language != PYTHON => {
                    waiting.borrow_mut().push_back(record);
                    None
                }
                fate => Some(fate),
            }));
            let mut seen = options.dedupe.map(Seen::new);
            flow::run(solve, journal, window, snippets)
                .map(move |fate| {
                    Ok(without_twins(fate?, seen.as_mut(), |it: &Target| it.program.clone()))
                })
                .boxed_local()
        }
        None => {
            let mut finder = Finder::default();
            let mut ids = UniqueIds::default();
            let mut seen = options.dedupe.map(Seen::new);
            let rows = rows.map(|row| Ok(without_a_model(row?, executors, options.as_is)));
            let targets = rows.flat_map(move |row| finder.expand_row(row)).map(move |fate| {
                Ok(without_twins(ids.apply(fate?), seen.as_mut(), Target::function_text))
            });
            let is_described = author.is_some();
            let targets = targets.map(move |fate: Result<Fate<Target>>| match is_described {
                true => fate,
                false => fate.map(describable),
            });
            stream::iter(targets).boxed_local()
        }
    };
    let proposed = flow::run(&propose, &journals.0, window, targets);
    let executed = flow::run(&execute, &journals.1, window, proposed);
    let validated = executed.map(|fate| Ok(rules::validate(fate?, rules)));
    let tested = flow::run(&teeth, &journals.2, window, validated);
    let described = flow::run(&describe, &journals.3, window, tested);
    let reviewed: Fates<'_, Reviewed> = match &review {
        Some((review, journal)) => flow::run(review, journal, window, described).boxed_local(),
        None => described.map(|fate| Ok(fate?.map(Reviewed::unreviewed))).boxed_local(),
    };
    let attempted: Fates<'_, Attempted> = match &attempt {
        Some((attempt, journal)) => flow::run(attempt, journal, window, reviewed).boxed_local(),
        None => reviewed.map(|fate| Ok(fate?.map(Attempted::unattempted))).boxed_local(),
    };
    let here = attempted.map(|fate| Ok(fate?.map(|problem| Made::Here(Box::new(problem)))));
    let waiting = std::iter::from_fn(move || waiting.borrow_mut().pop_front());
    let waiting = stream::iter(run.until_stopped(waiting).map(|record| Ok(Fate::Live(record))));
    let elsewhere: Fates<'_, elsewhere::Made> = match &solve_elsewhere {
        Some((stage, journal)) => flow::run(stage, journal, window, waiting).boxed_local(),
        None => stream::empty().boxed_local(),
    };
    let elsewhere = elsewhere.map(|fate| Ok(fate?.map(Made::Elsewhere)));
    write(here.chain(elsewhere), run, task).await
}

/// A problem that was made in the sandbox or on an executor.
enum Made {
    Here(Box<Attempted>),
    Elsewhere(elsewhere::Made),
}

/// The snippets of all rows; functions that came before are left out, since a model would make much the same of them.
fn distinct_snippets(
    rows: impl Iterator<Item = Result<Fate<RawCode>>>,
    dedupe: Option<f64>,
    executors: &Executors,
) -> impl Iterator<Item = Result<Fate<Snippet>>> {
    let mut ids = UniqueIds::default();
    let mut seen = dedupe.map(Seen::new);
    // Without a tokeniser of its own, code in another language is known by its words.
    let mut seen_elsewhere = dedupe.map(Seen::of_texts);
    let snippets = rows.flat_map(move |row| match row {
        Ok(row) => snippets(row, executors).into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    });
    snippets.map(move |fate| {
        let fate = ids.apply(fate?);
        let is_python = |fate: &Fate<Snippet>| matches!(fate, Fate::Live(record) if record.body.language == PYTHON);
        let seen = if is_python(&fate) { &mut seen } else { &mut seen_elsewhere };
        Ok(without_twins(fate, seen.as_mut(), |it| it.code.clone()))
    })
}

/// Writes the samples in the order of the input, and puts the files in their places at the end.
async fn write(
    made: impl Stream<Item = Result<Fate<Made>>>,
    run: &Run<'_>,
    task: &Task<'_>,
) -> Result<Summary> {
    let folder = run.folder;
    let mut problems = folder.output("samples/problems.jsonl")?;
    let mut pairs = folder.output("samples/autocode.jsonl")?;
    let mut rewards = folder.output("samples/rl.jsonl")?;
    let mut remote = folder.output(ELSEWHERE)?;
    let mut preferences = task.solver.map(|_| folder.output(PREFERENCES)).transpose()?;
    let mut counts = Counts::default();
    let ending = run
        .collect(made, |fate, rejected| {
            let Fate::Live(Record { id, lineage, body }) = fate else { return Ok(()) };
            let body = match body {
                Made::Here(attempted) => *attempted,
                Made::Elsewhere(made) => {
                    counts.elsewhere += 1;
                    return remote.write(&problem_elsewhere(id, lineage, made, task));
                }
            };
            let mut record = Record { id, lineage, body };
            if let Some(why) = record.body.reviewed.untagged.take() {
                let id = format!("{}/category", record.id);
                rejected.write(&Dropped { id, lineage: record.lineage.clone(), why })?;
                counts.untagged += 1;
            }
            let answers = std::mem::take(&mut record.body.pairs);
            let problem = problem(record, run, task);
            counts.add(&problem);
            // What answers are sampled with is what a trainer's prompt should be.
            let prompt = task_prompt(task.prompts, &problem.question, None)?;
            let solution = fenced(&problem.canonical_solution);
            pairs.write(&PromptCompletion::new(&problem, prompt.clone(), solution))?;
            rewards.write(&RewardRow::new(&problem, prompt))?;
            for (index, pair) in answers.into_iter().enumerate() {
                counts.preferences += 1;
                let pair = preference(pair, index, &problem);
                preferences.iter_mut().try_for_each(|output| output.write(&pair))?;
            }
            problems.write(&problem)
        })
        .await?;
    let summary = Summary { ending, counts };
    if !summary.ending.interrupted {
        if preferences.is_none() {
            folder.remove(PREFERENCES)?;
        }
        for output in [problems, pairs, rewards, remote].into_iter().chain(preferences) {
            output.finish_unless_empty()?;
        }
        let report = Report::new(&summary.counts);
        run.write_report("autocode", &Settings::of(task), &summary.ending, &report)?;
    }
    Ok(summary)
}

const ELSEWHERE: &str = "samples/problems-elsewhere.jsonl";
const PREFERENCES: &str = "samples/preferences.jsonl";

/// The row of a problem.
fn problem(record: Record<Attempted>, run: &Run<'_>, task: &Task<'_>) -> CodingProblem {
    let Record { id, lineage, body: Attempted { reviewed, attempts, .. } } = record;
    let Reviewed { described, review, category, .. } = reviewed;
    let Described { tested, question } = described;
    let Tested { executed, demo, full, demo_test, full_test, mutation } = tested;
    CodingProblem {
        question,
        canonical_solution: executed.target.program,
        demo_test_func: demo_test,
        full_test_func: full_test,
        language: "python".into(),
        difficulty: attempts.as_ref().map(Attempts::difficulty),
        id,
        entry: executed.target.entry,
        demo_cases: demo,
        full_cases: full,
        mutation,
        category,
        review,
        attempts,
        provenance: Provenance {
            tgsand: env!("CARGO_PKG_VERSION").into(),
            source: lineage,
            runtime: executed.runtime,
            seed: task.options.seed,
            limits: run.limits,
            fuel: executed.fuel,
            proposer: executed.proposer,
            model: task.author.map(|author| author.name().to_owned()),
            prompts: task.prompts.digests(&task.prompts_in_use()),
            docstrings: Docstrings::Keep.name().into(),
            branch_coverage: None,
        },
    }
}

/// The row of a problem in a language that an executor runs.
fn problem_elsewhere(
    id: String,
    source: Lineage,
    made: elsewhere::Made,
    task: &Task<'_>,
) -> ProblemElsewhere {
    let elsewhere::Made { language, executor, question, tested } = made;
    ProblemElsewhere {
        question,
        canonical_solution: tested.solution,
        demo_test_func: tested.demo_test,
        full_test_func: tested.full_test,
        language: language.name().to_owned(),
        id,
        provenance: ProvenanceElsewhere {
            tgsand: env!("CARGO_PKG_VERSION").into(),
            source,
            executor,
            model: task.author.map(|author| author.name().to_owned()).unwrap_or_default(),
            prompts: task.prompts.digests(&elsewhere::PROMPTS),
        },
    }
}

/// The row of a right and a wrong answer.
fn preference(pair: Pair, index: usize, problem: &CodingProblem) -> AnswerPreference {
    let Pair { prompt, chosen, rejected, rejected_code, failure } = pair;
    let model = problem.attempts.as_ref().map(|attempts| attempts.model.clone());
    let evidence = AnswerEvidence { rejected_code, failure, model: model.unwrap_or_default() };
    let id = format!("{}/answers-{}", problem.id, index + 1);
    AnswerPreference::new(AnswerPair { id, prompt, chosen, rejected, evidence }, problem)
}
