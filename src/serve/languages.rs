//! The sandboxes that jobs run in, by runtime and by language.
//!
//! Invariant: a request opens only what is installed; nothing is fetched for it.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::dataset::language;
use crate::sandbox::{Language, Sandbox, runtime};

/// The open sandboxes, each with as many threads as jobs run at a time.
pub struct Languages {
    /// The runtime of Python programs, and of jobs that name none.
    python: String,
    threads: usize,
    open: Mutex<HashMap<String, Arc<Sandbox>>>,
}

impl Languages {
    pub fn new((python, sandbox): (String, Sandbox), threads: usize) -> Self {
        let open = Mutex::new(HashMap::from([(python.clone(), Arc::new(sandbox))]));
        Self { python, threads, open }
    }

    /// The name of the runtime for jobs that name none.
    pub fn default(&self) -> &str {
        &self.python
    }

    /// The sandbox of a language, under any name that data sets have for it.
    pub async fn language(&self, name: &str) -> Result<Arc<Sandbox>, String> {
        let runtime = if language::is_python(name) {
            self.python.clone()
        } else {
            runtime::of_language(name, &self.python).ok_or_else(|| {
                let others = Language::listed();
                format!("language {name:?} is not known to this server; it runs python, {others}")
            })?
        };
        self.runtime(&runtime).await
    }

    /// The sandbox of a runtime.
    pub async fn runtime(&self, name: &str) -> Result<Arc<Sandbox>, String> {
        // Held while a runtime is opened, so that it is opened once.
        let mut open = self.open.lock().await;
        if let Some(sandbox) = open.get(name) {
            return Ok(Arc::clone(sandbox));
        }
        let runtime = runtime::named(name).map_err(|error| error.to_string())?;
        if runtime.manifest().is_none() {
            return Err(format!(
                "runtime {name:?} is not installed; `tgsand runtime install {name}` installs it"
            ));
        }
        let threads = self.threads;
        let opened = tokio::task::spawn_blocking(move || Sandbox::open(&runtime, threads)).await;
        let sandbox = Arc::new(
            opened.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?,
        );
        open.insert(name.to_owned(), Arc::clone(&sandbox));
        Ok(sandbox)
    }

    /// Gives back the memory of all instances that wait for a job.
    pub async fn release(&self) {
        for sandbox in self.open.lock().await.values() {
            sandbox.release();
        }
    }
}
