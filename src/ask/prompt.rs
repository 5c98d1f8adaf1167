//! The prompts: one template for each thing that a model is asked, built in, each to be overridden by a file.
//!
//! Invariant: every template has been rendered once before a run begins, and a prompt is named by the digest of its text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use minijinja::{Environment, UndefinedBehavior, Value, context};

use crate::error::{Error, Result};
use crate::record::digest;

/// Instructions of the template engine; a prompt that needs more loops.
const FUEL: u64 = 1_000_000;

/// What a model is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Inputs of a function.
    Propose,
    /// A question about a function, with its answer.
    Qa,
    /// A requirement, with a design that meets it.
    Design,
    /// The same text once more, without what does not hold.
    Repair,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Propose, Self::Qa, Self::Design, Self::Repair];

    /// The role's name in samples and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Propose => "propose",
            Self::Qa => "qa",
            Self::Design => "design",
            Self::Repair => "repair",
        }
    }

    /// The template's path, in `prompts/` and in a folder that overrides it.
    pub fn path(self) -> &'static str {
        match self {
            Self::Propose => "case2code/propose.jinja",
            Self::Qa => "case2code/qa.jinja",
            Self::Design => "case2code/design.jinja",
            Self::Repair => "case2code/repair.jinja",
        }
    }

    fn builtin(self) -> &'static str {
        match self {
            Self::Propose => include_str!("../../prompts/case2code/propose.jinja"),
            Self::Qa => include_str!("../../prompts/case2code/qa.jinja"),
            Self::Design => include_str!("../../prompts/case2code/design.jinja"),
            Self::Repair => include_str!("../../prompts/case2code/repair.jinja"),
        }
    }

    /// What the role's template may use, filled in for a trial.
    fn specimen(self) -> Value {
        match self {
            Self::Propose => {
                let parameter = context! { name => "a", form => "integer", optional => "" };
                context! {
                    program => "def f(a): pass", entry => "f", count => 1, fence => "```", groups => ["small"],
                    parameters => [parameter],
                }
            }
            Self::Qa | Self::Design => context! {
                numbered => "1 | def f(a): pass", entry => "f", fence => "```", pick => 0, steps => 1,
                executions => ["`f(1)` returns `None`"], lang => "English",
            },
            Self::Repair => context! { claims => ["`g`: no such name"], lang => "English" },
        }
    }
}

/// The templates of a run.
#[derive(Debug, Clone)]
pub struct Prompts {
    texts: BTreeMap<Role, String>,
}

impl Prompts {
    /// The templates that the program brings along.
    pub fn builtin() -> Self {
        Self { texts: Role::ALL.iter().map(|&role| (role, role.builtin().to_owned())).collect() }
    }

    /// The built-in templates, with those of a folder in place of the ones of the same relative path.
    ///
    /// A file that overrides nothing, or that cannot be rendered, is a usage error with its line.
    pub fn open(folder: &Path) -> Result<Self> {
        let mut prompts = Self::builtin();
        for path in files(folder)? {
            let inside = path.strip_prefix(folder).unwrap_or(&path);
            let role = Role::ALL
                .into_iter()
                .find(|role| Path::new(role.path()) == inside)
                .ok_or_else(|| {
                    let known: Vec<&str> = Role::ALL.into_iter().map(Role::path).collect();
                    Error::Usage(format!(
                        "{} overrides no prompt; there are {}",
                        path.display(),
                        known.join(", ")
                    ))
                })?;
            let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
            render(&path.display().to_string(), &text, role.specimen())?;
            prompts.texts.insert(role, text);
        }
        Ok(prompts)
    }

    /// Fills a role's template in.
    pub fn render(&self, role: Role, values: Value) -> Result<String> {
        render(role.path(), self.text(role), values)
    }

    /// Names a role's template by its text.
    pub fn digest(&self, role: Role) -> String {
        digest(self.text(role).as_bytes())
    }

    /// The digests of some roles, by their names.
    pub fn digests(&self, roles: &[Role]) -> BTreeMap<String, String> {
        roles.iter().map(|&role| (role.name().to_owned(), self.digest(role))).collect()
    }

    fn text(&self, role: Role) -> &str {
        self.texts.get(&role).map_or_else(|| role.builtin(), String::as_str)
    }
}

fn render(name: &str, text: &str, values: Value) -> Result<String> {
    let mut environment = Environment::new();
    // A name that nothing fills in is a slip of the pen, not an empty text.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.render_named_str(name, text, values).map_err(|error| {
        let line = error.line().map_or_else(String::new, |line| format!(":{line}"));
        let detail = error.detail().map_or_else(String::new, |detail| format!(": {detail}"));
        Error::Usage(format!(
            "{name}{line}: the prompt cannot be rendered: {}{detail}",
            error.kind()
        ))
    })
}

/// The files below a folder, but for hidden ones, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_shown = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().to_str().is_some_and(|name| name.starts_with('.'))
    };
    let mut files = Vec::new();
    for entry in
        walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(is_shown)
    {
        let entry = entry.map_err(|error| Error::io(folder)(error.into()))?;
        if !entry.file_type().is_dir() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(path: &str, text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        folder
    }

    #[test]
    fn every_built_in_prompt_is_rendered() {
        for role in Role::ALL {
            let text = Prompts::builtin().render(role, role.specimen()).unwrap();
            assert!(text.len() > 100, "{text}");
            assert!(!text.contains("{{") && !text.contains("{%"), "{text}");
        }
    }

    #[test]
    fn a_file_takes_the_place_of_the_prompt_of_its_path() {
        let folder = folder("case2code/qa.jinja", "Ask about {{ entry }} in {{ lang }}.");
        let (prompts, builtin) = (Prompts::open(folder.path()).unwrap(), Prompts::builtin());
        assert_eq!(
            prompts.render(Role::Qa, Role::Qa.specimen()).unwrap(),
            "Ask about f in English."
        );
        assert_ne!(prompts.digest(Role::Qa), builtin.digest(Role::Qa));
        assert_eq!(prompts.digest(Role::Design), builtin.digest(Role::Design));
        assert_eq!(prompts.digests(&[Role::Qa])["qa"].len(), 16);
    }

    #[test]
    fn a_file_that_is_no_known_prompt_is_named_with_those_there_are() {
        let folder = folder("case2code/question.jinja", "x");
        let error = Prompts::open(folder.path()).unwrap_err();
        assert!(matches!(error, Error::Usage(_)));
        assert!(error.to_string().contains("question.jinja overrides no prompt"), "{error}");
        assert!(error.to_string().contains("case2code/qa.jinja"), "{error}");
    }

    #[test]
    fn a_broken_template_is_told_with_its_file_and_line() {
        for (text, line) in
            [("a\n{{ entry", 2), ("a\nb\n{{ no_such_name }}", 3), ("{% for x in y %}", 1)]
        {
            let folder = folder("case2code/design.jinja", text);
            let error = Prompts::open(folder.path()).unwrap_err();
            assert!(matches!(error, Error::Usage(_)), "{error:?}");
            assert!(error.to_string().contains(&format!("design.jinja:{line}: ")), "{error}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_with_its_path() {
        let error = Prompts::open(Path::new("no/such/folder")).unwrap_err();
        assert!(error.to_string().contains("no/such/folder"), "{error}");
    }
}
