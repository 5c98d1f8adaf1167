//! From a tree to its index: read every file in parallel, put them together, resolve what they refer to.
//!
//! Invariant: the result does not depend on the number of threads.

use std::collections::HashMap;
use std::path::Path;

use rayon::prelude::*;

use super::entities::{
    Base, Call, ConfigRead, Endpoint, FileId, Import, Script, SkipReason, Skipped, SourceFile,
    SymbolId, Target,
};
use super::facts::{Facts, LocalCall, LocalConfig, LocalEndpoint, Reference};
use super::modules::Modules;
use super::namespace::Namespace;
use super::resolve::{FileScope, Resolver};
use super::text::LineStarts;
use super::walk::{self, Found, Tree};
use super::{Index, Language, Literals, Revision, Symbol, grammar, project, python};
use crate::error::{Error, Result};

/// A file that was read.
struct Read {
    file: SourceFile,
    facts: Facts,
}

/// The parts of a tree's files, put together.
#[derive(Default)]
struct Joined {
    files: Vec<SourceFile>,
    symbols: Vec<Symbol>,
    gives: Vec<Option<Reference>>,
    bases: Vec<(SymbolId, Vec<(String, Reference)>)>,
    scopes: Vec<FileScope>,
    literals: Vec<Literals>,
    calls: Vec<Vec<LocalCall>>,
    endpoints: Vec<Endpoint>,
    config: Vec<ConfigRead>,
}

/// Reads the index of a tree.
pub(super) fn index(root: &Path) -> Result<Index> {
    let kind = std::fs::metadata(root).map_err(Error::input(root))?;
    if !kind.is_dir() {
        return Err(Error::Usage(format!(
            "{} is not a folder; give the root of a repository",
            root.display()
        )));
    }
    let Tree { files, others, mut skipped } = walk::walk(root)?;
    let about: Vec<String> = others.iter().filter(|path| !path.contains('/')).cloned().collect();
    let read: Vec<Result<Read, Skipped>> =
        files.par_iter().map(|found| read_file(root, found)).collect();
    let mut joined = Joined::default();
    let mut digest = blake3::Hasher::new();
    let mut found = Vec::new();
    for one in read {
        match one {
            Ok(one) => {
                digest.update(one.file.path.as_bytes());
                digest.update(&[0]);
                digest.update(one.file.digest.as_bytes());
                found.push(one);
            }
            Err(one) => skipped.push(one),
        }
    }
    if found.is_empty() {
        return Err(Error::Usage(nothing_found(root, &skipped)));
    }
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    joined.symbols.reserve_exact(found.iter().map(|one| one.facts.symbols.len()).sum());
    joined.gives.reserve_exact(joined.symbols.capacity());
    let paths = found.iter().map(|one| one.file.path.as_str());
    let absolute =
        found.iter().flat_map(|one| &one.facts.imports).filter(|import| import.level == 0);
    let imported = absolute.map(|import| (import.module.as_str(), import.name.as_deref()));
    let modules = Modules::of((0..).map(FileId).zip(paths), imported);
    for one in found {
        joined.add(one, &modules);
    }
    let bases = joined.resolved_bases(&modules);
    let calls = std::mem::take(&mut joined.calls);
    let resolver = joined.resolver(&bases, &modules);
    let imports: Vec<Vec<Import>> =
        (0..joined.files.len()).into_par_iter().map(|at| imports(&resolver, at)).collect();
    // Each file's own calls are dropped as soon as they are resolved.
    let calls: Vec<Vec<Call>> = calls
        .into_par_iter()
        .enumerate()
        .map(|(at, calls)| calls.into_iter().map(|call| resolved(&resolver, at, call)).collect())
        .collect();
    let commands = project::scripts(root, &about);
    let mut index = Index {
        root: root.to_owned(),
        revision: Revision {
            digest: digest.finalize().to_hex().to_string(),
            commit: project::commit(root),
        },
        files: joined.files,
        symbols: joined.symbols,
        imports: flat(imports),
        calls: flat(calls),
        endpoints: joined.endpoints,
        config: joined.config,
        scripts: Vec::new(),
        readme: project::readme(root, &about),
        others,
        skipped,
        literals: joined.literals,
        callers: HashMap::new(),
        callees: HashMap::new(),
        members: HashMap::new(),
        subclasses: HashMap::new(),
        by_name: HashMap::new(),
        by_path: HashMap::new(),
    };
    for (id, resolved) in bases {
        for base in &resolved {
            if let Target::Symbol(base) = base {
                index.subclasses.entry(*base).or_default().push(id);
            }
        }
        for (base, target) in index.symbols[id.0 as usize].bases.iter_mut().zip(resolved) {
            base.target = target;
        }
    }
    index.subclasses.values_mut().for_each(|classes| classes.sort_unstable());
    index.look_up();
    index.scripts = commands.into_iter().map(|command| index.script(command)).collect();
    Ok(index)
}

