//! Puts a solution and its test into one program, as AutoCodeBench's server does, for servers that take one program.
//!
//! Invariant: only lines before the first definition of a part are moved, so that no text within a program is taken for an import.

use super::OtherLanguage;

/// Joins a solution and its test.
pub(super) fn joined(language: &OtherLanguage, solution: &str, test: &str) -> String {
    match language.name() {
        "java" => {
            let parts = [java_types(solution), test.to_owned()];
            with_heads_first(&parts, &["import "], &["package "])
        }
        "kotlin" | "dart" | "haskell" => {
            with_heads_first(&[solution.to_owned(), test.to_owned()], &["import "], &[])
        }
        "csharp" => with_heads_first(&[solution.to_owned(), test.to_owned()], &["using "], &[]),
        "go" => go(solution, test),
        "cpp" => {
            let solution = without_main(solution);
            format!("#include <iostream>\nusing namespace std;\n{solution}\n{test}")
        }
        "php" => {
            let solution = solution.trim().trim_end_matches("?>");
            let test = test.trim_start();
            let test = test.strip_prefix("<?php").unwrap_or(test);
            let tag = if solution.starts_with("<?php") { "" } else { "<?php\n" };
            format!("{tag}{solution}\n{test}")
        }
        "racket" => {
            let test = test.trim_start();
            let test = match test.strip_prefix("#lang") {
                Some(rest) => rest.split_once('\n').map_or("", |(_, rest)| rest),
                None => test,
            };
            let lang =
                if solution.trim_start().starts_with("#lang") { "" } else { "#lang racket\n" };
            format!("{lang}{solution}\n{test}")
        }
        // The last statement of a part may lack its end.
        "sql" => format!("{solution}\n;\n{test}"),
        _ => format!("{solution}\n{test}"),
    }
}

/// Puts the lines at the heads of the parts that begin in one of these ways first, each once, and leaves out others.
fn with_heads_first(parts: &[String], first: &[&str], left_out: &[&str]) -> String {
    let begins = |line: &str, with: &[&str]| with.iter().any(|start| line.starts_with(start));
    let (mut heads, mut bodies): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
    for part in parts {
        let mut body = Vec::new();
        let mut is_head = true;
        for line in part.lines() {
            let text = line.trim_end();
            // `using` also begins a statement.
            let is_statement = text.starts_with("using var ") || text.starts_with("using (");
            if is_head && begins(text, left_out) {
                continue;
            }
            if is_head && begins(text, first) && !is_statement {
                if !heads.contains(&text) {
                    heads.push(text);
                }
                continue;
            }
            is_head &= is_blank_or_comment(text);
            body.push(line);
        }
        bodies.push(body.join("\n"));
    }
    [heads.join("\n"), bodies.join("\n")].join("\n")
}

fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || ["//", "/*", "*", "--", "{-"].iter().any(|start| line.starts_with(start))
}

