//! Prompts: a template for each thing that a model is asked, declared where it is asked, built in, and overridden by a file.
//!
//! Invariant: every template has been rendered once before a run begins, and a prompt is named by the digest of its text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

use crate::error::{Error, Result};
use crate::record::digest;

/// Instructions of the template engine; a prompt that needs more loops.
const FUEL: u64 = 1_000_000;

/// A prompt, as the room that asks with it declares it.
#[derive(Debug, Clone, Copy)]
pub struct Prompt {
    /// The template's path, in `prompts/` and in a folder that overrides it.
    pub path: &'static str,
    pub builtin: &'static str,
    /// Whether each line that is not blank is a template of its own, of which a run picks one.
    pub by_line: bool,
    /// What the template may use, filled in for a trial.
    pub specimen: fn() -> Value,
}

impl Prompt {
    /// The prompt's name in samples and reports: that of its file.
    pub fn name(&self) -> &'static str {
        let file = self.path.rsplit('/').next().unwrap_or(self.path);
        file.split('.').next().unwrap_or(file)
    }

    /// The templates in a text of this prompt.
    fn templates<'t>(&self, text: &'t str) -> Vec<&'t str> {
        if self.by_line {
            text.lines().filter(|line| !line.trim().is_empty()).collect()
        } else {
            vec![text]
        }
    }
}

/// The prompts of a run: the built-in ones, apart from those that a folder overrides.
#[derive(Debug, Clone, Default)]
pub struct Prompts {
    /// By the paths of the prompts.
    overrides: BTreeMap<&'static str, String>,
}

impl Prompts {
    /// The prompts, with the files of a folder in place of the known ones with the same relative paths.
    ///
    /// A file that overrides nothing, or that cannot be rendered, is a usage error with its line.
    pub fn open(folder: &Path, known: &[Prompt]) -> Result<Self> {
        let mut prompts = Self::default();
        for path in files(folder)? {
            let inside = path.strip_prefix(folder).unwrap_or(&path);
            let Some(prompt) = known.iter().find(|prompt| Path::new(prompt.path) == inside) else {
                let known: Vec<&str> = known.iter().map(|prompt| prompt.path).collect();
                return Err(Error::Usage(format!(
                    "{} overrides no prompt; the prompts are {}",
                    path.display(),
                    known.join(", ")
                )));
            };
            let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
            let templates = prompt.templates(&text);
            if text.trim().is_empty() {
                let path = path.display();
                return Err(Error::Usage(format!("{path} is empty; write a prompt or remove it")));
            }
            for template in templates {
                render(&path.display().to_string(), template, (prompt.specimen)())?;
            }
            prompts.overrides.insert(prompt.path, text);
        }
        Ok(prompts)
    }

    /// Fills a prompt in.
    pub fn render(&self, prompt: &Prompt, values: Value) -> Result<String> {
        render(prompt.path, self.text(prompt), values)
    }

    /// Fills one line of a prompt in, which `pick` chooses from as many as there are.
    pub fn render_line(
        &self,
        prompt: &Prompt,
        pick: impl FnOnce(usize) -> usize,
        values: Value,
    ) -> Result<String> {
        let templates = prompt.templates(self.text(prompt));
        render(prompt.path, templates.get(pick(templates.len())).unwrap_or(&""), values)
    }

    /// The text of a prompt.
    pub fn text(&self, prompt: &Prompt) -> &str {
        self.overrides.get(prompt.path).map_or(prompt.builtin, String::as_str)
    }

    /// Names the text of a prompt by its digest.
    pub fn digest(&self, prompt: &Prompt) -> String {
        digest(self.text(prompt).as_bytes())
    }

    /// The digests of some prompts, by their names.
    pub fn digests<'p>(
        &self,
        prompts: impl IntoIterator<Item = &'p Prompt>,
    ) -> BTreeMap<String, String> {
        prompts.into_iter().map(|prompt| (prompt.name().to_owned(), self.digest(prompt))).collect()
    }
}

fn render(name: &str, text: &str, values: Value) -> Result<String> {
    let mut environment = Environment::new();
    // A name that nothing fills in is a slip of the pen, not an empty text.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.render_named_str(name, text, values.clone()).map_err(|error| {
        let line = error.line().map_or_else(String::new, |line| format!(":{line}"));
        let detail = match error.kind() {
            ErrorKind::UndefinedError => undefined(&environment, text, &values),
            _ => error.detail().map(str::to_owned),
        };
        let detail = detail.map_or_else(String::new, |detail| format!(": {detail}"));
        Error::Usage(format!(
            "{name}{line}: the prompt cannot be rendered: {}{detail}",
            error.kind()
        ))
    })
}

