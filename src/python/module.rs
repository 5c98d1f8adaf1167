//! A parsed module: its functions, and which of them are worth trying.
//!
//! Invariant: the tree and every span belong to exactly the text that `source` returns.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use ruff_python_ast::{ModModule, Stmt, StmtFunctionDef};

use ruff_text_size::{Ranged, TextSize};

use super::closure::Units;
use super::function::Function;
use super::locals::stored_names;
use super::methods::{is_getter, is_on_object, methods_of};
use super::package::imports::{Import, imports_of};
use super::special::constructed;
use super::syntax::{self, SyntaxError};

/// A Python module that has been read but never run.
#[derive(Debug, Clone)]
pub struct Module {
    source: String,
    tree: ModModule,
    functions: Vec<Function>,
    /// The methods of top-level classes, under dotted names.
    methods: Vec<Function>,
    units: Units,
}

impl Module {
    /// Parses a program of Python 3.15; fails on any syntax error and on nesting beyond about 200 levels.
    pub fn parse(source: &str) -> Result<Self, SyntaxError> {
        let tree = syntax::module(source)?;
        let (mut line, mut at) = (1, 0);
        let mut line_of = |start: usize| {
            // From one to the next: counting from the start for each would take as long as all of them squared.
            line += source.get(at..start).unwrap_or_default().matches('\n').count();
            at = start;
            line
        };
        let (mut functions, mut methods) = (Vec::new(), Vec::new());
        for stmt in &tree.body {
            match stmt {
                Stmt::FunctionDef(def) => {
                    functions.push(Function::new(def, source, line_of(def.start().to_usize())));
                }
                Stmt::ClassDef(class) => {
                    methods.extend(methods_of(class, source, &mut line_of));
                }
                _ => {}
            }
        }
        let units = Units::of(&tree.body, source);
        Ok(Self { source: source.to_owned(), tree, functions, methods, units })
    }

    /// The text the module was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text of one of this module's functions, decorators included.
    pub fn text_of(&self, function: &Function) -> &str {
        &self.source[function.span.clone()]
    }

    /// The text of a function without the margin that a method has in its class, so that it parses by itself.
    pub fn text_alone(&self, function: &Function) -> String {
        let before = &self.source[..function.span.start];
        let margin = before.rsplit('\n').next().unwrap_or_default();
        let lines = self.text_of(function).split('\n');
        lines.map(|line| line.strip_prefix(margin).unwrap_or(line)).collect::<Vec<_>>().join("\n")
    }

    /// The text of a function's statements, without its docstring.
    pub fn body_of(&self, function: &Function) -> &str {
        let Some(def) = self.def(function) else { return "" };
        let skipped = usize::from(function.docstring.is_some());
        match (def.body.get(skipped), def.body.last()) {
            (Some(first), Some(last)) => {
                &self.source[first.start().to_usize()..last.end().to_usize()]
            }
            (None, _) | (_, None) => "",
        }
    }

    /// Every top-level function, in the order of the text.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The function a name refers to once the module has run: the last definition. A dotted name is that of a method.
    pub fn function(&self, name: &str) -> Option<&Function> {
        let among = if name.contains('.') { &self.methods } else { &self.functions };
        among.iter().rev().find(|function| function.name == name)
    }

    /// The functions worth trying: the public ones that are neither tests nor a bare `main`,
    /// otherwise the private ones.
    pub fn candidates(&self) -> Vec<&Function> {
        let last: HashMap<&str, usize> =
            self.functions.iter().enumerate().map(|(i, f)| (f.name.as_str(), i)).collect();
        let effective = || {
            let is_last = |(i, f): &(usize, &Function)| last.get(f.name.as_str()) == Some(i);
            self.functions.iter().enumerate().filter(is_last).map(|(_, function)| function)
        };
        if effective().any(|function| function.is_public) {
            let is_test = |name: &str| name == "test" || name.starts_with("test_");
            effective()
                .filter(|f| {
                    f.is_public && !is_test(&f.name) && !(f.name == "main" && f.params.is_empty())
                })
                .collect()
        } else {
            effective().collect()
        }
    }

    /// The smallest program, cut from the text, that defines `name` with everything it needs at module level.
    ///
    /// Empty when the module does not define the name.
    pub fn closure(&self, name: &str) -> String {
        self.closure_of(&BTreeSet::from([name.to_owned()]))
    }

    /// The same for several names, of which the module may define some.
    pub fn closure_of(&self, names: &BTreeSet<String>) -> String {
        let names = names.iter().map(|name| root(name).to_owned()).collect();
        self.units.text(&self.source, &names)
    }

