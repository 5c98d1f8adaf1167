//! The files that the steps of a duel hand on to each other, and such rows from elsewhere.
//!
//! Invariant: a row read again is the record that was written; one from elsewhere needs only what the next step uses.

mod planned;
mod unread;
mod verdicts;
mod written;

use std::cell::{Cell, RefCell};
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::answer::{Answered, of_dataset};
use super::contest::{Contest, DATASET, Earlier};
use super::prepare::Turn;
use crate::dataset::jsonl::{JsonLines, Line, Reading};
use crate::dataset::rows::{self, UniqueIds};
use crate::dataset::trajectories;
use crate::error::{Error, Result};
use crate::flow::Fate;
use crate::flow::frame;
use crate::flow::run_folder::RunFolder;
use crate::json::{Json, Object};
use crate::outcome::{Reason, Rejection};
use crate::record::{Lineage, Record};
use crate::sample::turn::{DuelProvenance, JudgedTurn};
use crate::schema::{self, Row, RowSchema};

pub use unread::Unread;
use verdicts::align;
pub(super) use verdicts::judged_turn;
use written::{AnsweredRow, ChosenRow};
pub(super) use written::{Samples, chat_message};
pub use written::{write_answered, write_chosen};

/// The turns that contestants are to answer.
pub const CHOSEN: &str = "chosen.jsonl";
/// The turns with both answers.
pub const ANSWERS: &str = "answers.jsonl";
/// The turns with all verdicts.
pub const TURNS: &str = "turns.jsonl";

/// What a step reads: rows of a run's folder, or of a file from elsewhere.
pub struct Stored<T> {
    /// In the order of the first input, with what the steps before have set aside.
    pub fates: Vec<Fate<T>>,
    /// Those whom the first row names that names any.
    pub contest: Contest,
    /// What the steps before have left, with the path of the rows as the input if they have left nothing.
    pub input: String,
    pub earlier: Earlier,
    pub reading: Reading,
    /// Rows of verdicts that cannot be read; those of other files are among the fates.
    pub unread: Vec<Unread>,
    /// The turns that a duel planned to judge, with their instances; none of a file of verdicts that stands by itself.
    pub(super) planned: Vec<(String, String)>,
    source: PathBuf,
    /// Whether this program wrote the rows.
    is_own: bool,
}

impl<T> Stored<T> {
    /// Whether the rows are those that this program has written in this folder.
    pub fn is_in(&self, folder: &RunFolder) -> bool {
        self.is_own && self.is_of(folder)
    }

    /// Whether the rows are of this folder, whoever wrote them.
    pub(super) fn is_of(&self, folder: &RunFolder) -> bool {
        let whole = |path: &Path| path.canonicalize().ok();
        self.source.is_dir() && whole(&self.source) == whole(folder.path())
    }
}

impl Stored<Answered> {
    /// Has the dataset's own turns stand in for the king's; turns whose row has none are set aside.
    pub fn against_dataset(self) -> Self {
        let change = |fate: Fate<Answered>| match fate {
            Fate::Live(record) if record.body.assistant.trim().is_empty() => {
                let why = "the row has no turn of the dataset's own in `assistant`";
                Fate::rejected(record.id, record.lineage, Rejection::new(Reason::NoReference, why))
            }
            fate => {
                fate.map(|answered| Answered { king: of_dataset(&answered.assistant), ..answered })
            }
        };
        let contest = Contest { king: DATASET.to_owned(), ..self.contest };
        Self { fates: self.fates.into_iter().map(change).collect(), contest, ..self }
    }
}

impl Stored<JudgedTurn> {
    /// Gives the rows the ids and sources of their records, and each the verdicts of the same judges.
    pub(super) fn finish(&mut self) {
        for fate in &mut self.fates {
            let Fate::Live(Record { id, lineage, body }) = fate else { continue };
            body.id.clone_from(id);
            body.provenance.source.clone_from(lineage);
        }
        align(&mut self.fates);
    }
}

/// A row with what it says of its origin.
pub(super) struct Sourced<T> {
    pub body: T,
    pub source: Option<Lineage>,
    pub contest: Option<Contest>,
}

/// A file of rows, and the step that writes it.
struct Kind<'a> {
    file: &'a str,
    step: &'a str,
    schemas: &'a [RowSchema],
}

