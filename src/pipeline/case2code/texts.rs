//! Has a model write about a verified function - a question with its answer, a requirement with a design - and holds what it
//! writes against the code and the executions.
//!
//! Invariant: a function whose text does not hold keeps its other samples; only the text is
//! rejected.

mod reply;

use std::collections::BTreeMap;

use minijinja::context;
use serde::{Deserialize, Serialize};

use super::emit::Samples;
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::{Checked, ask_checked};
use crate::cases::executions::{execution, numbered, telling};
use crate::error::Result;
use crate::fences::fence_for;
use crate::flow::Stage;
use crate::ground::{Failed, Ground, Grounding, Subject, ungrounded};
use crate::model::{Completion, Model, Request, Sampling};
use crate::named::named_enum;
use crate::outcome::{Outcome, Rejection};
use crate::record::{Lineage, Record};
use crate::sample::{Case2Code, Design, Provenance, Qa, QuestionKind, SampleCase, Text, text};
use crate::sandbox::{Limits, Sandbox};

/// Steps of a trace that are asked for.
const STEPS: usize = 8;

/// Asks for a question about a function, with its answer.
pub const QA: Prompt = Prompt {
    path: "case2code/qa.jinja",
    builtin: include_str!("../../../prompts/case2code/qa.jinja"),
    by_line: false,
    specimen: text_specimen,
};
/// Asks for a requirement, with a design that meets it.
pub const DESIGN: Prompt = Prompt {
    path: "case2code/design.jinja",
    builtin: include_str!("../../../prompts/case2code/design.jinja"),
    by_line: false,
    specimen: text_specimen,
};
/// Asks for the same text once more, without what does not hold.
pub const REPAIR: Prompt = Prompt {
    path: "case2code/repair.jinja",
    builtin: include_str!("../../../prompts/case2code/repair.jinja"),
    by_line: false,
    specimen: || context! { claims => ["`g`: no such name"], lang => "English" },
};

fn text_specimen() -> minijinja::Value {
    context! {
        numbered => "1 | def f(a): pass", entry => "f", fence => "```", pick => 0, steps => 1,
        executions => ["`f(1)` returns `None`"], lang => "English",
    }
}

named_enum! {
    /// What a model writes about a function; the names are those of the option and the report.
    pub enum TextKind {
        Qa = "qa",
        Design = "design",
    }
}

impl TextKind {
    /// The prompts that a text of this kind is asked for with, and repaired with.
    pub fn prompts(self) -> [Prompt; 2] {
        match self {
            Self::Qa => [QA, REPAIR],
            Self::Design => [DESIGN, REPAIR],
        }
    }

    /// The id of a function's text of this kind.
    fn id(self, function_id: &str) -> String {
        match self {
            Self::Qa => format!("{function_id}/qa-text"),
            Self::Design => format!("{function_id}/design"),
        }
    }
}

/// The stage that has free text written.
pub struct Write<'a> {
    pub model: &'a Model,
    pub sampling: &'a Sampling,
    pub prompts: &'a Prompts,
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
    pub seed: u64,
    pub options: &'a TextOptions,
}

/// Which texts are written, and in which language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextOptions {
    pub kinds: Vec<TextKind>,
    /// The language's name, as the prompt has it.
    pub lang: String,
}

/// The samples of one function with the texts about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Written {
    pub samples: Samples,
    pub texts: Vec<TextOutcome>,
}

/// What became of one text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextOutcome {
    Qa(Box<Qa>),
    Design(Box<Design>),
    Rejected { id: String, why: Rejection },
}

impl Written {
    /// The samples of a function about which nothing is written.
    pub fn without_texts(samples: Samples) -> Self {
        Self { samples, texts: Vec::new() }
    }

    /// The samples as they come from another place: a journal may know them from where their row stood before.
    pub fn with_source(mut self, source: &Lineage) -> Self {
        self.samples = self.samples.with_source(source);
        for text in &mut self.texts {
            let (file, provenance) = match text {
                TextOutcome::Qa(qa) => (&mut qa.file, &mut qa.provenance),
                TextOutcome::Design(design) => (&mut design.file, &mut design.provenance),
                TextOutcome::Rejected { .. } => continue,
            };
            file.clone_from(&source.file);
            provenance.source = source.clone();
        }
        self
    }
}

impl Stage for Write<'_> {
    type In = Samples;
    type Out = Written;
    const NAME: &'static str = "write";

    fn fingerprint(&self) -> String {
        let TextOptions { kinds, lang } = self.options;
        let prompts: Vec<Prompt> = kinds.iter().flat_map(|kind| kind.prompts()).collect();
        format!(
            "1|{kinds:?}|{lang}|{:?}|{}|{:?}|{}|{:?}|{}",
            self.prompts.digests(&prompts),
            self.model.fingerprint(),
            self.sampling,
            self.sandbox.fingerprint(),
            self.limits,
            self.seed,
        )
    }

    async fn apply(&self, input: &Record<Samples>) -> Result<Outcome<Written>> {
        // Both at a time: the model takes longer than all else.
        let texts = self.options.kinds.iter().map(|&kind| self.text(kind, input));
        let texts = futures_util::future::try_join_all(texts).await?;
        Ok(Outcome::Accepted(vec![input.with_body(Written { samples: input.body.clone(), texts })]))
    }
}

