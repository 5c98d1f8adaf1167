//! Has a weaker model answer a problem several times: how many answers are right says how hard it is, and answers of both kinds are pairs.
//!
//! Invariant: answers are graded as `tgsand eval` grades them, by the full test.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::review::Reviewed;
use crate::ask::prompt::Prompts;
use crate::ask::respondent::Respondent;
use crate::cases::equality::Compare;
use crate::cases::test_cases::{Check, TestPart, Tests};
use crate::dataset::problems::{TASK, task_prompt};
use crate::dataset::stated::own_case;
use crate::error::Result;
use crate::flow::Stage;
use crate::grade::{
    Allowances, Candidate, Grade, GradeReference, Graded, Matching, Mode, ReferenceResult, TestSet,
};
use crate::model::Request;
use crate::outcome::{Outcome, Reason, Rejection};
use crate::record::Record;
use crate::reply::{self, Ask};
use crate::sample::problem::Attempts;
use crate::sandbox::{Limits, Sandbox};

/// Answers of the author to a problem that the weaker model never solves.
const TRIES: u32 = 3;
/// Pairs of answers to one problem.
const MAX_PAIRS: usize = 4;

/// The stage that has problems answered.
pub struct Attempt<'a> {
    pub solver: &'a Respondent,
    /// Tries a problem that the weaker model never solves; one that neither solves is not known to be solvable.
    pub author: Option<&'a Respondent>,
    /// Answers to each problem.
    pub samples: u32,
    /// Whether problems that every answer solves go on.
    pub keep_easy: bool,
    pub prompts: &'a Prompts,
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
}

/// A problem with the answers to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempted {
    pub reviewed: Reviewed,
    /// Absent if nobody was asked.
    pub attempts: Option<Attempts>,
    pub pairs: Vec<Pair>,
}

/// A right and a wrong answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// What the model was asked.
    pub prompt: String,
    pub chosen: String,
    pub rejected: String,
    pub rejected_code: String,
    /// Why the wrong answer fails, in one line.
    pub failure: String,
}

impl Attempted {
    /// A problem that nobody answers.
    pub fn unattempted(reviewed: Reviewed) -> Self {
        Self { reviewed, attempts: None, pairs: Vec::new() }
    }
}

impl Stage for Attempt<'_> {
    type In = Reviewed;
    type Out = Attempted;
    const NAME: &'static str = "attempt";

    fn fingerprint(&self) -> String {
        format!(
            "2|{:?}|{}|{:?}|{}|{}|{}|{:?}",
            self.prompts.digests([&TASK]),
            self.solver.fingerprint(),
            self.author.map(Respondent::fingerprint),
            self.samples,
            self.keep_easy,
            self.sandbox.fingerprint(),
            self.limits,
        )
    }

    async fn apply(&self, input: &Record<Reviewed>) -> Result<Outcome<Attempted>> {
        let described = &input.body.described;
        let target = &described.tested.executed.target;
        let prompt = task_prompt(self.prompts, &described.question, None)?;
        let request = self.solver.request(prompt.clone());
        let replies = match replies(self.solver, &request, self.samples).await? {
            Ok(replies) => replies,
            Err(rejection) => return Ok(Outcome::Rejected(rejection)),
        };
        let codes = codes(&replies, &target.entry);
        let graded = self.graded(input, &codes).await?;
        if !graded.values().any(Graded::passes)
            && let Some(rejection) = self.unsolved(input, &prompt).await?
        {
            return Ok(Outcome::Rejected(rejection));
        }
        let is_right = |code: &str| graded.get(code).is_some_and(Graded::passes);
        let passed = codes.iter().filter(|code| is_right(code)).count();
        let attempts = Attempts {
            model: self.solver.name().to_owned(),
            samples: self.samples,
            passed: passed as u32,
        };
        if attempts.passed == attempts.samples && !self.keep_easy {
            let why = format!("{} of {passed} answers are right", attempts.samples);
            return Ok(Outcome::Rejected(Rejection::new(Reason::TooEasy, why)));
        }
        let answers = |wanted: bool| {
            let mut seen: Vec<&str> = Vec::new();
            let all = codes.iter().zip(&replies);
            all.filter(|(code, _)| !code.is_empty() && is_right(code) == wanted)
                .filter(|(code, _)| {
                    let is_new = !seen.contains(&code.as_str());
                    seen.push(code);
                    is_new
                })
                .collect::<Vec<_>>()
        };
        let pairs = answers(true).into_iter().zip(answers(false)).take(MAX_PAIRS);
        let pair = |((_, chosen), (code, rejected)): ((_, &String), (&String, &String))| Pair {
            prompt: prompt.clone(),
            chosen: chosen.trim().to_owned(),
            rejected: rejected.trim().to_owned(),
            rejected_code: code.clone(),
            failure: String::new(),
        };
        let mut pairs: Vec<Pair> = pairs.map(pair).collect();
        for pair in &mut pairs {
            pair.failure =
                self.failure(input, &pair.rejected_code, graded.get(&pair.rejected_code)).await?;
        }
        Ok(Outcome::Accepted(vec![input.with_body(Attempted {
            reviewed: input.body.clone(),
            attempts: Some(attempts),
            pairs,
        })]))
    }
}

