//! Makes the rows of one function or file: drafts, held against the repository.
//!
//! Invariant: a draft that does not hold becomes a rejection with its own id, and costs no other.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::by_model::{self, Delivered, Order, Wanted};
use super::calls::Called;
use super::code::Code;
use super::design;
use super::draft::{DesignDraft, QaDraft, Topic};
use super::manner::Manner;
use super::options::Options;
use super::plan::Plan;
use super::qa;
use super::wording::Voice;
use crate::ask::prompt::Prompts;
use crate::error::Result;
use crate::ground::repository::{About, Checked, Execution, Repository};
use crate::ground::{Ground, ungrounded};
use crate::index::{FileId, SymbolId};
use crate::outcome::{Reason, Rejection};
use crate::record::{Lineage, Record};
use crate::sample::Text;
use crate::sample::repository::{
    RepoDesign, RepoExecution, RepoProvenance, RepoQa, RepoQuestion, RepoRequirement, TextLanguage,
    first_message,
};
use crate::sample::turn::ChatMessage;

/// The rows of one function or file.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub qa: Vec<RepoQa>,
    pub design: Vec<RepoDesign>,
    pub rejected: Vec<(String, Rejection)>,
    /// Of a function: what its calls gave.
    pub called: Option<Called>,
}

/// What rows are made with.
pub(super) struct Maker<'a> {
    pub code: &'a Code<'a>,
    pub ground: Ground<'a>,
    pub repository: &'a Repository,
    pub runtime: &'a str,
    pub options: &'a Options,
    pub manner: &'a Manner,
    pub plan: &'a Plan,
    /// Designs of tests by files.
    pub tested: Mutex<HashMap<FileId, usize>>,
}

/// Functions of one file for which tests are designed, so that other designs are not lost among them.
const MAX_TESTED: usize = 4;

