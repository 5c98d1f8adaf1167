//! Reports what a run's model did and cost, in the table, in `usage.jsonl` and in an estimate.
//!
//! Invariant: tokens are the server's own counts; what is guessed is called an estimate.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::Value as Json;

use super::say;
use crate::error::Result;
use crate::flow::run_folder::RunFolder;
use crate::model::{Model, Unasked, UsageReport};
use crate::report;
use crate::schema::{Row, RowSchema};

/// A text about a function is requested, and once more if it does not hold.
const ASKS_A_TEXT: u64 = 2;

/// The row of `usage.jsonl` for one run.
#[derive(Serialize)]
pub struct UsageRow {
    /// When it ended, in Unix seconds.
    at: u64,
    model: String,
    endpoint: String,
    #[serde(flatten)]
    report: UsageReport,
}

impl Row for UsageRow {
    const SCHEMA: RowSchema = RowSchema::new("usage", 1);
}

/// What a run that ends now asked of whom.
pub fn row(model: &Model) -> UsageRow {
    UsageRow {
        at: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
        model: model.server().name().to_owned(),
        endpoint: model.server().endpoint().to_owned(),
        report: model.report(),
    }
}

/// Books what earlier runs in the same folder took of the same model.
pub fn book_earlier(model: &Model, folder: &RunFolder) -> Result<()> {
    for line in folder.lines("usage.jsonl")? {
        let Ok(line) = serde_json::from_str::<Json>(&line) else { continue };
        if line["model"] == model.server().name() {
            let tokens = |name: &str| line[name].as_u64().unwrap_or_default();
            model.book_earlier(tokens("prompt_tokens"), tokens("completion_tokens"));
        }
    }
    Ok(())
}

/// The rows of the table that ends a run.
pub fn rows(model: &Model) -> Vec<(String, String)> {
    let UsageReport { hits, stats, cost } = model.report();
    let tokens = format!("{} in, {} out", stats.prompt_tokens, stats.completion_tokens);
    let mut rows = vec![
        ("requests".to_owned(), format!("{} ({} sent)", stats.requests, stats.attempts)),
        ("replies from the cache".to_owned(), hits.to_string()),
        ("tokens".to_owned(), tokens),
    ];
    let has_price = model.cost_of(0, 0).is_some();
    let cost = match cost {
        Some(cost) => Some(format!("{cost:.4} USD")),
        None => has_price.then(|| "unknown: the server does not count tokens".to_owned()),
    };
    rows.extend(cost.map(|cost| ("cost".to_owned(), cost)));
    rows
}

/// Prints what a run would ask, with this many kinds of text about each function.
pub fn print_estimate(model: &Model, texts: u64) -> Result<()> {
    let inputs = model.unasked();
    let asks = inputs.requests * texts * ASKS_A_TEXT;
    // A text's prompt shows the function as the other does, and a repair the first text as well; replies end at the same limit.
    let texts = Unasked {
        requests: asks,
        prompt_tokens: 2 * inputs.prompt_tokens * texts * ASKS_A_TEXT,
        reply_tokens: inputs.reply_tokens * texts * ASKS_A_TEXT,
    };
    let total = Unasked {
        requests: inputs.requests + texts.requests,
        prompt_tokens: inputs.prompt_tokens + texts.prompt_tokens,
        reply_tokens: inputs.reply_tokens + texts.reply_tokens,
    };
    print_parts(model, &[("inputs", inputs), ("texts", texts), ("together", total)])
}

/// Prints what a run that scores a model would ask.
pub fn print_samples_estimate(model: &Model) -> Result<()> {
    print_parts(model, &[("samples", model.unasked())])
}

fn print_parts(model: &Model, parts: &[(&str, Unasked)]) -> Result<()> {
    let rows = parts.iter().map(|&(name, part)| {
        let Unasked { requests, prompt_tokens, reply_tokens } = part;
        let cost = model.cost_of(prompt_tokens, reply_tokens);
        let cost = cost.map_or_else(|| "no price given".to_owned(), |cost| format!("{cost:.4}"));
        let [requests, prompt_tokens, reply_tokens] =
            [requests, prompt_tokens, reply_tokens].map(|count| count.to_string());
        [name.to_owned(), requests, prompt_tokens, reply_tokens, cost]
    });
    let header = ["about", "requests", "tokens in", "tokens out", "USD"];
    say(&report::table(Some(header), rows))?;
    say(&format!("{} requests are already answered; none were sent", model.report().hits))
}
