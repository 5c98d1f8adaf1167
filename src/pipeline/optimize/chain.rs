//! The chain of techniques: which stages a run has, and how a set goes through each.
//!
//! Invariant: a technique begins with the set that the one before it leaves, and what it tried is counted once.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::stream::{self, LocalBoxStream};

use super::Options;
use super::augment::Augment;
use super::augment::spread::Spread;
use super::clean::Clean;
use super::proof::Prover;
use super::refactor::Refactor;
use super::report::Trials;
use super::rewrite_by_model::RewriteByModel;
use super::sample::{Sample, Technique, Trial, TrialEnd};
use super::select::spool::Spool;
use super::select::{self, Figures, TestScore};
use super::synthesize::Synthesize;
use crate::ask::prompt::Prompts;
use crate::dataset::dedupe::Twin;
use crate::error::{Error, Result};
use crate::flow::frame::Run;
use crate::flow::journal::Journal;
use crate::flow::tally::Tally;
use crate::flow::{self, Fate, Stage};
use crate::lint::Selection;
use crate::outcome::{Reason, Rejection};
use crate::python::tree_digest;
use crate::record::Record;

/// Records on their way from one technique to the next.
pub(super) type Fates<'a> = LocalBoxStream<'a, Result<Fate<Sample>>>;

