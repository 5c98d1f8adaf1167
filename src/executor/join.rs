//! Puts a solution and its test into one program, as AutoCodeBench's server does, for servers that take one program.
//!
//! Invariant: no text within a string or a comment is taken for code, and what is not moved or left out stays as it is.

use super::edit::Edit;
use super::{OtherLanguage, haskell};

/// Joins a solution and its test.
pub fn joined(language: &OtherLanguage, solution: &str, test: &str) -> String {
    match language.name() {
        "java" => java(language, solution, test),
        "kotlin" => kotlin(language, solution, test),
        "dart" => dart(language, solution, test),
        "rust" => rust(language, solution, test),
        "haskell" => haskell::joined(solution, test),
        "csharp" => with_heads_first(&[solution.to_owned(), test.to_owned()], &["using "], &[]),
        "go" => {
            let mut solution = Edit::new(language, solution);
            // The framework of test functions brings its own.
            if test.contains("\nfunc Test") || Edit::new(language, test).has_main(language) {
                solution.take_main(language);
            }
            go(&solution.finish(), test)
        }
        "cpp" => {
            // The test has one, or its framework.
            let mut solution = Edit::new(language, solution);
            solution.take_main(language);
            let solution = solution.finish();
            format!("#include <iostream>\nusing namespace std;\n{solution}\n{test}")
        }
        "c" => format!("{}\n{test}", without_second_main(language, solution, test)),
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

/// A solution without its `main`, if the test has one.
fn without_second_main(language: &OtherLanguage, solution: &str, test: &str) -> String {
    let mut edit = Edit::new(language, solution);
    if Edit::new(language, test).has_main(language) {
        edit.take_main(language);
    }
    edit.finish()
}

/// A Java file has its imports first. It has one public type at most, whose name is that of the file: the test's, whose `Main` is the one that runs.
fn java(language: &OtherLanguage, solution: &str, test: &str) -> String {
    let [mut solution, mut test] = [solution, test].map(|part| Edit::new(language, part));
    let mut heads = Vec::new();
    for part in [&mut solution, &mut test] {
        part.take_statements("package");
        heads.extend(part.take_statements("import"));
    }
    if test.has_type("Main") {
        solution.take_type("Main");
    }
    solution.take_words("public");
    after_heads(heads, solution, test)
}

/// A Kotlin file has annotations of the file first, then its package, then its imports.
fn kotlin(language: &OtherLanguage, solution: &str, test: &str) -> String {
    let solution = without_second_main(language, solution, test);
    let [mut solution, mut test] = [&solution, test].map(|part| Edit::new(language, part));
    let mut heads = Vec::new();
    for part in [&mut solution, &mut test] {
        heads.extend(part.take_lines("@file:"));
    }
    let packages: Vec<String> = [&mut test, &mut solution]
        .into_iter()
        .flat_map(|part| part.take_lines("package"))
        .collect();
    heads.extend(packages.into_iter().take(1));
    for part in [&mut solution, &mut test] {
        heads.extend(part.take_lines("import"));
    }
    after_heads(heads, solution, test)
}

/// A Dart file has its directives first.
fn dart(language: &OtherLanguage, solution: &str, test: &str) -> String {
    let solution = without_second_main(language, solution, test);
    let [mut solution, mut test] = [&solution, test].map(|part| Edit::new(language, part));
    let mut heads = Vec::new();
    for directive in ["library", "import", "export", "part"] {
        for part in [&mut solution, &mut test] {
            heads.extend(part.take_statements(directive));
        }
    }
    after_heads(heads, solution, test)
}

/// A Rust file has its own attributes first, and no two `use` of the same.
fn rust(language: &OtherLanguage, solution: &str, test: &str) -> String {
    let solution = without_second_main(language, solution, test);
    let [mut solution, mut test] = [&solution, test].map(|part| Edit::new(language, part));
    let mut heads = Vec::new();
    for part in [&mut solution, &mut test] {
        heads.extend(part.take_inner_attributes());
    }
    for part in [&mut solution, &mut test] {
        heads.extend(part.take_statements("use"));
    }
    after_heads(heads, solution, test)
}

/// Puts lines before two parts, each once.
fn after_heads(heads: Vec<String>, solution: Edit<'_>, test: Edit<'_>) -> String {
    let mut lines: Vec<String> = Vec::new();
    for head in heads {
        if !lines.contains(&head) {
            lines.push(head);
        }
    }
    lines.extend([solution.finish(), test.finish()]);
    lines.join("\n")
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
        let expected = "import java.util.*;\nimport java.io.File;\n// Lists.\n\nfinal class Adder {\n    static int add(int a) { return a; }\n}\n\n\npublic class Main {\n}\n";
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
            "#include <iostream>\nusing namespace std;\nint add(int a) { return a; }\n\nint main() { add(1); }"
        );
        assert_eq!(
            join("csharp", "using System;\nclass A {}", "using System;\nusing var x = f();"),
            "using System;\nclass A {}\nusing var x = f();"
        );
        assert_eq!(join("shell", "add() { echo 1; }", "add"), "add() { echo 1; }\nadd");
    }

    #[test]
    fn java_is_read_as_tokens() {
        let solution = "/*\nimport in.a.Comment;\n*/\nimport java.util.List; import java.util.Map;\n@Deprecated public class Digits {\n    public static String s = \"\"\"\npublic class Text {\nimport java.io.*;\n\"\"\";\n    char c = '{';\n}\n@A({1}) public class Main { void f() { g(\"}\"); } }\nclass After {}\n";
        let test = "import java.util.List;\npublic class Main {}\n";
        let expected = "import java.util.List;\nimport java.util.Map;\n/*\nimport in.a.Comment;\n*/\n \n@Deprecated class Digits {\n    public static String s = \"\"\"\npublic class Text {\nimport java.io.*;\n\"\"\";\n    char c = '{';\n}\nclass After {}\n\npublic class Main {}\n";
        assert_eq!(join("java", solution, test), expected);
        let static_import = join("java", "import static java.lang.Math.max;\n", "class Test {}");
        assert!(
            static_import.starts_with("import static java.lang.Math.max;\n"),
            "{static_import}"
        );
        // The test is another class, and may use this one.
        assert!(join("java", "class Main {}", "class Test {}").starts_with("class Main {}"));
    }

    #[test]
    fn cpp_loses_the_body_of_main_alone() {
        for main in [
            "int main() { return 0; }",
            "signed main()\n{\n    if (1) { puts(\"}\"); } // }\n}",
            "auto main() -> int { return '}'; }",
            "int main(int argc, char *argv[]) { R\"(})\"; }",
            "[[maybe_unused]] int main(void) { /* } */ }",
            "int main();",
        ] {
            let solution = format!("#include <cstdio>\nint before;\n{main}\nint after;");
            let joined = join("cpp", &solution, "int main() {}");
            assert!(joined.contains("int before;\nint after;\nint main() {}"), "{joined}");
        }
        for kept in
            ["namespace a { int main() { return 0; } }", "int x = main(1);", "int main() { {"]
        {
            assert!(join("cpp", kept, "").contains(kept));
        }
    }

    #[test]
    fn a_second_main_is_left_out_and_heads_are_in_their_order() {
        for (language, solution, test, expected) in [
            (
                "rust",
                "//! Does g.\n#![feature(a)]\nuse std::fmt;\n#[cfg(a)]\nuse b::c;\nfn main() { f::<'a'>(\"}\"); }\nfn g() {}\n",
                "#![feature(b)]\nuse std::fmt;\nfn main() { g(); }\n",
                "#![feature(a)]\n#![feature(b)]\nuse std::fmt;\n#[cfg(a)]\nuse b::c;\nfn g() {}\n\nfn main() { g(); }\n",
            ),
            (
                "kotlin",
                "package a.b\nimport kotlin.math.max\nfun main() = println(1)\nfun g() = 2\n",
                "@file:Suppress(\"x\")\nimport kotlin.math.max\nsuspend fun main() {\n    g()\n}\n",
                "@file:Suppress(\"x\")\npackage a.b\nimport kotlin.math.max\nfun g() = 2\n\nsuspend fun main() {\n    g()\n}\n",
            ),
            (
                "dart",
                "import 'dart:io';\nvoid main() => print('${1}');\nint g() => 1;\n",
                "library x;\nimport 'dart:io';\nvoid main() { g(); }\n",
                "library x;\nimport 'dart:io';\nint g() => 1;\n\nvoid main() { g(); }\n",
            ),
            (
                "go",
                "package main\nfunc main() { g() }\nfunc g() {}\n",
                "package main\nfunc main() { g() }\n",
                "package main\n\nfunc g() {}\nfunc main() { g() }",
            ),
            (
                "go",
                "package main\nfunc main() { g() }\nfunc g() {}\n",
                "package main\nimport \"testing\"\nfunc TestG(t *testing.T) { g() }\n",
                "package main\nimport \"testing\"\nfunc g() {}\nfunc TestG(t *testing.T) { g() }",
            ),
        ] {
            assert_eq!(join(language, solution, test), expected);
        }
        // Tests without a `main` use the solution's, or none.
        assert!(join("rust", "fn main() {}", "#[test] fn t() {}").contains("fn main() {}"));
    }
}
