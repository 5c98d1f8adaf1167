//! Has a model translate a problem, and holds what it writes against what the solution in the first language gives.
//!
//! Invariant: a translation goes on only if it gives the recorded results, and its tests pass on it, fail without it, and fail on every
//! faulty variant of it that gives something else.

use std::collections::BTreeMap;

use minijinja::context;
use serde::{Deserialize, Serialize};

use super::anywhere::{Anywhere, Done};
use super::recorded::{difference, lines, recorded};
use super::variants;
use crate::ask::leak::leak;
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::reading::{is_sentence, texts_in, whole};
use crate::ask::respondent::Respondent;
use crate::ask::{Checked, ask_checked, malformed};
use crate::cases::place::Place;
use crate::cases::test_cases::{Check, Tests};
use crate::dataset::problems::{PYTHON, Problem};
use crate::error::{Error, Result};
use crate::executor::{Executors, OtherLanguage};
use crate::fences::{self, fence_for};
use crate::flow::{Fate, Stage};
use crate::marking::{Marking, Rules};
use crate::model::{Completion, Finish};
use crate::outcome::{Outcome, Reason, Rejection};
use crate::record::Record;
use crate::report::{counted, excerpt, plain};
use crate::sample::problem::{TranslatedCase, VariantCounts};
use crate::sandbox::{Limits, Sandbox};

/// Asks for a translation.
pub const TRANSLATE: Prompt = Prompt {
    path: "translate/translate.jinja",
    builtin: include_str!("../../../prompts/translate/translate.jinja"),
    by_line: false,
    specimen: || {
        context! {
            source => "Python", language => "Go", task => "Add.", solution => "def f(a): return a", tests => "f(1)",
            cases => ["`f(1)` gives 1"], least => 3, blocks => 5, fence => "```",
        }
    },
};
/// Asks once more, for a reply that was cut off or a translation that does not hold.
pub const TRANSLATE_AGAIN: Prompt = Prompt {
    path: "translate/translate-again.jinja",
    builtin: include_str!("../../../prompts/translate/translate-again.jinja"),
    by_line: false,
    specimen: || context! { cut => false, fault => "the full test fails" },
};

/// The text of a translated problem.
pub const QUESTION: Prompt = Prompt {
    path: "translate/question.jinja",
    builtin: include_str!("../../../prompts/translate/question.jinja"),
    by_line: false,
    specimen: || {
        context! {
            language => "Go", description => "Add.", test => "func main() {}", name => "go", fence => "```",
        }
    },
};

/// The prompts of this stage.
pub const PROMPTS: [Prompt; 3] = [TRANSLATE, TRANSLATE_AGAIN, QUESTION];

/// Faulty variants of a solution that are run.
const VARIANTS: usize = 6;

/// What decides what is translated and how it is held, besides the prompts and the model.
#[derive(Debug, Clone, Serialize)]
pub struct Options {
    /// The language that problems are translated to.
    pub to: OtherLanguage,
    /// Reject a problem with fewer recorded cases.
    pub min_cases: usize,
    /// Cases that are recorded.
    pub max_cases: usize,
}

/// The stage that has problems translated.
pub struct Translate<'a> {
    pub model: &'a Respondent,
    pub prompts: &'a Prompts,
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
    pub executors: &'a Executors,
    pub options: &'a Options,
}

/// A problem in another language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Translated {
    pub source_language: String,
    pub question: String,
    pub solution: String,
    pub demo_test: String,
    pub full_test: String,
    /// The part that prints the results of the cases.
    pub results: String,
    pub cases: Vec<TranslatedCase>,
    pub variants: VariantCounts,
    /// What the full test took.
    pub fuel: u64,
}

