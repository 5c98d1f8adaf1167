//! What a file imports, by its grammar.
//!
//! Invariant: each import has the name that it binds in the file.

use tree_sitter::Node;

use super::{Source, children};
use crate::index::entities::Language;
use crate::index::facts::LocalImport;

/// Whether a node imports something.
pub(super) fn is_import(source: &Source<'_>, node: Node<'_>) -> bool {
    match node.kind() {
        "import_statement" | "import_declaration" | "use_declaration" => true,
        "export_statement" => node.child_by_field_name("source").is_some(),
        "mod_item" => node.child_by_field_name("body").is_none(),
        "variable_declarator" => required(source, node).is_some(),
        _ => false,
    }
}

/// The imports of a node, each with the name that it binds.
pub(super) fn imports(source: &Source<'_>, node: Node<'_>) -> Vec<(String, LocalImport)> {
    let line = source.line_of(node);
    let found = match source.rules.language {
        Language::JavaScript | Language::TypeScript | Language::Python => script(source, node),
        Language::Go => go(source, node),
        Language::Rust => rust(source, node),
        Language::Java => java(source, node),
    };
    let import = |Found { bound, module, name }: Found| {
        let alias = (name.as_deref() != Some(&bound)).then(|| bound.clone());
        (bound, LocalImport { line, level: 0, module, name, alias, scope: None })
    };
    found.into_iter().map(import).collect()
}

struct Found {
    bound: String,
    module: String,
    /// None for the module itself.
    name: Option<String>,
}

fn unquoted(text: &str) -> String {
    text.trim_matches(['"', '\'', '`']).to_owned()
}

/// The module of `require('…')`.
fn required(source: &Source<'_>, node: Node<'_>) -> Option<String> {
    let call =
        node.child_by_field_name("value").filter(|value| value.kind() == "call_expression")?;
    if source.text_of(call.child_by_field_name("function")?) != "require" {
        return None;
    }
    let argument = children(call.child_by_field_name("arguments")?).into_iter().next()?;
    (argument.kind() == "string").then(|| unquoted(source.text_of(argument)))
}

fn script(source: &Source<'_>, node: Node<'_>) -> Vec<Found> {
    let text = |node: Node<'_>| source.text_of(node).to_owned();
    let all = |bound: String, module: &str| Found { bound, module: module.to_owned(), name: None };
    if let Some(module) = required(source, node) {
        let Some(name) = node.child_by_field_name("name") else { return Vec::new() };
        return match name.kind() {
            "identifier" => vec![all(text(name), &module)],
            _ => {
                let names = children(name).into_iter();
                let names =
                    names.filter(|name| name.kind() == "shorthand_property_identifier_pattern");
                let one = |name| Found {
                    bound: text(name),
                    module: module.clone(),
                    name: Some(text(name)),
                };
                names.map(one).collect()
            }
        };
    }
    let Some(module) = node.child_by_field_name("source") else { return Vec::new() };
    let module = unquoted(source.text_of(module));
    let mut found = Vec::new();
    let mut open = children(node);
    let exports_all = node.kind() == "export_statement"
        && !open
            .iter()
            .any(|child| child.kind() == "export_clause" || child.kind() == "namespace_export");
    if exports_all {
        return vec![Found { bound: "*".into(), module, name: Some("*".into()) }];
    }
    open.reverse();
    while let Some(node) = open.pop() {
        match node.kind() {
            "identifier" => {
                found.push(Found {
                    bound: text(node),
                    module: module.clone(),
                    name: Some("default".into()),
                });
            }
            "import_specifier" | "export_specifier" => {
                let Some(name) = node.child_by_field_name("name") else { continue };
                let bound = node.child_by_field_name("alias").unwrap_or(name);
                found.push(Found {
                    bound: text(bound),
                    module: module.clone(),
                    name: Some(text(name)),
                });
            }
            "namespace_import" | "namespace_export" => {
                let name = children(node).into_iter().next();
                found.extend(name.map(|name| all(text(name), &module)));
            }
            "string" => {}
            _ => open.extend(children(node).into_iter().rev()),
        }
    }
    found
}

