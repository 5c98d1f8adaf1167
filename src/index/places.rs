//! Where the imports of languages other than Python lead.
//!
//! Invariant: an import leads to a file or folder of the tree only if its path says so.

use std::collections::HashMap;

use super::entities::FileId;

/// A module of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Module {
    File(FileId),
    /// A folder without `__init__.py`, or a package that is a folder.
    Folder(String),
}

/// Endings under which a script is imported without them.
const SCRIPT_ENDS: [&str; 10] =
    ["", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", "/index.ts", "/index.tsx", "/index.js"];

/// The files of a tree, by their paths and folders.
#[derive(Debug, Default)]
pub(super) struct Places {
    files: HashMap<String, FileId>,
    /// The files of Go and Java, by their folders: a folder is one package.
    packages: HashMap<String, Vec<FileId>>,
}

impl Places {
    pub fn add(&mut self, file: FileId, path: &str) {
        self.files.insert(path.to_owned(), file);
        if path.ends_with(".go") || path.ends_with(".java") {
            self.packages.entry(folder_of(path).to_owned()).or_default().push(file);
        }
    }

    /// The files of a package.
    pub fn package(&self, folder: &str) -> &[FileId] {
        self.packages.get(folder).map_or(&[], Vec::as_slice)
    }

    /// The other files of a file's package.
    pub fn neighbours(&self, path: &str) -> &[FileId] {
        match path.ends_with(".go") || path.ends_with(".java") {
            true => self.package(folder_of(path)),
            false => &[],
        }
    }

    /// Whether an import can only lead into the tree.
    pub fn is_inside(module: &str) -> bool {
        module.starts_with('.')
            || ["crate", "self", "super"].contains(&module.split("::").next().unwrap_or(module))
    }

    /// Where an import in a file leads.
    pub fn resolve(&self, path: &str, module: &str) -> Option<Module> {
        match path.rsplit('.').next()? {
            "go" => self.go(module),
            "rs" => self.rust(path, module),
            "java" => self.java(module),
            _ => self.script(path, module),
        }
    }

    fn script(&self, path: &str, module: &str) -> Option<Module> {
        if !module.starts_with('.') {
            return None;
        }
        let base = joined(folder_of(path), module)?;
        // TypeScript imports `./a.js` for what is `a.ts`.
        let stem = base.strip_suffix(".js").unwrap_or(&base);
        let bases = [base.as_str(), stem];
        let found = bases.iter().find_map(|base| {
            SCRIPT_ENDS.iter().find_map(|end| self.files.get(&format!("{base}{end}")))
        });
        found.copied().map(Module::File)
    }

    /// The one folder of Go files whose path ends the import's.
    fn go(&self, module: &str) -> Option<Module> {
        let folders = self.packages.keys().filter(|folder| {
            !folder.is_empty()
                && module.strip_suffix(folder.as_str()).is_some_and(|rest| rest.ends_with('/'))
        });
        folders.max_by_key(|folder| folder.len()).cloned().map(Module::Folder)
    }

    fn java(&self, module: &str) -> Option<Module> {
        let folder = module.replace('.', "/");
        let is_it = |found: &&String| {
            found.as_str() == folder
                || found.strip_suffix(&folder).is_some_and(|rest| rest.ends_with('/'))
        };
        let mut found = self.packages.keys().filter(is_it);
        match (found.next(), found.next()) {
            (Some(one), None) => Some(Module::Folder(one.clone())),
            (None, _) | (Some(_), Some(_)) => None,
        }
    }

    fn rust(&self, path: &str, module: &str) -> Option<Module> {
        let mut parts = module.split("::");
        let first = parts.next()?;
        let stem = path.strip_suffix(".rs")?;
        let own =
            ["/mod", "/lib", "/main"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
        let mut folder = match first {
            "crate" => {
                let at = path.rfind("src/").filter(|&at| at == 0 || path[..at].ends_with('/'))?;
                path[..at + 3].to_owned()
            }
            "self" => own.to_owned(),
            "super" => folder_of(own).to_owned(),
            _ => return None,
        };
        for part in parts {
            match part {
                "super" => folder = folder_of(&folder).to_owned(),
                part => folder = format!("{folder}/{part}"),
            }
        }
        let ends = [".rs", "/mod.rs", "/lib.rs", "/main.rs"];
        let found = ends.iter().find_map(|end| self.files.get(&format!("{folder}{end}")));
        found.copied().map(Module::File)
    }
}

/// A relative path from a folder; none if it leads out of the tree.
fn joined(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder that contains a path; empty for the root.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_lead_to_files_and_packages() {
        let paths = [
            "web/a.ts",
            "web/lib/index.ts",
            "go/store/s.go",
            "src/lib.rs",
            "src/a.rs",
            "src/a/b.rs",
            "java/org/x/Y.java",
        ];
        let mut places = Places::default();
        (0..).map(FileId).zip(paths).for_each(|(file, path)| places.add(file, path));
        let find = |path: &str, module: &str| match places.resolve(path, module) {
            Some(Module::File(file)) => paths[file.0 as usize].to_owned(),
            Some(Module::Folder(folder)) => format!("{folder}/"),
            None => "none".into(),
        };
        assert_eq!(find("web/b.ts", "./a"), "web/a.ts");
        assert_eq!(find("web/b.ts", "./a.js"), "web/a.ts");
        assert_eq!(find("web/b.ts", "./lib"), "web/lib/index.ts");
        assert_eq!(find("web/b.ts", "../../a"), "none");
        assert_eq!(find("go/main.go", "example.com/x/go/store"), "go/store/");
        assert_eq!(find("go/main.go", "fmt"), "none");
        assert_eq!(find("src/a/b.rs", "crate\x3a:a"), "src/a.rs");
        assert_eq!(find("src/a/b.rs", "super"), "src/a.rs");
        assert_eq!(find("src/a.rs", "self::b"), "src/a/b.rs");
        assert_eq!(find("src/a.rs", "std::fs"), "none");
        assert_eq!(find("java/Z.java", "org.x"), "java/org/x/");
    }
}