impl Translate<'_> {
    /// Names where translations run, with all that decides what they do there; an error says what the user can do if they run nowhere.
    pub fn place(executors: &Executors, to: &OtherLanguage) -> Result<String> {
        match Place::of(to, Some(executors)) {
            Ok(place) => Ok(place.identity().unwrap_or_default()),
            Err(nowhere) => {
                let why = nowhere.detail.trim_start_matches("the problem is in ");
                Err(Error::Usage(format!("--to names {why}")))
            }
        }
    }

    /// The text of a problem: the task, and the test that its readers see.
    fn question(&self, description: &str, demo_test: &str) -> Result<String> {
        let to = &self.options.to;
        let values = context! {
            language => to.title(), description => description, test => demo_test.trim_end(), name => to.name(),
            fence => fence_for(demo_test),
        };
        self.prompts.render(&QUESTION, values)
    }

    /// Why a problem is not translated, whatever a model would write.
    async fn unfit(&self, input: &Record<Problem>) -> Result<Option<Rejection>> {
        let problem = &input.body;
        let to = &self.options.to;
        let refused = |reason, why: String| Ok(Some(Rejection::new(reason, why)));
        if problem.tests.language() == Some(to) {
            return refused(
                Reason::NotLookedAt,
                format!("the problem is in {} already", to.name()),
            );
        }
        if matches!(problem.tests, Tests::Streams { .. }) {
            let why = "the problem's tests are texts on stdin, which do for any language";
            return refused(Reason::NotLookedAt, why.into());
        }
        if problem.reference.is_none() {
            return refused(Reason::NoReference, "the problem has no program of its own".into());
        }
        let marking = Marking::unremembered(self.sandbox, self.limits, Rules::default())
            .with_executors(self.executors);
        match marking.open(input).await? {
            Ok(opened) => {
                let graded = opened.reference.map(|reference| reference.graded);
                let failing = graded.filter(|graded| !graded.passes()).and_then(|it| it.failing);
                Ok(failing.map(|failing| {
                    let why = format!(
                        "the solution does not pass its own tests: {}",
                        excerpt(&failing.got)
                    );
                    Rejection::new(Reason::TestFailed, why)
                }))
            }
            Err(Fate::Rejected(dropped)) => Ok(Some(dropped.why)),
            Err(Fate::Deferred(dropped)) => Err(dropped.why),
            Err(Fate::Live(record)) => match record.body {},
        }
    }
}

impl Stage for Translate<'_> {
    type In = Problem;
    type Out = Translated;
    const NAME: &'static str = "translate";

    fn fingerprint(&self) -> String {
        format!(
            "1|{:?}|{}|{}|{:?}|{:?}|{}|{:?}",
            self.prompts.digests(&PROMPTS),
            self.model.fingerprint(),
            self.sandbox.fingerprint(),
            self.limits,
            self.executors.identities(),
            Self::place(self.executors, &self.options.to).unwrap_or_default(),
            self.options,
        )
    }

    async fn apply(&self, input: &Record<Problem>) -> Result<Outcome<Translated>> {
        if let Some(unfit) = self.unfit(input).await? {
            return Ok(Outcome::Rejected(unfit));
        }
        let problem = &input.body;
        let Options { min_cases, max_cases, .. } = *self.options;
        let cases = recorded(problem, self.sandbox, self.limits, max_cases).await?;
        if !cases.is_empty() && cases.len() < min_cases {
            let why = format!(
                "{} with a result that can be compared; at least {min_cases} are needed (--min-cases)",
                counted(cases.len(), "call")
            );
            return Ok(Outcome::Rejected(Rejection::new(Reason::TooFewCases, why)));
        }
        let translating = Translating { stage: self, problem, cases };
        let prompt = translating.prompt()?;
        let asked =
            ask_checked(&self.model.model, self.model.request(prompt), &translating).await?;
        Ok(match asked {
            Ok((Draft { question, solution, printing, demo_test, full_test, .. }, proof)) => {
                let Proof { cases, variants, fuel } = proof;
                let source_language = translating.source().1.to_owned();
                let question = self.question(&question, &demo_test)?;
                Outcome::Accepted(vec![input.with_body(Translated {
                    source_language,
                    question,
                    solution,
                    demo_test,
                    full_test,
                    results: printing,
                    cases,
                    variants,
                    fuel,
                })])
            }
            Err(rejection) => Outcome::Rejected(rejection),
        })
    }
}

/// A problem that is being translated.
struct Translating<'a> {
    stage: &'a Translate<'a>,
    problem: &'a Problem,
    /// What its solution gives; empty if a program of the model's has to tell.
    cases: Vec<TranslatedCase>,
}

/// What a reply has.
struct Draft {
    question: String,
    /// The part that prints results in the first language, if it is needed.
    recording: Option<String>,
    solution: String,
    printing: String,
    demo_test: String,
    full_test: String,
}

/// What shows that a translation holds.
struct Proof {
    cases: Vec<TranslatedCase>,
    variants: VariantCounts,
    fuel: u64,
}

type Held<T> = Result<std::result::Result<T, Rejection>>;

/// Gives what a check gives, or returns the fault.
macro_rules! held {
    ($check:expr) => {
        match $check {
            Ok(value) => value,
            Err(fault) => return Ok(Err(fault)),
        }
    };
}