/// What becomes of the rows of a file that cannot be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// They are set aside by the step that reads them.
    SetAside,
    /// They are kept as they are: a verdict that this version cannot read was paid for.
    Kept,
}

/// Reads chosen turns, of a run's folder or of a file.
pub fn chosen(source: &Path) -> Result<Stored<Turn>> {
    let kind = Kind { file: CHOSEN, step: "prepare", schemas: &[ChosenRow::SCHEMA] };
    open(source, &kind, |row| {
        let text = |name: &str| optional(row, name);
        let reference = match row.get("reference") {
            None | Some(Json::Null) => None,
            Some(reference) => {
                Some(reference.typed().map_err(|why| format!("field \"reference\": {why}"))?)
            }
        };
        let seed = row.get("seed").and_then(Json::as_u64);
        Ok(Sourced {
            body: Turn {
                instance: required(row, "instance_id")?,
                repo: text("repo"),
                place: row.get("place").and_then(Json::as_u64).unwrap_or_default() as usize,
                history: trajectories::messages(row)?,
                assistant: text("assistant"),
                reference,
            },
            source: row.get("source").and_then(|source| source.typed().ok()),
            contest: seed.map(|seed| Contest { seed, ..Contest::default() }),
        })
    })
}

/// Reads turns with both answers, of a run's folder or of a file.
pub fn answers(source: &Path) -> Result<Stored<Answered>> {
    let schemas = &[AnsweredRow::SCHEMA, JudgedTurn::SCHEMA];
    open(source, &Kind { file: ANSWERS, step: "answer", schemas }, |row| {
        let provenance = provenance(row);
        Ok(Sourced {
            body: answered(row)?,
            contest: provenance.as_ref().map(Contest::of),
            source: provenance.map(|it| it.source),
        })
    })
}

/// Reads one turn with both answers.
pub(super) fn answered(row: &Object) -> Result<Answered, String> {
    let text = |name: &str| match required(row, name)? {
        text if text.trim().is_empty() => Err(format!("field {name:?} is empty")),
        text => Ok(text),
    };
    Ok(Answered {
        instance: required(row, "instance_id")?,
        repo: optional(row, "repo"),
        history: trajectories::messages(row)?,
        assistant: optional(row, "assistant"),
        king: text("king")?,
        challenger: text("challenger")?,
    })
}

/// Reads judged turns, of a run's folder or of a file. Each row then has the verdicts of the same judges, in the same order.
pub fn judged(source: &Path) -> Result<Stored<JudgedTurn>> {
    let schemas = &[JudgedTurn::SCHEMA];
    let mut stored = open(source, &Kind { file: TURNS, step: "judge", schemas }, |row| {
        let judgements = row.get("judgements").ok_or("field \"judgements\" is missing")?;
        let judgements =
            judgements.typed().map_err(|why| format!("field \"judgements\": {why}"))?;
        let provenance = provenance(row);
        Ok(Sourced {
            body: judged_turn(row, judgements, provenance.clone())?,
            contest: provenance.as_ref().map(Contest::of),
            source: provenance.map(|it| it.source),
        })
    })?;
    stored.finish();
    if stored.source.is_dir() {
        stored.planned = planned::of(source)?;
    }
    Ok(stored)
}

/// The file of rows that a step reads, if it is there.
fn file_of(source: &Path, Kind { file, step, .. }: &Kind<'_>) -> Result<PathBuf> {
    if !source.exists() {
        return Err(Error::Usage(format!(
            "failed to access {}: there is no such folder or file; `tgsand duel {step}` writes the folder that comes before this step",
            source.display()
        )));
    }
    if !source.is_dir() {
        return Ok(source.to_owned());
    }
    let path = source.join(file);
    match path.exists() {
        true => Ok(path),
        false => Err(Error::Usage(format!(
            "{} has no {file}; run `tgsand duel {step}` first, or name a file",
            source.display()
        ))),
    }
}

