//! Joins two Haskell modules into one.
//!
//! Invariant: pragmas come first, then the header of the test's module, then imports, each once.

/// What a module has at its head, and the rest.
#[derive(Default)]
struct Module {
    pragmas: Vec<String>,
    header: String,
    imports: Vec<String>,
    body: Vec<String>,
}

/// Joins a solution and its test.
pub(super) fn joined(solution: &str, test: &str) -> String {
    let (mut solution, test) = (Module::read(solution), Module::read(test));
    if test.body.iter().any(|line| is_main(line)) {
        solution.leave_out_main();
    }
    let own = solution.name();
    let mut lines: Vec<String> = Vec::new();
    let mut add = |line: String| {
        if !line.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
    };
    solution.pragmas.into_iter().chain(test.pragmas).for_each(&mut add);
    add(test.header);
    // The solution is not a module of its own any more.
    let is_own = |import: &String| own.is_some() && imported(import) == own.as_deref();
    let imports = solution.imports.iter().chain(&test.imports).filter(|import| !is_own(import));
    imports.cloned().for_each(&mut add);
    lines.extend(solution.body);
    lines.extend(test.body);
    lines.join("\n")
}

impl Module {
    fn read(program: &str) -> Self {
        let mut module = Self::default();
        let mut lines = program.lines().peekable();
        let mut is_head = true;
        while let Some(line) = lines.next() {
            let text = line.trim_end();
            let mut all = vec![text.to_owned()];
            if is_head && text.starts_with("{-") {
                while !all.iter().any(|line| line.contains("-}")) {
                    let Some(more) = lines.next() else { break };
                    all.push(more.to_owned());
                }
                match text.starts_with("{-#") {
                    true => module.pragmas.push(all.join("\n")),
                    false => module.body.extend(all),
                }
            } else if is_head && text.starts_with("module ") {
                let is_last =
                    |line: &String| line.split_whitespace().any(|word| word.ends_with("where"));
                while !all.iter().any(is_last) {
                    let Some(more) = lines.next() else { break };
                    all.push(more.to_owned());
                }
                module.header = all.join("\n");
            } else if is_head && text.starts_with("import ") {
                let goes_on =
                    |line: &&str| line.starts_with([' ', '\t']) && !line.trim().is_empty();
                while let Some(more) = lines.next_if(goes_on) {
                    all.push(more.to_owned());
                }
                module.imports.push(all.join("\n"));
            } else {
                is_head &= text.is_empty() || text.starts_with("--");
                module.body.push(line.to_owned());
            }
        }
        module
    }

    /// The name that the header gives it.
    fn name(&self) -> Option<String> {
        let name = self.header.strip_prefix("module")?.trim_start();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '\'');
        name.split(|c: char| !is_part(c)).next().map(str::to_owned)
    }

    /// Leaves out the lines of `main`: those that begin with it, and what is indented below.
    fn leave_out_main(&mut self) {
        let mut is_in_main = false;
        self.body.retain(|line| {
            if !line.trim().is_empty() && !line.starts_with([' ', '\t']) {
                is_in_main = is_main(line);
            }
            !is_in_main
        });
    }
}

/// Whether a line begins the signature or the definition of `main`.
fn is_main(line: &str) -> bool {
    let rest = line.strip_prefix("main").map(str::trim_start);
    rest.is_some_and(|rest| rest.starts_with("::") || rest.starts_with('='))
}

/// The name of a module that an import is of.
fn imported(import: &str) -> Option<&str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '\'');
    let mut words = import.split(|c: char| !is_part(c)).filter(|word| !word.is_empty());
    words.find(|word| !matches!(*word, "import" | "qualified" | "safe"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_come_in_their_order_and_one_main_is_left() {
        let solution = "{-# LANGUAGE LambdaCase #-}\n-- | Sums.\nmodule Sums\n  ( add\n  ) where\n\nimport Data.List (sort,\n  nub)\nimport qualified Data.Map as M\n\nadd :: Int -> Int\nadd = (+ 1)\n\nmain :: IO ()\nmain = do\n  print 1\n\n  print 2\nmainly = 3\n";
        let test = "{-# LANGUAGE LambdaCase #-}\n{-# LANGUAGE TupleSections #-}\nmodule Main where\nimport qualified Data.Map as M\nimport Sums (add)\nmain :: IO ()\nmain = print (add 1)\n";
        let expected = "{-# LANGUAGE LambdaCase #-}\n{-# LANGUAGE TupleSections #-}\nmodule Main where\nimport Data.List (sort,\n  nub)\nimport qualified Data.Map as M\n-- | Sums.\n\n\nadd :: Int -> Int\nadd = (+ 1)\n\nmainly = 3\nmain :: IO ()\nmain = print (add 1)";
        assert_eq!(joined(solution, test), expected);
    }

    #[test]
    fn an_import_within_a_comment_or_below_a_definition_stays() {
        let solution = "{-\nimport A\n-}\nf = 1\nimport B\n";
        assert_eq!(joined(solution, "g = f"), "{-\nimport A\n-}\nf = 1\nimport B\ng = f");
    }

    #[test]
    fn a_main_without_another_stays() {
        assert_eq!(joined("main = f", "f = print 1"), "main = f\nf = print 1");
    }
}
