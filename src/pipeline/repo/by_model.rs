//! Has a model write questions about functions and designs for requirements, and holds what it writes against the repository.
//!
//! Invariant: a reply that cannot be read, does not hold after one repair, or answers what can be answered without the
//! repository never becomes a row.

use minijinja::context;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::code::Code;
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::reading::{is_sentence, object, object_of, texts_in};
use crate::ask::respondent::Respondent;
use crate::ask::{Checked, ask, ask_checked, malformed};
use crate::error::Result;
use crate::fences::fence_for;
use crate::flow::Stage;
use crate::ground::repository::{self, About, Repository};
use crate::ground::{Failed, Ground, ungrounded};
use crate::index::{Kind, Role, SymbolId, Target};
use crate::model::{Completion, Schema};
use crate::outcome::{Outcome, Reason, Rejection};
use crate::record::Record;
use crate::sample::Text;
use crate::sample::repository::TextLanguage;

const MAX_STEPS: usize = 12;
const MAX_ADDS: usize = 20;
/// Questions that a function may be asked in different ways.
pub(super) const INTENTS: usize = 12;
/// Requirements that a repository has if its user names none.
pub(super) const TOPICS: usize = 5;
/// Facts about a function that a prompt tells.
const MAX_FACTS: usize = 20;
/// Characters of the outline of a repository.
const MAX_OUTLINE: usize = 16_000;

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
            "1|{prompts:?}|{}|{}|{}|{limits:?}",
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

fn language(lang: TextLanguage) -> &'static str {
    match lang {
        TextLanguage::English => "English",
        TextLanguage::Chinese => "Simplified Chinese",
    }
}

/// Orders a question about a function.
pub(super) fn question(
    code: &Code<'_>,
    prompts: &Prompts,
    id: SymbolId,
    (lang, intent): (TextLanguage, usize),
) -> Result<Order> {
    let index = code.index;
    let symbol = index.symbol(id);
    let file = index.file(symbol.file);
    let source = code.source(id)?;
    let numbered: Vec<String> = source
        .lines()
        .zip(symbol.first_line..)
        .map(|(line, number)| format!("{number:>5} | {line}"))
        .collect();
    let name = code.name(id);
    let mut facts = Vec::new();
    for call in index.callers(id) {
        if let Some(caller) = call.caller {
            let place = code.at(call.file, call.line);
            facts.push(format!("{} calls {name} at {place}.", code.name(caller)));
        }
    }
    for call in index.callees(id) {
        if let Target::Symbol(callee) = &call.target {
            let place = code.place(*callee);
            facts
                .push(format!("{name} calls {}, which is defined at {place}.", code.name(*callee)));
        }
    }
    facts.dedup();
    facts.truncate(MAX_FACTS);
    let prompt = prompts.render(
        &QA,
        context! {
            name => &symbol.qualified_name, path => &file.path, line => symbol.lines.start,
            fence => fence_for(&source), numbered => numbered.join("\n"), facts => facts,
            intent => intent, lang => language(lang),
        },
    )?;
    Ok(Order {
        wanted: Wanted::Qa,
        lang,
        file: file.path.clone(),
        function: symbol.qualified_name.clone(),
        requirement: String::new(),
        prompt,
    })
}

/// Orders a design for a requirement.
pub(super) fn design(
    code: &Code<'_>,
    prompts: &Prompts,
    lang: TextLanguage,
    requirement: &str,
) -> Result<Order> {
    let index = code.index;
    let (mut outline, mut length) = (Vec::new(), 0);
    for (id, file) in index.all_files().filter(|(_, file)| file.role != Role::Example) {
        let symbols: Vec<String> = index
            .symbols_of(id)
            .filter(|(_, symbol)| symbol.kind.is_callable() || symbol.kind == Kind::Class)
            .map(|(_, symbol)| {
                let signature = symbol.signature.as_ref().map_or("", |one| one.text.as_str());
                format!("`{}{signature}`", symbol.qualified_name)
            })
            .collect();
        let line = format!("`{}`: {}", file.path, symbols.join(", "));
        length += line.chars().count();
        if length > MAX_OUTLINE {
            break;
        }
        outline.push(line);
    }
    let mut facts: Vec<String> = index
        .endpoints
        .iter()
        .filter_map(|one| {
            let handler = code.name(one.handler);
            let place = code.at(one.file, one.line);
            Some(format!(
                "`{} {}` is handled by {handler} at {place}.",
                one.methods.first()?,
                one.path
            ))
        })
        .collect();
    facts.extend(index.config.iter().map(|read| {
        format!("The setting `{}` is read at {}.", read.key, code.at(read.file, read.line))
    }));
    facts.truncate(MAX_FACTS);
    let mark = match lang {
        TextLanguage::English => "(new)",
        TextLanguage::Chinese => "（新增）",
    };
    let prompt = prompts.render(
        &DESIGN,
        context! {
            outline => outline, facts => facts, requirement => requirement, mark => mark,
            lang => language(lang),
        },
    )?;
    Ok(Order {
        wanted: Wanted::Design,
        lang,
        file: String::new(),
        function: String::new(),
        requirement: requirement.to_owned(),
        prompt,
    })
}

/// What a web or command-line project is asked for if its user has no requirements of their own.
pub(super) fn topics(lang: TextLanguage) -> [&'static str; TOPICS] {
    match lang {
        TextLanguage::English => [
            "Offer one of the numbers that this code computes to other programs over HTTP, with checked parameters.",
            "Let an operator find out over HTTP whether the application is alive, without touching its data.",
            "Record what the code does and what goes wrong with structured log messages instead of printed text.",
            "Make everything that the code reads from its surroundings replaceable, so that tests need neither a user nor a clock.",
            "Collect the settings of the code in one place, with defaults, and report a missing or invalid one clearly.",
        ],
        TextLanguage::Chinese => [
            "把这份代码计算的某个数值通过 HTTP 提供给其他程序，并校验参数。",
            "让运维人员可以通过 HTTP 得知应用是否存活，且不触碰业务数据。",
            "用结构化日志记录代码的行为和错误，而不是直接打印文本。",
            "让代码从外界读取的一切都可以替换，使测试既不需要用户输入也不依赖时钟。",
            "把代码的配置集中到一处并给出默认值，缺失或无效的配置要明确报告。",
        ],
    }
}
