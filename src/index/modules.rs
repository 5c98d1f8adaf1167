//! Under which names the modules of a tree are imported, and from where.
//!
//! Invariant: an import resolves to a file of the tree only if Python would find that file first, as far as the tree tells.

use std::collections::{HashMap, HashSet};

use super::entities::FileId;
use super::places::{Module, Places, folder_of};

/// The modules of a tree, by their paths without `.py`; a package is its folder.
#[derive(Debug, Default)]
pub(super) struct Modules {
    files: HashMap<String, FileId>,
    packages: HashSet<String>,
    folders: HashSet<String>,
    /// Folders without `__init__.py` that the tree imports modules of: their paths.
    namespaces: HashSet<String>,
    /// The folders that hold the top-level package of a name.
    homes: HashMap<String, Vec<String>>,
    paths: Vec<String>,
    /// The files of other languages.
    places: Places,
}

impl Modules {
    /// Sorts the modules of a tree, given by their paths and by the absolute imports in it: modules, and names in them.
    pub fn of<'p>(
        paths: impl Iterator<Item = (FileId, &'p str)>,
        imported: impl Iterator<Item = (&'p str, Option<&'p str>)>,
    ) -> Self {
        let mut modules = Self::default();
        for (file, path) in paths {
            modules.paths.push(path.to_owned());
            let Some(stem) = path.strip_suffix(".py") else {
                modules.places.add(file, path);
                continue;
            };
            let mut folder = folder_of(path);
            while !folder.is_empty() && modules.folders.insert(folder.to_owned()) {
                folder = folder_of(folder);
            }
            match stem.strip_suffix("__init__") {
                Some(package) if package.is_empty() || package.ends_with('/') => {
                    let package = package.trim_end_matches('/').to_owned();
                    modules.packages.insert(package.clone());
                    // A package comes before a module of the same name.
                    modules.files.insert(package, file);
                }
                Some(_) | None => {
                    modules.files.entry(stem.to_owned()).or_insert(file);
                }
            }
        }
        modules.namespaces = modules.imported_folders(imported);
        let tops = modules.packages.iter().chain(&modules.namespaces).filter(|package| {
            !package.is_empty() && !modules.packages.contains(folder_of(package))
        });
        for package in tops {
            let (home, name) = package.rsplit_once('/').unwrap_or(("", package));
            modules.homes.entry(name.to_owned()).or_default().push(home.to_owned());
        }
        modules
    }