impl Maker<'_> {
    pub async fn of_function(&self, id: SymbolId, called: Called) -> Result<Made> {
        let mut made = Made::default();
        if self.options.qa {
            let is_wanted = |kind| self.plan.has(id, kind);
            let drafts = qa::of_function(self.code, self.manner, id, &called, is_wanted)?;
            for draft in self.picked(id, drafts) {
                self.take(draft, &mut made).await?;
            }
        }
        if self.options.design {
            for draft in design::of_function(self.code, self.manner, id, &called)? {
                if draft.kind == RepoRequirement::MissingTests && !self.has_room(draft.topic.file) {
                    continue;
                }
                self.take_design(draft, &mut made).await?;
            }
        }
        made.called = Some(called);
        Ok(made)
    }

    pub async fn of_file(&self, file: FileId) -> Result<Made> {
        let mut made = Made::default();
        if self.options.qa {
            let mut drafts = qa::of_file(self.code, self.manner, file)?;
            if self.options.limit.is_some() {
                drafts.shuffle(&mut self.rng(&self.code.index.file(file).path));
                drafts.truncate(self.options.per_function);
            }
            for draft in drafts {
                self.take(draft, &mut made).await?;
            }
        }
        if self.options.design {
            for draft in design::of_file(self.code, self.manner, file)? {
                self.take_design(draft, &mut made).await?;
            }
        }
        Ok(made)
    }

    /// What a model is asked about a function.
    pub fn question(&self, prompts: &Prompts, symbol: SymbolId) -> Result<Record<Order>> {
        let index = self.code.index;
        let topic = Topic { file: index.symbol(symbol).file, symbol: Some(symbol) };
        let id = qa::id(self.code, RepoQuestion::FreeText, topic, "");
        let drawn = blake3::hash(format!("{}|{id}", self.options.seed).as_bytes());
        let intent = usize::from(drawn.as_bytes()[0]) % by_model::INTENTS;
        let body = by_model::question(self.code, prompts, symbol, (self.lang_of(&id), intent))?;
        let line = index.symbol(symbol).lines.start.into();
        Ok(Record { lineage: Lineage { file: body.file.clone(), line }, id, body })
    }

    /// The designs that a model is asked for: for the user's requirements, or for the usual ones.
    pub fn designs(&self, prompts: &Prompts) -> Result<Vec<Record<Order>>> {
        let given = &self.options.requirements;
        let count = if given.is_empty() { by_model::TOPICS } else { given.len() };
        let order = |at: usize| {
            let id = format!("requirement-{}/design", at + 1);
            let lang = self.lang_of(&id);
            let usual = || by_model::topics(lang)[at];
            let requirement = given.get(at).map_or_else(usual, String::as_str);
            let body = by_model::design(self.code, prompts, lang, requirement)?;
            let lineage = Lineage { file: "requirements".into(), line: at as u64 + 1 };
            Ok(Record { id, lineage, body })
        };
        (0..count).map(order).collect()
    }

    fn lang_of(&self, id: &str) -> TextLanguage {
        Voice::of(self.options.seed, id, &self.options.languages).lang
    }

    /// The row of a text that a model has written.
    pub fn delivered(
        &self,
        record: &Record<Delivered>,
        model: &str,
        prompts: &str,
    ) -> Result<Made> {
        let Delivered { order, question, answer, trace, adds } = record.body.clone();
        let index = self.code.index;
        let file = index.file_at(&order.file);
        let symbol = index.find(&order.function).into_iter().find(|&id| {
            index.symbol(id).qualified_name == order.function && Some(index.symbol(id).file) == file
        });
        let mut provenance = self.provenance(file, false);
        provenance.model = model.to_owned();
        provenance.prompt_digests = prompts.to_owned();
        let messages = vec![
            ChatMessage::user(&first_message(&order.context, &question)),
            ChatMessage::assistant(&answer),
        ];
        let code = symbol.map(|id| self.code.source(id)).transpose()?.unwrap_or_default();
        let mut made = Made::default();
        match order.wanted {
            Wanted::Qa => made.qa.push(RepoQa {
                code,
                files: vec![order.file.clone()],
                file: order.file,
                function_name: order.function,
                question,
                answer,
                trace,
                id: record.id.clone(),
                kind: RepoQuestion::FreeText,
                lang: order.lang,
                context: order.context,
                messages,
                added: Vec::new(),
                executions: Vec::new(),
                requirement: String::new(),
                design: String::new(),
                provenance,
            }),
            Wanted::Design => {
                let files = by_model::files_of(index, &answer, &adds);
                if files.is_empty() {
                    let why = "the design names no file, function or class of the repository";
                    let why = Rejection::new(Reason::Ungrounded, why);
                    made.rejected.push((record.id.clone(), why));
                    return Ok(made);
                }
                made.design.push(RepoDesign {
                    question: question.clone(),
                    answer: answer.clone(),
                    requirement: question,
                    design: answer,
                    trace,
                    id: record.id.clone(),
                    kind: RepoRequirement::Given,
                    lang: order.lang,
                    context: order.context,
                    messages,
                    files,
                    added: adds,
                    executions: Vec::new(),
                    file: String::new(),
                    code: String::new(),
                    function_name: String::new(),
                    provenance,
                });
            }
        }
        Ok(made)
    }

    /// As many questions as one function gets: executions first, as nothing else has them, then others as drawn.
    fn picked(&self, id: SymbolId, mut drafts: Vec<QaDraft>) -> Vec<QaDraft> {
        drafts.shuffle(&mut self.rng(&self.code.index.full_name(id)));
        drafts.sort_by_key(|draft| draft.kind != RepoQuestion::CallResult);
        drafts.truncate(self.options.per_function);
        drafts.sort_by_key(|draft| draft.kind);
        drafts
    }

    /// Draws among what there is to ask about one thing.
    fn rng(&self, of: &str) -> ChaCha8Rng {
        let seed = format!("pick|{}|{of}", self.options.seed);
        ChaCha8Rng::from_seed(*blake3::hash(seed.as_bytes()).as_bytes())
    }

    /// Counts the tests that are designed for a file; functions come in the same order in every run.
    fn has_room(&self, file: FileId) -> bool {
        let mut tested = self.tested.lock().unwrap_or_else(PoisonError::into_inner);
        let count = tested.entry(file).or_default();
        *count += 1;
        *count <= MAX_TESTED
    }

    async fn take(&self, draft: QaDraft, made: &mut Made) -> Result<()> {
        let id = qa::id(self.code, draft.kind, draft.topic, &draft.key);
        match self.check(draft.topic, &draft.executions, &draft.text()).await? {
            Ok(()) => made.qa.push(self.row(id, draft)?),
            Err(why) => made.rejected.push((id, why)),
        }
        Ok(())
    }

    async fn take_design(&self, draft: DesignDraft, made: &mut Made) -> Result<()> {
        let id = design::id(self.code, draft.kind, draft.topic, &draft.key);
        match self.check(draft.topic, &draft.executions, &draft.text()).await? {
            Ok(()) => made.design.push(self.design_row(id, draft)?),
            Err(why) => made.rejected.push((id, why)),
        }
        Ok(())
    }

    /// Holds a text against the repository.
    async fn check(
        &self,
        topic: Topic,
        executions: &[Execution],
        text: &Text,
    ) -> Result<std::result::Result<(), Rejection>> {
        let index = self.code.index;
        let about = About {
            file: &index.file(topic.file).path,
            function: topic.symbol.map_or("", |symbol| &index.symbol(symbol).qualified_name),
            executions,
        };
        let checked = self.ground.check_repository(self.repository, &about, text).await?;
        Ok(match checked {
            Checked::Holds(_) => Ok(()),
            Checked::Fails(failed) => {
                Err(ungrounded(&failed)
                    .with_evidence(json!({"claims": failed, "text": text.parts})))
            }
        })
    }

    fn row(&self, id: String, draft: QaDraft) -> Result<RepoQa> {
        let provenance = self.provenance(Some(draft.topic.file), !draft.executions.is_empty());
        let (file, function_name, code) = self.subject(draft.topic)?;
        let mut messages = Vec::new();
        for (at, turn) in draft.turns.iter().enumerate() {
            let asked = turn.asked(at);
            messages.push(match at {
                0 => ChatMessage::user(&first_message(&draft.context, asked)),
                _ => ChatMessage::user(asked),
            });
            messages.push(ChatMessage::assistant(&turn.answer));
        }
        let last = draft.turns.len().saturating_sub(1);
        let (question, answer) = draft
            .turns
            .get(last)
            .map(|turn| (turn.asked(last).to_owned(), turn.answer.clone()))
            .unwrap_or_default();
        Ok(RepoQa {
            files: vec![file.clone()],
            file,
            code,
            function_name,
            question,
            answer,
            trace: draft.trace,
            id,
            kind: draft.kind,
            lang: draft.lang,
            context: draft.context,
            messages,
            added: Vec::new(),
            executions: draft.executions.into_iter().map(stated).collect(),
            requirement: String::new(),
            design: String::new(),
            provenance,
        })
    }

    fn design_row(&self, id: String, draft: DesignDraft) -> Result<RepoDesign> {
        let provenance = self.provenance(Some(draft.topic.file), !draft.executions.is_empty());
        let (file, function_name, code) = self.subject(draft.topic)?;
        Ok(RepoDesign {
            messages: vec![
                ChatMessage::user(&first_message(&draft.context, &draft.requirement)),
                ChatMessage::assistant(&draft.design),
            ],
            question: draft.requirement.clone(),
            answer: draft.design.clone(),
            requirement: draft.requirement,
            design: draft.design,
            trace: draft.trace,
            id,
            kind: draft.kind,
            lang: draft.lang,
            context: draft.context,
            files: draft.files,
            added: draft.adds,
            executions: draft.executions.into_iter().map(stated).collect(),
            file,
            code,
            function_name,
            provenance,
        })
    }

    /// The file, the function and the code that a sample is about.
    fn subject(&self, topic: Topic) -> Result<(String, String, String)> {
        let index = self.code.index;
        let code = topic.symbol.map(|symbol| self.code.source(symbol)).transpose()?;
        let name = topic.symbol.map(|symbol| index.symbol(symbol).qualified_name.clone());
        let file = index.file(topic.file).path.clone();
        Ok((file, name.unwrap_or_default(), code.unwrap_or_default()))
    }

    fn provenance(&self, file: Option<FileId>, has_run: bool) -> RepoProvenance {
        let index = self.code.index;
        let name = index.root().canonicalize().unwrap_or_else(|_| index.root().to_owned());
        RepoProvenance {
            tgsand: env!("CARGO_PKG_VERSION").to_owned(),
            repository: name
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            commit: index.revision.commit.clone().unwrap_or_default(),
            digest: index.revision.digest.clone(),
            file_digest: file.map(|file| index.file(file).digest.clone()).unwrap_or_default(),
            runtime: if has_run { self.runtime.to_owned() } else { String::new() },
            seed: self.options.seed,
            ..RepoProvenance::default()
        }
    }
}

fn stated(Execution { function, case }: Execution) -> RepoExecution {
    RepoExecution { function, case }
}
