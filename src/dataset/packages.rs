//! The packages that files belong to.
//!
//! Invariant: a package begins at the topmost folder around a file that has an `__init__.py`, whichever part of it is the input;
//! nothing else outside of the input is read, and links are not followed.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::MAX_SOURCE;
use crate::python::package::{ModuleText, Package};

/// A file of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    pub path: PathBuf,
    /// The file or folder that was given.
    pub root: PathBuf,
}

/// The packages that have been met, each read once.
#[derive(Default)]
pub struct Packages {
    met: HashMap<(PathBuf, Option<String>), Rc<Package>>,
    served: Rc<BTreeSet<String>>,
}

impl Packages {
    /// Packages of which programs can import these modules, and all below them, as they are.
    pub fn serving(modules: &[String]) -> Self {
        Self { met: HashMap::new(), served: Rc::new(modules.iter().cloned().collect()) }
    }

    /// The package of a file, and the name that its module has there.
    pub fn of(&mut self, file: &SourceFile) -> Option<(Rc<Package>, String)> {
        let folder = file.path.parent()?;
        let has_init = |folder: &Path| is_regular(&folder.join("__init__.py"));
        let mut base = folder;
        while has_init(base) {
            base = base.parent()?;
        }
        let name = dotted(file.path.strip_prefix(base).ok()?)?;
        // Neighbours of a package are importable, too, if they belong to the input.
        let is_given = base.starts_with(&file.root);
        let only = match is_given || base == folder {
            true => None,
            false => name.split('.').next().map(str::to_owned),
        };
        let package = self.met.entry((base.to_owned(), only.clone())).or_insert_with(|| {
            let base = base.to_owned();
            let load = move |name: &str| {
                let is_open =
                    only.as_deref().is_none_or(|only| name.split('.').next() == Some(only));
                is_open.then(|| read(&base, name)).flatten()
            };
            Rc::new(Package::new(Box::new(load), Rc::clone(&self.served)))
        });
        Some((Rc::clone(package), name))
    }
}

/// The dotted name of a file's module; `None` if it is not one that can be imported.
fn dotted(path: &Path) -> Option<String> {
    let mut parts: Vec<&str> = path.iter().map(|part| part.to_str()).collect::<Option<_>>()?;
    let file = parts.pop()?.strip_suffix(".py")?;
    if file != "__init__" {
        parts.push(file);
    }
    (!parts.is_empty() && parts.iter().all(|part| !part.contains('.'))).then(|| parts.join("."))
}

/// The text of a module below a folder.
fn read(base: &Path, module: &str) -> Option<ModuleText> {
    if module.is_empty() {
        return None;
    }
    let path: PathBuf = base.join(module.split('.').collect::<PathBuf>());
    let init = path.join("__init__.py");
    let (path, is_package) = match is_regular(&init) {
        true => (init, true),
        false => (path.with_extension("py"), false),
    };
    let len = std::fs::symlink_metadata(&path).ok().filter(std::fs::Metadata::is_file)?.len();
    let text = (len <= MAX_SOURCE as u64).then(|| std::fs::read(&path).ok()).flatten()?;
    let text = String::from_utf8(text).ok()?.replace("\r\n", "\n");
    Some(ModuleText { text, is_package })
}

fn is_regular(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}
