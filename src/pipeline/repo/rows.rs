//! The rows of `functions.json` and `index.jsonl`.
//!
//! Invariant: a row can be read alone: it names files and symbols, not positions in the index.

use serde::Serialize;

use crate::error::Result;
use crate::index::{
    Call, ConfigSource, FileId, Import, Index, Kind, Language, Raise, Role, Signature, Symbol,
    SymbolId, Target,
};
use crate::schema::{self, Row, RowSchema};

/// The rows of one file.
pub(super) struct Rendered {
    pub functions: Vec<String>,
    pub records: Vec<String>,
}

/// A function in `functions.json`; the first four fields are those of the reference.
#[derive(Serialize)]
struct FunctionRow<'a> {
    file: &'a str,
    function: &'a str,
    docstring: Option<&'a str>,
    code: String,
    qualified_name: &'a str,
    kind: Kind,
    class: Option<&'a str>,
    module: &'a str,
    language: Language,
    role: Role,
    start_line: u32,
    end_line: u32,
    /// The line of the first decorator, or of the function.
    first_line: u32,
    decorators: &'a [String],
    is_async: bool,
    is_generator: bool,
    signature: Option<&'a Signature>,
    /// The digest of the file.
    digest: &'a str,
    commit: Option<&'a str>,
}

#[derive(Serialize)]
struct FileRow<'a> {
    path: &'a str,
    language: Language,
    role: Role,
    module: &'a str,
    digest: &'a str,
    commit: Option<&'a str>,
    lines: u32,
    docstring: Option<&'a str>,
    is_script: bool,
    imports: Vec<ImportRow<'a>>,
    endpoints: Vec<EndpointRow<'a>>,
    settings: Vec<SettingRow<'a>>,
    /// Calls outside all functions and classes.
    calls: Vec<CallRow<'a>>,
}

#[derive(Serialize)]
struct SymbolRow<'a> {
    file: &'a str,
    name: &'a str,
    qualified_name: &'a str,
    kind: Kind,
    class: Option<&'a str>,
    start_line: u32,
    end_line: u32,
    first_line: u32,
    decorators: &'a [String],
    is_async: bool,
    is_generator: bool,
    is_test: bool,
    signature: Option<&'a Signature>,
    docstring: Option<&'a str>,
    value: Option<&'a str>,
    annotation: Option<&'a str>,
    bases: Vec<NamedRow<'a>>,
    subclasses: Vec<String>,
    raises: &'a [Raise],
    calls: Vec<CallRow<'a>>,
    called_by: Vec<CallerRow<'a>>,
    tests: Vec<String>,
    digest: &'a str,
    commit: Option<&'a str>,
}

/// What a name refers to.
#[derive(Serialize)]
struct TargetRow {
    /// `tree`, `external`, `builtin` or `unresolved`.
    to: &'static str,
    /// The full name; none if it is unresolved.
    target: Option<String>,
    /// Why it is unresolved.
    why: Option<&'static str>,
}

#[derive(Serialize)]
struct NamedRow<'a> {
    text: &'a str,
    #[serde(flatten)]
    target: TargetRow,
}

#[derive(Serialize)]
struct CallRow<'a> {
    callee: &'a str,
    line: u32,
    #[serde(flatten)]
    target: TargetRow,
}

#[derive(Serialize)]
struct CallerRow<'a> {
    file: &'a str,
    line: u32,
    /// None for code of the module.
    caller: Option<&'a str>,
}

#[derive(Serialize)]
struct ImportRow<'a> {
    line: u32,
    module: &'a str,
    name: Option<&'a str>,
    alias: Option<&'a str>,
    #[serde(flatten)]
    target: TargetRow,
}

#[derive(Serialize)]
struct EndpointRow<'a> {
    methods: &'a [String],
    path: &'a str,
    handler: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct SettingRow<'a> {
    key: &'a str,
    source: ConfigSource,
    reader: Option<&'a str>,
    line: u32,
    default: Option<&'a str>,
    is_required: bool,
}

impl Row for FunctionRow<'_> {
    const SCHEMA: RowSchema = RowSchema::new("function", 1);
}

impl Row for FileRow<'_> {
    const SCHEMA: RowSchema = RowSchema::new("index-file", 1);
}

impl Row for SymbolRow<'_> {
    const SCHEMA: RowSchema = RowSchema::new("index-symbol", 1);
}

/// Makes the rows of a file.
pub(super) fn render(index: &Index, file: FileId) -> Result<Rendered> {
    let text = index.text(file)?;
    let mut rendered = Rendered { functions: Vec::new(), records: vec![file_row(index, file)] };
    for (id, symbol) in index.symbols_of(file) {
        if symbol.kind.is_callable() {
            let code = index.code(id, &text);
            rendered.functions.push(function_row(index, id, symbol, code));
        }
        rendered.records.push(symbol_row(index, id, symbol));
    }
    Ok(rendered)
}

