//! Has a model make a problem of a snippet in a language that an executor runs: a solution, two tests and a question.
//!
//! Invariant: a problem goes on only if both tests pass on its solution and fail without it, each in two runs that do the same.

use std::collections::BTreeMap;

use minijinja::context;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::solve::Snippet;
use crate::ask::leak::leak;
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::reading::{is_sentence, object, object_of, texts_in, whole};
use crate::ask::respondent::Respondent;
use crate::ask::{Checked, ask_checked, malformed};
use crate::cases::elsewhere::Elsewhere;
use crate::error::{Error, Result};
use crate::executor::{Executor, Executors, OtherLanguage, Protocol};
use crate::fences::{self, fence_for};
use crate::flow::Stage;
use crate::model::{Completion, Finish, Schema};
use crate::outcome::{Outcome, Reason, Rejection};
use crate::record::Record;
use crate::report::plain;

/// Asks for a solution and its tests.
pub const SOLVE_ELSEWHERE: Prompt = Prompt {
    path: "autocode/solve-elsewhere.jinja",
    builtin: include_str!("../../../prompts/autocode/solve-elsewhere.jinja"),
    by_line: false,
    specimen: || {
        context! { language => "Java", code => "class A {}", fence => "```", is_joined_by_server => false }
    },
};
/// Asks once more, for a reply that was cut off or tests that do not hold.
pub const SOLVE_ELSEWHERE_AGAIN: Prompt = Prompt {
    path: "autocode/solve-elsewhere-again.jinja",
    builtin: include_str!("../../../prompts/autocode/solve-elsewhere-again.jinja"),
    by_line: false,
    specimen: || context! { cut => false, fault => "the test fails on the solution itself" },
};
/// Asks for the text of a problem.
pub const DESCRIBE_ELSEWHERE: Prompt = Prompt {
    path: "autocode/describe-elsewhere.jinja",
    builtin: include_str!("../../../prompts/autocode/describe-elsewhere.jinja"),
    by_line: false,
    specimen: || {
        context! {
            language => "Java", solution => "class A {}", test => "class Main {}", fence => "```", lang => "English",
        }
    },
};
/// Asks for the same text once more, without what gives the solution away.
pub const DESCRIBE_ELSEWHERE_AGAIN: Prompt = Prompt {
    path: "autocode/describe-elsewhere-again.jinja",
    builtin: include_str!("../../../prompts/autocode/describe-elsewhere-again.jinja"),
    by_line: false,
    specimen: || context! { leak => "total += item;", lang => "English" },
};
/// The text of a problem.
pub const QUESTION_ELSEWHERE: Prompt = Prompt {
    path: "autocode/question-elsewhere.jinja",
    builtin: include_str!("../../../prompts/autocode/question-elsewhere.jinja"),
    by_line: false,
    specimen: || {
        context! {
            language => "Java", description => "Add.", test => "class Main {}", name => "java", fence => "```",
        }
    },
};

/// The prompts of this stage.
pub const PROMPTS: [Prompt; 5] = [
    SOLVE_ELSEWHERE,
    SOLVE_ELSEWHERE_AGAIN,
    DESCRIBE_ELSEWHERE,
    DESCRIBE_ELSEWHERE_AGAIN,
    QUESTION_ELSEWHERE,
];

/// The stage that has snippets made into problems.
pub struct SolveElsewhere<'a> {
    pub author: &'a Respondent,
    pub prompts: &'a Prompts,
    pub executors: &'a Executors,
    /// The language that questions are written in.
    pub lang: &'a str,
}

/// A problem as it was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    pub language: OtherLanguage,
    pub executor: String,
    pub question: String,
    #[serde(flatten)]
    pub tested: Tested,
}

/// A solution with its tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tested {
    pub solution: String,
    pub demo_test: String,
    pub full_test: String,
}

/// The form of a reply with a question.
#[derive(Deserialize)]
struct Task {
    task: String,
}

impl SolveElsewhere<'_> {
    /// The digests of the prompts.
    pub fn digests(&self) -> BTreeMap<String, String> {
        self.prompts.digests(&PROMPTS)
    }

    async fn tested(
        &self,
        snippet: &Snippet,
        language: &OtherLanguage,
        executor: &Executor,
    ) -> Result<std::result::Result<Tested, Rejection>> {
        let code = snippet.code.trim_end();
        let prompt = self.prompts.render(
            &SOLVE_ELSEWHERE,
            context! {
                language => language.title(), code => code, fence => fence_for(code),
                is_joined_by_server => executor.protocol() == Protocol::Submit,
            },
        )?;
        let question = Solving { stage: self, language, executor };
        let asked = ask_checked(&self.author.model, self.author.request(prompt), &question).await?;
        Ok(asked.map(|(tested, ())| tested))
    }

    async fn described(
        &self,
        tested: &Tested,
        language: &OtherLanguage,
    ) -> Result<std::result::Result<String, Rejection>> {
        let Tested { solution, demo_test, .. } = tested;
        let fence = fence_for(&format!("{solution}\n{demo_test}"));
        let prompt = self.prompts.render(
            &DESCRIBE_ELSEWHERE,
            context! {
                language => language.title(), solution => solution.trim_end(), test => demo_test.trim_end(), fence => fence,
                lang => self.lang,
            },
        )?;
        let schema = object_of([("task", json!({"type": "string"}))]);
        let request =
            self.author.request(prompt).with_schema(Schema { name: "task".into(), schema });
        let asked =
            ask_checked(&self.author.model, request, &Describing { stage: self, tested }).await?;
        let description = match asked {
            Ok((description, ())) => description,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let values = context! {
            language => language.title(), description => description, test => demo_test.trim_end(), name => language.name(),
            fence => fence_for(demo_test),
        };
        self.prompts.render(&QUESTION_ELSEWHERE, values).map(Ok)
    }
}