fn nothing_found(root: &Path, skipped: &[Skipped]) -> String {
    let root = root.display();
    match skipped.first() {
        None => format!(
            "{root} has no source files in a language that is indexed (Python, JavaScript, TypeScript, Go, Rust, Java)"
        ),
        Some(first) => format!(
            "{root} has no source files to index: {} skipped, the first is {} ({}: {})",
            skipped.len(),
            first.path,
            first.reason.name(),
            first.detail
        ),
    }
}

fn read_file(root: &Path, found: &Found) -> Result<Read, Skipped> {
    let content = walk::content(root, found)?;
    let lines = LineStarts::of(&content.text);
    let facts = match found.language {
        Language::Python => python::read(&content.text, &lines).map_err(|error| Skipped {
            path: found.path.clone(),
            reason: SkipReason::SyntaxError,
            detail: error.to_string(),
        })?,
        Language::JavaScript
        | Language::TypeScript
        | Language::Go
        | Language::Rust
        | Language::Java => {
            grammar::read(found.language, &found.path, &content.text, &lines).map_err(|detail| {
                Skipped { path: found.path.clone(), reason: SkipReason::SyntaxError, detail }
            })?
        }
    };
    let file = SourceFile {
        path: found.path.clone(),
        language: found.language,
        role: walk::role(&found.path),
        module: String::new(),
        digest: content.digest.to_hex().to_string(),
        lines: lines.count(&content.text),
        docstring: None,
        symbols: (0, 0),
        is_script: facts.is_script || found.path.ends_with("__main__.py"),
    };
    Ok(Read { file, facts })
}

impl Joined {
    fn add(&mut self, Read { mut file, mut facts }: Read, modules: &Modules) {
        let id = FileId(self.files.len() as u32);
        let first = self.symbols.len() as u32;
        let namespace = Namespace::of(&mut facts);
        file.symbols = (first, first + facts.symbols.len() as u32);
        file.module = modules.name(&file.path);
        file.docstring = facts.docstring;
        let global = |at: u32| SymbolId(first + at);
        for (at, mut symbol) in (0..).zip(facts.symbols) {
            self.gives.push(symbol.gives.take());
            let bases = std::mem::take(&mut symbol.bases);
            let mut symbol = symbol.placed(id, first);
            if !bases.is_empty() {
                symbol.bases = bases.iter().map(|(text, _)| unresolved(text)).collect();
                self.bases.push((global(at), bases));
            }
            self.symbols.push(symbol);
        }
        let endpoints =
            facts.endpoints.into_iter().map(|LocalEndpoint { handler, methods, path, line }| {
                Endpoint { file: id, handler: global(handler), methods, path, line }
            });
        self.endpoints.extend(endpoints);
        self.config.extend(facts.config.into_iter().map(
            |LocalConfig { reader, line, key, source, default, is_required }| ConfigRead {
                file: id,
                reader: reader.map(global),
                line,
                key,
                source,
                default,
                is_required,
            },
        ));
        let stars = (0..)
            .zip(&facts.imports)
            .filter(|(_, import)| import.name.as_deref() == Some("*"))
            .map(|(at, _)| at)
            .collect();
        let exports = facts.exports.map(|names| names.into_iter().collect());
        let is_python = file.language == Language::Python;
        self.scopes.push(FileScope {
            first,
            is_python,
            namespace,
            imports: facts.imports,
            stars,
            exports,
        });
        self.literals.push(facts.literals);
        self.calls.push(facts.calls);
        self.files.push(file);
    }

