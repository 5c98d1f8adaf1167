//! Runs a program with a part after it wherever its language runs: Python and others in the sandbox, or on an executor.
//!
//! Invariant: a program is whole only if it came to its end by itself, as far as its language can show that.

use crate::cases::elsewhere::Elsewhere;
use crate::cases::place::Place;
use crate::cases::script::{Whole, run_whole};
use crate::error::Result;
use crate::executor::{self, Executors, OtherLanguage, Program, Twice};
use crate::outcome::{Reason, Rejection};
use crate::sandbox::{End, Execution, Job, Limits, Sandbox};

/// Where programs run, and under which limits.
#[derive(Clone, Copy)]
pub struct Anywhere<'a> {
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
    pub executors: &'a Executors,
}

/// What a program did.
pub struct Done {
    /// Whether it exited with code 0 after its last statement.
    pub is_whole: bool,
    pub is_compiled: bool,
    /// What it printed itself.
    pub stdout: String,
    /// What it said: its messages, if it has any.
    pub said: String,
    /// What it took; 0 on an executor, which counts none.
    pub fuel: u64,
}

impl Anywhere<'_> {
    /// Runs a program in a language, or in Python if none is given, with a part after it; the rejection says why nothing can be told of it.
    pub async fn run(
        &self,
        language: Option<&OtherLanguage>,
        program: &str,
        part: &str,
    ) -> Result<Result<Done, Rejection>> {
        let Self { sandbox, limits, executors } = *self;
        let Some(language) = language else {
            let code = format!("{}\n\n\n{part}", program.trim_end());
            let job = Job { code, limits, ..Job::default() };
            return Ok(Ok(Done::of_python(sandbox.submit(job).await?)));
        };
        let executor = match Place::of(language, Some(executors)) {
            Ok(Place::Sandbox(language)) => {
                let whole = run_whole(sandbox, limits, language, program, Some(part)).await?;
                return Ok(Ok(Done::of(&whole)));
            }
            Ok(Place::Executor(executor)) => executor,
            Err(nowhere) => return Ok(Err(nowhere)),
        };
        let elsewhere = Elsewhere { executor, language, solution: program };
        let program = Program { language, solution: program, test: Some(part) };
        match executor.run_twice(&program).await {
            Ok(Twice::Same(ran)) => Ok(Ok(Done {
                is_whole: ran.is_whole(),
                is_compiled: ran.end != executor::End::CompileError,
                said: ran.said(),
                stdout: ran.stdout,
                fuel: 0,
            })),
            Ok(Twice::Differs { first, second }) => {
                let why = elsewhere.differs(&Twice::difference(&first, &second));
                Ok(Err(Rejection::new(Reason::Unrepeatable, why)))
            }
            Err(error) if error.is_about_the_program() => {
                Ok(Err(Rejection::new(Reason::RequestRefused, error.to_string())))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Done {
    fn of_python(execution: Execution) -> Self {
        let Execution { end, error, stdout, fuel, .. } = execution;
        let said = match &error {
            Some(error) => format!("{}: {}", error.kind, error.message),
            None => end.name().to_owned(),
        };
        let is_whole = end == End::Exited { exit_code: 0 } && error.is_none();
        Self { is_whole, is_compiled: true, stdout, said, fuel }
    }

    fn of(whole: &Whole) -> Self {
        Self {
            is_whole: whole.is_whole,
            is_compiled: !matches!(whole.execution.end, End::CompileError { .. }),
            stdout: whole.printed().to_owned(),
            said: whole.said(),
            fuel: whole.execution.fuel,
        }
    }
}
