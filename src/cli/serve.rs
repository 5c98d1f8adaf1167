//! `tgsand serve`: the sandbox over HTTP.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::SandboxArgs;
use super::args::units::{parse_bytes, parse_count, parse_duration, parse_positive, parse_threads};
use crate::error::{Error, Exit, Result};
use crate::remote::Secret;
use crate::report::stderr::tell;
use crate::sandbox::Limits;
use crate::serve::{self, Bounds, FUEL_PER_SECOND, Options};

/// The variable that holds the token if no file does.
const TOKEN_VARIABLE: &str = "TGSAND_SERVE_TOKEN";

/// Arguments of `tgsand serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tgsand serve --listen 127.0.0.1:8080
  curl http://127.0.0.1:8080/run_code --json '{\"language\": \"python\", \"code\": \"print(6 * 7)\"}'

Paths: POST /run_code and /common_evaluate_batch (SandboxFusion), POST /submit (AutoCodeBench), \
POST /v1/exec (jobs of `tgsand exec`), GET /health, GET /metrics (Prometheus).

The token of --token-file, or of the environment variable TGSAND_SERVE_TOKEN, is needed to listen \
on an address that other machines can reach.")]
pub struct ServeArgs {
    /// Address and port to listen on; port 0 picks a free one
    #[arg(long, env = "TGSAND_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Threads that run programs
    #[arg(long, env = "TGSAND_THREADS", default_value_t = super::default_threads(), value_name = "N", value_parser = parse_threads)]
    threads: usize,
    /// Requests that may wait while all threads are busy; more are answered with status 503
    #[arg(long, env = "TGSAND_QUEUE", default_value = "1024", value_parser = parse_positive, value_name = "N")]
    queue: usize,
    /// File with the bearer token that requests have to bring, in its first line
    #[arg(long, env = "TGSAND_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Fuel for each second of a time limit [default: 10G]
    #[arg(long, env = "TGSAND_FUEL_PER_SECOND", value_parser = parse_count, value_name = "N")]
    fuel_per_second: Option<u64>,
    /// Maximum fuel of a job that a request may ask for, all its cases together
    #[arg(long, env = "TGSAND_MAX_FUEL", default_value = "1T", value_parser = parse_count, value_name = "N")]
    max_fuel: u64,
    /// Maximum memory that a request may ask for
    #[arg(long, env = "TGSAND_MAX_MEMORY", default_value = "1G", value_parser = parse_bytes, value_name = "SIZE")]
    max_memory: u64,
    /// Maximum output that a request may ask for
    #[arg(long, env = "TGSAND_MAX_OUTPUT", default_value = "16M", value_parser = parse_bytes, value_name = "SIZE")]
    max_output: u64,
    /// Maximum size of a request
    #[arg(long, env = "TGSAND_MAX_BODY", default_value = "16M", value_parser = parse_bytes, value_name = "SIZE")]
    max_body: u64,
    /// Time that a client may take to send a request, or to take more of an answer
    #[arg(long, env = "TGSAND_CLIENT_TIMEOUT", default_value = "30s", value_parser = parse_duration, value_name = "TIME")]
    client_timeout: Duration,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

impl ServeArgs {
    fn token(&self) -> Result<Option<Secret>> {
        let token = match &self.token_file {
            Some(path) => Some(Secret::from_file(path)),
            None if std::env::var_os(TOKEN_VARIABLE).is_some() => {
                Some(Secret::from_env(TOKEN_VARIABLE))
            }
            None => None,
        };
        let token = token.transpose().map_err(|error| Error::Usage(error.to_string()))?;
        if token.is_none() && !serve::is_local(self.listen) {
            return Err(Error::Usage(format!(
                "--listen {} can be reached from other machines and needs a token: set --token-file or {TOKEN_VARIABLE}",
                self.listen
            )));
        }
        Ok(token)
    }

    fn options(&self, token: Option<Secret>) -> Result<Options> {
        let default = self.sandbox.limits();
        let most = Limits { fuel: self.max_fuel, memory: self.max_memory, output: self.max_output };
        for (option, default, most) in [
            ("fuel", default.fuel, most.fuel),
            ("memory", default.memory, most.memory),
            ("output", default.output, most.output),
        ] {
            if default > most {
                return Err(Error::Usage(format!(
                    "--{option} {default} is more than --max-{option} {most}"
                )));
            }
        }
        Ok(Options {
            threads: self.threads,
            queue: self.queue,
            bounds: Bounds {
                default,
                most,
                fuel_per_second: self.fuel_per_second.unwrap_or(FUEL_PER_SECOND),
            },
            max_body: usize::try_from(self.max_body).unwrap_or(usize::MAX),
            client_timeout: self.client_timeout,
            token,
        })
    }
}

/// Runs `tgsand serve` until a signal stops it.
pub fn run(args: &ServeArgs) -> Result<Exit> {
    let options = args.options(args.token()?)?;
    let python = (args.sandbox.runtime().to_owned(), args.sandbox.open(args.threads)?);
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::io("the network threads"))?;
    tokio.block_on(async {
        let listener =
            TcpListener::bind(args.listen).await.map_err(Error::io(args.listen.to_string()))?;
        let address = listener.local_addr().map_err(Error::io(args.listen.to_string()))?;
        let stop = stop_signal()?;
        tell!("tgsand: listening on http://{address}");
        serve::serve(listener, python, options, stop).await;
        Ok(Exit::Done)
    })
}

/// Waits for the signal to stop; the next one ends the process at once.
fn stop_signal() -> Result<impl Future<Output = ()>> {
    // Made here and not when it is waited for, so that they count from now on.
    let mut interrupts = signal(SignalKind::interrupt()).map_err(Error::io("the signals"))?;
    let mut terminations = signal(SignalKind::terminate()).map_err(Error::io("the signals"))?;
    Ok(async move {
        tokio::select! { _ = interrupts.recv() => {}, _ = terminations.recv() => {} }
        tell!("tgsand: answering accepted requests; press Ctrl-C again to stop immediately");
        tokio::spawn(async move {
            tokio::select! { _ = interrupts.recv() => {}, _ = terminations.recv() => {} }
            #[expect(clippy::exit, reason = "work in progress is not waited for")]
            std::process::exit(Exit::Interrupted as i32);
        });
    })
}
