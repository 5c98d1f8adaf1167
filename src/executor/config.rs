//! How to reach an executor, and how hard to try.
//!
//! Invariant: the key shows in no message.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::OtherLanguage;
use crate::named::named_enum;
use crate::remote::{Notice, Secret};

named_enum! {
    /// How an executor is asked.
    pub enum Protocol {
        /// SandboxFusion's: one program.
        RunCode = "run_code",
        /// AutoCodeBench's: a solution and its test, which the server joins.
        Submit = "submit",
    }
}

impl Protocol {
    /// The path of requests, after the URL.
    pub(super) fn path(self) -> &'static str {
        self.name()
    }

    /// Whether an unusable reply is the server's own word on a request.
    pub(super) fn begins_a_refusal(self, reply: &str) -> bool {
        match self {
            Self::RunCode => reply.starts_with("SandboxError: "),
            Self::Submit => reply.starts_with("ARGUMENT_ERROR: "),
        }
    }
}

/// How to reach an executor, and how hard to try.
#[derive(Clone)]
pub struct Config {
    /// The name that results have for it.
    pub name: String,
    /// The URL that the protocol's path is appended to.
    pub url: String,
    pub protocol: Protocol,
    /// The languages of the programs that it runs.
    pub languages: Vec<OtherLanguage>,
    /// The key that is sent as a bearer token.
    pub api_key: Option<Secret>,
    /// How many programs run at a time at most.
    pub max_concurrent: usize,
    /// How long one attempt may take, from the connection to the reply's last byte.
    pub timeout: Duration,
    /// Seconds that the server is to give a program, and as many for compiling it.
    pub run_timeout: u64,
    /// How many more attempts a request gets when the first one fails in a way that may pass.
    pub max_retries: u32,
    /// How long requests wait for a server that has gone before they are given up.
    pub patience: Duration,
    /// Receives notices for the user.
    pub notice: Option<Notice>,
    /// Once this is set, no further request is sent.
    pub stop: Option<Arc<AtomicBool>>,
}
