//! Has a model write questions about functions and designs for requirements, and holds what it writes against the repository.
//!
//! Invariant: a reply that cannot be read, does not hold after one repair, or answers what can be answered without the
//! repository never becomes a row.

mod order;

use minijinja::context;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::reading::{is_sentence, object, object_of, texts_in};
use crate::ask::respondent::Respondent;
use crate::ask::{Checked, ask, ask_checked, malformed};
use crate::error::Result;
use crate::flow::Stage;
use crate::ground::repository::{self, About, Repository};
use crate::ground::{Failed, Ground, ungrounded};
use crate::model::{Completion, Schema};
use crate::outcome::{Outcome, Reason, Rejection};
use crate::record::Record;
use crate::sample::Text;
use crate::sample::repository::TextLanguage;

use order::language;
pub(super) use order::{INTENTS, TOPICS, design, files_of, question, topics};

const MAX_STEPS: usize = 12;
const MAX_ADDS: usize = 20;

/// Asks for a question about a function, with its answer.
pub const QA: Prompt = Prompt {
    path: "repo/qa.jinja",
    builtin: include_str!("../../../prompts/repo/qa.jinja"),
    by_line: false,
    specimen: || {
        context! {
            name => "f", path => "a.py", line => 1, fence => "```", numbered => "1 | def f(): pass",
            facts => ["`g` calls it"], intent => 0, lang => "English",
        }
    },
};
/// Asks for a design that meets a requirement.
pub const DESIGN: Prompt = Prompt {
    path: "repo/design.jinja",
    builtin: include_str!("../../../prompts/repo/design.jinja"),
    by_line: false,
    specimen: || {
        context! {
            outline => ["`a.py`: `f(a)`"], facts => ["`GET /` is answered"], requirement => "Log requests.",
            mark => "(new)", lang => "English",
        }
    },
};
/// Asks for the same text once more, without what does not hold.
pub const REPAIR: Prompt = Prompt {
    path: "repo/repository-repair.jinja",
    builtin: include_str!("../../../prompts/repo/repository-repair.jinja"),
    by_line: false,
    specimen: || context! { claims => ["`g` does not exist"], lang => "English" },
};
/// Asks a question without the repository.
pub const ALONE: Prompt = Prompt {
    path: "repo/alone.jinja",
    builtin: include_str!("../../../prompts/repo/alone.jinja"),
    by_line: false,
    specimen: || context! { question => "Who calls `f`?" },
};
/// Asks whether two answers are the same.
pub const SAME: Prompt = Prompt {
    path: "repo/same.jinja",
    builtin: include_str!("../../../prompts/repo/same.jinja"),
    by_line: false,
    specimen: || context! { question => "Who calls `f`?", answer => "`g` does.", other => "Somebody." },
};

/// The prompts that decide what a text says.
pub(super) const PROMPTS_ASKED: [&Prompt; 3] = [&QA, &DESIGN, &REPAIR];

/// What a model is asked to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Wanted {
    Qa,
    Design,
}

/// One text that a model is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Order {
    pub wanted: Wanted,
    pub lang: TextLanguage,
    /// The file and the function that the text is about; empty for the whole repository.
    pub file: String,
    pub function: String,
    /// The requirement of a design.
    pub requirement: String,
    /// What the row shows of the repository.
    pub context: String,
    pub prompt: String,
}

/// What a model has written, and it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Delivered {
    pub order: Order,
    /// The question or the requirement.
    pub question: String,
    pub answer: String,
    pub trace: Vec<String>,
    pub adds: Vec<String>,
}

/// The stage that asks.
pub(super) struct AskStage<'a> {
    pub respondent: &'a Respondent,
    pub prompts: &'a Prompts,
    pub ground: Ground<'a>,
    pub repository: &'a Repository,
    /// The digest of the repository that texts are held against.
    pub digest: &'a str,
}

impl Stage for AskStage<'_> {
    type In = Order;
    type Out = Delivered;
    const NAME: &'static str = "repo-ask";

    fn fingerprint(&self) -> String {
        let prompts = self.prompts.digests([&REPAIR, &ALONE, &SAME]);
        let Ground { sandbox, limits } = &self.ground;
        format!(
            "2|{prompts:?}|{}|{}|{}|{limits:?}",
            self.respondent.fingerprint(),
            self.digest,
            sandbox.fingerprint(),
        )
    }

    async fn apply(&self, input: &Record<Order>) -> Result<Outcome<Delivered>> {
        let order = &input.body;
        let schema = Schema { name: "text".into(), schema: schema(order.wanted) };
        let request = self.respondent.request(order.prompt.clone()).with_schema(schema);
        let question = Question { stage: self, order };
        let asked = ask_checked(&self.respondent.model, request, &question).await?;
        let delivered = match asked {
            Ok((delivered, ())) => delivered,
            Err(why) => return Ok(Outcome::Rejected(why)),
        };
        let needs = match order.wanted {
            Wanted::Qa => self.needs_repository(&delivered).await?,
            Wanted::Design => Ok(()),
        };
        Ok(match needs {
            Ok(()) => Outcome::Accepted(vec![input.with_body(delivered)]),
            Err(why) => Outcome::Rejected(why),
        })
    }
}