impl Write<'_> {
    async fn text(&self, kind: TextKind, input: &Record<Samples>) -> Result<TextOutcome> {
        let sample = &input.body.case2code;
        let shown = telling(&sample.entry, sample.cases());
        let prompt = self.prompt(kind, input, &shown)?;
        let request = Request::of_user(prompt, self.sampling.clone());
        let question = Question { write: self, kind, input, shown };
        let request = request.with_schema(reply::schema(kind));
        Ok(match ask_checked(self.model, request, &question).await? {
            Ok((draft, claims)) => draft.with_claims(claims),
            Err(why) => TextOutcome::Rejected { id: kind.id(&input.id), why },
        })
    }

    fn prompt(
        &self,
        kind: TextKind,
        input: &Record<Samples>,
        shown: &[SampleCase],
    ) -> Result<String> {
        let sample = &input.body.case2code;
        let digest =
            blake3::hash(format!("write|{}|{}|{}", kind.name(), self.seed, input.id).as_bytes());
        let executions: Vec<String> =
            shown.iter().map(|case| execution(&sample.entry, case)).collect();
        self.prompts.render(
            &kind.prompts()[0],
            context! {
                entry => &sample.entry, numbered => numbered(&sample.program), fence => fence_for(&sample.program),
                executions => executions, lang => &self.options.lang, steps => STEPS, pick => digest.as_bytes()[0],
            },
        )
    }

    fn repair_prompt(&self, failed: &[Failed]) -> Result<String> {
        let claims: Vec<String> = failed.iter().map(Failed::to_string).collect();
        self.prompts.render(&REPAIR, context! { claims => claims, lang => &self.options.lang })
    }

    /// Makes a sample of a reply, as yet without claims.
    fn draft(
        &self,
        kind: TextKind,
        input: &Record<Samples>,
        reply: &Completion,
    ) -> Result<Draft, Rejection> {
        let sample = &input.body.case2code;
        let id = kind.id(&input.id);
        let code = sample.program.clone();
        let function_name = sample.entry.clone();
        let file = input.lineage.file.clone();
        let provenance = self.provenance(kind, &sample.provenance);
        Ok(match kind {
            TextKind::Qa => {
                let reply::QaReply { question, answer, trace } = reply::qa(reply)?;
                Draft::Qa(Box::new(Qa {
                    id,
                    kind: QuestionKind::FreeText,
                    prompt: text::prompt(&code, &question),
                    completion: text::completion(&trace, &answer),
                    file,
                    code,
                    function_name,
                    question,
                    answer,
                    trace,
                    check: None,
                    steps: Vec::new(),
                    claims: Vec::new(),
                    provenance,
                }))
            }
            TextKind::Design => {
                let reply::DesignReply { requirement, design, trace, adds } = reply::design(reply)?;
                Draft::Design(Box::new(Design {
                    id,
                    prompt: text::prompt(&code, &requirement),
                    completion: text::completion(&trace, &design),
                    file,
                    code,
                    function_name,
                    requirement,
                    design,
                    trace,
                    adds,
                    claims: Vec::new(),
                    provenance,
                }))
            }
        })
    }

    fn provenance(&self, kind: TextKind, of_function: &Provenance) -> Provenance {
        let mut prompts: BTreeMap<String, String> = of_function.prompts.clone();
        prompts.extend(self.prompts.digests(&kind.prompts()));
        Provenance {
            model: Some(self.model.server().name().to_owned()),
            prompts,
            ..of_function.clone()
        }
    }
}

/// A sample with a text that is not yet checked against the program.
enum Draft {
    Qa(Box<Qa>),
    Design(Box<Design>),
}

impl Draft {
    fn text(&self) -> Text {
        match self {
            Self::Qa(qa) => qa.text(),
            Self::Design(design) => design.text(),
        }
    }

    fn with_claims(self, claims: Vec<SampleCase>) -> TextOutcome {
        match self {
            Self::Qa(qa) => TextOutcome::Qa(Box::new(Qa { claims, ..*qa })),
            Self::Design(design) => TextOutcome::Design(Box::new(Design { claims, ..*design })),
        }
    }
}

/// What one text is asked about.
struct Question<'a> {
    write: &'a Write<'a>,
    kind: TextKind,
    input: &'a Record<Samples>,
    /// The executions that the prompt shows.
    shown: Vec<SampleCase>,
}

impl Checked for Question<'_> {
    type Draft = Draft;
    type Proof = Vec<SampleCase>;
    type Fault = Vec<Failed>;

    fn read(&self, reply: &Completion) -> Result<Draft, Rejection> {
        self.write.draft(self.kind, self.input, reply)
    }

    async fn check(&self, draft: &Draft) -> Result<Result<Vec<SampleCase>, Vec<Failed>>> {
        let Case2Code { program, entry, .. } = &self.input.body.case2code;
        let ground = Ground { sandbox: self.write.sandbox, limits: self.write.limits };
        let subject = Subject { program, entry, cases: &self.shown };
        Ok(match ground.check(&subject, &draft.text()).await? {
            Grounding::Holds(claims) => Ok(claims),
            Grounding::Fails(failed) => Err(failed),
        })
    }

    fn repair(&self, failed: &Vec<Failed>) -> Result<String> {
        self.write.repair_prompt(failed)
    }

    fn reject(&self, failed: &Vec<Failed>, reply: &Completion) -> Rejection {
        let evidence = serde_json::json!({"claims": failed, "reply": reply.text});
        ungrounded(failed).with_evidence(evidence)
    }
}
