//! Chooses the turns of a duel: which turns of which trajectories are answered anew.
//!
//! Invariant: the choice depends on the file and the seed alone; no task has more turns than the cap, no kind of task is forgotten, and
//! no conversation is answered twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::dataset::Rows;
use crate::dataset::hub::Source;
use crate::dataset::jsonl::Reading;
use crate::dataset::pull_requests::{self, PullRequest};
use crate::dataset::trajectories::{self, Trajectory};
use crate::error::Result;
use crate::flow::Fate;
use crate::model::{Message, Role};
use crate::outcome::{Reason, Rejection};
use crate::record::Record;

/// A turn to answer: the conversation so far, and what the trajectory itself goes on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    pub instance: String,
    pub repo: String,
    /// The message's place in the trajectory, from 0.
    pub place: usize,
    pub history: Vec<Message>,
    /// The dataset's own turn.
    pub assistant: String,
    /// How the task was solved; hidden from the king.
    pub reference: Option<PullRequest>,
}

/// Which turns are chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub seed: u64,
    pub turns: usize,
    /// Turns of one task at most.
    pub per_instance: usize,
    /// Characters of a conversation at most.
    pub max_history: usize,
    #[serde(skip)]
    pub excluded: BTreeSet<String>,
}

/// A turn that may be chosen, without its text.
struct Candidate {
    row: usize,
    place: usize,
    instance: String,
    order: [u8; 32],
}

/// The conversations of a file so far, with the lines that have them first.
#[derive(Default)]
struct Seen(HashMap<[u8; 32], u64>);

impl Seen {
    /// The line that has this conversation already; otherwise it is noted for this one.
    fn claim(&mut self, history: &blake3::Hasher, line: u64) -> Option<u64> {
        let first = *self.0.entry(*history.finalize().as_bytes()).or_insert(line);
        (first != line).then_some(first)
    }
}

/// The turns that were chosen.
pub struct Chosen {
    /// In the order of the file, with the rows that give none.
    pub fates: Vec<Fate<Turn>>,
    pub reading: Reading,
    /// Rows of pull requests that cannot be read.
    pub unreadable_requests: u64,
}

/// Chooses turns of a file and reads them, in the order of the file; rows that give none are rejected with the reason.
pub fn choose(source: &Source, requests: Option<&Source>, choice: &Choice) -> Result<Chosen> {
    let mut fates: Vec<(usize, Fate<Turn>)> = Vec::new();
    let mut strata: BTreeMap<(String, String), Vec<Candidate>> = BTreeMap::new();
    let mut seen = Seen::default();
    let Rows { rows, reading } = trajectories::open(source)?;
    for (row, fate) in rows.enumerate() {
        match fate? {
            Fate::Live(record) => match choice.candidates(row, &record, &mut seen) {
                Ok(candidates) => {
                    let stratum = (record.body.repo, record.body.exit_status);
                    strata.entry(stratum).or_default().extend(candidates);
                }
                Err(why) => fates.push((row, Fate::rejected(&record.id, record.lineage, why))),
            },
            Fate::Rejected(dropped) => fates.push((row, Fate::Rejected(dropped))),
            Fate::Deferred(dropped) => fates.push((row, Fate::Deferred(dropped))),
        }
    }
    let chosen = choice.spread(strata);
    let wanted: BTreeSet<String> = chosen.iter().map(|it| it.instance.clone()).collect();
    let (references, unreadable_requests) = match requests {
        Some(requests) => pull_requests::read(requests, &wanted)?,
        None => (BTreeMap::new(), 0),
    };
    let mut places: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for Candidate { row, place, .. } in chosen {
        places.entry(row).or_default().push(place);
    }
    // Conversations are long, so only those of chosen turns are kept.
    for (row, fate) in trajectories::open(source)?.rows.enumerate() {
        let (Some(places), Fate::Live(record)) = (places.get_mut(&row), fate?) else { continue };
        places.sort_unstable();
        for &mut place in places {
            let turn = turn(&record.body, place, references.get(&record.body.instance));
            let id = format!("{}:{place}", record.id);
            let lineage = record.lineage.clone();
            let fate = match requests.is_some() && turn.reference.is_none() {
                true => Fate::rejected(&id, lineage, without_reference(&turn.instance)),
                false => Fate::Live(Record { id, lineage, body: turn }),
            };
            fates.push((row, fate));
        }
    }
    fates.sort_by_key(|(row, _)| *row);
    let fates = fates.into_iter().map(|(_, fate)| fate).collect();
    Ok(Chosen { fates, reading, unreadable_requests })
}