fn class_name(index: &Index, id: SymbolId) -> Option<&str> {
    index.class_of(id).map(|class| index.symbol(class).qualified_name.as_str())
}

fn name_of(index: &Index, id: Option<SymbolId>) -> Option<&str> {
    id.map(|id| index.symbol(id).qualified_name.as_str())
}

fn function_row(index: &Index, id: SymbolId, symbol: &Symbol, code: String) -> String {
    let file = index.file(symbol.file);
    schema::line(&FunctionRow {
        file: &file.path,
        function: &symbol.name,
        docstring: symbol.docstring.as_deref(),
        code,
        qualified_name: &symbol.qualified_name,
        kind: symbol.kind,
        class: class_name(index, id),
        module: &file.module,
        language: file.language,
        role: file.role,
        start_line: symbol.lines.start,
        end_line: symbol.lines.end,
        first_line: symbol.first_line,
        decorators: &symbol.decorators,
        is_async: symbol.is_async,
        is_generator: symbol.is_generator,
        signature: symbol.signature.as_ref(),
        digest: &file.digest,
        commit: index.revision.commit.as_deref(),
    })
}

fn file_row(index: &Index, id: FileId) -> String {
    let file = index.file(id);
    let imports = index.imports_of(id).iter().map(|import| import_row(index, import)).collect();
    let endpoints = index.endpoints_of(id).iter();
    let settings = index.config_of(id).iter();
    let calls = index.calls_of(id).iter().filter(|call| call.caller.is_none());
    schema::line(&FileRow {
        path: &file.path,
        language: file.language,
        role: file.role,
        module: &file.module,
        digest: &file.digest,
        commit: index.revision.commit.as_deref(),
        lines: file.lines,
        docstring: file.docstring.as_deref(),
        is_script: file.is_script,
        imports,
        endpoints: endpoints
            .map(|endpoint| EndpointRow {
                methods: &endpoint.methods,
                path: &endpoint.path,
                handler: &index.symbol(endpoint.handler).qualified_name,
                line: endpoint.line,
            })
            .collect(),
        settings: settings
            .map(|read| SettingRow {
                key: &read.key,
                source: read.source,
                reader: name_of(index, read.reader),
                line: read.line,
                default: read.default.as_deref(),
                is_required: read.is_required,
            })
            .collect(),
        calls: calls.map(|call| call_row(index, call)).collect(),
    })
}

fn symbol_row(index: &Index, id: SymbolId, symbol: &Symbol) -> String {
    let file = index.file(symbol.file);
    let bases = symbol
        .bases
        .iter()
        .map(|base| NamedRow { text: &base.text, target: target_row(index, &base.target) });
    let called_by = index.callers(id).map(|call| CallerRow {
        file: &index.file(call.file).path,
        line: call.line,
        caller: name_of(index, call.caller),
    });
    schema::line(&SymbolRow {
        file: &file.path,
        name: &symbol.name,
        qualified_name: &symbol.qualified_name,
        kind: symbol.kind,
        class: class_name(index, id),
        start_line: symbol.lines.start,
        end_line: symbol.lines.end,
        first_line: symbol.first_line,
        decorators: &symbol.decorators,
        is_async: symbol.is_async,
        is_generator: symbol.is_generator,
        is_test: index.is_test(id),
        signature: symbol.signature.as_ref(),
        docstring: symbol.docstring.as_deref(),
        value: symbol.value.as_deref(),
        annotation: symbol.annotation.as_deref(),
        bases: bases.collect(),
        subclasses: index.subclasses(id).iter().map(|&class| index.full_name(class)).collect(),
        raises: &symbol.raises,
        calls: index.callees(id).map(|call| call_row(index, call)).collect(),
        called_by: called_by.collect(),
        tests: index.tests_of(id).into_iter().map(|test| index.full_name(test)).collect(),
        digest: &file.digest,
        commit: index.revision.commit.as_deref(),
    })
}

fn call_row<'a>(index: &Index, call: &'a Call) -> CallRow<'a> {
    CallRow { callee: &call.callee, line: call.line, target: target_row(index, &call.target) }
}

fn import_row<'a>(index: &Index, import: &'a Import) -> ImportRow<'a> {
    ImportRow {
        line: import.line,
        module: &import.module,
        name: import.name.as_deref(),
        alias: import.alias.as_deref(),
        target: target_row(index, &import.target),
    }
}

fn target_row(index: &Index, target: &Target) -> TargetRow {
    let known = |to, target| TargetRow { to, target: Some(target), why: None };
    match target {
        Target::Symbol(id) => known("tree", index.full_name(*id)),
        Target::Module(file) => known("tree", index.file(*file).module.clone()),
        Target::Namespace(folder) => known("tree", folder.replace('/', ".")),
        Target::External(name) => known("external", name.clone()),
        Target::Builtin(name) => known("builtin", name.clone()),
        Target::Unresolved(why) => {
            TargetRow { to: "unresolved", target: None, why: Some(why.name()) }
        }
    }
}