/// Names the variables that a template uses without having them, and those it has.
fn undefined(environment: &Environment<'_>, text: &str, values: &Value) -> Option<String> {
    let has: BTreeSet<String> =
        values.try_iter().ok()?.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    let used = environment.template_from_str(text).ok()?.undeclared_variables(false);
    let functions: BTreeSet<&str> = environment.globals().map(|(name, _)| name).collect();
    let unknown: BTreeSet<String> = used
        .into_iter()
        .filter(|name| !has.contains(name) && !functions.contains(name.as_str()))
        .collect();
    let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
    (!unknown.is_empty())
        .then(|| format!("there is no {}; this template has {}", list(unknown), list(has)))
}

/// The files below a folder, except for hidden ones, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_shown = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().to_str().is_some_and(|name| name.starts_with('.'))
    };
    let mut files = Vec::new();
    for entry in
        walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(is_shown)
    {
        let entry = entry.map_err(|error| {
            // The path is already reported; an error that is not an I/O error is a loop of links.
            let source =
                error.into_io_error().unwrap_or_else(|| std::io::Error::other("a loop of links"));
            Error::io(folder)(source)
        })?;
        if !entry.file_type().is_dir() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    const QUESTION: Prompt = Prompt {
        path: "trial/question.jinja",
        builtin: "What does {{ entry }} do?",
        by_line: false,
        specimen: || context! { entry => "f", lang => "English" },
    };
    const OPENINGS: Prompt = Prompt {
        path: "trial/openings.txt",
        builtin: "Write {{ entry }}.\n\nMake {{ entry }}.\n",
        by_line: true,
        specimen: || context! { entry => "f" },
    };

    fn open(path: &str, text: &str) -> Result<Prompts> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        Prompts::open(folder.path(), &[QUESTION, OPENINGS])
    }

    fn refused(path: &str, text: &str) -> String {
        let error = open(path, text).unwrap_err();
        assert!(matches!(error, Error::Usage(_)), "{error:?}");
        error.to_string()
    }

    #[test]
    fn a_file_takes_the_place_of_the_prompt_of_its_path() {
        let prompts = open(QUESTION.path, "Ask about {{ entry }} in {{ lang }}.").unwrap();
        let text = prompts.render(&QUESTION, (QUESTION.specimen)()).unwrap();
        assert_eq!(text, "Ask about f in English.");
        let builtin = Prompts::default();
        assert_ne!(prompts.digest(&QUESTION), builtin.digest(&QUESTION));
        assert_eq!(prompts.digest(&OPENINGS), builtin.digest(&OPENINGS));
        assert_eq!(prompts.digests([&QUESTION])["question"].len(), 16);
    }

    #[test]
    fn a_prompt_by_line_gives_the_line_that_is_picked() {
        let line = |prompts: &Prompts, index| {
            prompts.render_line(&OPENINGS, |_| index, context! { entry => "g" }).unwrap()
        };
        assert_eq!(line(&Prompts::default(), 1), "Make g.");
        assert_eq!(line(&open(OPENINGS.path, "\nCode {{ entry }}!\n").unwrap(), 0), "Code g!");
        assert!(refused(OPENINGS.path, "\n \n").contains("openings.txt is empty; write a prompt"));
        assert!(refused(QUESTION.path, "").contains("question.jinja is empty; write a prompt"));
        let spread = "{% if entry %}\n{{ entry }}\n{% endif %}\n";
        assert!(refused(OPENINGS.path, spread).contains("cannot be rendered"));
    }

    #[test]
    fn a_file_of_another_path_is_refused_with_the_known_ones() {
        let error = refused("trial/questions.jinja", "x");
        assert!(error.contains("questions.jinja overrides no prompt"), "{error}");
        assert!(error.contains("trial/question.jinja, trial/openings.txt"), "{error}");
    }

    #[test]
    fn a_broken_template_is_reported_with_its_file_and_line() {
        for (text, line) in
            [("a\n{{ entry", 2), ("a\nb\n{{ no_such_name }}", 3), ("{% for x in y %}", 1)]
        {
            let error = refused(QUESTION.path, text);
            assert!(error.contains(&format!("question.jinja:{line}: ")), "{error}");
        }
        let error = refused(QUESTION.path, "{{ entry }} {{ no_such_name }} {{ range(3) }}");
        assert!(
            error.contains("there is no no_such_name; this template has entry, lang"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_folder_is_an_error_with_its_path() {
        let error = Prompts::open(Path::new("no/such/folder"), &[]).unwrap_err();
        assert!(error.to_string().contains("no/such/folder"), "{error}");
    }
}
