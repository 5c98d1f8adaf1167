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

/// Every symbol as `kind name start-end`, with its documentation and parameters.
fn symbols(index: &Index) -> Vec<String> {
    let line = |symbol: &Symbol| {
        let Lines { start, end } = symbol.lines;
        let params = symbol.signature.iter().flat_map(|signature| &signature.params);
        let params: Vec<&str> = params.map(|param| param.name.as_str()).collect();
        let params = if symbol.kind.is_callable() {
            format!("({})", params.join(", "))
        } else {
            String::new()
        };
        let doc = symbol.docstring.as_deref().unwrap_or("-");
        format!("{} {}{params} {start}-{end}: {doc}", symbol.kind.name(), symbol.qualified_name)
    };
    index.symbols.iter().map(line).collect()
}

#[test]
fn javascript_and_typescript_are_read() {
    let (_folder, index) = index(&[
        (
            "web/store.ts",
            "import { log as note } from './log';\n\n/** Keeps things. */\nexport class Store extends Base implements Box<string> {\n  items: string[] = [];\n\n  /**\n   * Adds one.\n   */\n  async add(name: string, count = 1): Promise<void> {\n    if (!name) throw new RangeError('empty');\n    note(name);\n    this.flush();\n    other.run();\n    return console.log(count);\n  }\n\n  private flush() { return 1; }\n}\n\nclass Base {}\n\nexport const twice = (x: number) => x * 2;\n\nexport interface Box<T> { get(key: string): T }\n",
        ),
        (
            "web/log.js",
            "import * as all from './store.js';\nexport function log(text) {\n  return new all.Store().add(text);\n}\nfunction local(log) { log(1); const f = () => local(log); }\n",
        ),
    ]);
    assert_eq!(
        symbols(&index),
        [
            "function log(text) 2-4: -",
            "function local(log) 5-5: -",
            "function local.f() 5-5: -",
            "class Store 4-19: Keeps things.",
            "attribute Store.items 5-5: -",
            "method Store.add(name, count) 10-16: Adds one.",
            "method Store.flush() 18-18: -",
            "class Base 21-21: -",
            "function twice(x) 23-23: -",
            "interface Box 25-25: -",
            "method Box.get(key) 25-25: -",
        ]
    );
    assert_eq!(
        edges(&index),
        [
            "log: new all.Store().add -> web/store.Store.add",
            "log: all.Store -> web/store.Store",
            "local: log -> unknown-receiver",
            "local.f: local -> web/log.local",
            "Store.add: RangeError -> builtin RangeError",
            "Store.add: note -> web/log.log",
            "Store.add: this.flush -> web/store.Store.flush",
            "Store.add: other.run -> undefined",
            "Store.add: console.log -> builtin console.log",
        ]
    );
    let add = index.symbol(index.find("Store.add")[0]);
    assert!(add.is_async);
    assert_eq!(add.raises, [Raise { exception: "RangeError".into(), line: 11 }]);
    assert_eq!(add.signature.as_ref().unwrap().text, "(name: string, count = 1): Promise<void>");
}

