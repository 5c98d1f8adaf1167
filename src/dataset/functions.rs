//! The functions in a piece of code, each with all that it needs to run.
//!
//! Invariant: code that gives no function is rejected as a whole, with the reason.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::path::Path;
use std::rc::Rc;

use super::folder_calls::{FolderCalls, Folders};
use super::packages::{Packages, SourceFile};
use super::{MAX_SOURCE, RawCode, language};
use crate::cases::Target;
use crate::error;
use crate::flow::Fate;
use crate::outcome::{Reason, Rejection};
use crate::python::company::Company;
use crate::python::examples::Shown;
use crate::python::inventory::{self, NotLookedAt};
use crate::python::package::Package;
use crate::python::unneeded::without_unneeded;
use crate::python::used_imports::with_used_imports;
use crate::python::{Function, Module, Param, ParamKind};
use crate::record::Record;

/// Bytes of the programs of a row's functions together: each has all that it needs, so that functions that call each
/// other have each other's text.
const MAX_PROGRAMS: usize = 8 << 20;
/// Import lines of a row that are searched for anywhere in its code.
const MAX_SEARCHED: usize = 100;
/// Arguments of other functions that are kept for a parameter.
const MAX_ELSEWHERE: usize = 8;
/// Parameters of a function; inputs for more are not searched for.
const MAX_PARAMETERS: usize = 255;

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
        let single = candidates.len() == 1;
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
            room: Some(MAX_PROGRAMS),
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

/// Cuts functions out of their module.
struct Cut<'m> {
    module: &'m Module,
    shown: &'m Shown,
    /// What other files of the folder call functions with.
    folder: Option<Rc<FolderCalls>>,
    /// The modules that the module imports, by their names.
    modules: BTreeMap<String, String>,
    /// What the module's functions are called with, by the names of their parameters.
    arguments: &'m [(String, String)],
    company: &'m Company<'m>,
    package: Option<(Rc<Package>, String)>,
    /// What is left for the programs of the row's functions, if anything is.
    room: Option<usize>,
}

impl Cut<'_> {
    fn target(&mut self, function: &Function) -> Result<Target, Rejection> {
        let parameters = function.params.len();
        if parameters > MAX_PARAMETERS {
            let detail = format!("{parameters} parameters, {MAX_PARAMETERS} are allowed");
            return Err(Rejection::new(Reason::SizeOutOfRange, detail));
        }
        let examples = self.examples(function);
        let mut elsewhere: Vec<(String, String)> =
            function.params.iter().flat_map(|param| self.elsewhere(&param.name)).collect();
        elsewhere.extend(self.objects(function));
        // Without room not even a short program is cut: it takes as long as a long one to find out.
        let program = self.room.map_or_else(
            || Ok(String::new()),
            |_| {
                let texts = elsewhere.iter().map(|(_, text)| text).chain(&examples);
                let names = self.company.names(function, texts);
                self.program(&function.name, names, &examples)
            },
        );
        let program = program.map_err(|why| Rejection::new(Reason::NotSelfContained, why))?;
        self.room = self.room.and_then(|room| room.checked_sub(program.len()));
        if self.room.is_none() {
            let detail = format!(
                "the programs of the functions before this one and its own are longer than {} MiB together",
                MAX_PROGRAMS >> 20
            );
            return Err(Rejection::new(Reason::SizeOutOfRange, detail));
        }
        Ok(Target { source: None, program, entry: function.name.clone(), examples, elsewhere })
    }

    /// The arguments that the function is shown with: by its own file, and by others of the folder.
    fn examples(&self, function: &Function) -> Vec<String> {
        let own = self.shown.of(function).into_iter().filter_map(|shown| shown.call.to_source());
        let mut examples: Vec<String> = own.collect();
        let called = match function.name.strip_suffix(".__init__") {
            Some(class) => Some(class),
            None => Some(function.name.as_str()).filter(|name| !name.contains('.')),
        };
        if let (Some(folder), Some(called)) = (&self.folder, called) {
            for call in folder.calls(called, &self.modules) {
                let text = call.to_source().filter(|_| call.bind(function));
                examples.extend(text.filter(|text| !examples.contains(text)));
            }
        }
        examples
    }

    /// What makes the object of a method, as other files of the folder make objects of its class.
    fn objects(&self, function: &Function) -> Vec<(String, String)> {
        let class = function.name.rsplit_once('.').map(|(class, _)| class);
        let (Some(class), Some(folder), Some(own)) = (
            class,
            &self.folder,
            function.params.first().filter(|_| self.module.takes_object(function)),
        ) else {
            return Vec::new();
        };
        let calls = folder.calls(class, &self.modules).take(MAX_ELSEWHERE);
        let made = calls.filter_map(|call| Some(format!("{class}({})", call.to_source()?)));
        let mut made: Vec<String> = made.collect();
        if made.is_empty() {
            made = self.constructed(class);
        }
        made.into_iter().map(|text| (own.name.clone(), text)).collect()
    }

    /// Objects of a class whose constructor takes what other functions get for parameters of the same names, objects among them.
    fn constructed(&self, class: &str) -> Vec<String> {
        let constructor = self.module.function(&format!("{class}.__init__"));
        let required: Vec<&Param> = constructor
            .iter()
            .flat_map(|function| &function.params)
            .filter(|param| param.is_required())
            .collect();
        let known: Vec<Vec<(String, String)>> =
            required.iter().map(|param| self.elsewhere(&param.name)).collect();
        let has_objects = known.iter().flatten().any(|(_, text)| text.contains('('));
        if !has_objects || known.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        let nth = |n: usize| -> String {
            let arguments = required.iter().zip(&known).enumerate().map(|(at, (param, known))| {
                let text = known.get((n + at) % known.len()).map_or("", |(_, text)| text);
                match param.kind {
                    ParamKind::KeywordOnly => format!("{}={text}", param.name),
                    _ => text.to_owned(),
                }
            });
            format!("{class}({})", arguments.collect::<Vec<String>>().join(", "))
        };
        (0..MAX_ELSEWHERE).map(nth).collect()
    }

    /// What other functions get for a parameter of a name: in the file, and objects in the folder.
    fn elsewhere(&self, parameter: &str) -> Vec<(String, String)> {
        let named = self.arguments.iter().filter(|(name, _)| name == parameter);
        let mut texts: Vec<&str> = named.map(|(_, text)| text.as_str()).collect();
        if let Some(folder) = &self.folder {
            for text in folder.objects(parameter, &self.modules) {
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
        }
        texts.truncate(MAX_ELSEWHERE);
        texts.into_iter().map(|text| (parameter.to_owned(), text.to_owned())).collect()
    }

    /// The smallest program that defines a function, with what it needs of its package and what its arguments are made with.
    fn program(
        &self,
        name: &str,
        mut names: BTreeSet<String>,
        examples: &[String],
    ) -> Result<String, String> {
        let gathered = match &self.package {
            Some((package, module)) => package.gather(module, name, &names)?,
            None => None,
        };
        names.insert(name.to_owned());
        let program =
            gathered.map_or_else(|| self.module.closure_of(&names), |gathered| gathered.program);
        Ok(with_used_imports(&without_unneeded(&program, name, &names, examples)))
    }
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
