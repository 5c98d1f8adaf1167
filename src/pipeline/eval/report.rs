//! The files that say how a run scored: `report.md`, `report.html` and `run.json`.
//!
//! Invariant: the three of them state the same numbers.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::page::Page;
use super::result::ProblemResult;
use super::score_report::{FailingReference, ScoreReport};
use super::scores::Scores;
use super::{Answers, Task};
use crate::error::Result;
use crate::flow::frame::{Ending, Run};
use crate::model::{CacheReport, CachedReplies, OriginReport};
use crate::outcome::Reason;
use crate::report::{markdown, markdown_table};

/// The end of the year 9999, the last that HTTP dates can express.
const LAST_SECOND: u64 = 253_402_300_799;

/// What is gathered while problems are scored.
#[derive(Default)]
pub(super) struct Gathered {
    scores: Scores,
    page: Page,
    problems: blake3::Hasher,
}

/// The scores of a run, in the two forms that readers get.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    pub scores: ScoreReport,
    /// In Markdown, as in `report.md`.
    pub table: String,
}

/// What `run.json` says of this pipeline.
#[derive(Serialize)]
struct Details<'a> {
    problems_digest: String,
    answers: &'a str,
    /// In USD; `None` without a price or without the server's counts of tokens.
    cost: Option<f64>,
    /// Contains times only if replies were taken from the cache.
    #[serde(flatten)]
    origins: &'a OriginReport,
    #[serde(flatten)]
    scores: Map<String, Json>,
}

impl Gathered {
    pub(super) fn add(&mut self, result: &ProblemResult) {
        self.problems.update(result.problem.as_bytes());
        self.scores.add(result);
        self.page.add(result);
    }

    /// Writes the files.
    pub(super) fn write(self, run: &Run<'_>, task: &Task<'_>, ending: &Ending) -> Result<Scored> {
        let scores = self.scores.report(&task.settings.k, task.settings.seed);
        let cost = task.cost(&scores);
        let mut rows = scores.rows();
        let origins = match task.answers {
            Answers::Model { model, .. } => model.origin_report(),
            Answers::Given(_) | Answers::Reference => OriginReport::default(),
        };
        if matches!(task.answers, Answers::Model { .. }) {
            rows.extend(scores.model_rows(cost));
            rows.extend(origin_rows(&origins));
        }
        let table = markdown(&task.title, &rows);
        let references = failing_references(&scores);
        run.folder.write_text("report.md", &format!("{table}{references}"))?;
        run.folder.write_text("report.html", &self.page.finish(&task.title, &rows))?;
        if matches!(task.answers, Answers::Given(completions) if completions.has_numbered) {
            let unanswered = ending.tally.rejected.get(&Reason::Unanswered).copied();
            let figures = scores.study_figures(unanswered.unwrap_or_default());
            run.folder.write_text("test.txt", &figures)?;
        }
        let details = Details {
            problems_digest: self.problems.finalize().to_hex().to_string(),
            answers: &task.name,
            origins: &origins,
            cost: cost.filter(|_| scores.has_tokens()),
            scores: scores.json(),
        };
        run.write_report("eval", &task.settings, ending, &details)?;
        Ok(Scored { scores, table })
    }
}

/// The problems whose own programs fail, each with the reason.
fn failing_references(scores: &ScoreReport) -> String {
    if scores.failing_references.is_empty() {
        return String::new();
    }
    let rows = scores.failing_references.iter();
    let rows = rows.map(|FailingReference { id, why }| [id.clone(), why.clone()]);
    let table = markdown_table(["problem", "why"], rows);
    format!("\n## Reference programs that fail\n\n{table}")
}

impl Task<'_> {
    fn cost(&self, scores: &ScoreReport) -> Option<f64> {
        let Answers::Model { model, .. } = self.answers else { return None };
        model.cost_of(scores.usage.prompt_tokens, scores.usage.completion_tokens)
    }
}

/// The origins of replies as rows of a table; none if all are fresh and from one system.
fn origin_rows(
    OriginReport { replies, system_fingerprints }: &OriginReport,
) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    if let Some(CacheReport { cached: CachedReplies { cached, reused, oldest, .. }, .. }) = replies
    {
        rows.push(("replies from the cache".to_owned(), cached.to_string()));
        rows.extend(oldest.map(|oldest| ("- oldest".to_owned(), date(oldest))));
        if *reused > 0 {
            rows.push(("- from another server or checkpoint".to_owned(), reused.to_string()));
        }
    }
    if !system_fingerprints.is_empty() {
        let systems: Vec<&str> = system_fingerprints.iter().map(String::as_str).collect();
        rows.push(("system fingerprints".to_owned(), systems.join(", ")));
    }
    rows
}

/// Formats a time in Unix seconds.
fn date(seconds: u64) -> String {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.min(LAST_SECOND));
    httpdate::fmt_http_date(time)
}
