//! Adds rows that a model writes after programs of the set: decided by tests or grounding, then by a second model, and never near copies.
//!
//! Invariant: rows are asked for in rounds, and a prompt of a round shows rows of earlier rounds alone, so that threads and
//! interruptions change nothing; a round that is not decided is the last one of its run.

mod draft;
mod generate;
mod near;
mod pools;
mod review;
mod row;
mod seeds;
mod task;
mod verify;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use futures_util::stream::{self, LocalBoxStream};
use serde::Serialize;

use self::generate::{Generate, Item, Order};
use self::near::Near;
use self::pools::Pools;
use self::review::{Discriminate, Reviewed, analysis_of};
use self::row::{number_of, row};
use self::seeds::{Choice, choices};
use super::sample::{Sample, Technique};
use super::select::features;
use super::select::spool::Spool;
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::respondent::Respondent;
use crate::error::Result;
use crate::flow::frame::Run;
use crate::flow::journal::Journal;
use crate::flow::{self, Dropped, Fate, Stage};
use crate::json::Json;
use crate::outcome::{Reason, Rejection};
use crate::python::Module;
use crate::record::{Lineage, Record};

pub use self::generate::{ITEM, ITEM_AGAIN};
pub use self::near::EvalSets;
pub use self::review::{DISCRIMINATE, DISCRIMINATE_AGAIN};
pub use self::task::Task;

/// Rows that are asked for at a time; what came of them is shown to the next ones.
const ROUND: usize = 16;

/// The prompts of this technique.
const PROMPTS: [Prompt; 4] = [ITEM, ITEM_AGAIN, DISCRIMINATE, DISCRIMINATE_AGAIN];

/// How rows are added.
pub struct Synthesis {
    /// Writes rows.
    pub author: Respondent,
    /// Decides about them.
    pub critic: Respondent,
    pub prompts: Prompts,
    /// Rows to ask for; `None` for one after each program that differs from the others.
    pub generate: Option<usize>,
    pub tasks: Vec<Task>,
    /// Attempts at a row.
    pub tries: usize,
    pub eval_sets: EvalSets,
}

/// The same, as `run.json` states it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SynthesisSettings {
    model: String,
    critic: String,
    prompts: BTreeMap<String, String>,
    generate: Option<usize>,
    tasks: Vec<Task>,
    tries: usize,
    eval_sets: Vec<String>,
    eval_problems: u64,
}

/// What came of the rows of one task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TaskCounts {
    pub asked: u64,
    /// Those that were added to the set.
    pub accepted: u64,
}

/// Records on their way from one technique to the next.
type Fates<'a> = LocalBoxStream<'a, Result<Fate<Sample>>>;

