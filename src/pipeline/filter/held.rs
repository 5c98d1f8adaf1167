//! Holds a row about a repository against it.
//!
//! Invariant: a row holds only if its file, function and code are those of the repository, and so is all that it says of it.

use super::same::gives;
use crate::dataset::stated::AboutRepository;
use crate::error::Result;
use crate::ground::repository::{About, Checked, Execution, Repository};
use crate::ground::{Failed, Ground, ungrounded};
use crate::outcome::{Reason, Rejection};
use crate::sandbox::{Limits, Sandbox};

/// The repository that rows are held against.
pub struct Held {
    pub repository: Repository,
    /// Identifies the state of its files.
    pub digest: String,
}

impl Held {
    /// Why a row does not hold, if it does not.
    pub async fn check(
        &self,
        sandbox: &Sandbox,
        limits: Limits,
        row: &AboutRepository,
    ) -> Result<Option<Rejection>> {
        let failed = self.place(row);
        if !failed.is_empty() {
            return Ok(Some(ungrounded(&failed)));
        }
        let ground = Ground { sandbox, limits };
        for (function, case) in &row.executions {
            let got = ground.call(&self.repository, function, &case.arguments).await?;
            let holds = got.as_ref().is_ok_and(|got| gives(got, case));
            if !holds {
                let detail = match got {
                    Ok(_) => format!("{function}({}) gives a different result", case.arguments),
                    Err(why) => format!("{function}({}): {why}", case.arguments),
                };
                return Ok(Some(Rejection::new(Reason::NotReproduced, detail)));
            }
        }
        let mut text = row.text.clone();
        match self.repository.shown(&row.context) {
            Ok(between) if between.trim().is_empty() => {}
            Ok(between) => text.parts.push(("context".to_owned(), between)),
            Err(why) => {
                let claim = "the lines that are shown".to_owned();
                return Ok(Some(ungrounded(&[Failed { part: "context".to_owned(), claim, why }])));
            }
        }
        let executions = row
            .executions
            .iter()
            .map(|(function, case)| Execution { function: function.clone(), case: case.clone() });
        let executions: Vec<Execution> = executions.collect();
        let about = About { file: &row.file, function: &row.function, executions: &executions };
        Ok(match ground.check_repository(&self.repository, &about, &text).await? {
            Checked::Holds(_) => None,
            Checked::Fails(failed) => Some(ungrounded(&failed)),
        })
    }

    /// What is wrong with the file, function and code of a row.
    fn place(&self, row: &AboutRepository) -> Vec<Failed> {
        let mut failed = Vec::new();
        let missing = |part: &str, claim: &str, why: String| Failed {
            part: part.to_owned(),
            claim: format!("`{claim}`"),
            why,
        };
        for file in row.files.iter().filter(|file| !row.text.adds.contains(file)) {
            if let Some(why) = self.repository.missing_file(file) {
                failed.push(missing("files", file, why));
            }
        }
        if row.file.is_empty() {
            return failed;
        }
        if let Some(why) = self.repository.missing_file(&row.file) {
            failed.push(missing("file", &row.file, why));
            return failed;
        }
        if row.function.is_empty() {
            return failed;
        }
        let codes = self.repository.codes(&row.file, &row.function);
        if codes.is_empty() {
            let why = self.repository.missing_function(&row.file, &row.function);
            failed.push(missing("function_name", &row.function, why));
        } else if !codes.iter().any(|other| plain(other) == plain(&row.code)) {
            let why = format!("{} has other code for it", row.file);
            failed.push(missing("code", &row.function, why));
        }
        failed
    }
}

/// Code without the margin of its lines: a method may be cut out with or without it.
fn plain(code: &str) -> String {
    let mut lines = code.trim_end().lines().skip_while(|line| line.trim().is_empty());
    let first = lines.next().unwrap_or_default().trim();
    let rest: Vec<&str> = lines.collect();
    // Other white space may be in a string.
    let indent = |line: &&&str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let margin = rest.iter().filter(|line| !line.trim().is_empty()).map(|line| indent(&line)).min();
    let rest = rest.iter().map(|line| line.get(margin.unwrap_or(0)..).unwrap_or("").trim_end());
    std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_the_same_with_and_without_its_margin() {
        let method = "    @property\n    def f(self):\n        return 1\n";
        assert_eq!(plain(method), plain("@property\ndef f(self):\n    return 1"));
        assert_eq!(plain("def f(self):\n        return 1"), plain("def f(self):\n    return 1"));
        assert_ne!(plain("def f():\n '''\n \u{3000}a"), plain("def f():\n '''\n \u{3000}b"));
        assert_ne!(
            plain("def f():\n    if x:\n        y\n"),
            plain("def f():\n    if x:\n    y\n")
        );
    }
}
