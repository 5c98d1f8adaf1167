//! The functions in a piece of code, each with all that it needs to run.
//!
//! Invariant: code that gives no function is rejected as a whole, with the reason.

mod cut;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::Path;

use self::cut::Cut;
use super::folder_calls::Folders;
use super::packages::{Packages, SourceFile};
use super::{MAX_SOURCE, RawCode, language};
use crate::cases::Target;
use crate::error;
use crate::flow::Fate;
use crate::outcome::{Reason, Rejection};
use crate::python::company::Company;
use crate::python::examples::Shown;
use crate::python::inventory::{self, NotLookedAt};
use crate::python::{Function, Module};
use crate::record::Record;

/// Import lines of a row that are searched for anywhere in its code.
const MAX_SEARCHED: usize = 100;

/// Finds functions in code, with what they need of the packages that its files belong to.
#[derive(Default)]
pub struct Finder {
    /// Whether methods are taken, and every function that is not is rejected, too, so that it is counted.
    whole: bool,
    private: bool,
    packages: Packages,
    folders: Folders,
}

impl Finder {
    /// Takes methods, too, and rejects what it does not take, so that it is counted. Programs can import the `served` modules.
    pub fn of_all(private: bool, served: &[String]) -> Self {
        let packages = Packages::serving(served);
        Self { whole: true, private, packages, folders: Folders::default() }
    }

    /// Makes a row's functions out of its code; a row without any is rejected as a whole.
    pub fn expand_row(
        &mut self,
        row: error::Result<Fate<RawCode>>,
    ) -> Vec<error::Result<Fate<Target>>> {
        match row {
            Err(error) => vec![Err(error)],
            Ok(Fate::Live(record)) => self.expand(&record).into_iter().map(Ok).collect(),
            Ok(Fate::Rejected(dropped)) => vec![Ok(Fate::Rejected(dropped))],
            Ok(Fate::Deferred(dropped)) => vec![Ok(Fate::Deferred(dropped))],
        }
    }

    /// Finds the functions of a piece of code, each with all it needs.
    pub fn expand(&mut self, record: &Record<RawCode>) -> Vec<Fate<Target>> {
        let rejected = |reason, detail: String| {
            vec![Fate::rejected(&record.id, record.lineage.clone(), Rejection::new(reason, detail))]
        };
        if let Some(language) =
            record.body.language.as_deref().filter(|name| language::is_other(name))
        {
            let detail = format!("the code is in {language}; only Python can be run");
            return rejected(Reason::UnsupportedLanguage, detail);
        }
        let import_code = record.body.import_code.iter().map(|text| text.len() + 1).sum::<usize>();
        if record.body.content.len() + import_code > MAX_SOURCE {
            return rejected(
                Reason::SizeOutOfRange,
                format!("the code is longer than {} MiB", MAX_SOURCE >> 20),
            );
        }
        let source = with_imports(&record.body);
        let module = match Module::parse(&source) {
            Ok(module) => module,
            Err(error) => return rejected(Reason::UnparsableSource, error.to_string()),
        };
        let candidates = module.candidates();
        let mut listed =
            if self.whole { inventory::list(&module, self.private) } else { Vec::new() };
        if record.body.file.as_ref().is_some_and(is_of_tests) {
            listed.iter_mut().for_each(|one| one.why_not = one.why_not.or(Some(NotLookedAt::Test)));
        }
        if candidates.is_empty() && listed.is_empty() {
            return rejected(
                Reason::NoTargetFunction,
                "the code defines no function at its top level to call".into(),
            );
        }
        let single = candidates.len() == 1 && record.body.file.is_none();
        let shown = Shown::by(&module);
        let package = record.body.file.as_ref().and_then(|file| self.packages.of(file));
        let company = Company::of(&module);
        let arguments = if self.whole { shown.arguments(&module) } else { Vec::new() };
        let folder = record.body.file.as_ref().map(|file| &file.root).filter(|root| root.is_dir());
        let folder = folder.filter(|_| self.whole).map(|root| self.folders.calls_of(root));
        let mut cut = Cut {
            folder,
            modules: module.imported_modules(),
            arguments: &arguments,
            module: &module,
            shown: &shown,
            company: &company,
            package,
            room: Some(cut::MAX_PROGRAMS),
        };
        let place = |name: &str, line: usize| {
            let (mut id, mut lineage) = (record.id.clone(), record.lineage.clone());
            // A row of one function is known by the row's own id.
            if !(single && candidates.iter().any(|only| only.name == name)) {
                id = format!("{}:{name}", record.id);
            }
            if record.body.file.is_some() {
                lineage.line = line as u64;
            }
            (id, lineage)
        };
        let mut take = |function: &Function| {
            let (id, lineage) = place(&function.name, function.line);
            match cut.target(function) {
                Ok(target) => Fate::Live(Record { id, lineage, body: target }),
                Err(rejection) => Fate::rejected(&id, lineage, rejection),
            }
        };
        if !self.whole {
            return candidates.iter().map(|function| take(function)).collect();
        }
        listed
            .iter()
            .map(|listed| match (listed.why_not, module.function(&listed.name)) {
                (None, Some(function)) => take(function),
                (why_not, _) => {
                    let (id, lineage) = place(&listed.name, listed.line);
                    Fate::rejected(&id, lineage, not_looked_at(&listed.name, why_not))
                }
            })
            .collect()
    }
}