impl Translating<'_> {
    /// The first language as texts write it, and as rows do.
    fn source(&self) -> (&str, &str) {
        let python = (PYTHON, "python");
        self.problem.tests.language().map_or(python, |other| (other.title(), other.name()))
    }

    fn target(&self) -> &OtherLanguage {
        &self.stage.options.to
    }

    /// The blocks of a reply.
    fn blocks(&self) -> usize {
        if self.cases.is_empty() { 6 } else { 5 }
    }

    fn prompt(&self) -> Result<String> {
        let solution = self.reference();
        let tests = tests_of(&self.problem.tests);
        let task = &self.problem.prompt;
        let shown =
            |TranslatedCase { call, result }: &TranslatedCase| format!("`{call}` gives {result}");
        let cases: Vec<String> = self.cases.iter().map(shown).collect();
        let values = context! {
            source => self.source().0, language => self.target().title(), task => task.trim_end(),
            solution => solution.trim_end(), tests => tests.trim_end(), cases => cases,
            least => self.stage.options.min_cases, blocks => self.blocks(),
            fence => fence_for(&[task, solution, &tests].join("\n")),
        };
        self.stage.prompts.render(&TRANSLATE, values)
    }

    fn reference(&self) -> &str {
        self.problem.reference.as_deref().unwrap_or_default()
    }

    async fn run(&self, language: Option<&OtherLanguage>, program: &str, part: &str) -> Held<Done> {
        let Translate { sandbox, limits, executors, .. } = *self.stage;
        Anywhere { sandbox, limits, executors }.run(language, program, part).await
    }

    /// The results that a program prints.
    async fn printed(
        &self,
        language: Option<&OtherLanguage>,
        program: &str,
        part: &str,
    ) -> Held<Vec<(String, crate::json::Json)>> {
        let title = language.map_or(PYTHON, OtherLanguage::title);
        let done = held!(self.run(language, program, part).await?);
        let failed = |why: &str| {
            let why = format!("the part that prints results in {title} fails: {}", excerpt(why));
            Rejection::new(Reason::TestFailed, why)
        };
        if !done.is_whole {
            return Ok(Err(failed(&done.said)));
        }
        Ok(lines(&done.stdout).map_err(|why| failed(&why)))
    }

    /// What the solution in the first language gives, as far as a part of the model's shows it.
    async fn recording(&self, recording: &str) -> Held<Vec<TranslatedCase>> {
        let language = self.problem.tests.language();
        let printed = held!(self.printed(language, self.reference(), recording).await?);
        let least = self.stage.options.min_cases;
        if printed.len() < least {
            let results = counted(printed.len(), "result");
            let why = format!("{results} printed; at least {least} are needed (--min-cases)");
            return Ok(Err(Rejection::new(Reason::TooFewCases, why)));
        }
        let case = |(at, (result, _))| TranslatedCase { call: format!("call {}", at + 1), result };
        Ok(Ok(printed.into_iter().enumerate().map(case).collect()))
    }

    /// Runs faulty variants of a solution: each that gives something else for a case has to fail the full test.
    async fn with_teeth(&self, draft: &Draft, cases: &[TranslatedCase]) -> Held<VariantCounts> {
        let target = self.target();
        let mut counts = VariantCounts::default();
        let toothless = |why: String| Ok(Err(Rejection::new(Reason::ToothlessTests, why)));
        for variant in variants::faulty(target.name(), &draft.solution, VARIANTS) {
            let done = held!(self.run(Some(target), &variant, &draft.printing).await?);
            if !done.is_whole {
                continue;
            }
            counts.run += 1;
            let titles = [target.title(), "a faulty variant of it"];
            let differs = match lines(&done.stdout) {
                Ok(printed) => difference(cases, &printed, titles),
                Err(why) => Some(why),
            };
            let Some(why) = differs else { continue };
            if held!(self.run(Some(target), &variant, &draft.full_test).await?).is_whole {
                return toothless(format!("a faulty variant passes the full test: {why}"));
            }
            counts.rejected += 1;
        }
        if counts.rejected > 0 {
            return Ok(Ok(counts));
        }
        if counts.run > 0 {
            let why = "no faulty variant of the solution changes a printed result";
            return toothless(why.into());
        }
        // No variant runs, so that its own numbers have to matter to the test.
        for other in variants::with_other_numbers(target.name(), &draft.full_test, VARIANTS) {
            let done = held!(self.run(Some(target), &draft.solution, &other).await?);
            if !done.is_whole && done.is_compiled {
                return Ok(Ok(counts));
            }
        }
        toothless("nothing shows that the full test checks anything".into())
    }
}