fn without_reference(instance: &str) -> Rejection {
    let why = format!("the file of pull requests has none for {instance}");
    Rejection::new(Reason::NoReference, why)
}

fn turn(trajectory: &Trajectory, place: usize, reference: Option<&PullRequest>) -> Turn {
    Turn {
        instance: trajectory.instance.clone(),
        repo: trajectory.repo.clone(),
        place,
        history: trajectory.messages[..place].to_vec(),
        assistant: trajectory.messages[place].content.clone(),
        reference: reference.cloned(),
    }
}

impl Choice {
    /// The turns of a trajectory that may be chosen.
    fn candidates(
        &self,
        row: usize,
        record: &Record<Trajectory>,
        seen: &mut Seen,
    ) -> Result<Vec<Candidate>, Rejection> {
        let trajectory = &record.body;
        let instance = &trajectory.instance;
        if self.excluded.contains(instance) {
            return Err(Rejection::new(Reason::Excluded, format!("{instance} is excluded")));
        }
        let mut len = 0;
        let (mut found, mut has_turns, mut repeated) = (Vec::new(), false, None);
        let mut history = blake3::Hasher::new();
        history.update(instance.as_bytes());
        for (place, message) in trajectory.messages.iter().enumerate() {
            let follows_user = place.checked_sub(1).is_some_and(|before| {
                trajectory.messages.get(before).is_some_and(|it| it.role == Role::User)
            });
            if message.role == Role::Assistant && follows_user {
                has_turns = true;
                if let Some(earlier) = seen.claim(&history, record.lineage.line) {
                    repeated = Some(earlier);
                } else if len <= self.max_history {
                    let key = format!("{}|{instance}|{row}|{place}", self.seed);
                    let order = *blake3::hash(key.as_bytes()).as_bytes();
                    found.push(Candidate { row, place, instance: instance.clone(), order });
                }
            }
            len += message.content.chars().count();
            let written = format!("{:?}{}", message.role, message.content.len());
            history.update(written.as_bytes()).update(message.content.as_bytes());
        }
        if let (true, Some(line)) = (found.is_empty(), repeated) {
            let why = format!("line {line} has the same conversations of {instance}");
            return Err(Rejection::new(Reason::Duplicate, why));
        }
        match (found.is_empty(), has_turns) {
            (false, _) => Ok(found),
            (true, true) => {
                let why =
                    format!("every conversation is longer than {} characters", self.max_history);
                Err(Rejection::new(Reason::SizeOutOfRange, why))
            }
            (true, false) => {
                let why = "no turn of the assistant follows one of the user";
                Err(Rejection::new(Reason::UnreadableRecord, why))
            }
        }
    }

    /// Takes turns from each stratum in turn, until there are enough.
    fn spread(&self, strata: BTreeMap<(String, String), Vec<Candidate>>) -> Vec<Candidate> {
        let mut strata: Vec<Vec<Candidate>> = strata.into_values().collect();
        // The last of each is taken first.
        strata.iter_mut().for_each(|stratum| stratum.sort_by_key(|it| std::cmp::Reverse(it.order)));
        strata.sort_by_key(|stratum| stratum.last().map(|candidate| candidate.order));
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        let mut chosen = Vec::new();
        while chosen.len() < self.turns && strata.iter().any(|stratum| !stratum.is_empty()) {
            for stratum in &mut strata {
                while let Some(candidate) = stratum.pop() {
                    let count = taken.entry(candidate.instance.clone()).or_default();
                    if *count < self.per_instance {
                        *count += 1;
                        chosen.push(candidate);
                        break;
                    }
                }
                if chosen.len() == self.turns {
                    break;
                }
            }
        }
        chosen
    }
}