    /// The folder from which the file's own package is imported.
    fn home<'p>(&self, path: &'p str) -> &'p str {
        let mut folder = folder_of(path);
        while !folder.is_empty() && self.packages.contains(folder) {
            folder = folder_of(folder);
        }
        let mut above = folder;
        while !above.is_empty() {
            if self.namespaces.contains(above) {
                folder = folder_of(above);
            }
            above = folder_of(above);
        }
        folder
    }

    /// The outermost folders without `__init__.py` through which an import reaches a file of the tree: `a` for `a.b`.
    fn imported_folders<'p>(
        &self,
        imported: impl Iterator<Item = (&'p str, Option<&'p str>)>,
    ) -> HashSet<String> {
        let mut wanted: HashSet<String> = HashSet::new();
        for (module, name) in imported {
            let path = module.replace('.', "/");
            wanted.extend(name.map(|name| format!("{path}/{name}")));
            wanted.insert(path);
        }
        let mut found = HashSet::new();
        for path in self.files.keys() {
            let starts = path.match_indices('/').map(|(at, _)| at + 1);
            for start in std::iter::once(0).chain(starts) {
                let inside = &path[start..];
                let Some((top, _)) = inside.split_once('/') else { continue };
                let top = &path[..start + top.len()];
                let is_folder = !self.packages.contains(top);
                // A folder in a package is one of its parts.
                let is_top = !self.packages.contains(folder_of(top)) || !top.contains('/');
                if is_folder && is_top && wanted.contains(inside) {
                    found.insert(top.to_owned());
                    break;
                }
            }
        }
        found
    }

    /// The dotted name under which a file is imported.
    pub fn name(&self, path: &str) -> String {
        if !path.ends_with(".py") {
            return path.rsplit_once('.').map_or(path, |(stem, _)| stem).to_owned();
        }
        let home = self.home(path);
        let stem = path.strip_suffix(".py").unwrap_or(path);
        let inside = stem.strip_prefix(home).unwrap_or(stem).trim_start_matches('/');
        let inside = inside.strip_suffix("/__init__").unwrap_or(inside);
        inside.replace('/', ".")
    }

    /// The module that an import in a file names.
    pub fn resolve(&self, from: FileId, level: u32, module: &str) -> Option<Module> {
        let path = self.paths[from.0 as usize].as_str();
        if !path.ends_with(".py") {
            return self.places.resolve(path, module);
        }
        if level > 0 {
            let mut base = folder_of(path);
            for _ in 1..level {
                if base.is_empty() {
                    return None;
                }
                base = folder_of(base);
            }
            return self.below(base, module);
        }
        let home = self.home(path);
        let top = module.split('.').next().unwrap_or(module);
        let elsewhere = self.homes.get(top).filter(|homes| homes.len() == 1);
        let homes = [home, "", "src", "lib"].into_iter();
        homes
            .chain(elsewhere.into_iter().flatten().map(String::as_str))
            .find_map(|home| self.below(home, top).and_then(|_| self.below(home, module)))
    }

    /// Whether the tree has a top-level module of this name for a file.
    pub fn has_top(&self, from: FileId, module: &str) -> bool {
        if !self.paths[from.0 as usize].ends_with(".py") {
            return Places::is_inside(module);
        }
        let top = module.split('.').next().unwrap_or(module);
        self.resolve(from, 0, top).is_some()
    }

    /// The files that share their names with a file: those of its package in Go and Java.
    pub fn neighbours(&self, file: FileId) -> &[FileId] {
        self.places.neighbours(&self.paths[file.0 as usize])
    }

    /// The files of a package that is a folder, in Go and Java.
    pub fn package(&self, folder: &str) -> &[FileId] {
        self.places.package(folder)
    }

    /// The module of a name in a package.
    pub fn member(&self, package: &Module, name: &str) -> Option<Module> {
        match package {
            Module::Folder(folder) => self.below(folder, name),
            Module::File(file) => {
                let path = self.paths[file.0 as usize].as_str();
                let is_package = path == "__init__.py" || path.ends_with("/__init__.py");
                is_package.then(|| self.below(folder_of(path), name)).flatten()
            }
        }
    }

    fn below(&self, base: &str, module: &str) -> Option<Module> {
        let inside = module.replace('.', "/");
        let key = match (base, inside.as_str()) {
            (base, "") => base.to_owned(),
            ("", inside) => inside.to_owned(),
            (base, inside) => format!("{base}/{inside}"),
        };
        match self.files.get(&key) {
            Some(&file) => Some(Module::File(file)),
            None => self.folders.contains(&key).then_some(Module::Folder(key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(paths: &[&str]) -> Modules {
        Modules::of((0..).map(FileId).zip(paths.iter().copied()), std::iter::empty())
    }

    #[test]
    fn folders_that_are_imported_are_packages() {
        let paths = ["ns/a.py", "ns/deep/b.py", "src/other/c.py", "tools/d.py", "http/e.py"];
        let imports = [
            ("ns", Some("a")),
            ("ns.deep.b", None),
            ("other.c", Some("f")),
            ("http", Some("client")),
        ];
        let modules = Modules::of((0..).map(FileId).zip(paths), imports.into_iter());
        assert_eq!(
            paths.map(|path| modules.name(path)),
            ["ns.a", "ns.deep.b", "other.c", "d", "e"]
        );
        let find = |module| match modules.resolve(FileId(3), 0, module) {
            Some(Module::File(file)) => paths[file.0 as usize],
            Some(Module::Folder(_)) | None => "none",
        };
        assert_eq!(
            [find("ns.deep.b"), find("other.c"), find("deep.b")],
            ["ns/deep/b.py", "src/other/c.py", "none"]
        );
    }

    #[test]
    fn names_begin_at_the_outermost_package() {
        let modules =
            modules(&["src/a/__init__.py", "src/a/b/__init__.py", "src/a/b/c.py", "run.py"]);
        let name = |path| modules.name(path);
        assert_eq!(name("src/a/b/c.py"), "a.b.c");
        assert_eq!(name("src/a/b/__init__.py"), "a.b");
        assert_eq!(name("run.py"), "run");
    }

    #[test]
    fn imports_find_files_as_python_does() {
        let paths =
            ["a/__init__.py", "a/b.py", "a/c/__init__.py", "a/c/json.py", "d/e.py", "d/f.py"];
        let modules = modules(&paths);
        let find = |from: u32, level, module| match modules.resolve(FileId(from), level, module) {
            Some(Module::File(file)) => paths[file.0 as usize].to_owned(),
            Some(Module::Folder(folder)) => format!("{folder}/"),
            None => "none".into(),
        };
        assert_eq!(find(1, 1, "c"), "a/c/__init__.py");
        assert_eq!(find(3, 2, "b"), "a/b.py");
        assert_eq!(find(3, 2, ""), "a/__init__.py");
        assert_eq!(find(3, 4, "b"), "none");
        assert_eq!(find(4, 0, "a.c.json"), "a/c/json.py");
        // A module of a package is not imported by its bare name.
        assert_eq!(find(2, 0, "json"), "none");
        assert_eq!(find(4, 0, "f"), "d/f.py");
        assert_eq!(find(1, 0, "d"), "d/");
    }
}