/// The stages of a run, with their journals.
pub(super) struct Stages<'a> {
    augment: (Augment<'a>, Journal),
    pub(super) spread: Spread,
    pub(super) clean: (Clean<'a>, Journal),
    refactor: (Refactor<'a>, Journal),
    pub(super) synthesize: Option<Synthesize<'a>>,
    rewrite: Option<(RewriteByModel<'a>, Journal)>,
    test_score: Option<(TestScore<'a>, Journal)>,
    pub(super) figures: Figures,
}

impl<'a> Stages<'a> {
    /// The stages of a run; those that augment want nothing of what `unwanted` selects in their results.
    pub(super) fn open(
        run: &'a Run<'a>,
        options: &'a Options,
        prompts: &'a Prompts,
        unwanted: &'a Selection,
    ) -> Result<Self> {
        let prover = Prover {
            sandbox: run.sandbox,
            prompts,
            limits: run.limits,
            seed: options.seed,
            inputs: options.inputs,
        };
        let Options { variants, max_depth, drop_from, .. } = *options;
        let synthesis = options.synthesis.as_ref();
        let synthesis = synthesis.map(|it| Synthesize::new(run, it, options.seed));
        Ok(Self {
            augment: (
                Augment { prover, selection: unwanted, variants, max_depth },
                run.folder.journal(Augment::NAME)?,
            ),
            spread: Spread::new(variants),
            clean: (
                Clean { prompts, selection: &options.selection, drop_from },
                run.folder.journal(Clean::NAME)?,
            ),
            refactor: (
                Refactor { prover, steps: &options.steps, tools: options.tools.as_ref() },
                run.folder.journal(Refactor::NAME)?,
            ),
            synthesize: synthesis.transpose()?,
            rewrite: match &options.rewriting {
                Some(rewriting) => Some((
                    RewriteByModel { prover, rewriting },
                    run.folder.journal(RewriteByModel::NAME)?,
                )),
                None => None,
            },
            test_score: match options.selecting.by.test_quality() {
                Some(quality) => Some((
                    TestScore {
                        sandbox: run.sandbox,
                        prompts,
                        limits: run.limits,
                        seed: options.seed,
                        quality,
                    },
                    run.folder.journal(TestScore::NAME)?,
                )),
                None => None,
            },
            figures: Figures::default(),
        })
    }
}

/// Takes a set through one technique.
pub(super) async fn applied<'a>(
    technique: Technique,
    fates: Fates<'a>,
    run: &'a Run<'_>,
    stages: &'a Stages<'_>,
    options: &'a Options,
    trials: &'a Trials,
) -> Result<Fates<'a>> {
    let window = run.window;
    Ok(match technique {
        Technique::Augment => {
            let (stage, journal) = &stages.augment;
            let made = flow::run(stage, journal, window, fates).boxed_local();
            let mut made = counted(made, technique, trials);
            let mut spool = Spool::new(run.folder)?;
            let mut read = Tally::default();
            while let Some(fate) = made.next().await {
                let fate = fate?;
                stages.spread.remember(&fate);
                select::count(&mut read, &fate);
                (run.watch)(&read);
                spool.push(fate)?;
            }
            let added =
                spool.read()?.filter_map(|fate| fate.map(|it| stages.spread.pass(it)).transpose());
            stream::iter(added).boxed_local()
        }
        Technique::Clean => {
            let (stage, journal) = &stages.clean;
            flow::run(stage, journal, window, fates).boxed_local()
        }
        Technique::Refactor => {
            let fates = match &stages.rewrite {
                Some((stage, journal)) => counted(
                    flow::run(stage, journal, window, fates).boxed_local(),
                    technique,
                    trials,
                ),
                None => fates,
            };
            let (stage, journal) = &stages.refactor;
            apart(counted(
                flow::run(stage, journal, window, fates).boxed_local(),
                technique,
                trials,
            ))
        }
        Technique::Select => {
            let (points, score) = (&options.points, stages.test_score.as_ref());
            select::select(fates, options.selecting, points, score, run, &stages.figures).await?
        }
        Technique::Synthesize => match &stages.synthesize {
            Some(synthesize) => synthesize.extended(fates).await?,
            None => return Err(Error::Usage("rows are added by a model; name one".into())),
        },
    })
}

/// Rejects programs that were made from a row and have become its own program again, or one another, when they were tidied.
fn apart(fates: Fates<'_>) -> Fates<'_> {
    let mut origin = String::new();
    let mut known: Vec<(u64, String)> = Vec::new();
    let mut pass = move |fate: Fate<Sample>| {
        let Fate::Live(record) = fate else { return fate };
        if record.body.origin != origin {
            origin.clone_from(&record.body.origin);
            known.clear();
        }
        let Some(tree) = tree_digest(&record.body.program) else { return Fate::Live(record) };
        let is_made = record.body.techniques.contains(&Technique::Augment);
        match known.iter().find(|(other, _)| *other == tree) {
            Some((_, id)) if is_made => Twin { id: id.clone(), similarity: 1.0 }.reject(&record),
            Some(_) => Fate::Live(record),
            None => {
                known.push((tree, record.id.clone()));
                Fate::Live(record)
            }
        }
    };
    fates.map(move |fate| fate.map(&mut pass)).boxed_local()
}

/// Counts what a technique has tried; programs that it added and that do something else are rejected.
fn counted<'a>(fates: Fates<'a>, technique: Technique, trials: &'a Trials) -> Fates<'a> {
    let expanded = fates.flat_map(move |fate| {
        let fates = match fate {
            Ok(Fate::Live(mut record)) => {
                let tried = std::mem::take(&mut record.body.trials);
                trials.add(technique, &tried);
                let rejected = match technique {
                    Technique::Augment => not_equivalent(&record, &tried),
                    Technique::Clean
                    | Technique::Refactor
                    | Technique::Select
                    | Technique::Synthesize => Vec::new(),
                };
                std::iter::once(Fate::Live(record)).chain(rejected).map(Ok).collect()
            }
            other => vec![other],
        };
        stream::iter(fates)
    });
    expanded.boxed_local()
}

/// The fates of programs that do something else than the one that they were made from. A rule may fail on several programs made of one.
fn not_equivalent(record: &Record<Sample>, tried: &[Trial]) -> Vec<Fate<Sample>> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let mut fates = Vec::new();
    for Trial { rule, end, why } in tried {
        match end {
            TrialEnd::FailsTest | TrialEnd::Differs => {}
            TrialEnd::Same | TrialEnd::SameTree | TrialEnd::Misplaced => continue,
        }
        let time = times.entry(rule).or_default();
        *time += 1;
        let again = if *time > 1 { format!("-{time}") } else { String::new() };
        let why = Rejection::new(Reason::NotEquivalent, format!("{rule}: {why}"));
        let id = format!("{}/{rule}{again}", record.id);
        fates.push(Fate::rejected(id, record.lineage.clone(), why));
    }
    fates
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{self, Json};
    use crate::record::Lineage;

    #[test]
    fn a_rule_that_fails_on_several_programs_of_a_row_gives_each_an_id_of_its_own() {
        let trial = |rule: &str, end| Trial { rule: rule.into(), end, why: "why".into() };
        let tried = [
            trial("not-in", TrialEnd::Differs),
            trial("drop-else", TrialEnd::Same),
            trial("not-in", TrialEnd::FailsTest),
            trial("drop-else", TrialEnd::Differs),
            trial("not-in", TrialEnd::Misplaced),
            trial("not-in", TrialEnd::Differs),
        ];
        let Ok(Json::Object(row)) = json::read(r#"{"code": "x = 1"}"#) else { unreachable!() };
        let body = Sample::read(row, "a", &Prompts::default()).unwrap();
        let record =
            Record { id: "a".into(), lineage: Lineage { file: "f".into(), line: 1 }, body };
        let ids: Vec<String> = not_equivalent(&record, &tried)
            .into_iter()
            .map(|fate| match fate {
                Fate::Rejected(dropped) => dropped.id,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(ids, ["a/not-in", "a/not-in-2", "a/drop-else", "a/not-in-3"]);
    }
}