impl Stage for SolveElsewhere<'_> {
    type In = Snippet;
    type Out = Made;
    const NAME: &'static str = "solve-elsewhere";

    fn fingerprint(&self) -> String {
        format!(
            "1|{:?}|{}|{:?}|{}",
            self.digests(),
            self.author.fingerprint(),
            self.executors.identities(),
            self.lang
        )
    }

    async fn apply(&self, input: &Record<Snippet>) -> Result<Outcome<Made>> {
        let language = OtherLanguage::named(&input.body.language);
        let Some(executor) = self.executors.of(&language) else {
            let why = format!("no executor lists {}", language.name());
            return Ok(Outcome::Rejected(Rejection::new(Reason::UnsupportedLanguage, why)));
        };
        let tested = match self.tested(&input.body, &language, executor).await? {
            Ok(tested) => tested,
            Err(rejection) => return Ok(Outcome::Rejected(rejection)),
        };
        Ok(match self.described(&tested, &language).await? {
            Ok(question) => {
                let executor = executor.name().to_owned();
                Outcome::Accepted(vec![input.with_body(Made {
                    language,
                    executor,
                    question,
                    tested,
                })])
            }
            Err(rejection) => Outcome::Rejected(rejection),
        })
    }
}

/// Asks for a solution with its tests, and runs them.
struct Solving<'a> {
    stage: &'a SolveElsewhere<'a>,
    language: &'a OtherLanguage,
    executor: &'a Executor,
}

impl Checked for Solving<'_> {
    type Draft = Tested;
    type Proof = ();
    type Fault = Rejection;

    fn read(&self, reply: &Completion) -> std::result::Result<Tested, Rejection> {
        whole(reply)?;
        let blocks = fences::blocks(&reply.text);
        let blocks: Vec<&str> = blocks
            .iter()
            .map(|block| block.content)
            .filter(|code| !code.trim().is_empty())
            .collect();
        match blocks[..] {
            [solution, demo_test, full_test] => Ok(Tested {
                solution: solution.to_owned(),
                demo_test: demo_test.to_owned(),
                full_test: full_test.to_owned(),
            }),
            _ => {
                let why =
                    format!("the reply has {} blocks of code in place of three", blocks.len());
                Err(malformed(reply, why))
            }
        }
    }

    fn ask_again(&self, unread: &Completion) -> Result<Option<String>> {
        if unread.finish != Finish::Length {
            return Ok(None);
        }
        let values = context! { cut => true, fault => "" };
        self.stage.prompts.render(&SOLVE_ELSEWHERE_AGAIN, values).map(Some)
    }

    async fn check(&self, tested: &Tested) -> Result<std::result::Result<(), Rejection>> {
        let Self { language, executor, .. } = *self;
        let solution = Elsewhere { executor, language, solution: &tested.solution };
        match solution.fault_of(&[&tested.demo_test, &tested.full_test]).await {
            Ok(fault) => Ok(fault.map_or(Ok(()), Err)),
            Err(Error::Executor(error)) if error.is_about_the_program() => {
                Ok(Err(Rejection::new(Reason::RequestRefused, error.to_string())))
            }
            Err(error) => Err(error),
        }
    }

    fn repair(&self, fault: &Rejection) -> Result<String> {
        let fault = format!("{} ({})", fault.detail, fault.reason.name());
        let values = context! { cut => false, fault => fault };
        self.stage.prompts.render(&SOLVE_ELSEWHERE_AGAIN, values)
    }

    fn reject(&self, fault: &Rejection, _reply: &Completion) -> Rejection {
        fault.clone()
    }
}

/// Asks for the text of a problem, which may not give its solution away.
struct Describing<'a> {
    stage: &'a SolveElsewhere<'a>,
    tested: &'a Tested,
}

impl Checked for Describing<'_> {
    type Draft = String;
    type Proof = ();
    type Fault = String;

    fn read(&self, reply: &Completion) -> std::result::Result<String, Rejection> {
        let Task { task } = object(reply)?;
        let task = plain(&task);
        texts_in(reply, [task.as_str()])?;
        match is_sentence(&task) {
            true => Ok(task),
            false => Err(malformed(reply, format!("`task` is not a sentence: {task}"))),
        }
    }

    async fn check(&self, task: &String) -> Result<std::result::Result<(), String>> {
        let Tested { solution, demo_test, .. } = self.tested;
        Ok(leak(solution, demo_test, task).map_or(Ok(()), Err))
    }

    fn repair(&self, leak: &String) -> Result<String> {
        let values = context! { leak => leak, lang => self.stage.lang };
        self.stage.prompts.render(&DESCRIBE_ELSEWHERE_AGAIN, values)
    }

    fn reject(&self, leak: &String, reply: &Completion) -> Rejection {
        let why = format!("the task has {leak:?} of the solution");
        Rejection::new(Reason::LeakedSolution, why).with_evidence(json!({"reply": reply.text}))
    }
}