/// The tests of a problem as its readers see them; empty if they are calls with results.
fn tests_of(tests: &Tests) -> String {
    let last = match tests {
        Tests::Script { parts, .. } => parts.last().map(|part| part.code.clone()),
        Tests::Code { parts, .. } => parts.iter().rev().find_map(|part| match &part.check {
            Check::Code { definitions, call } => Some(format!("{definitions}\n{call}")),
            Check::Call(_) => None,
        }),
        Tests::Calls { .. } | Tests::Streams { .. } => None,
    };
    last.unwrap_or_default()
}

impl Checked for Translating<'_> {
    type Draft = Draft;
    type Proof = Proof;
    type Fault = Rejection;

    fn read(&self, reply: &Completion) -> std::result::Result<Draft, Rejection> {
        whole(reply)?;
        let blocks = fences::blocks(&reply.text);
        let mut blocks: Vec<String> = blocks
            .iter()
            .map(|block| block.content.to_owned())
            .filter(|content| !content.trim().is_empty())
            .collect();
        if blocks.len() != self.blocks() {
            let why =
                format!("the reply has {} blocks in place of {}", blocks.len(), self.blocks());
            return Err(malformed(reply, why));
        }
        let question = plain(&blocks.remove(0));
        texts_in(reply, [question.as_str()])?;
        if !is_sentence(&question) {
            return Err(malformed(reply, format!("the task is not a sentence: {question}")));
        }
        let recording = self.cases.is_empty().then(|| blocks.remove(0));
        let mut rest = blocks.into_iter();
        let mut next = || rest.next().unwrap_or_default();
        let (solution, printing, demo_test, full_test) = (next(), next(), next(), next());
        Ok(Draft { question, recording, solution, printing, demo_test, full_test })
    }

    fn ask_again(&self, unread: &Completion) -> Result<Option<String>> {
        let is_cut = unread.finish == Finish::Length;
        let fault = format!("it needs {} fenced blocks, the first with the task", self.blocks());
        let values = context! { cut => is_cut, fault => fault };
        self.stage.prompts.render(&TRANSLATE_AGAIN, values).map(Some)
    }

    async fn check(&self, draft: &Draft) -> Held<Proof> {
        let target = self.target();
        let cases = match &draft.recording {
            Some(recording) => held!(self.recording(recording).await?),
            None => self.cases.clone(),
        };
        let printed = held!(self.printed(Some(target), &draft.solution, &draft.printing).await?);
        if let Some(why) = difference(&cases, &printed, [self.source().0, target.title()]) {
            return Ok(Err(Rejection::new(Reason::TranslationDiffers, why)));
        }
        if held!(self.run(Some(target), "", &draft.printing).await?).is_whole {
            let why = "the part that prints results does so without the solution";
            return Ok(Err(Rejection::new(Reason::ToothlessTests, why)));
        }
        let mut fuel = 0;
        for (name, test) in [("demo", &draft.demo_test), ("full", &draft.full_test)] {
            let done = held!(self.run(Some(target), &draft.solution, test).await?);
            if !done.is_whole {
                let why = format!("the {name} test fails on the solution: {}", excerpt(&done.said));
                return Ok(Err(Rejection::new(Reason::TestFailed, why)));
            }
            fuel = done.fuel;
            if held!(self.run(Some(target), "", test).await?).is_whole {
                let why = format!("the {name} test passes without the solution");
                return Ok(Err(Rejection::new(Reason::ToothlessTests, why)));
            }
        }
        let variants = held!(self.with_teeth(draft, &cases).await?);
        if let Some(line) = leak(&draft.solution, &draft.demo_test, &draft.question) {
            let why = format!("the task has {line:?} of the solution");
            return Ok(Err(Rejection::new(Reason::LeakedSolution, why)));
        }
        Ok(Ok(Proof { cases, variants, fuel }))
    }

    fn repair(&self, fault: &Rejection) -> Result<String> {
        let fault = format!("{} ({})", fault.detail, fault.reason.name());
        self.stage.prompts.render(&TRANSLATE_AGAIN, context! { cut => false, fault => fault })
    }

    fn reject(&self, fault: &Rejection, _reply: &Completion) -> Rejection {
        fault.clone()
    }
}

/// The digests of the prompts.
pub fn digests(prompts: &Prompts) -> BTreeMap<String, String> {
    prompts.digests(&PROMPTS)
}
