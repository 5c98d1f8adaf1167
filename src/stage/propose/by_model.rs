//! Asks a model for inputs, and reads its reply as literals.
//!
//! Invariant: a reply is data; what is no literal call of the function is left out, and a reply that broke off is not read.

use minijinja::{Environment, context};

use crate::error::Result;
use crate::model::{Finish, Model, Request, Sampling};
use crate::outcome::{Reason, Rejection};
use crate::python::{Call, Function, parse_calls};
use crate::stage::Target;

const PROMPT: &str = include_str!("../../../prompts/case2code/propose.jinja");

/// A model that proposes inputs, and how it is asked.
pub struct ModelProposer {
    pub model: Model,
    pub sampling: Sampling,
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
        let prompt = blake3::hash(PROMPT.as_bytes()).to_hex();
        format!("{}|{}|{:?}|{}", self.name(), &prompt[..16], self.sampling, self.top_up)
    }

    /// Asks for calls of a function; a reply without any is a rejection that shows it.
    pub async fn ask(
        &self,
        target: &Target,
        function: &Function,
        count: usize,
    ) -> Result<std::result::Result<Vec<Call>, Rejection>> {
        let prompt = prompt(target, function, count);
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

fn prompt(target: &Target, function: &Function, count: usize) -> String {
    let mut fence = "```".to_owned();
    while target.program.contains(&fence) {
        fence.push('`');
    }
    let environment = Environment::new();
    environment
        .render_str(
            PROMPT,
            context! {
                program => target.program.trim_end(), entry => &target.entry, count => count, fence => fence,
                parameters => function.param_names().join(", "),
            },
        )
        .expect("the built-in prompt is a valid template: a test renders it")
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
        let text = prompt(&target, module.function("f").unwrap(), 10);
        assert!(text.contains("def f(a, b):\n    return a + b\n```"), "{text}");
        assert!(text.contains("(a, b)"), "{text}");
    }
}