#[test]
fn go_rust_and_java_are_read() {
    let (_folder, index) = index(&[
        (
            "go/store/store.go",
            "package store\n\nimport \"os\"\n\n// Store keeps\n// things.\ntype Store struct {\n\tpath string\n}\n\n// Save writes.\nfunc (s *Store) Save(a, b int) error {\n\ts.flush()\n\treturn os.WriteFile(s.path, nil, 0)\n}\n\nfunc (s *Store) flush() { helper(len(s.path)) }\n",
        ),
        ("go/store/helper.go", "package store\n\nfunc helper(n int) int { return n }\n"),
        (
            "go/main.go",
            "package main\n\nimport \"example.com/x/go/store\"\n\nfunc main() { store.New() }\n",
        ),
        (
            "src/lib.rs",
            "mod tools;\nuse crate\x3a:tools::mend;\n\n/// Holds.\n#[derive(Debug)]\npub struct Holder { count: u32 }\n\nimport_nothing!();\n\nimpl Holder {\n    /// Makes one.\n    pub fn new(count: u32) -> Self {\n        mend(count);\n        tools::mend(1);\n        Self { count }\n    }\n    fn both(&self) { self.one(); Holder::new(2); }\n    fn one(&self) {}\n}\n",
        ),
        ("src/tools.rs", "pub async fn mend(count: u32) -> u32 { count }\n"),
        (
            "java/org/x/Shop.java",
            "package org.x;\n\nimport org.x.goods.Item;\n\n/** Sells. */\npublic class Shop extends Place {\n    private int count = 0;\n\n    /** Sells one. */\n    @Override\n    public int sell(Item item, int... more) {\n        if (count < 0) { throw new IllegalStateException(\"x\"); }\n        check(item);\n        new Item().price();\n        return this.count;\n    }\n\n    static void check(Item item) {}\n}\n",
        ),
        (
            "java/org/x/goods/Item.java",
            "package org.x.goods;\n\npublic class Item {\n    public int price() { return 1; }\n}\n",
        ),
    ]);
    assert_eq!(
        symbols(&index),
        [
            "function main() 5-5: -",
            "function helper(n) 3-3: -",
            "struct Store 7-9: Store keeps\nthings.",
            "attribute Store.path 8-8: -",
            "method Store.Save(a, b) 12-15: Save writes.",
            "method Store.flush() 17-17: -",
            "class Shop 6-19: Sells.",
            "method Shop.sell(item, more) 11-16: Sells one.",
            "method Shop.check(item) 18-18: -",
            "class Item 3-5: -",
            "method Item.price() 4-4: -",
            "struct Holder 6-6: Holds.",
            "attribute Holder.count 6-6: -",
            "method Holder.new(count) 12-16: Makes one.",
            "method Holder.both(&self) 17-17: -",
            "method Holder.one(&self) 18-18: -",
            "function mend(count) 1-1: -",
        ]
    );
    assert_eq!(
        edges(&index),
        [
            "main: store.New -> undefined",
            "Store.Save: s.flush -> go/store/store.Store.flush",
            "Store.Save: os.WriteFile -> external os.WriteFile",
            "Store.flush: helper -> go/store/helper.helper",
            "Store.flush: len -> builtin len",
            "Shop.sell: IllegalStateException -> builtin IllegalStateException",
            "Shop.sell: check -> java/org/x/Shop.Shop.check",
            "Shop.sell: new Item().price -> java/org/x/goods/Item.Item.price",
            "Shop.sell: Item -> java/org/x/goods/Item.Item",
            "Holder.new: mend -> src/tools.mend",
            "Holder.new: tools::mend -> src/tools.mend",
            "Holder.both: self.one -> src/lib.Holder.one",
            "Holder.both: Holder::new -> src/lib.Holder.new",
        ]
    );
    let new = index.symbol(index.find("Holder.new")[0]);
    assert_eq!(new.statements, 3);
    let holder = index.symbol(index.find("Holder")[0]);
    assert_eq!((holder.first_line, &*holder.decorators), (5, &["derive(Debug)".to_owned()][..]));
    let sell = index.symbol(index.find("Shop.sell")[0]);
    assert_eq!((sell.first_line, &*sell.decorators), (10, &["Override".to_owned()][..]));
}

#[test]
fn a_file_that_its_grammar_rejects_costs_itself_and_says_the_line() {
    let deep = format!("x = {}1{};\n", "(\n".repeat(20_000), ")\n".repeat(20_000));
    let (_folder, index) =
        index(&[("a.go", "package a\n\nfunc f( {\n"), ("b.rs", "fn g() {}\n"), ("c.js", &deep)]);
    let skipped: Vec<String> = index
        .skipped
        .iter()
        .map(|one| format!("{} {}: {}", one.path, one.reason.name(), one.detail))
        .collect();
    assert_eq!(
        skipped,
        ["a.go syntax-error: line 3: not valid go", "c.js syntax-error: line 1: nested too deeply"]
    );
    assert_eq!(symbols(&index), ["function g() 1-1: -"]);
}

#[test]
fn sums_of_many_terms_are_read_and_deeper_trees_are_refused() {
    let sum = |terms: usize| format!("def f(a):\n    return {}a\n", "a + ".repeat(terms));
    let (_folder, index) = index(&[("a.py", sum(4000).as_str()), ("b.py", sum(20_000).as_str())]);
    assert_eq!(symbols(&index), ["function f(a) 1-2: -"]);
    assert_eq!(index.skipped[0].detail, "line 2, column 1: nested too deeply");
}

/// Where each import of a file stands, and what it takes.
fn imports(index: &Index, path: &str) -> Vec<String> {
    let imports = index.imports_of(index.file_at(path).unwrap()).iter();
    let target = |import: &Import| match &import.target {
        Target::Symbol(id) => index.full_name(*id),
        Target::Module(file) => index.file(*file).module.clone(),
        Target::Namespace(folder) => format!("{folder}/"),
        Target::External(name) => format!("external {name}"),
        Target::Builtin(name) => name.clone(),
        Target::Unresolved(why) => why.name().to_owned(),
    };
    imports.map(|import| format!("{}: {}", import.line, target(import))).collect()
}

#[test]
fn an_import_stands_on_the_line_of_its_statement() {
    let (_folder, index) = index(&[
        ("a.py", "def f(): ...\ndef g(): ...\n"),
        ("b.py", "x = 1\nfrom a import (\n    f,\n    g as h,\n)\nimport os, \\\n    sys\nh()\n"),
    ]);
    assert_eq!(imports(&index, "b.py"), ["2: a.f", "2: a.g", "6: external os", "6: external sys"]);
    assert_eq!(edges(&index), ["<module>: h -> a.g"]);
}

