//! The fields of a job: for a text that is not a job, the error names the wrong field and
//! what was expected there.
//!
//! Invariant: no field is ignored, and the guest gets the very values that Python reads of the line.

use serde::de::DeserializeOwned;
use serde_json::Value as Argument;

use crate::json::{Json, Object, Text};
use crate::sandbox::value::Value;
use crate::sandbox::{Case, Job, Language, Limits, runtime};

const FIELDS: [&str; 13] = [
    "id",
    "language",
    "code",
    "entry",
    "cases",
    "stdin",
    "argv",
    "fuel",
    "memory",
    "output",
    "isolation",
    "observe",
    "runtime",
];
const CASE_FIELDS: [&str; 3] = ["call", "args", "kwargs"];
/// A value longer than this is described by its kind.
const MAX_SHOWN: usize = 40;

/// Reads a job and the name of its runtime; what a line leaves out is as the command line has it.
pub fn read(mut fields: Object, limits: Limits, runtime: &str) -> Result<(Job, String), String> {
    known(&fields, &FIELDS, "")?;
    const NUMBER: &str = "a non-negative integer";
    let fields = &mut fields;
    let runtime = runtime_of(fields, runtime)?;
    let job = Job {
        code: optional(fields, "code", "a string")?
            .ok_or("code is missing, expected the program as a string")?,
        entry: optional::<Option<String>>(fields, "entry", "a string, the name of a function")?
            .flatten(),
        cases: cases(fields.remove("cases"))?,
        stdin: optional::<String>(fields, "stdin", "a string")?.unwrap_or_default().into_bytes(),
        argv: optional(fields, "argv", "a list of strings")?.unwrap_or_default(),
        limits: Limits {
            fuel: optional(fields, "fuel", NUMBER)?.unwrap_or(limits.fuel),
            memory: optional(fields, "memory", NUMBER)?.unwrap_or(limits.memory),
            output: optional(fields, "output", NUMBER)?.unwrap_or(limits.output),
        },
        isolation: optional(fields, "isolation", "\"case\", \"program\" or \"in-order\"")?
            .unwrap_or_default(),
        observe: optional(
            fields,
            "observe",
            "a list of \"coverage\", \"mutations\", \"steps\", \"value-bases\" and \"error-bases\"",
        )?
        .unwrap_or_default(),
        ..Job::default()
    };
    if job.entry.is_none() && !job.cases.is_empty() {
        return Err("cases without entry: entry names the function to call with them".into());
    }
    Ok((job, runtime))
}

/// The name of the runtime that a line asks for, by its own name or by its language.
fn runtime_of(fields: &mut Object, otherwise: &str) -> Result<String, String> {
    let runtime: Option<String> = optional(fields, "runtime", "a string")?;
    let Some(language) = optional::<String>(fields, "language", "a string")? else {
        return Ok(runtime.unwrap_or_else(|| otherwise.to_owned()));
    };
    if runtime.is_some() {
        return Err("language and runtime are both given, expected one of them".into());
    }
    runtime::of_language(&language, otherwise)
        .ok_or_else(|| format!("language is {language:?}, expected python, {}", Language::listed()))
}

fn known(fields: &Object, names: &[&str], place: &str) -> Result<(), String> {
    let is_known = |name: &Text| name.as_str().is_some_and(|name| names.contains(&name));
    match fields.iter().find(|(name, _)| !is_known(name)) {
        Some((unknown, _)) => {
            Err(format!("unknown field {unknown}{place}; known fields are {}", names.join(", ")))
        }
        None => Ok(()),
    }
}

fn optional<T: DeserializeOwned>(
    fields: &mut Object,
    name: &str,
    expected: &str,
) -> Result<Option<T>, String> {
    let Some(json) = fields.remove(name) else { return Ok(None) };
    json.typed().map(Some).map_err(|_| format!("{name} is {}, expected {expected}", shown(&json)))
}

fn cases(json: Option<Json>) -> Result<Vec<Case>, String> {
    let list = match json {
        None => Vec::new(),
        Some(Json::List(list)) => list,
        Some(other) => return Err(format!("cases is {}, expected a list of cases", shown(&other))),
    };
    list.into_iter()
        .enumerate()
        .map(|(index, json)| case(json).map_err(|why| format!("cases[{index}]{why}")))
        .collect()
}

fn case(json: Json) -> Result<Case, String> {
    let Json::Object(mut fields) = json else {
        return Err(format!(
            " is {}, expected an object with call, or with args and kwargs",
            shown(&json)
        ));
    };
    known(&fields, &CASE_FIELDS, "").map_err(|why| format!(" has an {why}"))?;
    let call = fields.remove("call");
    let args = fields.remove("args");
    let kwargs = fields.remove("kwargs");
    match (call, args, kwargs) {
        (Some(call), args, kwargs) => {
            let text = call
                .as_str()
                .ok_or_else(|| format!(".call is {}, expected a string", shown(&call)))?;
            if args.is_some() || kwargs.is_some() {
                return Err(" has call and also args or kwargs, expected one or the other".into());
            }
            Ok(Case::call(text))
        }
        (None, args, kwargs) => {
            let args = args.unwrap_or_else(|| Json::List(Vec::new()));
            let kwargs = kwargs.unwrap_or_else(|| Json::Object(Object::default()));
            if args.as_str().is_none() && args.as_list().is_none() {
                return Err(format!(
                    ".args is {}, expected a list, or a string with a Python expression",
                    shown(&args)
                ));
            }
            if kwargs.as_str().is_none() && kwargs.as_object().is_none() {
                let found = shown(&kwargs);
                return Err(format!(
                    ".kwargs is {found}, expected an object, or a string with a Python expression"
                ));
            }
            Ok(Case::Arguments { args: argument(args), kwargs: argument(kwargs) })
        }
    }
}

/// A value of which the guest makes the same one: plain JSON, or else a Python expression.
pub fn argument(json: Json) -> Argument {
    if let Some(expression) = json.as_str() {
        return expression.into();
    }
    let value = Value::from(json);
    value.to_plain_json().unwrap_or_else(|| value.to_literal().unwrap_or_default().into())
}

/// Describes a value in a few words.
pub fn shown(json: &Json) -> String {
    let text = json.to_string();
    if text.len() <= MAX_SHOWN {
        return text;
    }
    match json {
        Json::Null | Json::Bool(_) | Json::Float(_) => text,
        Json::Int(_) => "an integer".into(),
        Json::Text(_) => "a string".into(),
        Json::List(_) => "a list".into(),
        Json::Object(_) => "an object".into(),
    }
}
