//! `tgsand cache`: the replies of models, kept so that none is paid for twice.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand};
use indicatif::{HumanBytes, HumanDuration};
use serde_json::json;

use super::args::units::{parse_bytes, parse_duration};
use super::say;
use crate::error::{Error, Exit, Result};
use crate::model::Cache;
use crate::model::cache::{CacheStats, Prune};
use crate::{report, sandbox};

/// Where replies are kept.
#[derive(Debug, Clone, Args)]
pub struct ReplyCacheArgs {
    /// File of cached replies, shared by all runs [default: replies.sqlite in the cache folder]
    #[arg(long, env = "TGSAND_REPLY_CACHE", value_name = "FILE")]
    reply_cache: Option<PathBuf>,
}

impl ReplyCacheArgs {
    /// The file that replies are kept in.
    pub fn path(&self) -> PathBuf {
        self.reply_cache.clone().unwrap_or_else(|| sandbox::runtime::home().join("replies.sqlite"))
    }
}

/// Arguments of `tgsand cache`.
#[derive(Debug, Args)]
#[command(mut_arg("reply_cache", |arg| arg.global(true)))]
pub struct CacheArgs {
    #[command(flatten)]
    reply_cache: ReplyCacheArgs,
    #[command(subcommand)]
    command: CacheCommand,
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// Show what is cached for each model
    Stats {
        /// Print one JSON object; times are Unix seconds
        #[arg(long)]
        json: bool,
    },
    /// Remove replies and free their disk space
    Prune(PruneArgs),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct PruneArgs {
    /// Remove replies not used for this long, such as 30d or 12h
    #[arg(long, value_parser = parse_duration, value_name = "TIME")]
    older_than: Option<Duration>,
    /// Remove only replies of this model; all of them if no other option is given
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Remove the least recently used replies until the file is no larger than this, such as 1G
    #[arg(long, value_parser = parse_bytes, value_name = "SIZE")]
    max_size: Option<u64>,
    /// Remove all replies
    #[arg(long, conflicts_with_all = ["older_than", "model", "max_size"])]
    all: bool,
}

/// Runs `tgsand cache`.
pub fn run(args: &CacheArgs) -> Result<Exit> {
    let path = args.reply_cache.path();
    let cache = open(&path)?;
    match &args.command {
        CacheCommand::Stats { json } => {
            let stats = cache.as_ref().map_or_else(|| Ok(CacheStats::default()), Cache::stats)?;
            if *json {
                say(&json!({"path": path, "stats": stats}).to_string())?;
            } else {
                print(&path, &stats)?;
            }
        }
        CacheCommand::Prune(args) => {
            let prune = Prune {
                model: args.model.clone(),
                unused_for: args.older_than,
                down_to: args.max_size,
            };
            let pruned = cache
                .map(|cache| cache.prune(&prune, SystemTime::now()))
                .transpose()?
                .unwrap_or_default();
            say(&format!("removed {}, {}", replies(pruned.entries), HumanBytes(pruned.bytes)))?;
        }
    }
    Ok(Exit::Done)
}

/// Opens the cache; `None` if nothing was ever kept.
fn open(path: &Path) -> Result<Option<Cache>> {
    if !path.try_exists().map_err(Error::io(path))? {
        return Ok(None);
    }
    Ok(Some(Cache::open(path)?))
}

fn print(path: &Path, stats: &CacheStats) -> Result<()> {
    if stats.entries == 0 {
        return say(&format!("{} is empty", path.display()));
    }
    let rows = stats.models.iter().map(|model| {
        [
            model.model.clone(),
            model.entries.to_string(),
            model.prompt_tokens.to_string(),
            model.completion_tokens.to_string(),
            age(model.oldest),
            age(model.newest),
        ]
    });
    let header = ["model", "replies", "prompt tokens", "reply tokens", "oldest", "newest"];
    say(&report::table(Some(header), rows))?;
    say(&format!("{} in {}, {}", replies(stats.entries), path.display(), HumanBytes(stats.bytes)))
}

/// A count of replies.
pub fn replies(count: u64) -> String {
    if count == 1 { "1 reply".into() } else { format!("{count} replies") }
}

/// Words how long ago a time in Unix seconds was.
pub fn age(seconds: u64) -> String {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    // A clock that was set back makes a future of the past.
    let age = time.and_then(|time| time.elapsed().ok()).unwrap_or_default();
    format!("{} ago", HumanDuration(age))
}