    /// The names the closure of `name` would look up in vain when run, sorted.
    ///
    /// Names that only annotations use are left out (they are not evaluated from Python 3.14 on), and a closure with a
    /// star import has none, since the import may define anything.
    pub fn unresolved(&self, name: &str) -> Vec<String> {
        self.units.unresolved(root(name))
    }

    /// The top-level statements and the names that they use and bind.
    pub(super) fn units(&self) -> &Units {
        &self.units
    }

    /// The names that are there once the module is loaded, as far as its statements tell.
    pub(super) fn ordinary_names(&self) -> HashSet<String> {
        self.units.names_defined().map(str::to_owned).collect()
    }

    /// The modules that imports at the top level bind as a whole, by the names that they get.
    pub fn imported_modules(&self) -> BTreeMap<String, String> {
        let whole = self.imports().filter(|import| import.member.is_none());
        let module = |import: &Import| match import.binds_top {
            true => import.binds.clone(),
            false => import.module.clone(),
        };
        whole.map(|import| (import.binds.clone(), module(&import))).collect()
    }

    /// The names that imports at the top level take out of modules.
    pub(super) fn imported_members(&self) -> HashSet<String> {
        let members = self.imports().filter(|import| import.member.is_some());
        members.map(|import| import.binds).collect()
    }

    fn imports(&self) -> impl Iterator<Item = Import> {
        self.tree.body.iter().flat_map(imports_of)
    }

    /// The names that a function's body binds, in the order of the text; the first 1,000.
    pub fn local_names(&self, function: &Function) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(def) = self.def(function) {
            stored_names(&def.body, 1000, &mut names);
        }
        names
    }

    /// The top-level statements.
    pub(crate) fn body(&self) -> &[Stmt] {
        &self.tree.body
    }

    /// Whether the first argument of a function is the object whose method it is.
    pub fn takes_object(&self, function: &Function) -> bool {
        function.name.contains('.') && self.def(function).is_some_and(is_on_object)
    }

    /// Python for what is called when a function is: what a constructor makes, and a property is read, by its class.
    pub fn called(&self, function: &Function) -> String {
        let name = function.name.as_str();
        let is_property =
            self.def(function).is_some_and(|def| def.decorator_list.iter().any(is_getter));
        match (constructed(name), name.rsplit_once('.')) {
            (Some(class), _) => class.to_owned(),
            (None, Some((_, property))) if is_property => format!("(lambda made: made.{property})"),
            (None, _) => name.to_owned(),
        }
    }

    /// The tree of a function of this module.
    pub(super) fn def(&self, function: &Function) -> Option<&StmtFunctionDef> {
        let at = TextSize::try_from(function.span.start).ok()?;
        let is_around = |stmt: &&Stmt| stmt.range().contains(at);
        let around = self.body().iter().find(is_around)?;
        let inner = match around {
            Stmt::ClassDef(class) => &class.body[..],
            _ => std::slice::from_ref(around),
        };
        inner
            .iter()
            .filter_map(as_def)
            .find(|def| def.range.start().to_usize() == function.span.start)
    }
}

