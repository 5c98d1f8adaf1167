//! Where a text says that an import comes from: `a.py` imports `f` from `b`, `f` comes from `b`, 从 `b` 导入 `f`.
//!
//! Invariant: a source holds if the module that the import names is it, or if the definition is there.

use super::known::{FileId, SymbolId};
use super::phrase::is_conditional;
use super::resolve::{Resolver, Thing};
use super::shape::Shape;
use super::state::State;
use super::statements::{Fault, Statement};
use crate::ground::words::words;

/// Checks where a sentence says that names come from; what holds is counted.
pub fn check(resolver: &Resolver<'_>, statement: &Statement<'_>, faults: &mut Vec<Fault>) -> usize {
    let mut state = State { resolver, statement, faults, held: 0 };
    for at in 1..statement.parts.items.len() {
        let gap = state.gap(at).to_owned();
        if is_from(&gap) {
            // The name `f` in `a.py` is imported from `b`.
            let is_placed = at > 1
                && matches!(state.item(at - 1).shape, Shape::Path { .. })
                && words(state.gap(at - 1)).last().is_some_and(|word| word == "in");
            state.source(if is_placed { at - 2 } else { at - 1 }, at);
        } else if comes_out_of(state.gap(at - 1), &gap) {
            state.source(at, at - 1);
        }
    }
    state.held
}

/// Whether English or Chinese prose between a name and a module says that the first comes from the second.
fn is_from(gap: &str) -> bool {
    const BETWEEN: [&str; 18] = [
        "is",
        "are",
        "was",
        "imported",
        "comes",
        "come",
        "taken",
        "it",
        "which",
        "that",
        "directly",
        "originally",
        "function",
        "class",
        "helper",
        "and",
        "itself",
        "re-exported",
    ];
    let said = words(gap);
    if let Some((last, rest)) = said.split_last()
        && last == "from"
    {
        return rest.iter().all(|word| BETWEEN.contains(&word.as_str()));
    }
    ["是从", "来自", "来自于", "是由", "从"].contains(&gap.trim().trim_start_matches(['，', ' ']))
        && gap.trim() != "从"
}

/// Whether Chinese prose around a module says that what follows is imported from it.
fn comes_out_of(before: &str, after: &str) -> bool {
    let after = after.trim_start().trim_start_matches(['中', '里', '模', '块']);
    before.trim_end().ends_with('从') && (after.starts_with("导入") || after.starts_with("引入"))
}

impl State<'_, '_> {
    fn source(&mut self, name_at: usize, module_at: usize) {
        let Shape::Name { name, .. } = &self.item(name_at).shape else { return };
        let first = name_at.min(module_at);
        if is_conditional(self.gap(first)) || self.statement.is_plan && self.statement.has_new() {
            return;
        }
        let Some(module) = self.module(module_at) else { return };
        // The files that import it: the one that is named before, the one that the text is about, or any.
        let named = (0..name_at.max(module_at)).rev().find_map(|at| {
            let files = self.statement.things[at].as_ref()?.files();
            (!files.is_empty()).then(|| files.to_vec())
        });
        let importers = named.or_else(|| self.resolver.file.map(|file| vec![file]));
        let importers =
            importers.unwrap_or_else(|| self.resolver.scope.files.iter().copied().collect());
        let ids = self.statement.symbols(name_at).to_vec();
        let found = self.resolver.comes_from(name, &ids, &importers, &module);
        let Some(found) = found else { return };
        let claim = format!("`{name}` comes from `{}`", self.item(module_at).text);
        let found = if found.is_empty() { Ok(()) } else { Err(Some(found)) };
        self.count(found, claim, |instead| match instead {
            Some(instead) if instead != "nowhere" => format!("it comes from `{instead}`"),
            Some(_) | None => "it is not imported from there".into(),
        });
    }

    fn module(&self, at: usize) -> Option<Module> {
        match (&self.item(at).shape, self.statement.things[at].as_ref()?) {
            (_, Thing::Files(files)) => Some(Module::Files(files.clone())),
            // A module of a library that the code imports.
            (Shape::Name { name, .. }, Thing::Local | Thing::Builtin) => {
                Some(Module::Name(name.clone()))
            }
            // A method may have the name of a module that is imported.
            (Shape::Name { name, .. }, Thing::Symbols(_)) if self.resolver.imports_module(name) => {
                Some(Module::Name(name.clone()))
            }
            (_, Thing::Symbols(_) | Thing::Folder | Thing::Local | Thing::Builtin | Thing::New) => {
                None
            }
        }
    }
}

/// A module as a text names it.
enum Module {
    Files(Vec<FileId>),
    Name(String),
}

impl Resolver<'_> {
    /// Whether a file that the text is about takes something from a module of this name.
    fn imports_module(&self, name: &str) -> bool {
        let mut imports =
            self.scope.files.iter().flat_map(|file| &self.repository.file(*file).imports);
        imports.any(|import| import.module == name)
    }

    /// Where a name comes from instead; empty if the module is it, and nothing if no import is known.
    fn comes_from(
        &self,
        name: &str,
        ids: &[SymbolId],
        importers: &[FileId],
        module: &Module,
    ) -> Option<String> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let files = match module {
            Module::Files(files) => files.as_slice(),
            Module::Name(_) => &[],
        };
        if ids.iter().any(|id| files.contains(&id.file)) {
            return Some(String::new());
        }
        let imports = importers.iter().flat_map(|file| &self.repository.file(*file).imports);
        let of_name = |import: &&super::file::Import| {
            import.name == last || import.original.as_deref() == Some(last)
        };
        let imports: Vec<_> = imports.filter(of_name).collect();
        let is_it = |written: &str| match module {
            Module::Files(files) => {
                files.iter().any(|file| self.repository.file(*file).module == written)
            }
            Module::Name(name) => written == name || written.ends_with(&format!(".{name}")),
        };
        if imports.iter().any(|import| is_it(&import.module)) {
            return Some(String::new());
        }
        match (imports.first(), ids.first()) {
            (Some(import), _) => Some(import.module.clone()),
            (None, Some(id)) => Some(self.repository.file(id.file).path.clone()),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_from_the_words_between() {
        for gap in [" from ", " is imported from ", ", which comes from ", " 是从 ", " 来自 "] {
            assert!(is_from(gap), "{gap}");
        }
        for gap in [" is taken away from ", " returns from ", " 从 ", " and "] {
            assert!(!is_from(gap), "{gap}");
        }
        assert!(comes_out_of(" 从 ", " 导入 ") && !comes_out_of(" 从 ", " 调用 "));
    }
}