#[derive(Deserialize)]
struct Same {
    same: bool,
}

impl AskStage<'_> {
    /// Asks the question alone, and whether the answer to it is as good as the one that has seen the repository.
    async fn needs_repository(
        &self,
        delivered: &Delivered,
    ) -> Result<std::result::Result<(), Rejection>> {
        let Delivered { question, answer, .. } = delivered;
        let alone = self.prompts.render(&ALONE, context! { question => question })?;
        let model = &self.respondent.model;
        let other = match ask(model, &self.respondent.request(alone)).await? {
            Ok(reply) => reply.text,
            Err(why) => return Ok(Err(why)),
        };
        let judge = context! { question => question, answer => answer, other => &other };
        let request = self.respondent.request(self.prompts.render(&SAME, judge)?);
        let schema = object_of([("same", json!({"type": "boolean"}))]);
        let request = request.with_schema(Schema { name: "same".into(), schema });
        let verdict = match ask(model, &request).await? {
            Ok(reply) => object::<Same>(&reply),
            Err(why) => Err(why),
        };
        Ok(match verdict {
            Ok(Same { same: false }) => Ok(()),
            Ok(Same { same: true }) => {
                let detail = "the model answers the question without the repository";
                let evidence = json!({"question": question, "answer": answer, "alone": other});
                Err(Rejection::new(Reason::AnswerableWithoutContext, detail)
                    .with_evidence(evidence))
            }
            Err(why) => Err(why),
        })
    }
}

fn schema(wanted: Wanted) -> serde_json::Value {
    let text = || json!({"type": "string"});
    let texts = |least: usize, most: usize| json!({"type": "array", "items": text(), "minItems": least, "maxItems": most});
    let trace = texts(1, MAX_STEPS);
    match wanted {
        Wanted::Qa => object_of([("question", text()), ("answer", text()), ("trace", trace)]),
        Wanted::Design => {
            object_of([("design", text()), ("trace", trace), ("adds", texts(0, MAX_ADDS))])
        }
    }
}

#[derive(Deserialize)]
struct QaReply {
    question: String,
    answer: String,
    trace: Vec<String>,
}

#[derive(Deserialize)]
struct DesignReply {
    design: String,
    trace: Vec<String>,
    #[serde(default)]
    adds: Vec<String>,
}

/// What one text is asked about.
struct Question<'a> {
    stage: &'a AskStage<'a>,
    order: &'a Order,
}

impl Checked for Question<'_> {
    type Draft = Delivered;
    type Proof = ();
    type Fault = Vec<Failed>;

    fn read(&self, reply: &Completion) -> std::result::Result<Delivered, Rejection> {
        let order = self.order.clone();
        let delivered = match order.wanted {
            Wanted::Qa => {
                let QaReply { question, answer, trace } = object(reply)?;
                Delivered { order, question, answer, trace, adds: Vec::new() }
            }
            Wanted::Design => {
                let DesignReply { design, trace, adds } = object(reply)?;
                let question = order.requirement.clone();
                Delivered { order, question, answer: design, trace, adds }
            }
        };
        let Delivered { question, answer, trace, adds, .. } = &delivered;
        if trace.is_empty() || trace.len() > MAX_STEPS || adds.len() > MAX_ADDS {
            return Err(malformed(reply, "the reply has too many or too few steps or names"));
        }
        texts_in(reply, [question, answer].into_iter().chain(trace).map(String::as_str))?;
        if let Some(text) = [question, answer].into_iter().find(|text| !is_sentence(text)) {
            return Err(malformed(reply, format!("this is not a sentence: {text}")));
        }
        Ok(delivered)
    }

    async fn check(&self, draft: &Delivered) -> Result<std::result::Result<(), Vec<Failed>>> {
        let (first, second) = match self.order.wanted {
            Wanted::Qa => ("question", "answer"),
            Wanted::Design => ("requirement", "design"),
        };
        // What a user requires is theirs to say.
        let question = match self.order.wanted {
            Wanted::Qa => draft.question.clone(),
            Wanted::Design => String::new(),
        };
        let mut parts =
            vec![(first.to_owned(), question), (second.to_owned(), draft.answer.clone())];
        let steps = draft.trace.iter().enumerate();
        parts.extend(steps.map(|(i, step)| (format!("trace, step {}", i + 1), step.clone())));
        let text = Text { parts, adds: draft.adds.clone() };
        let about = About {
            file: &self.order.file,
            function: &self.order.function,
            // A result that the text states is run.
            executions: &[],
        };
        let AskStage { ground, repository, .. } = self.stage;
        Ok(match ground.check_repository(repository, &about, &text).await? {
            repository::Checked::Holds(_) => Ok(()),
            repository::Checked::Fails(failed) => Err(failed),
        })
    }

    fn repair(&self, failed: &Vec<Failed>) -> Result<String> {
        let claims: Vec<String> = failed.iter().map(Failed::to_string).collect();
        let lang = language(self.order.lang);
        self.stage.prompts.render(&REPAIR, context! { claims => claims, lang => lang })
    }

    fn reject(&self, failed: &Vec<Failed>, reply: &Completion) -> Rejection {
        ungrounded(failed).with_evidence(json!({"claims": failed, "reply": reply.text}))
    }
}
