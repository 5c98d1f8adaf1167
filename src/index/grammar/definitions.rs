//! What a file defines, by its grammar.
//!
//! Invariant: symbols come in the order of the text, each after the one that contains it.

use std::collections::HashMap;

use tree_sitter::Node;

use super::docs::{documentation, is_attribute};
use super::parameters::signature;
use super::{Source, children, imports, span};
use crate::index::entities::{Kind, Language, Raise};
use crate::index::facts::{Binding, Bound, Facts, LocalSymbol, Reference};
use crate::index::text::one_line;

/// What a file defines, and where.
pub(super) struct Defined {
    pub facts: Facts,
    /// The symbol of each defining node, by its identity.
    pub by_node: HashMap<usize, u32>,
    /// The types that blocks such as `impl` belong to.
    pub owners: HashMap<usize, u32>,
}

struct Definitions<'s, 'a> {
    source: &'s Source<'a>,
    defined: Defined,
}

/// Where a node stands.
#[derive(Clone, Copy)]
struct Place {
    parent: Option<u32>,
    in_function: bool,
}

/// Reads what a file defines.
pub(super) fn read(source: &Source<'_>, root: Node<'_>) -> Defined {
    let defined =
        Defined { facts: Facts::default(), by_node: HashMap::new(), owners: HashMap::new() };
    let mut definitions = Definitions { source, defined };
    definitions.walk(root, Place { parent: None, in_function: false });
    definitions.defined
}

impl Definitions<'_, '_> {
    fn symbol(&self, at: u32) -> &LocalSymbol {
        &self.defined.facts.symbols[at as usize]
    }

    fn walk(&mut self, node: Node<'_>, place: Place) {
        if imports::is_import(self.source, node) {
            if !place.in_function {
                for (name, import) in imports::imports(self.source, node) {
                    let at = self.defined.facts.imports.len() as u32;
                    self.defined.facts.imports.push(import);
                    self.bind(None, name, Bound::Import(at));
                }
            }
            return;
        }
        let inside = match self.define(node, place) {
            Some(place) => place,
            None => self.owned(node, place),
        };
        for child in children(node) {
            self.walk(child, inside);
        }
    }

    /// The place inside a block of a type: `impl Store { … }`.
    fn owned(&mut self, node: Node<'_>, place: Place) -> Place {
        if node.kind() != "impl_item" {
            return place;
        }
        let Some(class) = node.child_by_field_name("type") else { return place };
        let Some(owner) = self.type_named(bare(self.source.text_of(class))) else { return place };
        self.defined.owners.insert(node.id(), owner);
        if let Some(base) = node.child_by_field_name("trait") {
            let text = self.source.one_line(base);
            let reference = Reference::Name(bare(&text).to_owned());
            self.defined.facts.symbols[owner as usize].bases.push((text, reference));
        }
        Place { parent: Some(owner), in_function: false }
    }

    fn type_named(&self, name: &str) -> Option<u32> {
        let mut symbols = (0..).zip(&self.defined.facts.symbols);
        symbols.find(|(_, symbol)| symbol.kind.is_type() && symbol.name == name).map(|(at, _)| at)
    }

    fn bind(&mut self, scope: Option<u32>, name: String, to: Bound) {
        self.defined.facts.bindings.push(Binding { scope, name, to, is_conditional: false });
    }

    /// Adds the symbol that a node defines; the place inside it.
    fn define(&mut self, node: Node<'_>, place: Place) -> Option<Place> {
        let kind = self.source.rules.definition(node.kind())?;
        let name_node =
            node.child_by_field_name("name").or_else(|| node.child_by_field_name("property"))?;
        let name = self.source.text_of(name_node).trim_matches(['"', '\'']).to_owned();
        let value = node.child_by_field_name("value");
        let function = value.filter(|value| is_function(*value));
        let parent = self.receiver_type(node).or(place.parent);
        let in_type = parent.is_some_and(|at| self.symbol(at).kind.is_type());
        let kind = match kind {
            Kind::Constant | Kind::Attribute if function.is_some() && in_type => Kind::Method,
            Kind::Constant if function.is_some() => Kind::Function,
            Kind::Constant if place.in_function || name_node.kind() != "identifier" => return None,
            Kind::Function if in_type => Kind::Method,
            Kind::Struct if node.kind() == "type_spec" => {
                match node.child_by_field_name("type")?.kind() {
                    "struct_type" => Kind::Struct,
                    "interface_type" => Kind::Interface,
                    _ => return None,
                }
            }
            kind => kind,
        };
        let outer = outermost(node);
        let documented = documentation(self.source, outer);
        let (start, decorators) = self.decorators(outer);
        let taken = function.unwrap_or(node);
        let qualified_name = match parent {
            None => name.clone(),
            Some(at) => format!("{}.{name}", self.symbol(at).qualified_name),
        };
        let body = taken.child_by_field_name("body");
        let mut span = span(outer);
        span.start = span.start.min(start.start_byte() as u32);
        let mut lines = self.source.lines_of(outer);
        if self.source.rules.language == Language::Java && !decorators.is_empty() {
            // The annotations are inside the node.
            lines.start = self.source.line_of(name_node);
        }
        let is_value = matches!(kind, Kind::Constant | Kind::Attribute);
        let symbol = LocalSymbol {
            kind,
            name: name.clone(),
            qualified_name,
            parent,
            lines,
            first_line: self.source.line_of(start),
            span,
            decorators,
            signature: if kind.is_callable() { signature(self.source, taken) } else { None },
            docstring: documented,
            is_async: has_token(taken, "async"),
            is_generator: node.kind().contains("generator") || has_token(taken, "*"),
            bases: self.bases(node),
            value: value.filter(|_| is_value).map(|value| self.source.one_line(value)),
            annotation: node
                .child_by_field_name("type")
                .filter(|_| is_value)
                .map(|of| self.source.one_line(of).trim_start_matches(':').trim().to_owned()),
            raises: body.map(|body| self.raises(body)).unwrap_or_default(),
            statements: body.map_or(0, |body| self.statements(body)),
            gives: None,
        };
        let at = self.defined.facts.symbols.len() as u32;
        self.defined.facts.symbols.push(symbol);
        self.defined.by_node.insert(taken.id(), at);
        self.defined.by_node.insert(node.id(), at);
        if !place.in_function {
            self.bind(parent, name, Bound::Symbol(at));
        }
        Some(Place { parent: Some(at), in_function: place.in_function || kind.is_callable() })
    }

