//! Test functions of Go, for a program that has no `main` of its own.
//!
//! Invariant: they run as `go test` runs them, one after the other, in the order of the program.

/// A program that runs the tests of another, whose package is `program`; `None` if that has a `main`, or no tests.
pub fn main_of(code: &str) -> Option<String> {
    let declared = |line: &str| {
        let (name, rest) = line.strip_prefix("func ")?.split_once('(')?;
        Some((name.trim().to_owned(), rest.to_owned()))
    };
    let functions: Vec<(String, String)> = code.lines().filter_map(declared).collect();
    if functions.iter().any(|(name, _)| name == "main") {
        return None;
    }
    let is_test = |(name, parameters): &&(String, String)| {
        let after = name.strip_prefix("Test");
        after.is_some_and(|after| !after.starts_with(char::is_lowercase))
            && parameters.contains("*testing.T)")
    };
    let tests: Vec<&str> =
        functions.iter().filter(is_test).map(|(name, _)| name.as_str()).collect();
    if tests.is_empty() {
        return None;
    }
    let listed: String =
        tests.iter().map(|name| format!("\t\t{{\"{name}\", program.{name}}},\n")).collect();
    Some(format!(
        "package main

import (
\t\"os\"
\tprogram \"program\"
\t\"testing\"
\t\"testing/internal/testdeps\"
)

func main() {{
\ttests := []testing.InternalTest{{
{listed}\t}}
\tif code := testing.MainStart(testdeps.TestDeps{{}}, tests, nil, nil, nil).Run(); code != 0 {{
\t\tos.Exit(code)
\t}}
}}
"
    ))
}
