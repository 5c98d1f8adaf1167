//! Asks a model for inputs, and reads its reply as values.
//!
//! Invariant: a reply is data; anything but a call of the function with plain values is left out,
//! and a reply that breaks off is not read.

use minijinja::context;

use super::form::form;
use super::reply;
use super::schema::{GROUPS, calls_schema, takes_none};
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::reading::whole;
use crate::ask::{ask, malformed};
use crate::cases::Target;
use crate::error::Result;
use crate::fences::fence_for;
use crate::model::{Model, Request, Sampling, Schema};
use crate::outcome::Rejection;
use crate::python::infer::{ParamHints, infer};
use crate::python::{Call, Function, Module, parse_calls};

/// Changes with the schemas and their reading, which decide what a reply gives as the prompt does.
const FORM: &str = "json-1";
/// The longest reply that is requested if the sampling sets no limit.
const MAX_TOKENS: u32 = 1500;

/// Asks for inputs of a function.
pub const PROPOSE: Prompt = Prompt {
    path: "case2code/propose.jinja",
    builtin: include_str!("../../prompts/case2code/propose.jinja"),
    by_line: false,
    specimen: || {
        let parameter = context! { name => "a", form => "integer", optional => "" };
        context! {
            program => "def f(a): pass", entry => "f", count => 1, fence => "```", groups => ["small"],
            parameters => [parameter],
        }
    },
};

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
        self.model.server().name().to_owned()
    }

    /// Everything about the asking that may change an answer.
    pub fn fingerprint(&self, prompts: &Prompts) -> String {
        let prompt = prompts.digest(&PROPOSE);
        let model = self.model.fingerprint();
        format!("{model}|{prompt}|{FORM}|{:?}|{}", self.sampling, self.top_up)
    }

    /// Asks for calls of a function; a reply without any is a rejection that shows it.
    pub async fn ask(
        &self,
        prompts: &Prompts,
        target: &Target,
        module: &Module,
        function: &Function,
        count: usize,
    ) -> Result<std::result::Result<Vec<Call>, Rejection>> {
        if function.params.is_empty() {
            // There is one call, and no need to ask for it.
            return Ok(Ok(vec![Call {
                args: Vec::new(),
                kwargs: Vec::new(),
                source: String::new(),
            }]));
        }
        let hints = infer(module, function);
        let max_tokens = self.sampling.max_tokens.unwrap_or(MAX_TOKENS) as usize;
        let prompt = prompt(prompts, target, function, &hints, count)?;
        let request = Request {
            schema: calls_schema(&target.program, function, &hints, count, max_tokens)
                .map(|schema| Schema { name: "calls".to_owned(), schema }),
            ..Request::of_user(prompt, self.sampling.clone())
        };
        let completion = match ask(&self.model, &request).await? {
            Ok(completion) => completion,
            Err(rejection) => return Ok(Err(rejection)),
        };
        if let Err(rejection) = whole(&completion) {
            return Ok(Err(rejection));
        }
        // Servers without grammars leave the form to the model, which may write Python instead.
        let calls = reply::read(&completion.text, function, &hints)
            .unwrap_or_else(|| parse_calls(&completion.text, &function.param_names()).calls);
        let fitting: Vec<Call> = calls.into_iter().filter(|call| call.bind(function)).collect();
        if fitting.is_empty() {
            return Ok(Err(malformed(
                &completion,
                "the reply has no call of the function with plain values",
            )));
        }
        Ok(Ok(fitting))
    }
}

fn prompt(
    prompts: &Prompts,
    target: &Target,
    function: &Function,
    hints: &[ParamHints],
    count: usize,
) -> Result<String> {
    let shown = function.params.iter().zip(hints).map(|(param, hint)| {
        let optional = if param.is_required() || takes_none(&hint.ty) {
            ""
        } else {
            ", or null for its default"
        };
        context! { name => &param.name, form => form(&hint.ty), optional => optional }
    });
    prompts.render(
        &PROPOSE,
        context! {
            program => target.program.trim_end(), entry => &target.entry, count => count,
            fence => fence_for(&target.program), groups => GROUPS, parameters => shown.collect::<Vec<_>>(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::Module;

    #[test]
    fn the_prompt_shows_the_function_and_the_form_of_its_parameters() {
        let program = "def f(pairs: list[tuple[int, int]], sep=', '):\n    return sep.join(map(str, pairs))\n";
        let module = Module::parse(program).unwrap();
        let target = Target { program: program.into(), entry: "f".into(), ..Target::default() };
        let function = module.function("f").unwrap();
        let text =
            prompt(&Prompts::default(), &target, function, &infer(&module, function), 10).unwrap();
        assert!(
            text.starts_with(&format!("Here is a Python function:\n\n```python\n{program}```\n")),
            "{text}"
        );
        let form = r#"
Answer with JSON on one line and nothing else: "small", "large" and "edge" each hold a list of calls, with small values, with large values, and with
edge cases. A call has these properties:

- "pairs": array of array of 2 integer
- "sep": text, or null for its default

{"small": [{"pairs": …, "sep": …}, …], "large": [{"pairs": …, "sep": …}, …], "edge": [{"pairs": …, "sep": …}, …]}"#;
        assert!(text.ends_with(form), "{text}");
    }
}