fn go(source: &Source<'_>, node: Node<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        match node.child_by_field_name("path").filter(|_| node.kind() == "import_spec") {
            Some(path) => {
                let module = unquoted(source.text_of(path));
                let alias =
                    node.child_by_field_name("name").map(|name| source.text_of(name).to_owned());
                let last = module.rsplit('/').next().unwrap_or(&module).to_owned();
                found.push(Found { bound: alias.unwrap_or(last), module, name: None });
            }
            None => open.extend(children(node).into_iter().rev()),
        }
    }
    found
}

fn rust(source: &Source<'_>, node: Node<'_>) -> Vec<Found> {
    if node.kind() == "mod_item" {
        let name = node.child_by_field_name("name").map(|name| source.text_of(name).to_owned());
        let found =
            |name: String| Found { module: format!("self::{name}"), bound: name, name: None };
        return name.map(found).into_iter().collect();
    }
    let mut found = Vec::new();
    if let Some(argument) = node.child_by_field_name("argument") {
        used(source, argument, "", &mut found);
    }
    found
}

/// Spreads a tree of `use` into its paths.
fn used(source: &Source<'_>, node: Node<'_>, prefix: &str, found: &mut Vec<Found>) {
    let joined = |text: &str| match prefix.is_empty() {
        true => text.to_owned(),
        false => format!("{prefix}::{text}"),
    };
    let field = |name| node.child_by_field_name(name);
    match node.kind() {
        "scoped_use_list" => {
            let path = field("path").map(|path| joined(source.text_of(path)));
            let path = path.unwrap_or_else(|| prefix.to_owned());
            if let Some(list) = field("list") {
                children(list).into_iter().for_each(|child| used(source, child, &path, found));
            }
        }
        "use_list" => {
            children(node).into_iter().for_each(|child| used(source, child, prefix, found));
        }
        "use_wildcard" => {
            let path = children(node).into_iter().next().map(|path| joined(source.text_of(path)));
            let module = path.unwrap_or_else(|| prefix.to_owned());
            found.push(Found { bound: "*".into(), module, name: Some("*".into()) });
        }
        "use_as_clause" => {
            if let (Some(path), Some(alias)) = (field("path"), field("alias")) {
                found.push(taken(&joined(source.text_of(path)), source.text_of(alias)));
            }
        }
        "self" => found.push(taken(prefix, prefix.rsplit("::").next().unwrap_or(prefix))),
        _ => {
            let path = joined(source.text_of(node));
            let bound = path.rsplit("::").next().unwrap_or(&path).to_owned();
            found.push(taken(&path, &bound));
        }
    }
}

fn taken(path: &str, bound: &str) -> Found {
    match path.rsplit_once("::") {
        Some((module, name)) => Found {
            bound: bound.to_owned(),
            module: module.to_owned(),
            name: Some(name.to_owned()),
        },
        None => Found { bound: bound.to_owned(), module: path.to_owned(), name: None },
    }
}

fn java(source: &Source<'_>, node: Node<'_>) -> Vec<Found> {
    let parts = children(node);
    let Some(path) = parts.iter().find(|child| child.kind().ends_with("identifier")) else {
        return Vec::new();
    };
    let path = source.text_of(*path);
    if parts.iter().any(|child| child.kind() == "asterisk") {
        return vec![Found { bound: "*".into(), module: path.to_owned(), name: Some("*".into()) }];
    }
    match path.rsplit_once('.') {
        Some((module, name)) => {
            vec![Found {
                bound: name.to_owned(),
                module: module.to_owned(),
                name: Some(name.to_owned()),
            }]
        }
        None => Vec::new(),
    }
}