/// Adds rows, with the stages for it and their journals.
pub(super) struct Synthesize<'a> {
    run: &'a Run<'a>,
    synthesis: &'a Synthesis,
    seed: u64,
    generate: (Generate<'a>, Journal),
    discriminate: (Discriminate<'a>, Journal),
    counts: RefCell<BTreeMap<Task, TaskCounts>>,
    /// The ids that are taken.
    ids: RefCell<HashSet<String>>,
}

/// A program to make rows after.
struct Seed {
    id: String,
    lineage: Lineage,
    program: String,
}

impl Synthesis {
    /// The settings as `run.json` states them.
    pub fn settings(&self) -> SynthesisSettings {
        SynthesisSettings {
            model: self.author.name().to_owned(),
            critic: self.critic.name().to_owned(),
            prompts: self.prompts.digests(&PROMPTS),
            generate: self.generate,
            tasks: self.tasks.clone(),
            tries: self.tries,
            eval_sets: self.eval_sets.files.iter().map(|it| it.display().to_string()).collect(),
            eval_problems: self.eval_sets.problems,
        }
    }
}

impl<'a> Synthesize<'a> {
    /// Opens the journals of a run.
    pub fn new(run: &'a Run<'a>, synthesis: &'a Synthesis, seed: u64) -> Result<Self> {
        let Synthesis { author, critic, prompts, tries, .. } = synthesis;
        let Run { sandbox, limits, folder, .. } = *run;
        let generate = Generate { author, prompts, sandbox, limits, tries: *tries };
        Ok(Self {
            run,
            synthesis,
            seed,
            generate: (generate, folder.journal(Generate::NAME)?),
            discriminate: (Discriminate { critic, prompts }, folder.journal(Discriminate::NAME)?),
            counts: RefCell::default(),
            ids: RefCell::default(),
        })
    }

    /// What came of the rows that were asked for.
    pub fn counts(&self) -> BTreeMap<Task, TaskCounts> {
        self.counts.borrow().clone()
    }

    /// Reads the whole set, and goes on with it and the rows that are added.
    pub async fn extended<'f>(&'f self, mut fates: Fates<'f>) -> Result<Fates<'f>> {
        let mut near = Near::new(&self.synthesis.eval_sets);
        let mut spool = Spool::new(self.run.folder)?;
        let (mut points, mut places, mut live, mut is_decided) = (Vec::new(), Vec::new(), 0, true);
        let mut numbers: Option<u64> = None;
        while let Some(fate) = fates.next().await {
            let fate = fate?;
            match &fate {
                Fate::Live(Record { id, body, .. }) => {
                    near.remember_row(id, body);
                    self.ids.borrow_mut().insert(id.clone());
                    numbers = numbers.max(number_of(&body.row));
                    if !body.is_text && Module::parse(&body.program).is_ok() {
                        points.push(features::of(&body.program));
                        places.push(live);
                    }
                    live += 1;
                }
                Fate::Rejected(_) => {}
                Fate::Deferred(_) => is_decided = false,
            }
            spool.push(fate)?;
        }
        // Other rows of the set would make other seeds, and all of this would be paid for again.
        let is_whole = is_decided && !self.run.stop.load(Ordering::Relaxed);
        let chosen = match is_whole {
            true => choices(&points, self.synthesis.generate, &self.synthesis.tasks, self.seed),
            false => Vec::new(),
        };
        let wanted: BTreeMap<usize, usize> =
            chosen.iter().map(|choice| (places[choice.place], choice.place)).collect();
        let mut seeds: BTreeMap<usize, Seed> = BTreeMap::new();
        let mut set = Spool::new(self.run.folder)?;
        let mut live = 0;
        for fate in spool.read()? {
            let fate = fate?;
            if let Fate::Live(Record { id, lineage, body }) = &fate {
                if let Some(&place) = wanted.get(&live) {
                    let row = body.open(&self.synthesis.prompts);
                    let program =
                        row.map_or(body.program.clone(), |row| row.runnable(&body.program));
                    let seed = Seed { id: id.clone(), lineage: lineage.clone(), program };
                    seeds.insert(place, seed);
                }
                live += 1;
            }
            set.push(fate)?;
        }
        let made = self.made(&chosen, &seeds, near, numbers).await?;
        Ok(stream::iter(set.read()?.chain(made.into_iter().map(Ok))).boxed_local())
    }

    /// What becomes of the rows that are asked for.
    async fn made(
        &self,
        chosen: &[Choice],
        seeds: &BTreeMap<usize, Seed>,
        mut near: Near<'_>,
        mut last_number: Option<u64>,
    ) -> Result<Vec<Fate<Sample>>> {
        let mut pools = Pools::default();
        let mut made = Vec::new();
        for round in chosen.chunks(ROUND) {
            if self.run.stop.load(Ordering::Relaxed) {
                break;
            }
            let orders =
                round.iter().map(|choice| self.order(choice, &seeds[&choice.place], &pools));
            let mut is_decided = true;
            for (item, fate) in self.round(orders.collect(), &near).await? {
                let fate = self.settled(item, fate, &mut near, &mut pools);
                let fate = fate.map(|item| {
                    last_number = last_number.map(|number| number.saturating_add(1));
                    sample(item, last_number)
                });
                is_decided &= !matches!(fate, Fate::Deferred(_));
                made.push(fate);
            }
            // What the open rows come to be is shown to the next round. An estimate never knows.
            if !is_decided && !self.synthesis.author.model.is_estimate() {
                break;
            }
        }
        Ok(made)
    }

    fn order(&self, choice: &Choice, seed: &Seed, pools: &Pools) -> Record<Order> {
        let Choice { task, turn, .. } = *choice;
        let mut number = turn + 1;
        let mut id = format!("{}/{}-{number}", seed.id, Technique::Synthesize.name());
        // An earlier run may have written after the same program.
        while !self.ids.borrow_mut().insert(id.clone()) {
            number += 1;
            id = format!("{}/{}-{number}", seed.id, Technique::Synthesize.name());
        }
        let examples = pools.shown(task, self.seed, &id);
        self.counts.borrow_mut().entry(task).or_default().asked += 1;
        let (program, of) = (seed.program.clone(), seed.id.clone());
        let body = Order { task, seed: of, program, turn, examples };
        Record { id, lineage: seed.lineage.clone(), body }
    }

    /// Takes the rows of a round through the models; each with what was written, if it got so far.
    async fn round(
        &self,
        orders: Vec<Record<Order>>,
        near: &Near<'_>,
    ) -> Result<Vec<(Option<Item>, Fate<Reviewed>)>> {
        let items = RefCell::new(Vec::new());
        let (generate, discriminate) = (&self.generate, &self.discriminate);
        let orders = stream::iter(orders.into_iter().map(|order| Ok(Fate::Live(order))));
        let drafted = flow::run(&generate.0, &generate.1, self.run.window, orders);
        let drafted = drafted.map(|fate| {
            // What nearly repeats another row need not be reviewed.
            let fate = match fate? {
                Fate::Live(record) => match near.refusal(&record.body) {
                    Some(why) => {
                        let why = by(why, self.synthesis.author.name(), "near copy");
                        Fate::rejected(record.id, record.lineage, why)
                    }
                    None => Fate::Live(record),
                },
                fate => fate,
            };
            items.borrow_mut().push(match &fate {
                Fate::Live(record) => Some(record.body.clone()),
                Fate::Rejected(_) | Fate::Deferred(_) => None,
            });
            Ok(fate)
        });
        let reviewed = flow::run(&discriminate.0, &discriminate.1, self.run.window, drafted);
        let fates: Vec<Result<Fate<Reviewed>>> = reviewed.collect().await;
        let fates = fates.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(items.into_inner().into_iter().zip(fates).collect())
    }

    /// The last word on a row: it may repeat an earlier one of its round. Later rows are shown what came of it.
    fn settled(
        &self,
        item: Option<Item>,
        fate: Fate<Reviewed>,
        near: &mut Near<'_>,
        pools: &mut Pools,
    ) -> Fate<Item> {
        match (fate, item) {
            (Fate::Live(Record { id, lineage, body: Reviewed { item, analysis } }), _) => {
                if let Some(why) = near.refusal(&item) {
                    let why = by(why, self.synthesis.author.name(), "near copy");
                    return Fate::rejected(id, lineage, why);
                }
                near.remember(&id, &item);
                pools.add_good(item.task, &item.draft, &analysis);
                self.counts.borrow_mut().entry(item.task).or_default().accepted += 1;
                Fate::Live(Record { id, lineage, body: item })
            }
            (Fate::Rejected(Dropped { id, lineage, why }), item) => {
                let why = match (&item, why.evidence.get("check")) {
                    (_, Some(_)) => why,
                    // What was written was refused by whoever reviews it.
                    (Some(_), None) => by(why, self.synthesis.critic.name(), "review"),
                    (None, None) => {
                        let decided_by =
                            [(Reason::MalformedReply, "form"), (Reason::Ungrounded, "grounding")];
                        let check = decided_by.iter().find(|(reason, _)| *reason == why.reason);
                        let check = check.map_or("tests", |(_, check)| check);
                        by(why, self.synthesis.author.name(), check)
                    }
                };
                if let (Reason::FailedReview, Some(item)) = (why.reason, item) {
                    pools.add_bad(item.task, &item.draft, analysis_of(&why));
                }
                Fate::Rejected(Dropped { id, lineage, why })
            }
            (Fate::Deferred(dropped), _) => Fate::Deferred(dropped),
        }
    }
}

/// The rejection of a row, with the model that it is about and the check that decided.
fn by(why: Rejection, model: &str, check: &str) -> Rejection {
    let mut evidence = match &why.evidence {
        serde_json::Value::Object(evidence) => evidence.clone(),
        _ => serde_json::Map::new(),
    };
    evidence.insert("model".to_owned(), model.into());
    evidence.insert("check".to_owned(), check.into());
    why.with_evidence(evidence.into())
}

/// A new row on its way through the techniques that follow.
fn sample(Item { task, seed, draft }: Item, number: Option<u64>) -> Sample {
    Sample {
        row: Json::Object(row(task, &draft, number)).to_string(),
        program: draft.solution,
        origin: seed,
        techniques: vec![Technique::Synthesize],
        rules: vec![task.name().to_owned()],
        is_text: !task.has_tests(),
        findings: None,
        score: None,
        trials: Vec::new(),
    }
}