impl<'a> Attempt<'a> {
    fn grade(&self) -> Grade<'a> {
        Grade::new(self.sandbox, self.limits, Matching::default(), 0.0)
    }

    /// Rejects a problem that its author does not solve either, from the question alone.
    async fn unsolved(&self, input: &Record<Reviewed>, prompt: &str) -> Result<Option<Rejection>> {
        let Some(author) = self.author else { return Ok(None) };
        let request = author.request(prompt.to_owned());
        let replies = match replies(author, &request, TRIES).await? {
            Ok(replies) => replies,
            Err(rejection) => return Ok(Some(rejection)),
        };
        let entry = &input.body.described.tested.executed.target.entry;
        let is_solved =
            self.graded(input, &codes(&replies, entry)).await?.values().any(Graded::passes);
        let why = format!(
            "no answer of {} and none of {TRIES} answers of {}, which wrote the question, is right",
            self.solver.name(),
            author.name()
        );
        Ok((!is_solved).then(|| Rejection::new(Reason::Unsolved, why)))
    }

    /// The first case that a wrong answer fails, in one line; what its test says if its cases tell nothing.
    async fn failure(
        &self,
        input: &Record<Reviewed>,
        code: &str,
        graded: Option<&Graded>,
    ) -> Result<String> {
        let tested = &input.body.described.tested;
        let tests = Tests::Calls {
            entry: tested.executed.target.entry.clone(),
            setup: None,
            compare: Compare::Exact,
            visible: Vec::new(),
            hidden: tested.full.iter().cloned().map(own_case).collect(),
        };
        let tests = Arc::new(TestSet::new(tests, true, Allowances::default(), None));
        let candidate = Candidate { code: code.to_owned(), tests, mode: Mode::Together };
        let by_case = only(self.grade().apply(&input.with_body(candidate)).await?);
        let told = |graded: &Graded| Some(graded.failing.as_ref()?.in_a_line());
        let told = by_case.as_ref().and_then(told).or_else(|| graded.and_then(told));
        Ok(told.unwrap_or_default().trim().to_owned())
    }

    /// Grades each program once.
    async fn graded(
        &self,
        input: &Record<Reviewed>,
        codes: &[String],
    ) -> Result<BTreeMap<String, Graded>> {
        let tested = &input.body.described.tested;
        let target = &tested.executed.target;
        let check = Check::of_script(&tested.full_test).expect("the program wrote the test itself");
        let parts = vec![TestPart { visible: false, check }];
        let tests = Tests::Code { entry: Some(target.entry.clone()), setup: None, parts };
        let modes = Mode::safest_first(&tests);
        let safest = modes.into_iter().next().unwrap_or(Mode::Together);
        let tests = Arc::new(TestSet::new(tests, true, Allowances::default(), None));
        let grade = self.grade();
        let candidate = |code: &str, mode: &Mode| {
            let (code, tests, mode) = (code.to_owned(), Arc::clone(&tests), mode.clone());
            input.with_body(Candidate { code, tests, mode })
        };
        let reference = candidate(&target.program, &safest);
        let reference = only(GradeReference(grade).apply(&reference).await?);
        let mode = reference.map_or(safest, |ReferenceResult { mode, .. }| mode);
        let mut graded = BTreeMap::new();
        for code in codes.iter().filter(|code| !code.is_empty()) {
            if !graded.contains_key(code)
                && let Some(result) = only(grade.apply(&candidate(code, &mode)).await?)
            {
                graded.insert(code.clone(), result);
            }
        }
        Ok(graded)
    }
}

/// The replies of a model to the same request; one that it refuses is a rejection.
async fn replies(
    model: &Respondent,
    request: &Request,
    samples: u32,
) -> Result<std::result::Result<Vec<String>, Rejection>> {
    let mut replies = Vec::new();
    // Replies that did come stay in the model's cache when another is deferred.
    for completion in model.model.complete_many(request, samples).await {
        match completion {
            Ok(completion) => replies.push(completion.text),
            Err(error) if error.is_about_the_request() => {
                return Ok(Err(Rejection::new(Reason::RequestRefused, error.to_string())));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Ok(replies))
}

/// The programs in replies, which define this name.
fn codes(replies: &[String], entry: &str) -> Vec<String> {
    let ask = Ask { entry: Some(entry), ..Ask::default() };
    replies.iter().map(|reply| reply::extract(reply, &ask).code).collect()
}

/// The one record that a stage of grading makes.
fn only<T>(outcome: Outcome<T>) -> Option<T> {
    match outcome {
        Outcome::Accepted(mut records) => records.pop().map(|record| record.body),
        Outcome::Rejected(_) => None,
    }
}
