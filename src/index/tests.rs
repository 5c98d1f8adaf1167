//! Small trees and what their index says.

use super::*;

/// An index of files that are written to a folder first.
fn index(files: &[(&str, &str)]) -> (tempfile::TempDir, Index) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let index = Index::open(folder.path(), 2).unwrap();
    (folder, index)
}

/// Every call as `caller -> target`.
fn edges(index: &Index) -> Vec<String> {
    let line = |call: &Call| {
        let caller =
            call.caller.map_or("<module>".into(), |id| index.symbol(id).qualified_name.clone());
        let target = match &call.target {
            Target::Symbol(id) => index.full_name(*id),
            Target::Module(file) => format!("module {}", index.file(*file).module),
            Target::Namespace(folder) => format!("folder {folder}"),
            Target::External(name) => format!("external {name}"),
            Target::Builtin(name) => format!("builtin {name}"),
            Target::Unresolved(why) => why.name().to_owned(),
        };
        format!("{caller}: {} -> {target}", call.callee)
    };
    index.calls.iter().map(line).collect()
}

#[test]
fn calls_are_resolved_across_files() {
    let (_folder, index) = index(&[
        ("pkg/__init__.py", "from .store import Store as Keeper\n"),
        (
            "pkg/store.py",
            "import os\nfrom . import helpers\n\nclass Base:\n    def save(self):\n        return self.path()\n\n    def path(self):\n        return os.path.join('a', 'b')\n\n\nclass Store(Base):\n    def __init__(self):\n        self.log = helpers.Log()\n\n    def save(self):\n        self.log.write('x')\n        super().save()\n        self.missing()\n        return len(self.log.lines)\n",
        ),
        (
            "pkg/helpers.py",
            "class Log:\n    lines = []\n\n    def write(self, text):\n        self.lines.append(text)\n",
        ),
        (
            "run.py",
            "import pkg\nfrom pkg import Keeper\n\ndef main(store: Keeper, other):\n    store.save()\n    other.save()\n    one = Keeper()\n    one.path()\n    [x() for x in other]\n    pkg.store.Store().save()\n\nif __name__ == '__main__':\n    main(Keeper(), None)\n",
        ),
    ]);
    assert_eq!(
        edges(&index),
        [
            "Log.write: self.lines.append -> builtin list.append",
            "Base.save: self.path -> pkg.store.Base.path",
            "Base.path: os.path.join -> external os.path.join",
            "Store.__init__: helpers.Log -> pkg.helpers.Log",
            "Store.save: self.log.write -> pkg.helpers.Log.write",
            "Store.save: super().save -> pkg.store.Base.save",
            "Store.save: super -> builtin super",
            "Store.save: self.missing -> undefined",
            "Store.save: len -> builtin len",
            "main: store.save -> pkg.store.Store.save",
            "main: other.save -> unknown-receiver",
            "main: Keeper -> pkg.store.Store",
            "main: one.path -> pkg.store.Base.path",
            "main: x -> unknown-receiver",
            "main: pkg.store.Store().save -> pkg.store.Store.save",
            "main: pkg.store.Store -> pkg.store.Store",
            "<module>: main -> run.main",
            "<module>: Keeper -> pkg.store.Store",
        ]
    );
    assert!(index.file(index.file_at("run.py").unwrap()).is_script);
}
