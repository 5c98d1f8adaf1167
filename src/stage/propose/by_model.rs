//! Asks a model for inputs, and reads its reply as literals.
//!
//! Invariant: a reply is data; what is no literal call of the function is left out, and a reply that broke off is not read.

use minijinja::context;

use crate::error::Result;
use crate::model::{Finish, Model, Request, Sampling};
use crate::outcome::{Reason, Rejection};
use crate::prompt::{Prompts, Role, fence_for};
use crate::python::{Call, Function, parse_calls};
use crate::stage::Target;

/// A model that proposes inputs, and how it is asked.
pub struct ModelProposer {
    pub model: Model,
    pub sampling: Sampling,
    pub prompts: Prompts,
    /// Whether the built-in search adds what the model has not thought of.
    pub top_up: bool,
}

impl ModelProposer {
    /// The model's name.
    pub fn name(&self) -> String {
        self.model.fingerprint()
    }

    /// Everything about the asking that may change an answer.
    pub fn fingerprint(&self) -> String {
        let prompt = self.prompts.digest(Role::Propose);
        format!("{}|{prompt}|{:?}|{}", self.name(), self.sampling, self.top_up)
    }

    /// Asks for calls of a function; a reply without any is a rejection that shows it.
    pub async fn ask(
        &self,
        target: &Target,
        function: &Function,
        count: usize,
    ) -> Result<std::result::Result<Vec<Call>, Rejection>> {
        let prompt = prompt(&self.prompts, target, function, count)?;
        let completion = self.model.complete(&Request::new("", &prompt, self.sampling.clone())).await?;
        let malformed = |detail: &str| {
            let shown: String = completion.text.chars().take(2000).collect();
            Rejection::new(Reason::MalformedReply, detail).with_evidence(serde_json::json!({"reply": shown}))
        };
        if completion.finish == Finish::Length {
            return Ok(Err(malformed("the reply was cut off at its token limit; --max-tokens raises it")));
        }
        let calls = parse_calls(&completion.text, &function.param_names());
        let fitting: Vec<Call> = calls.calls.into_iter().filter(|call| call.bind(function)).collect();
        if fitting.is_empty() {
            return Ok(Err(malformed("the reply has no call of the function with literal arguments")));
        }
        Ok(Ok(fitting))
    }
}

fn prompt(prompts: &Prompts, target: &Target, function: &Function, count: usize) -> Result<String> {
    prompts.render(
        Role::Propose,
        context! {
            program => target.program.trim_end(), entry => &target.entry, count => count,
            fence => fence_for(&target.program), parameters => function.param_names().join(", "),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::Module;

    #[test]
    fn the_prompt_shows_the_function_and_its_parameters() {
        let program = "def f(a, b):\n    return a + b\n";
        let module = Module::parse(program).unwrap();
        let target = Target { program: program.into(), entry: "f".into(), examples: Vec::new() };
        let text = prompt(&Prompts::builtin(), &target, module.function("f").unwrap(), 10).unwrap();
        assert!(text.contains("def f(a, b):\n    return a + b\n```"), "{text}");
        assert!(text.contains("(a, b)"), "{text}");
    }
}