    fn resolver<'i>(
        &'i self,
        bases: &'i HashMap<SymbolId, Vec<Target>>,
        modules: &'i Modules,
    ) -> Resolver<'i> {
        Resolver { files: &self.scopes, symbols: &self.symbols, gives: &self.gives, bases, modules }
    }

    fn resolved_bases(&self, modules: &Modules) -> HashMap<SymbolId, Vec<Target>> {
        let none = HashMap::new();
        let resolver = self.resolver(&none, modules);
        let resolve = |(id, bases): &(SymbolId, Vec<(String, Reference)>)| {
            let file = self.symbols[id.0 as usize].file;
            (*id, bases.iter().map(|(_, base)| resolver.base(*id, file, base)).collect())
        };
        self.bases.par_iter().map(resolve).collect()
    }
}

/// One list of all, in memory that is no larger than it has to be.
fn flat<T>(lists: Vec<Vec<T>>) -> Vec<T> {
    let mut all = Vec::with_capacity(lists.iter().map(Vec::len).sum());
    lists.into_iter().for_each(|list| all.extend(list));
    all
}

fn unresolved(text: &str) -> Base {
    let target = Target::Unresolved(super::Unresolved::Expression);
    Base { text: text.to_owned(), target }
}

fn imports(resolver: &Resolver<'_>, at: usize) -> Vec<Import> {
    let file = FileId(at as u32);
    let scope = &resolver.files[at];
    let written = (0..).zip(&scope.imports);
    written
        .map(|(import, written)| Import {
            file,
            line: written.line,
            module: ".".repeat(written.level as usize) + &written.module,
            name: written.name.clone(),
            alias: written.alias.clone(),
            scope: written.scope.map(|scope_at| SymbolId(scope.first + scope_at)),
            target: resolver.import(file, import),
            from: resolver.imported_file(file, written),
        })
        .collect()
}

fn resolved(resolver: &Resolver<'_>, at: usize, call: LocalCall) -> Call {
    let file = FileId(at as u32);
    Call {
        file,
        caller: call.caller.map(|caller| SymbolId(resolver.files[at].first + caller)),
        line: call.line,
        target: resolver.callee(file, &call.to),
        callee: call.callee,
    }
}

impl Index {
    /// Fills the tables that answer questions.
    fn look_up(&mut self) {
        for (at, call) in (0..).zip(&self.calls) {
            if let Some(caller) = call.caller {
                self.callees.entry(caller).or_default().push(at);
            }
            if let Target::Symbol(called) = call.target {
                self.callers.entry(called).or_default().push(at);
            }
        }
        for (id, symbol) in (0..).map(SymbolId).zip(&self.symbols) {
            if let Some(parent) = symbol.parent {
                self.members.entry(parent).or_default().push(id);
            }
            self.by_name.entry(symbol.name.clone()).or_default().push(id);
        }
        for (id, file) in (0..).map(FileId).zip(&self.files) {
            self.by_path.insert(file.path.clone(), id);
        }
    }

    fn script(&self, (name, entry): (String, String)) -> Script {
        let full = entry.split('[').next().unwrap_or(&entry).trim().replace(':', ".");
        let target = self.find(&full).into_iter().find(|&id| self.full_name(id) == full);
        Script { name, entry, target }
    }
}
