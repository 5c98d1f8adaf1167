//! `tgsand doctor`: what is there, what works, and what to do next.
//!
//! Invariant: every line is the outcome of a trial made now; nothing is changed, and no cache answers.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::args::model::ModelArgs;
use super::config::Config;
use super::{SandboxArgs, say};
use crate::error::{Error, Exit, Result};
use crate::json::Json;
use crate::model::{Cache, Completion, Message, Request, Role, Sampling, Schema, Server};
use crate::sandbox::{self, End, Job};

/// Arguments of `tgsand doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    sandbox: SandboxArgs,
    #[command(flatten)]
    model: ModelArgs,
}

/// What the trials gave.
#[derive(Default)]
struct Findings {
    failed: bool,
    next: Vec<String>,
}

impl Findings {
    fn good(&self, what: &str) -> Result<()> {
        say(&format!("ok    {what}"))
    }

    /// Something that is not there and need not be.
    fn absent(&mut self, what: &str, next: impl Into<String>) -> Result<()> {
        self.next.push(next.into());
        say(&format!("-     {what}"))
    }

    fn bad(&mut self, what: &str, next: impl Into<String>) -> Result<()> {
        self.failed = true;
        self.next.push(next.into());
        say(&format!("FAIL  {what}"))
    }
}

/// Runs `tgsand doctor`.
pub fn run(args: &DoctorArgs, config: &Config) -> Result<Exit> {
    let mut findings = Findings::default();
    say(&format!("tgsand {}", env!("CARGO_PKG_VERSION")))?;
    check_pip(&mut findings)?;
    check_runtimes(args, &mut findings)?;
    check_cache(&args.model.reply_cache_path(), &mut findings)?;
    match args.model.clone().without_patience().open(config, &Arc::default())? {
        Some((model, _)) => {
            let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let tokio = tokio.map_err(Error::io("the async runtime"))?;
            tokio.block_on(check_model(model.server(), &mut findings))?;
        }
        None => findings.absent(
            "no model was given; the built-in proposer does not need one",
            "to try a model: tgsand doctor --model NAME --base-url http://HOST:PORT/v1",
        )?,
    }
    if !findings.failed {
        findings.next.push(
            "tgsand synth INPUT makes samples; INPUT is JSONL, a .py file or a folder".into(),
        );
    }
    say("")?;
    findings.next.iter().try_for_each(|next| say(&format!("next: {next}")))?;
    Ok(if findings.failed { Exit::Failed } else { Exit::Done })
}

fn check_pip(findings: &mut Findings) -> Result<()> {
    let version = Command::new("python3").args(["-m", "pip", "--version"]).output();
    match version {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            // The rest says where it is.
            findings.good(&format!(
                "python3 has {}",
                text.split(" from ").next().unwrap_or_default().trim()
            ))
        }
        Ok(_) => findings.absent(
            "python3 has no pip",
            "install pip to fetch runtimes, or run: tgsand runtime install --from WHEEL",
        ),
        Err(_) => findings.absent(
            "python3 was not found",
            "install python3 with pip to fetch runtimes, or run: tgsand runtime install --from WHEEL",
        ),
    }
}

fn check_runtimes(args: &DoctorArgs, findings: &mut Findings) -> Result<()> {
    sandbox::runtime::named(args.sandbox.runtime())?;
    for runtime in sandbox::runtime::all() {
        let is_chosen = runtime.name == args.sandbox.runtime();
        if runtime.manifest().is_some() {
            findings.good(&format!(
                "runtime {} is installed: {}",
                runtime.name,
                runtime.fingerprint()
            ))?;
        } else if is_chosen {
            let next =
                format!("tgsand runtime install {} (the first run also does this)", runtime.name);
            return findings
                .absent(&format!("runtime {} is not installed yet", runtime.name), next);
        }
        if is_chosen {
            let sandbox = args.sandbox.open(1)?;
            let job = Job { code: "print(6 * 7)".into(), ..Job::default() };
            let execution = sandbox.run(job.clone()).and_then(|_| {
                let started = Instant::now();
                Ok((sandbox.run(job)?, started.elapsed()))
            })?;
            match execution {
                (ran, took)
                    if ran.end == (End::Exited { exit_code: 0 }) && ran.stdout == "42\n" =>
                {
                    findings.good(&format!(
                        "a program ran in it in {:.1} ms",
                        took.as_secs_f64() * 1e3
                    ))?;
                }
                (ran, _) => findings.bad(
                    &format!("a program ended unexpectedly: {:?}", ran.end),
                    format!("tgsand runtime verify {}", args.sandbox.runtime()),
                )?,
            }
        }
    }
    Ok(())
}