/// Says why a function is not looked at; the evidence has the kind alone.
fn not_looked_at(name: &str, why_not: Option<NotLookedAt>) -> Rejection {
    let kind = why_not.unwrap_or(NotLookedAt::Redefined);
    let why = match kind {
        NotLookedAt::Private => "is private; --private takes it",
        NotLookedAt::Nested => "is defined within a function",
        NotLookedAt::Test => "is a test",
        NotLookedAt::SpecialMethod => "is a method that statements or Python itself call",
        NotLookedAt::PlainConstructor => "only stores its arguments",
        NotLookedAt::Property => "is read as an attribute, not called",
        NotLookedAt::Declaration => "only declares what other definitions do",
        NotLookedAt::Redefined => "is defined again further down",
        NotLookedAt::Main => "is main without parameters",
        NotLookedAt::Conditional => "is defined on a condition",
        NotLookedAt::NestedClass => "is a method of a class within a class",
    };
    Rejection::new(Reason::NotLookedAt, format!("{name} {why}"))
        .with_evidence(serde_json::json!({ "kind": kind.name() }))
}

/// Whether a file is one of tests, by its place in the folder that was given.
fn is_of_tests(file: &SourceFile) -> bool {
    let Ok(inside) = file.path.strip_prefix(&file.root) else { return false };
    let is_tests = |folder: &str| ["test", "tests"].contains(&folder);
    let mut folders = inside.parent().into_iter().flat_map(Path::iter).filter_map(OsStr::to_str);
    let stem = inside.file_stem().and_then(OsStr::to_str).unwrap_or_default();
    folders.any(is_tests)
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem == "conftest"
}

