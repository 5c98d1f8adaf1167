//! Makes the rows of one function or file: drafts, held against the repository.
//!
//! Invariant: a draft that does not hold becomes a rejection with its own id, and costs no other.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::by_model::{self, Delivered, Order, Wanted};
use super::calls::Called;
use super::code::Code;
use super::design;
use super::draft::{DesignDraft, QaDraft, Topic};
use super::manner::Manner;
use super::options::Options;
use super::qa;
use super::wording::Voice;
use crate::ask::prompt::Prompts;
use crate::error::Result;
use crate::ground::repository::{About, Checked, Execution, Repository};
use crate::ground::{Ground, ungrounded};
use crate::index::{FileId, SymbolId};
use crate::outcome::Rejection;
use crate::record::{Lineage, Record};
use crate::sample::Text;
use crate::sample::repository::{
    RepoDesign, RepoExecution, RepoProvenance, RepoQa, RepoQuestion, RepoRequirement, TextLanguage,
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
}

impl Maker<'_> {
    pub async fn of_function(&self, id: SymbolId, called: Called) -> Result<Made> {
        let mut made = Made::default();
        if self.options.qa {
            let drafts = qa::of_function(self.code, self.manner, id, &called)?;
            for draft in self.picked(id, drafts) {
                self.take(draft, &mut made).await?;
            }
        }
        if self.options.design {
            for draft in design::of_function(self.code, self.manner, id, &called)? {
                self.take_design(draft, &mut made).await?;
            }
        }
        made.called = Some(called);
        Ok(made)
    }

    pub async fn of_file(&self, file: FileId) -> Result<Made> {
        let mut made = Made::default();
        if self.options.qa {
            for draft in qa::of_file(self.code, self.manner, file)? {
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
    pub fn delivered(&self, record: &Record<Delivered>, model: &str, prompts: &str) -> Made {
        let Delivered { order, question, answer, trace, adds } = record.body.clone();
        let index = self.code.index;
        let file = index.file_at(&order.file);
        let symbol = index.find(&order.function).into_iter().find(|&id| {
            index.symbol(id).qualified_name == order.function && Some(index.symbol(id).file) == file
        });
        let mut provenance = self.provenance(file, false);
        provenance.model = model.to_owned();
        provenance.prompts = prompts.to_owned();
        let messages = vec![ChatMessage::user(&question), ChatMessage::assistant(&answer)];
        let mut made = Made::default();
        match order.wanted {
            Wanted::Qa => made.qa.push(RepoQa {
                code: symbol.and_then(|id| self.code.source(id).ok()).unwrap_or_default(),
                file: order.file,
                function_name: order.function,
                question,
                answer,
                trace,
                id: record.id.clone(),
                kind: RepoQuestion::FreeText,
                lang: order.lang,
                messages,
                executions: Vec::new(),
                provenance,
            }),
            Wanted::Design => made.design.push(RepoDesign {
                requirement: question,
                design: answer,
                trace,
                id: record.id.clone(),
                kind: RepoRequirement::Given,
                lang: order.lang,
                messages,
                files: Vec::new(),
                adds,
                executions: Vec::new(),
                provenance,
            }),
        }
        made
    }

    /// As many questions as one function gets: executions first, as nothing else has them, then others as drawn.
    fn picked(&self, id: SymbolId, mut drafts: Vec<QaDraft>) -> Vec<QaDraft> {
        let seed = format!("pick|{}|{}", self.options.seed, self.code.index.full_name(id));
        let mut rng = ChaCha8Rng::from_seed(*blake3::hash(seed.as_bytes()).as_bytes());
        drafts.shuffle(&mut rng);
        let is = |draft: &QaDraft, kind| draft.kind == kind;
        drafts.sort_by_key(|draft| {
            (is(draft, RepoQuestion::Definition), !is(draft, RepoQuestion::CallResult))
        });
        drafts.truncate(self.options.per_function);
        drafts.sort_by_key(|draft| draft.kind);
        drafts
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
            Ok(()) => {
                let provenance =
                    self.provenance(Some(draft.topic.file), !draft.executions.is_empty());
                made.design.push(RepoDesign {
                    messages: vec![
                        ChatMessage::user(&draft.requirement),
                        ChatMessage::assistant(&draft.design),
                    ],
                    requirement: draft.requirement,
                    design: draft.design,
                    trace: draft.trace,
                    id,
                    kind: draft.kind,
                    lang: draft.lang,
                    files: draft.files,
                    adds: draft.adds,
                    executions: draft.executions.into_iter().map(stated).collect(),
                    provenance,
                });
            }
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
            Checked::Fails(failed) => Err(ungrounded(&failed)),
        })
    }

    fn row(&self, id: String, draft: QaDraft) -> Result<RepoQa> {
        let index = self.code.index;
        let symbol = draft.topic.symbol;
        let code = symbol.map(|symbol| self.code.source(symbol)).transpose()?;
        let provenance = self.provenance(Some(draft.topic.file), !draft.executions.is_empty());
        let mut messages = Vec::new();
        for (at, turn) in draft.turns.iter().enumerate() {
            let question = if at == 0 { &turn.question } else { &turn.follow_up };
            messages.push(ChatMessage::user(question));
            messages.push(ChatMessage::assistant(&turn.answer));
        }
        let last = draft.turns.into_iter().next_back();
        let (question, answer) =
            last.map_or_else(Default::default, |turn| (turn.question, turn.answer));
        Ok(RepoQa {
            file: index.file(draft.topic.file).path.clone(),
            code: code.unwrap_or_default(),
            function_name: symbol
                .map(|symbol| index.symbol(symbol).qualified_name.clone())
                .unwrap_or_default(),
            question,
            answer,
            trace: draft.trace,
            id,
            kind: draft.kind,
            lang: draft.lang,
            messages,
            executions: draft.executions.into_iter().map(stated).collect(),
            provenance,
        })
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
