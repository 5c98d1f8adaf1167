//! What a reader of calls has to know of the names in them: which class, function or constant of the program, or which import, each is.
//!
//! Invariant: only what the program's own text says at its top level is told.

use std::collections::BTreeSet;

use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};

use super::module::Module;
use super::syntax::span_of;

/// Longer texts of a constant's value are not told.
const MAX_CONSTANT: usize = 60;
/// Members of an enumeration that are named.
const MAX_MEMBERS: usize = 12;

/// One sentence for each of these names that the program's top level binds, in the order of the program; methods are named after
/// their class.
pub fn introductions(module: &Module, names: &BTreeSet<String>) -> Vec<String> {
    let about = About { module };
    module.body().iter().flat_map(|stmt| about.statement(stmt, names)).collect()
}

struct About<'m> {
    module: &'m Module,
}

impl About<'_> {
    fn text(&self, node: &impl ruff_text_size::Ranged) -> String {
        let text = self.module.source().get(span_of(node)).unwrap_or_default();
        text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ")
    }

    fn statement(&self, stmt: &Stmt, names: &BTreeSet<String>) -> Vec<String> {
        let wanted = |name: &str| names.contains(name);
        match stmt {
            Stmt::Import(import) => {
                let bound = import.names.iter().filter_map(|alias| {
                    let name = alias.name.as_str();
                    let local = alias.asname.as_ref().map_or_else(
                        || name.split('.').next().unwrap_or(name),
                        |name| name.as_str(),
                    );
                    wanted(local).then(|| match alias.asname {
                        Some(_) => format!("`{local}` is the module `{name}`."),
                        None => format!("`{local}` is the module of that name."),
                    })
                });
                bound.collect()
            }
            Stmt::ImportFrom(import) => {
                let from = import.module.as_deref().unwrap_or_default();
                let bound = import.names.iter().filter_map(|alias| {
                    let local = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    let name = alias.name.as_str();
                    wanted(local).then(|| match alias.asname {
                        Some(_) => format!("`{local}` is `{name}` of `{from}`."),
                        None => format!("`{local}` is imported from `{from}`."),
                    })
                });
                bound.collect()
            }
            Stmt::ClassDef(class) if wanted(&class.name) => vec![self.class(class, names)],
            Stmt::FunctionDef(def) if wanted(&def.name) => {
                let parameters = self.parameters(def, false);
                vec![format!("The program has another function, `{}({parameters})`.", def.name)]
            }
            Stmt::Assign(node) => match &*node.targets {
                [Expr::Name(name)] if wanted(&name.id) => {
                    vec![self.constant(&name.id, &node.value)]
                }
                _ => Vec::new(),
            },
            Stmt::AnnAssign(node) => match (&*node.target, &node.value) {
                (Expr::Name(name), Some(value)) if wanted(&name.id) => {
                    vec![self.constant(&name.id, value)]
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn constant(&self, name: &str, value: &Expr) -> String {
        let value = self.text(value);
        if value.chars().count() > MAX_CONSTANT || value.contains('`') {
            format!("`{name}` is a constant of the program.")
        } else {
            format!("`{name}` is a constant of the program: `{value}`.")
        }
    }

    fn class(&self, class: &StmtClassDef, names: &BTreeSet<String>) -> String {
        let name = class.name.as_str();
        if self.has_base(class, |base| base.ends_with("Enum") || base.ends_with("Flag")) {
            let members = class.body.iter().filter_map(|stmt| match stmt {
                Stmt::Assign(node) => match &*node.targets {
                    [Expr::Name(member)] if !member.id.starts_with('_') => {
                        Some(format!("`{}`", self.text(stmt)))
                    }
                    _ => None,
                },
                _ => None,
            });
            let members: Vec<String> = members.take(MAX_MEMBERS).collect();
            return format!(
                "The program has an enumeration, `{name}`, with {}.",
                members.join(", ")
            );
        }
        let methods = class.body.iter().filter_map(Stmt::as_function_def_stmt);
        let methods = methods.filter(|method| names.contains(&format!("{name}.{}", method.name)));
        let methods: Vec<String> = methods
            .map(|method| format!("`{}({})`", method.name, self.parameters(method, true)))
            .collect();
        let with = match &methods[..] {
            [] => String::new(),
            [method] => format!(", with the method {method}"),
            [first @ .., last] => format!(", with the methods {} and {last}", first.join(", ")),
        };
        match self.made(class, 0) {
            Some(parameters) => format!("The program has a class, `{name}({parameters})`{with}."),
            None => format!("The program has a class, `{name}`{with}."),
        }
    }

    /// The parameters that a class is called with, as its own or an inherited text says.
    fn made(&self, class: &StmtClassDef, depth: usize) -> Option<String> {
        let init = class.body.iter().find_map(|stmt| match stmt {
            Stmt::FunctionDef(def) if def.name.as_str() == "__init__" => Some(def),
            _ => None,
        });
        if let Some(init) = init {
            return Some(self.parameters(init, true));
        }
        let is_dataclass = class
            .decorator_list
            .iter()
            .any(|decorator| self.text(&decorator.expression).contains("dataclass"));
        if is_dataclass || self.has_base(class, |base| base.ends_with("NamedTuple")) {
            let fields = class.body.iter().filter_map(|stmt| match stmt {
                Stmt::AnnAssign(_) => Some(self.text(stmt)),
                _ => None,
            });
            return Some(fields.collect::<Vec<_>>().join(", "));
        }
        let bases = class.arguments.as_ref()?.args.iter();
        let own = bases.filter_map(|base| {
            self.module.body().iter().find_map(|stmt| match stmt {
                Stmt::ClassDef(other) if other.name.as_str() == self.text(base) => Some(other),
                _ => None,
            })
        });
        own.filter(|_| depth < 10).find_map(|base| self.made(base, depth + 1))
    }

    fn has_base(&self, class: &StmtClassDef, is: impl Fn(&str) -> bool) -> bool {
        class
            .arguments
            .as_ref()
            .is_some_and(|arguments| arguments.args.iter().any(|base| is(&self.text(base))))
    }

    /// The parameters of a function as its text has them, without the object of a method.
    fn parameters(&self, def: &StmtFunctionDef, is_method: bool) -> String {
        let text = self.text(&*def.parameters);
        let text = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(&text);
        let first = def.parameters.iter_source_order().next().map(|first| self.text(&first));
        match first.filter(|_| is_method).and_then(|first| text.trim().strip_prefix(&first)) {
            Some(rest) => rest.trim_start_matches([',', ' ']).trim().to_owned(),
            None => text.trim().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_as_the_program_binds_them() {
        let source = "import re, os.path\nfrom decimal import Decimal as D, localcontext\nfrom enum import Enum\nfrom dataclasses import dataclass\nNONE = object()\n\nclass Size(Enum):\n    SMALL = 1\n    LARGE = 2\n\n@dataclass\nclass Box:\n    width: int\n    height: int = 1\n\nclass Base:\n    def __init__(self, name, *, size=3):\n        self.name = name\n\nclass Child(Base):\n    pass\n\ndef key(x):\n    return x\n";
        let module = Module::parse(source).unwrap();
        let told =
            |name: &str| introductions(&module, &BTreeSet::from([name.to_owned()])).join(" ");
        for (name, expected) in [
            ("re", "`re` is the module of that name."),
            ("D", "`D` is `Decimal` of `decimal`."),
            ("localcontext", "`localcontext` is imported from `decimal`."),
            ("NONE", "`NONE` is a constant of the program: `object()`."),
            ("Size", "The program has an enumeration, `Size`, with `SMALL = 1`, `LARGE = 2`."),
            ("Box", "The program has a class, `Box(width: int, height: int = 1)`."),
            ("Child", "The program has a class, `Child(name, *, size=3)`."),
            ("key", "The program has another function, `key(x)`."),
            ("len", ""),
        ] {
            assert_eq!(told(name), expected);
        }
        let source = "class Stack:\n    def push(self, item: int): pass\n    def drop(self): pass\n    def pop(self): pass\n";
        let module = Module::parse(source).unwrap();
        let told = |names: &[&str]| {
            introductions(&module, &names.iter().map(|name| (*name).to_owned()).collect()).join(" ")
        };
        for (names, with) in [
            (&["Stack"][..], ""),
            (&["Stack", "Stack.push"], ", with the method `push(item: int)`"),
            (
                &["Stack", "Stack.drop", "Stack.push"],
                ", with the methods `push(item: int)` and `drop()`",
            ),
        ] {
            assert_eq!(told(names), format!("The program has a class, `Stack`{with}."));
        }
    }
}