    /// The type of a Go method's receiver.
    fn receiver_type(&self, node: Node<'_>) -> Option<u32> {
        let receiver = node.child_by_field_name("receiver")?;
        let declared = children(receiver).into_iter().next()?.child_by_field_name("type")?;
        self.type_named(bare(self.source.text_of(declared).trim_start_matches('*')))
    }

    fn bases(&self, node: Node<'_>) -> Vec<(String, Reference)> {
        let mut found = Vec::new();
        let mut open: Vec<Node<'_>> = ["superclass", "interfaces"]
            .iter()
            .filter_map(|field| node.child_by_field_name(field))
            .chain(children(node).into_iter().filter(|child| {
                matches!(
                    child.kind(),
                    "class_heritage" | "extends_type_clause" | "extends_interfaces"
                )
            }))
            .collect();
        open.reverse();
        while let Some(node) = open.pop() {
            match node.kind() {
                "identifier" | "type_identifier" | "member_expression" | "generic_type" => {
                    let text = self.source.one_line(node);
                    let reference = Reference::Name(bare(&text).to_owned());
                    found.push((text, reference));
                }
                "type_arguments" | "arguments" => {}
                _ => open.extend(children(node).into_iter().rev()),
            }
        }
        found
    }

    /// The attributes of a definition, and the node that begins it.
    fn decorators<'t>(&self, node: Node<'t>) -> (Node<'t>, Vec<String>) {
        let mut found = Vec::new();
        let mut first = node;
        while let Some(above) = first.prev_named_sibling().filter(|above| is_attribute(*above)) {
            found.insert(0, self.attribute(above));
            first = above;
        }
        let modifiers = children(node).into_iter().filter(|child| child.kind() == "modifiers");
        let own = children(node).into_iter().chain(modifiers.flat_map(children));
        found.extend(own.filter(|child| is_attribute(*child)).map(|child| self.attribute(child)));
        (first, found)
    }

    fn attribute(&self, node: Node<'_>) -> String {
        let text = self.source.text_of(node).trim_start_matches(['@', '#']);
        one_line(text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text))
    }

    fn statements(&self, body: Node<'_>) -> u32 {
        let is_block = self.source.rules.blocks.contains(&body.kind());
        let mut count = u32::from(!is_block && body.kind().ends_with("expression"));
        let mut open = vec![body];
        while let Some(node) = open.pop() {
            let inside = children(node);
            if self.source.rules.blocks.contains(&node.kind()) {
                let is_statement = |child: &&Node<'_>| {
                    !child.kind().contains("comment")
                        && !self.source.rules.blocks.contains(&child.kind())
                };
                count += inside.iter().filter(is_statement).count() as u32;
            }
            open.extend(inside);
        }
        if is_block { count } else { count.max(1) }
    }

    fn raises(&self, body: Node<'_>) -> Vec<Raise> {
        let mut found = Vec::new();
        let mut open = vec![body];
        while let Some(node) = open.pop() {
            if is_function(node)
                || self.source.rules.definition(node.kind()).is_some_and(Kind::is_type)
            {
                continue;
            }
            if node.kind() == "throw_statement"
                && let Some(thrown) = children(node).into_iter().next()
            {
                let class = ["constructor", "type"]
                    .iter()
                    .find_map(|field| thrown.child_by_field_name(field));
                let exception = class.map(|class| self.source.one_line(class)).unwrap_or_default();
                found.push(Raise { exception, line: self.source.line_of(node) });
            }
            open.extend(children(node).into_iter().rev());
        }
        found
    }
}

/// Whether a node is a function that is a value.
pub(super) fn is_function(node: Node<'_>) -> bool {
    matches!(node.kind(), "arrow_function" | "function_expression" | "generator_function")
}

/// The statement that a definition fills: `export const f = …`.
fn outermost(node: Node<'_>) -> Node<'_> {
    let mut outer = node;
    while let Some(parent) = outer.parent() {
        let is_wrapper = match parent.kind() {
            "export_statement" => true,
            "lexical_declaration"
            | "variable_declaration"
            | "type_declaration"
            | "const_declaration"
            | "var_declaration" => parent.named_child_count() == 1,
            _ => false,
        };
        if !is_wrapper {
            break;
        }
        outer = parent;
    }
    outer
}

/// A type's name without arguments and path: `Store` of `crate::Store<'a>`.
fn bare(text: &str) -> &str {
    let text = text.split(['<', '[']).next().unwrap_or(text).trim();
    let text = text.rsplit("::").next().unwrap_or(text);
    text.rsplit('.').next().unwrap_or(text)
}

fn has_token(node: Node<'_>, token: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| {
        let mut inner = child.walk();
        child.kind() == token
            || child.kind() == "function_modifiers"
                && child.children(&mut inner).any(|child| child.kind() == token)
    })
}

/// Whether names of a language can be used before the language's own definition of them.
pub(super) fn is_builtin(source: &Source<'_>, name: &str) -> bool {
    source.rules.builtins.contains(&name)
        || source.rules.language == Language::Java && name.ends_with("Exception")
}