fn open<T>(
    source: &Path,
    kind: &Kind<'_>,
    read: impl Fn(&Object) -> Result<Sourced<T>, String>,
) -> Result<Stored<T>> {
    let path = file_of(source, kind)?;
    let lines = JsonLines::open(&path)?;
    let reading = lines.reading();
    let (text, number) = (RefCell::new(String::new()), Cell::new(0));
    let lines = lines.inspect(|line| {
        if let Ok(Line { text: own, number: at, .. }) = line {
            own.trim_end().clone_into(&mut text.borrow_mut());
            number.set(*at);
        }
    });
    // The lines of the ids that rows state.
    let mut stated_ids: HashMap<String, u64> = HashMap::new();
    let records = rows::records(lines, path.display().to_string(), |row, _| {
        let stated = row.get(schema::FIELD).and_then(Json::as_str);
        let id = rows::id_of(&row, &["id"]);
        let body = schema::of(stated, kind.schemas).and_then(|_| read(&row)).and_then(|body| {
            match id.clone().map(|id| (stated_ids.entry(id), number.get())) {
                Some((Entry::Occupied(first), _)) => Err(format!(
                    "the id {:?} is that of line {}, which counts; give each turn its own",
                    first.key(),
                    first.get()
                )),
                Some((Entry::Vacant(place), at)) => {
                    place.insert(at);
                    Ok(body)
                }
                None => Ok(body),
            }
        });
        (id.or_else(|| rows::id_of(&row, &["instance_id"])), body)
    });
    let records = records.map(|fate| Ok((fate?, text.take())));
    let unreadable = if kind.file == TURNS { Unreadable::Kept } else { Unreadable::SetAside };
    stored(source, records, Form { reading, is_own: true, unreadable })
}

/// How rows were read.
pub(super) struct Form {
    pub reading: Reading,
    /// Whether this program wrote them, or others in its form.
    pub is_own: bool,
    pub unreadable: Unreadable,
}

/// Puts rows, each with its line, together with what the steps before have set aside.
pub(super) fn stored<T>(
    source: &Path,
    records: impl Iterator<Item = Result<(Fate<Sourced<T>>, String)>>,
    form: Form,
) -> Result<Stored<T>> {
    let Form { reading, is_own, unreadable } = form;
    let mut ids = UniqueIds::default();
    let (mut fates, mut contest): (_, Option<Contest>) = (Vec::new(), None);
    let (mut seen, mut unread) = (BTreeSet::new(), Vec::new());
    for record in records {
        let (fate, line) = record?;
        fates.push(match ids.apply(fate) {
            Fate::Live(Record { id, lineage, body: Sourced { body, source, contest: own } }) => {
                if let (Some(first), Some(own)) = (&contest, &own)
                    && first != own
                {
                    let (first, own) = (first.title(), own.title());
                    return Err(Error::Usage(format!(
                        "{lineage}: a turn of {own}, after turns of {first}; take the turns of each duel by themselves"
                    )));
                }
                contest = contest.or(own);
                seen.insert(id.clone());
                Fate::Live(Record { id, lineage: source.unwrap_or(lineage), body })
            }
            Fate::Rejected(dropped) if unreadable == Unreadable::Kept => {
                unread.push(Unread { line, lineage: dropped.lineage, why: dropped.why.detail });
                continue;
            }
            Fate::Rejected(dropped) => Fate::Rejected(dropped),
            Fate::Deferred(dropped) => Fate::Deferred(dropped),
        });
    }
    let is_run = is_own && source.is_dir();
    let earlier = if is_run { Earlier::of(source)? } else { Earlier::default() };
    if is_run {
        // A turn that is there is not set aside: a step that is done again judges it anew.
        let set_aside = frame::rejected(source)?;
        let set_aside = set_aside.into_iter().filter(|dropped| !seen.contains(&dropped.id));
        fates.extend(set_aside.map(Fate::Rejected));
        fates.sort_by_key(line_of);
    }
    Ok(Stored {
        fates,
        contest: contest.unwrap_or_default(),
        input: earlier.input.clone().unwrap_or_else(|| source.display().to_string()),
        earlier,
        reading,
        unread,
        planned: Vec::new(),
        source: source.to_owned(),
        is_own,
    })
}

fn line_of<T>(fate: &Fate<T>) -> u64 {
    match fate {
        Fate::Live(record) => record.lineage.line,
        Fate::Rejected(dropped) => dropped.lineage.line,
        Fate::Deferred(dropped) => dropped.lineage.line,
    }
}

fn required(row: &Object, name: &str) -> Result<String, String> {
    let value = row.get(name).ok_or_else(|| {
        format!("field {name:?} is missing, the row has {}", rows::field_names(row))
    })?;
    rows::text(value, name).map(str::to_owned)
}

fn optional(row: &Object, name: &str) -> String {
    row.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn provenance(row: &Object) -> Option<DuelProvenance> {
    row.get("provenance")?.typed().ok()
}
