//! The fields of an `exec` job: for a line that is not a job, the error names the wrong field and
//! what was expected there.
//!
//! Invariant: no field is ignored, and no number becomes another one.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::sandbox::{Case, Job, Limits};

const FIELDS: [&str; 12] = [
    "id",
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

type Fields = Map<String, Json>;

/// Reads a job and the name of its runtime; what a line leaves out is as the command line has it.
pub fn read(mut fields: Fields, limits: Limits, runtime: &str) -> Result<(Job, String), String> {
    known(&fields, &FIELDS, "")?;
    const NUMBER: &str = "a non-negative integer";
    let fields = &mut fields;
    let runtime = optional(fields, "runtime", "a string")?.unwrap_or_else(|| runtime.to_owned());
    let job = Job {
        code: optional(fields, "code", "a string")?
            .ok_or("code is missing, expected the program as a string")?,
        entry: optional::<Option<String>>(fields, "entry", "a string, the name of a function")?
            .flatten(),
        cases: cases(optional(fields, "cases", "a list of cases")?.unwrap_or_default())?,
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

fn known(fields: &Fields, names: &[&str], place: &str) -> Result<(), String> {
    match fields.keys().find(|key| !names.contains(&key.as_str())) {
        Some(unknown) => {
            Err(format!("unknown field {unknown:?}{place}; known fields are {}", names.join(", ")))
        }
        None => Ok(()),
    }
}

fn optional<T: DeserializeOwned>(
    fields: &mut Fields,
    name: &str,
    expected: &str,
) -> Result<Option<T>, String> {
    let Some(json) = fields.remove(name) else { return Ok(None) };
    let found = shown(&json);
    serde_json::from_value(json)
        .map(Some)
        .map_err(|_| format!("{name} is {found}, expected {expected}"))
}

fn cases(list: Vec<Json>) -> Result<Vec<Case>, String> {
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
        (Some(Json::String(call)), None, None) => Ok(Case::Call { call }),
        (Some(Json::String(_)), _, _) => {
            Err(" has call and also args or kwargs, expected one or the other".into())
        }
        (Some(other), _, _) => Err(format!(".call is {}, expected a string", shown(&other))),
        (None, args, kwargs) => {
            let args = args.unwrap_or_else(|| Json::Array(Vec::new()));
            let kwargs = kwargs.unwrap_or_else(|| Json::Object(Map::new()));
            if !(args.is_array() || args.is_string()) {
                return Err(format!(
                    ".args is {}, expected a list, or a string with a Python expression",
                    shown(&args)
                ));
            }
            if !(kwargs.is_object() || kwargs.is_string()) {
                let found = shown(&kwargs);
                return Err(format!(
                    ".kwargs is {found}, expected an object, or a string with a Python expression"
                ));
            }
            Ok(Case::Arguments { args, kwargs })
        }
    }
}

/// Describes a value in a few words.
fn shown(json: &Json) -> String {
    let text = json.to_string();
    if text.len() <= MAX_SHOWN {
        return text;
    }
    match json {
        Json::Null | Json::Bool(_) | Json::Number(_) => text,
        Json::String(_) => "a string".into(),
        Json::Array(_) => "a list".into(),
        Json::Object(_) => "an object".into(),
    }
}

/// Refuses integers beyond 64 bits, which the JSON reader takes for floats; the line is JSON.
pub fn no_wide_integer(line: &[u8]) -> Result<(), String> {
    let mut rest = line;
    while let Some((&byte, after)) = rest.split_first() {
        match byte {
            b'"' => rest = after_text(after),
            b'-' | b'0'..=b'9' => {
                let is_part =
                    |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
                let (number, after) = rest
                    .split_at(rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len()));
                let number = String::from_utf8_lossy(number);
                let is_integer = !number.contains(['.', 'e', 'E']);
                if is_integer && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
                    let start: String = number.chars().take(MAX_SHOWN).collect();
                    return Err(format!(
                        "the integer {start}{} does not fit in 64 bits: give it within the text of a Python expression, \
                         such as {{\"call\": \"10**30\"}} or \"args\": \"(10**30,)\"",
                        if start.len() < number.len() { "…" } else { "" }
                    ));
                }
                rest = after;
            }
            _ => rest = after,
        }
    }
    Ok(())
}

/// What follows a text whose opening quote has been read.
fn after_text(mut rest: &[u8]) -> &[u8] {
    loop {
        match rest {
            [b'\\', _, after @ ..] => rest = after,
            [b'"', after @ ..] => return after,
            [_, after @ ..] => rest = after,
            [] => return rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_beyond_64_bits_are_found_outside_of_texts_only() {
        for line in [
            r#"{"a": 18446744073709551615, "b": -9223372036854775808, "c": [1.5, 1e300, -2E+5]}"#,
            r#"{"18446744073709551616": "99999999999999999999 \" 99999999999999999999"}"#,
            "{\"a\": 123456789012345678901234567890.5}",
        ] {
            assert_eq!(no_wide_integer(line.as_bytes()), Ok(()), "{line}");
        }
        for (line, number) in [
            (r#"{"a": 18446744073709551616}"#, "18446744073709551616 does"),
            (r#"{"a\\": "\\", "b": [-9223372036854775809]}"#, "-9223372036854775809 does"),
            (&format!("[{}]", "7".repeat(50)), &format!("{}… does", "7".repeat(40))),
        ] {
            let error = no_wide_integer(line.as_bytes()).unwrap_err();
            assert!(
                error.starts_with(&format!("the integer {number} not fit in 64 bits")),
                "{line}: {error}"
            );
        }
    }
}