/// A file has one public type at most, whose name is that of the file: the test's.
fn java_types(solution: &str) -> String {
    const TYPES: [&str; 7] =
        ["class ", "interface ", "enum ", "record ", "abstract class ", "final class ", "sealed "];
    let lines = solution.lines().map(|line| match line.strip_prefix("public ") {
        Some(rest) if TYPES.iter().any(|kind| rest.starts_with(kind)) => rest,
        Some(_) | None => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The solution as far as its own `main`, as the test has one.
fn without_main(solution: &str) -> String {
    let is_main = |line: &&str| line.starts_with("int main(") || line.starts_with("int main (");
    solution.lines().take_while(|line| !is_main(line)).collect::<Vec<_>>().join("\n")
}

/// A Go file has one `package` clause, then its imports, each once.
fn go(solution: &str, test: &str) -> String {
    let (mut imports, mut bodies): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for part in [solution, test] {
        let mut body = Vec::new();
        let (mut is_head, mut is_group) = (true, false);
        for line in part.lines() {
            let text = line.trim();
            let import = match text {
                ")" if is_group => {
                    is_group = false;
                    continue;
                }
                _ if is_group => Some(text),
                _ if is_head && text.starts_with("package ") => continue,
                "import (" if is_head => {
                    is_group = true;
                    continue;
                }
                _ if is_head => text.strip_prefix("import ").map(str::trim),
                _ => None,
            };
            match import {
                Some("") => {}
                Some(import) if imports.iter().any(|known| known == import) => {}
                Some(import) => imports.push(import.to_owned()),
                None => {
                    is_head &= is_blank_or_comment(text);
                    body.push(line);
                }
            }
        }
        bodies.push(body.join("\n"));
    }
    let used = |import: &String| is_used(import, &bodies);
    let lines: Vec<String> = imports
        .iter()
        .filter(|import| used(import))
        .map(|import| format!("import {import}"))
        .collect();
    format!("package main\n{}\n{}", lines.join("\n"), bodies.join("\n"))
}

/// Whether the name of an imported Go package occurs; an import that is not used does not compile.
fn is_used(import: &str, bodies: &[String]) -> bool {
    let Some((alias, path)) = import.split_once('"') else { return true };
    let path = path.trim_end_matches('"');
    let name = match alias.trim() {
        "" => path.rsplit('/').next().unwrap_or(path),
        // It is imported for what it does, or into the file's own names.
        "_" | "." => return true,
        alias => alias,
    };
    bodies.iter().any(|body| body.contains(&format!("{name}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(language: &str, solution: &str, test: &str) -> String {
        joined(&OtherLanguage::named(language), solution, test)
    }

    #[test]
    fn java_has_its_imports_first_and_one_public_type() {
        let solution = "package a;\n// Lists.\nimport java.util.*;\n\npublic final class Adder {\n    static int add(int a) { return a; }\n}\n";
        let test = "import java.util.*;\nimport java.io.File;\n\npublic class Main {\n}\n";
        let expected = "import java.util.*;\nimport java.io.File;\n// Lists.\n\nfinal class Adder {\n    static int add(int a) { return a; }\n}\n\npublic class Main {\n}";
        assert_eq!(join("java", solution, test), expected);
    }

    #[test]
    fn a_text_that_looks_like_an_import_stays_where_it_is() {
        let solution = "class A {\n    String s = \"\"\"\nimport java.util.*;\n\"\"\";\n}";
        assert!(
            join("java", solution, "class Main {}").contains("\"\"\"\nimport java.util.*;\n\"\"\"")
        );
    }

    #[test]
    fn go_has_one_package_clause_and_each_import_once_if_it_is_used() {
        let solution = "package main\n\nimport \"fmt\"\n\nfunc add(a int) int { return a }\n";
        let test = "package main\n\nimport (\n    \"fmt\"\n    str \"strings\"\n    \"os\"\n)\n\nfunc main() { fmt.Println(str.ToUpper(\"a\")) }\n";
        let expected = "package main\nimport \"fmt\"\nimport str \"strings\"\n\n\nfunc add(a int) int { return a }\n\n\nfunc main() { fmt.Println(str.ToUpper(\"a\")) }";
        assert_eq!(join("go", solution, test), expected);
    }

    #[test]
    fn the_second_part_begins_no_new_program() {
        assert_eq!(
            join("php", "<?php\nfunction f() {}\n?>\n", "<?php\nf();\n"),
            "<?php\nfunction f() {}\n\n\nf();\n"
        );
        assert_eq!(
            join("racket", "#lang racket\n(define a 1)", "#lang racket\na\n"),
            "#lang racket\n(define a 1)\na\n"
        );
        assert_eq!(
            join(
                "cpp",
                "int add(int a) { return a; }\nint main() {\n}\n",
                "int main() { add(1); }"
            ),
            "#include <iostream>\nusing namespace std;\nint add(int a) { return a; }\nint main() { add(1); }"
        );
        assert_eq!(
            join("csharp", "using System;\nclass A {}", "using System;\nusing var x = f();"),
            "using System;\nclass A {}\nusing var x = f();"
        );
        assert_eq!(join("shell", "add() { echo 1; }", "add"), "add() { echo 1; }\nadd");
    }
}