#[test]
fn packages_without_an_init_file_are_named_as_they_are_imported() {
    let (_folder, index) = index(&[
        ("ns/tools.py", "from .deep.more import g\n\ndef f():\n    return g()\n"),
        ("ns/deep/more.py", "def g(): ...\n"),
        ("run.py", "import ns.tools\nfrom ns.deep import more\n\nns.tools.f()\nmore.g()\n"),
        ("scripts/alone.py", "def h(): ...\n\nh()\n"),
    ]);
    let modules: Vec<&str> = index.files.iter().map(|file| file.module.as_str()).collect();
    assert_eq!(modules, ["ns.deep.more", "ns.tools", "run", "alone"]);
    assert_eq!(
        edges(&index),
        [
            "f: g -> ns.deep.more.g",
            "<module>: ns.tools.f -> ns.tools.f",
            "<module>: more.g -> ns.deep.more.g",
            "<module>: h -> alone.h",
        ]
    );
}

#[test]
fn a_class_that_replaces_its_imported_base_inherits_from_that() {
    let (_folder, index) = index(&[
        ("a.py", "class Base:\n    pass\n"),
        ("b.py", "from a import Base\n\n\nclass Base(Base):\n    pass\n"),
        (
            "c.py",
            "try:\n    from a import Base\nexcept ImportError:\n    from b import Base\n\n\nclass Base(Base):\n    pass\n",
        ),
    ]);
    let base = |path: &str| {
        let of = |id: &&SymbolId| index.file(index.symbol(**id).file).path == path;
        let id = *index.find("Base").iter().find(of).unwrap();
        (id, index.symbol(id).bases.first().map(|base| base.target.clone()))
    };
    assert_eq!(base("b.py").1, Some(Target::Symbol(base("a.py").0)));
    assert_eq!(base("c.py").1, Some(Target::Unresolved(Unresolved::Ambiguous)));
}

#[test]
fn an_import_knows_the_file_it_takes_a_name_from_even_if_the_name_has_two_meanings() {
    let (_folder, index) = index(&[
        ("pkg/__init__.py", ""),
        (
            "pkg/a.py",
            "try:\n    from fast import f\nexcept ImportError:\n    def f():\n        return 1\n",
        ),
        ("pkg/b.py", "from .a import f\n"),
    ]);
    let import = index.imports.iter().find(|import| import.module == ".a").unwrap();
    assert_eq!(import.target, Target::Unresolved(Unresolved::Ambiguous));
    assert_eq!(import.from.map(|file| index.file(file).path.as_str()), Some("pkg/a.py"));
}

#[cfg(unix)]
#[test]
fn pipes_in_place_of_files_are_not_opened() {
    let (folder, _) = index(&[("a.py", "def f(): ...\n"), (".git/config", "")]);
    for path in [".gitignore", ".git/HEAD", "README.md", "pyproject.toml", "b.py"] {
        let made = std::process::Command::new("mkfifo").arg(folder.path().join(path)).status();
        assert!(made.unwrap().success());
    }
    let index = Index::open(folder.path(), 2).unwrap();
    let skipped: Vec<&str> = index.skipped.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(skipped, ["b.py"]);
    assert_eq!((index.files.len(), index.revision.commit, index.readme), (1, None, None));
}

#[cfg(unix)]
#[test]
fn links_are_skipped_by_name() {
    let (folder, _) = index(&[("a.py", "def f(): ...\n")]);
    std::os::unix::fs::symlink("a.py", folder.path().join("b.py")).unwrap();
    std::os::unix::fs::symlink("/", folder.path().join("all")).unwrap();
    let index = Index::open(folder.path(), 2).unwrap();
    let skipped: Vec<&str> = index.skipped.iter().map(|one| one.path.as_str()).collect();
    assert_eq!((index.files.len(), skipped), (1, vec!["all", "b.py"]));
}

#[test]
fn an_encoding_that_is_not_read_is_the_reason() {
    let (folder, _) = index(&[("a.py", "def f(): ...\n")]);
    let write = |path: &str, bytes: &[u8]| std::fs::write(folder.path().join(path), bytes).unwrap();
    write("b.py", b"# coding: cp1252\ndef g():\n    return '\x80'\n");
    write("c.py", b"# coding: shift_jis\nx = 1\n");
    let index = Index::open(folder.path(), 1).unwrap();
    let id = index.find("g")[0];
    let text = index.text(index.symbol(id).file).unwrap();
    assert_eq!(index.code(id, &text), "def g():\n    return '€'");
    let skipped: Vec<&str> = index.skipped.iter().map(|one| one.detail.as_str()).collect();
    assert_eq!(skipped, ["it declares the encoding \"shift_jis\", which is not read"]);
}
