//! Has a model review a problem by eight rules, and say what it is about.
//!
//! Invariant: a problem with a broken rule, or whose review cannot be read, does not go on; one without a category does.

mod category;
mod critique;

use serde::{Deserialize, Serialize};

pub use self::category::CATEGORY;
pub use self::critique::{CRITIQUE, CRITIQUE_AGAIN};

use super::describe::Described;
use crate::ask::prompt::Prompts;
use crate::ask::respondent::Respondent;
use crate::error::Result;
use crate::flow::Stage;
use crate::outcome::{Outcome, Rejection};
use crate::record::Record;
use crate::sample::problem::{Category, Review};

/// The stage that reviews.
pub struct ReviewProblem<'a> {
    pub critic: &'a Respondent,
    pub prompts: &'a Prompts,
}

/// A problem with its review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reviewed {
    pub described: Described,
    /// Absent if nobody was asked for one.
    pub review: Option<Review>,
    pub category: Option<Category>,
    /// Why a problem that was reviewed has no category.
    pub untagged: Option<Rejection>,
}

impl Reviewed {
    /// A problem that nobody reviews.
    pub fn unreviewed(described: Described) -> Self {
        Self { described, review: None, category: None, untagged: None }
    }
}

impl Stage for ReviewProblem<'_> {
    type In = Described;
    type Out = Reviewed;
    const NAME: &'static str = "review";

    fn fingerprint(&self) -> String {
        let prompts = self.prompts.digests([&CRITIQUE, &CRITIQUE_AGAIN, &CATEGORY]);
        format!("1|{prompts:?}|{}", self.critic.fingerprint())
    }

    async fn apply(&self, input: &Record<Described>) -> Result<Outcome<Reviewed>> {
        let described = &input.body;
        let findings = match self.findings(described).await? {
            Ok(findings) => findings,
            Err(rejection) => return Ok(Outcome::Rejected(rejection)),
        };
        let (category, category_reason, untagged) = match self.category(described).await? {
            Ok((category, reason)) => (Some(category), reason, None),
            Err(rejection) => (None, String::new(), Some(rejection)),
        };
        let review = Review { model: self.critic.name().to_owned(), findings, category_reason };
        Ok(Outcome::Accepted(vec![input.with_body(Reviewed {
            described: described.clone(),
            review: Some(review),
            category,
            untagged,
        })]))
    }
}
