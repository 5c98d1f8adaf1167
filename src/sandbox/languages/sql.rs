//! SQL in SQLite's shell: the program runs against an empty database in memory, and ends at its first error.

use super::super::job::Job;
use super::{Facts, Kind, Source, Start};

const OPTIONS: [&str; 4] = ["sqlite3", "-batch", "-bail", ":memory:"];

pub const FACTS: Facts = Facts {
    name: "sql",
    title: "SQL",
    names: &["sql", "sqlite", "sqlite3"],
    endings: &["sql"],
    ended: |execution| execution,
    folder: None,
    source: Source::Module,
    recipe: || format!("{} commands first", OPTIONS.join(" ")),
    prepare: Ok,
    kind: Kind::Interpreter(start),
};

fn start(job: &Job) -> Start {
    let arguments = OPTIONS.into_iter().chain(parts(&job.code)).map(str::to_owned).collect();
    Start { arguments, ..Start::default() }
}

/// The program as arguments: an argument that begins with a dot is one command of the shell, which ends at its line.
fn parts(code: &str) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), code);
    while rest.trim_start().starts_with('.') {
        let (command, after) =
            rest.trim_start().split_once('\n').unwrap_or((rest.trim_start(), ""));
        parts.push(command.trim_end());
        rest = after;
    }
    if parts.is_empty() || !rest.trim().is_empty() {
        parts.push(rest);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_before_the_first_statement_is_an_argument() {
        assert_eq!(parts("SELECT 1;\n.mode csv\n"), ["SELECT 1;\n.mode csv\n"]);
        assert_eq!(
            parts("\n.mode csv\r\n .headers on\nSELECT 1;\nSELECT 2;\n"),
            [".mode csv", ".headers on", "SELECT 1;\nSELECT 2;\n"]
        );
        assert_eq!(parts(".mode csv"), [".mode csv"]);
        assert_eq!(parts(""), [""]);
    }
}
