//! Reports what a run's model did and cost, in the table, in `usage.jsonl` and in an estimate.
//!
//! Invariant: tokens are the server's own counts; what is guessed is called an estimate.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::Value as Json;

use super::args::model::ModelArgs;
use super::cache::{age, replies};
use super::say;
use crate::error::{Error, Result};
use crate::flow::checked;
use crate::flow::run_folder::RunFolder;
use crate::model::{CachedReplies, Identity, Model, Origins, Unasked, UsageReport};
use crate::report;
use crate::report::stderr::tell;
use crate::schema::{self, Row, RowSchema};

/// The file that every run in a folder adds a row to.
pub const USAGE: &str = "usage.jsonl";
/// The field with the model's identity.
const IDENTITY: &str = "identity";
/// A text about a function is requested, and once more if it does not hold.
const ASKS_A_TEXT: u64 = 2;

/// The row of `usage.jsonl` for one run.
#[derive(Serialize)]
pub struct UsageRow {
    /// When it ended, in Unix seconds.
    at: u64,
    model: String,
    endpoint: String,
    /// The model's identity; `None` for a recording. Earlier versions did not record it.
    identity: Option<Identity>,
    /// The fingerprint of its answers in the journals.
    fingerprint: String,
    system_fingerprints: BTreeSet<String>,
    #[serde(flatten)]
    report: UsageReport,
}

impl Row for UsageRow {
    const SCHEMA: RowSchema = RowSchema::new("usage", 1);
}

/// What a run has asked of whom.
fn row(model: &Model) -> UsageRow {
    UsageRow {
        at: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
        model: model.server().name().to_owned(),
        endpoint: model.server().endpoint().to_owned(),
        identity: model.identity().cloned(),
        fingerprint: model.fingerprint(),
        system_fingerprints: model.origins().systems,
        report: model.report(),
    }
}

/// Takes in the accounts of a run that was killed: what it had asked was paid for.
pub fn settle(folder: &RunFolder) -> Result<()> {
    for account in (0..).map(|place| folder.path().join(account(place))) {
        let line = match std::fs::read_to_string(&account) {
            Ok(line) => line,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io(account)(error)),
        };
        // A power cut may have torn it.
        let line = line.trim_end();
        if checked::is_whole(USAGE, line.as_bytes()) {
            folder.append_line(USAGE, line)?;
        }
        std::fs::remove_file(&account).map_err(Error::io(account))?;
    }
    Ok(())
}

/// Writes down what a model is asked while it is asked, in case the process is killed.
pub fn keep_account(model: &Model, folder: &RunFolder, place: usize) -> Result<()> {
    let path = folder.path().join(account(place));
    let file = File::create(&path).map_err(Error::io(&path))?;
    let state = Mutex::new((file, 0));
    model.watch(move |model| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, len) = &mut *state;
        let line = checked::seal(USAGE, &schema::line(&row(model)));
        *len = line.len().max(*len);
        // One write, so that a killed process leaves a whole row. If the disk is full, the run itself ends with an error.
        let _ = file.write_all_at(format!("{line:len$}").as_bytes(), 0);
    });
    Ok(())
}

/// Adds the rows of a run that ends, in the place of its accounts.
pub fn close_accounts(models: &[&Model], folder: &RunFolder) -> Result<()> {
    for (place, model) in models.iter().enumerate() {
        folder.append(USAGE, &row(model))?;
        folder.remove(&account(place))?;
    }
    Ok(())
}

/// The file of one model's account.
fn account(place: usize) -> String {
    format!("journal/usage-{place}")
}