/// Puts the import lines of a row above its code; `from __future__` lines must stay first.
fn with_imports(code: &RawCode) -> String {
    let content = code.content.replace("\r\n", "\n");
    // Few rows have many lines; in those only whole lines are compared.
    let known: HashSet<&str> = content.lines().map(str::trim).collect();
    let mut searched = 0;
    let mut is_known = |line: &str| {
        searched += 1;
        known.contains(line) || searched <= MAX_SEARCHED && content.contains(line)
    };
    let mut lines: Vec<&str> = Vec::new();
    for line in code.import_code.iter().flat_map(|text| text.lines()) {
        let line = line.trim();
        if !line.is_empty() && !is_known(line) {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        return content;
    }
    // A stable sort: the rest keeps its order.
    lines.sort_by_key(|line| !line.starts_with("from __future__"));
    format!("{}\n\n{content}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Lineage;

    /// The entries and the rejections of some code.
    fn functions(content: String, import_code: Vec<String>) -> (Vec<String>, Vec<String>) {
        let record = Record {
            id: "r".into(),
            lineage: Lineage { file: "f".into(), line: 1 },
            body: RawCode { content, import_code, language: None, file: None },
        };
        let (mut entries, mut rejections) = (Vec::new(), Vec::new());
        for fate in Finder::default().expand(&record) {
            match fate {
                Fate::Live(record) => entries.push(record.body.entry),
                Fate::Rejected(dropped) => {
                    rejections.push(format!("{}: {}", dropped.id, dropped.why.detail));
                }
                Fate::Deferred(_) => unreachable!("reading code defers nothing"),
            }
        }
        (entries, rejections)
    }

    /// Functions of which each calls the one before.
    fn chain(len: usize) -> String {
        let calls = (1..len).map(|i| format!("def f{i}(x): return f{}(x)\n", i - 1));
        format!("def f0(x): return x\n{}", calls.collect::<String>())
    }

    #[test]
    fn code_in_another_language_is_rejected_and_unknown_names_are_left_to_the_parser() {
        let in_language = |language: &str| {
            let record = Record {
                id: "r".into(),
                lineage: Lineage { file: "f".into(), line: 1 },
                body: RawCode {
                    content: "def f(x): return x\n".into(),
                    import_code: Vec::new(),
                    language: Some(language.into()),
                    file: None,
                },
            };
            match &Finder::default().expand(&record)[..] {
                [Fate::Live(record)] => record.body.entry.clone(),
                [Fate::Rejected(dropped)] => dropped.why.reason.name().to_owned(),
                _ => panic!("one fate"),
            }
        };
        for language in ["Python", "python3", "py", "English", ""] {
            assert_eq!(in_language(language), "f", "{language}");
        }
        for language in ["C++", "go", "JavaScript", " Rust"] {
            assert_eq!(in_language(language), "unsupported-language", "{language}");
        }
    }

    #[test]
    fn functions_that_need_each_other_share_a_limit() {
        assert_eq!(functions(chain(700), vec![]).0.len(), 700);
        let (entries, rejections) = functions(chain(2000), vec![]);
        assert!((700..900).contains(&entries.len()), "{}", entries.len());
        assert_eq!(entries.len() + rejections.len(), 2000);
        assert_eq!(
            rejections.last().unwrap(),
            "r:f1999: the programs of the functions before this one and its own are longer than 8 MiB together"
        );
        let all: Vec<String> = (0..160).map(|i| format!("f{i}")).collect();
        let each = |name: &String| format!("def {name}(x): return [{}]\n", all.join(", "));
        let (entries, rejections) = functions(all.iter().map(each).collect(), vec![]);
        assert!(entries.len() > 50 && rejections.len() > 50);
    }

    #[test]
    fn many_small_functions_are_all_taken() {
        let source: String = (0..20_000).map(|i| format!("def f{i}(x): return x\n")).collect();
        assert_eq!(functions(source, vec![]).0.len(), 20_000);
    }

    #[test]
    fn a_function_with_too_many_parameters_is_rejected() {
        let with = |count: usize| {
            let names: Vec<String> = (0..count).map(|i| format!("a{i}")).collect();
            format!("def f({}): return a0\n", names.join(","))
        };
        assert_eq!(functions(with(255), vec![]).0, ["f"]);
        let rejection = "r: 100000 parameters, 255 are allowed";
        assert_eq!(functions(with(100_000), vec![]).1, [rejection]);
    }

    #[test]
    fn import_code_counts_as_code() {
        let import_code: Vec<String> = (0..60_000).map(|i| format!("import m{i}")).collect();
        let content = "def f(x): return x\n".to_owned();
        assert_eq!(functions(content.clone(), import_code.clone()).0, ["f"]);
        let twice = [import_code.clone(), import_code].concat();
        assert_eq!(functions(content, twice).1, ["r: the code is longer than 1 MiB"]);
    }
}
