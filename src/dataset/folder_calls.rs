//! What the files of a folder call functions with: its tests, its examples and its own code.
//!
//! Invariant: arguments are literals, or are made with modules that the file that shows them imports under the same names as the file
//! that gets them.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::files::python_files;
use crate::flow::Fate;
use crate::python::Call;
use crate::python::Module;
use crate::python::examples::Shown;
use crate::python::given::names_in;

/// Files of a folder that are read for calls, and their bytes.
const MAX_FILES: usize = 4_000;
const MAX_BYTES: usize = 64 << 20;
/// Calls that are kept for a function, and arguments for a parameter.
const MAX_CALLS: usize = 24;
const MAX_ARGUMENTS: usize = 64;

/// The modules that a file imports whole, by the names that they have there.
type Modules = BTreeMap<String, String>;

/// What is shown somewhere, and what the names in it mean.
struct Seen<T> {
    what: T,
    modules: Modules,
}

impl<T> Seen<T> {
    /// Notes something with these argument texts; `None` if it uses other names than those of modules.
    fn of(what: T, texts: &str, modules: &Modules) -> Option<Self> {
        let meaning = |name: String| Some((name.clone(), modules.get(&name)?.clone()));
        let modules = names_in(texts).into_iter().map(meaning).collect::<Option<_>>()?;
        Some(Self { what, modules })
    }

    /// Whether the names mean the same in a file.
    fn fits(&self, modules: &Modules) -> bool {
        self.modules.iter().all(|(name, module)| modules.get(name) == Some(module))
    }
}

/// The calls in the files of a folder.
#[derive(Default)]
pub struct FolderCalls {
    /// By the last part of a function's name.
    calls: HashMap<String, Vec<Seen<Call>>>,
    /// Texts that make objects, by the name of the parameter that gets them.
    objects: HashMap<String, Vec<Seen<String>>>,
}

impl FolderCalls {
    /// Reads all files below a folder; what cannot be read shows nothing here, and is reported where it is read as code.
    fn of(folder: &Path) -> Self {
        let mut found = Self::default();
        let Ok(files) = python_files(folder, &[]) else { return found };
        let mut room = MAX_BYTES;
        for row in files.rows.take(MAX_FILES) {
            let Ok(Fate::Live(record)) = row else { continue };
            let Some(left) = room.checked_sub(record.body.content.len()) else { break };
            room = left;
            if let Ok(module) = Module::parse(&record.body.content) {
                found.add(&module);
            }
        }
        // What is used most often is what people use.
        for objects in found.objects.values_mut() {
            let mut counts: Vec<(usize, Seen<String>)> = Vec::new();
            for seen in objects.drain(..) {
                match counts.iter_mut().find(|(_, known)| known.what == seen.what) {
                    Some((count, _)) => *count += 1,
                    None => counts.push((1, seen)),
                }
            }
            counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
            objects.extend(counts.into_iter().map(|(_, seen)| seen));
        }
        found
    }

    fn add(&mut self, module: &Module) {
        let modules = module.imported_modules();
        let shown = Shown::by(module);
        for (name, text) in shown.arguments(module) {
            let known = self.objects.entry(name).or_default();
            if known.len() < MAX_ARGUMENTS && text.contains('(') {
                known.extend(Seen::of(text.clone(), &text, &modules));
            }
        }
        for (function, calls) in Shown::abroad(module) {
            let known = self.calls.entry(function).or_default();
            for call in calls {
                let Some(text) = call.to_source() else { continue };
                if known.len() < MAX_CALLS {
                    known.extend(Seen::of(call, &text, &modules));
                }
            }
        }
    }

    /// The calls of functions of a name, if a file that imports these modules can make their arguments.
    pub fn calls(&self, function: &str, modules: &Modules) -> impl Iterator<Item = &Call> {
        let all = self.calls.get(function).into_iter().flatten();
        all.filter(|seen| seen.fits(modules)).map(|seen| &seen.what)
    }

    /// What makes objects for parameters of a name, that which is used most often first.
    pub fn objects(&self, parameter: &str, modules: &Modules) -> impl Iterator<Item = &str> {
        let all = self.objects.get(parameter).into_iter().flatten();
        all.filter(|seen| seen.fits(modules)).map(|seen| seen.what.as_str())
    }
}

/// The folders that have been met, each read once.
#[derive(Default)]
pub struct Folders(HashMap<PathBuf, Rc<FolderCalls>>);

impl Folders {
    /// The calls in a folder.
    pub fn calls_of(&mut self, folder: &Path) -> Rc<FolderCalls> {
        let met = self.0.entry(folder.to_owned());
        Rc::clone(met.or_insert_with(|| Rc::new(FolderCalls::of(folder))))
    }
}