/// The name at the top level that a dotted name begins with.
fn root(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

fn as_def(stmt: &Stmt) -> Option<&StmtFunctionDef> {
    match stmt {
        Stmt::FunctionDef(def) => Some(def),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::{
        examples::examples,
        infer::infer,
        literal,
        mutate::{Faults, mutants},
        parse_calls,
    };

    fn candidates(source: &str) -> Vec<String> {
        Module::parse(source).unwrap().candidates().iter().map(|f| f.name.clone()).collect()
    }

    #[test]
    fn tests_and_a_bare_main_are_no_candidates() {
        let source =
            "def main(): pass\ndef test_a(): pass\ndef _b(): pass\ndef c(): pass\ndef d(x): pass\n";
        assert_eq!(candidates(source), ["c", "d"]);
    }

    #[test]
    fn private_functions_are_tried_when_nothing_is_public() {
        assert_eq!(candidates("def _a(): pass\ndef __b(): pass\n"), ["_a", "__b"]);
        assert_eq!(candidates("def main(argv): pass\n"), ["main"]);
    }

    #[test]
    fn the_last_definition_of_a_name_counts() {
        let module = Module::parse("def f(a): pass\ndef f(a, b): pass\n").unwrap();
        assert_eq!(module.candidates().len(), 1);
        assert_eq!(module.function("f").unwrap().params.len(), 2);
    }

    #[test]
    fn the_deepest_accepted_sources_are_walked_on_a_small_stack() {
        let n = 180;
        let blocks: String = (1..n / 2).map(|i| format!("{}if x:\n", " ".repeat(i))).collect();
        let chains = [
            format!("{}x{}", "(".repeat(n), ")".repeat(n)),
            format!("{}x{}", "[".repeat(n), "]".repeat(n)),
            format!("x{}", "[0]".repeat(n)),
            format!("x{}", "()".repeat(n)),
            format!("x{}", ".y".repeat(n)),
            format!("x{}", ".strip()".repeat(n / 2)),
            format!("{}x", "x + ".repeat(n)),
            format!("{}x", "not ".repeat(n)),
            format!("{}x", "-".repeat(n)),
            format!("{}x", "x if x else ".repeat(n / 2)),
            format!("{}x", "lambda: ".repeat(n)),
            format!("{}x{}", "f(".repeat(n), ")".repeat(n)),
            format!("{}x{}", "[x for x in ".repeat(n / 2), "]".repeat(n / 2)),
        ];
        let mut sources: Vec<String> =
            chains.iter().map(|chain| format!("def f(x=1): return {chain}\n")).collect();
        sources.extend(chains.iter().map(|chain| format!("def f(x: {chain}): pass\nf({chain})\n")));
        sources.extend(chains.iter().map(|chain| format!("def f(x = {chain}): pass\n")));
        sources.push(format!("def f(x):\n{blocks}{}return x\n", " ".repeat(n / 2)));
        sources.push(format!("def f(x):\n{}", " x = x[0]\n".repeat(300)));
        sources.push(format!("def f(x):\n '{}'\n", "x: list of ".repeat(5000)));
        let walk = move || {
            for source in sources {
                let module = Module::parse(&source)
                    .unwrap_or_else(|error| panic!("{error} in {source:.100}"));
                let function = module.function("f").unwrap();
                assert!(module.closure("f").contains("def f(x"));
                let _ = (
                    module.unresolved("f"),
                    examples(&module, function),
                    mutants(&module, "f", Faults::All),
                );
                assert_eq!(infer(&module, function).len(), 1);
                let _ = (literal::parse(&source), parse_calls(&source, &["x"]));
            }
        };
        std::thread::Builder::new().stack_size(2 << 20).spawn(walk).unwrap().join().unwrap();
    }

    #[test]
    fn sources_with_very_many_parts_are_read_in_time() {
        let n = 50_000;
        let many = |part: &dyn Fn(usize) -> String| (0..n).map(part).collect::<String>();
        let sources = [
            format!("def f(x):\n{}", many(&|i| format!("    if x == {i}: return 1\n"))),
            format!("def f(x):\n{}", many(&|i| format!("    x['k{i}']\n"))),
            format!(
                "def f(x):\n{}    return [y for y in x]\n",
                many(&|i| format!("    a{i} = x\n"))
            ),
            format!(
                "def f(x):\n    D = {{{}}}\n{}",
                many(&|i| format!("{i}:1,")),
                "    D[x]\n".repeat(n)
            ),
            format!(
                "def f(x):\n{}{}",
                many(&|i| format!("    a{i} = x\n")),
                "    [y for y in x]\n".repeat(n)
            ),
            format!("def f(x): return [{}]\n", many(&|i| format!("n{i}(1),"))),
            format!("def f(x): return x\n{}", many(&|i| format!("f({i})\n"))),
            format!("def f(**x): return x\nf({})\n", many(&|i| format!("a{i}={i},"))),
            format!("def f(x: Union[{}]): return x\n", many(&|i| format!("Literal[{i}],"))),
            format!("{}def f(x): return x\n", many(&|i| format!("class C{}(C{i}): pass\n", i + 1))),
            format!("{}def f(x): return x\n", "@d\n".repeat(n)),
            format!("{}def f(x): return x\n", many(&|i| format!("import m{i}\n"))),
            format!("x = {}\ndef f(x): return x\n", "'a' ".repeat(n)),
        ];
        for source in sources {
            let module =
                Module::parse(&source).unwrap_or_else(|error| panic!("{error} in {source:.100}"));
            let function = module.function("f").unwrap();
            assert!(module.closure("f").contains("def f("), "{source:.100}");
            assert!(examples(&module, function).len() <= 200);
            assert!(infer(&module, function)[0].literals.len() <= 600);
            assert!(mutants(&module, "f", Faults::All).len() <= 500);
        }
    }
}