/// Determines the model's identity, and adds what earlier runs in the same folder took from the same model.
pub async fn take_up(model: &Model, folder: &RunFolder) -> Result<()> {
    let mut earlier = folder.rows(USAGE)?;
    earlier.retain(|row| row["model"] == model.server().name());
    let here = |identity: &Identity| identity.server == model.server().base();
    model.identify(earlier.iter().rev().filter_map(identity_in).find(here)).await?;
    if is_of_an_earlier_version(&earlier, model) {
        model.know_by_name();
        tell!(
            "tgsand: an earlier version started {} without recording the identity of the model; the answers there are taken as those of {}",
            folder.path().display(),
            model.server().base()
        );
    }
    for row in &earlier {
        let count = |name: &str| row[name].as_u64().unwrap_or_default();
        model.book_earlier(count("prompt_tokens"), count("completion_tokens"));
        if row["fingerprint"] == model.fingerprint() {
            model.add_earlier(&Origins {
                replies: serde_json::from_value(row["replies"].clone()).unwrap_or_default(),
                systems: serde_json::from_value(row["system_fingerprints"].clone())
                    .unwrap_or_default(),
            });
        } else if row.get(IDENTITY).is_none() && model.is_known_by_name() {
            let replies = CachedReplies { cached: count("hits"), ..CachedReplies::default() };
            model.add_earlier(&Origins { replies, ..Origins::default() });
        }
    }
    Ok(())
}

fn identity_in(row: &Json) -> Option<Identity> {
    serde_json::from_value(row[IDENTITY].clone()).ok()
}

/// Whether the answers in a folder are of a version that did not record identities, and all of them can be of this model.
fn is_of_an_earlier_version(rows: &[Json], model: &Model) -> bool {
    model.fingerprint() != model.server().name()
        && rows.iter().any(|row| row.get(IDENTITY).is_none())
        && rows.iter().all(|row| {
            row["endpoint"] == model.server().endpoint()
                && identity_in(row).is_none_or(|identity| Some(&identity) == model.identity())
        })
}

/// The rows of the table that ends a run.
pub fn rows(model: &Model) -> Vec<(String, String)> {
    let UsageReport { hits, replies, stats, cost } = model.report();
    let recorded = hits.saturating_sub(replies.cached);
    let tokens = format!("{} in, {} out", stats.prompt_tokens, stats.completion_tokens);
    let mut rows = vec![
        ("requests".to_owned(), format!("{} ({} sent)", stats.requests, stats.attempts)),
        ("replies from the cache".to_owned(), from_the_cache(model, recorded)),
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

/// The same for several models, each under its name.
pub fn rows_of_all(models: &[&Model]) -> Vec<(String, String)> {
    let named = models.len() > 1;
    let of = |model: &&Model| {
        let name = named.then(|| ("model".to_owned(), model.server().name().to_owned()));
        name.into_iter().chain(rows(model)).collect::<Vec<_>>()
    };
    models.iter().flat_map(of).collect()
}

/// The number of cached replies and the age of the oldest, including earlier runs in the folder.
fn from_the_cache(model: &Model, recorded: u64) -> String {
    let cached = model.origin_report().replies.map(|replies| replies.cached).unwrap_or_default();
    let CachedReplies { cached, reused, oldest, .. } = cached;
    let oldest = oldest.map(|oldest| format!("oldest {}", age(oldest)));
    let reused = (reused > 0).then(|| format!("{reused} from another server or checkpoint"));
    let more: Vec<String> = oldest.into_iter().chain(reused).collect();
    let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join(", ")) };
    format!("{}{more}", cached + recorded)
}

/// Ends what models have begun in files, and reports where their replies came from and what is left to do.
pub fn close(models: &[&Model], args: &ModelArgs) -> Result<()> {
    for model in models {
        tell_origins(model);
        model.finish()?;
        args.tell_batch(model);
    }
    Ok(())
}

/// Reports unused replies, and replies from several systems.
fn tell_origins(model: &Model) {
    let unused = model.unused_replies();
    if unused > 0 {
        let replies = replies(unused);
        tell!(
            "tgsand: not used: {replies} of the same name from another server or checkpoint; --reuse-replies uses them"
        );
    }
    let systems: Vec<String> = model.origin_report().system_fingerprints.into_iter().collect();
    if !systems.is_empty() {
        tell!("tgsand: the replies come from several systems: {}", systems.join(", "));
    }
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

/// Prints the first requests that a run would send; what follows depends on the replies to them.
pub fn print_first_estimate(model: &Model) -> Result<()> {
    print_parts(model, &[(model.server().name(), model.unasked())])?;
    say(
        "these are the first requests for each record: those of the further steps depend on the replies",
    )
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
    let header = ["for", "requests", "tokens in", "tokens out", "USD"];
    say(&report::table(Some(header), rows))?;
    say(&format!("{} requests are already answered; none was sent", model.report().hits))?;
    tell_origins(model);
    Ok(())
}