fn check_cache(path: &Path, findings: &mut Findings) -> Result<()> {
    if !path.exists() {
        return findings.good(&format!("replies will be cached in {}", path.display()));
    }
    match Cache::open(path).and_then(|cache| cache.stats()) {
        Ok(stats) => {
            findings.good(&format!("{} replies are cached in {}", stats.entries, path.display()))
        }
        Err(error) => findings
            .bad(&format!("replies cannot be cached: {error}"), "repair or remove that file"),
    }
}

async fn check_model(server: &Server, findings: &mut Findings) -> Result<()> {
    let (name, endpoint) = (server.name(), server.endpoint());
    match server.probe().await {
        Ok(models) if models.iter().any(|model| model == name) => {
            findings.good(&format!("{endpoint} has the model {name}"))?;
        }
        Ok(models) if models.is_empty() => {
            findings.good(&format!("{endpoint} answers, but lists no models"))?;
        }
        Ok(models) => {
            let some: Vec<&str> = models.iter().take(5).map(String::as_str).collect();
            findings.absent(
                &format!("the server does not list {name}; it may still answer"),
                format!(
                    "--model takes the server's name for the model; the server lists: {}",
                    some.join(", ")
                ),
            )?;
        }
        // Not every server lists its models; the question below decides.
        Err(error) => say(&format!("-     no list of models: {error}"))?,
    }
    let asked = Instant::now();
    match server.ask(&question("Count from 1 to 30, in words.", 64)).await {
        Ok(reply) => {
            let (tokens, seconds) = (reply.usage.completion_tokens, asked.elapsed().as_secs_f64());
            let speed = match tokens {
                0 => "it does not count tokens".to_owned(),
                tokens => format!("{tokens} tokens at {:.0} per second", tokens as f64 / seconds),
            };
            findings.good(&format!("it answers in {seconds:.1} s; {speed}"))?;
        }
        Err(error) => {
            return findings.bad(
                &format!("it does not answer: {error}"),
                "start the server, or correct --base-url, --model or the key",
            );
        }
    }
    let schema = json!({
        "type": "object", "properties": {"digit": {"type": "integer", "minimum": 1, "maximum": 9}},
        "required": ["digit"], "additionalProperties": false,
    });
    let request =
        question("Give a digit as JSON.", 64).with_schema(Schema { name: "digit".into(), schema });
    let reply = server.ask(&request).await;
    let digit = reply
        .as_ref()
        .ok()
        .and_then(Completion::json)
        .and_then(|json| json.get("digit").and_then(Json::as_u64));
    match (reply, digit) {
        (Ok(_), Some(_)) if server.takes_schemas() => findings.good("it enforces a JSON Schema on replies"),
        (Ok(_), Some(_)) => findings.good("it does not enforce a JSON Schema, but follows one in the prompt"),
        (Ok(_), None) => findings.absent(
            "it neither enforces a JSON Schema nor follows one given in the prompt",
            "most replies of this model will be malformed; a server with grammars (vLLM, SGLang, llama.cpp) fixes that",
        ),
        (Err(error), _) => findings.bad(&format!("it does not answer a request with a schema: {error}"), "see the server's log"),
    }
}

fn question(text: &str, max_tokens: u32) -> Request {
    Request {
        messages: vec![Message { role: Role::User, content: text.into() }],
        sampling: Sampling {
            temperature: Some(0.0),
            max_tokens: Some(max_tokens),
            ..Sampling::default()
        },
        ..Request::default()
    }
}
