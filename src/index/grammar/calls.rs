//! The second pass over a file: calls, settings, literals and names.
//!
//! Invariant: a name that a function declares itself is not taken for one of the module.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::definitions::{Defined, is_builtin, is_function};
use super::{Source, children};
use crate::index::entities::{ConfigSource, Kind, Language, Unresolved};
use crate::index::facts::{LocalCall, LocalConfig, Reference};
use crate::index::literals::Mention;

/// Characters of a callee that are kept.
const MAX_CALLEE: usize = 80;

/// A function around a place.
struct Frame {
    /// None for a function without a name.
    symbol: Option<u32>,
    /// What the function declares; the symbol of a nested function.
    locals: HashMap<String, Option<u32>>,
    /// The name of a Go method's receiver, and its type.
    receiver: Option<(String, u32)>,
}

struct Calls<'s, 'a, 'd> {
    source: &'s Source<'a>,
    defined: &'d mut Defined,
    frames: Vec<Frame>,
    classes: Vec<u32>,
    /// The names that the file itself binds.
    own_names: HashSet<String>,
}

/// Reads the calls of a file.
pub(super) fn read(source: &Source<'_>, root: Node<'_>, defined: &mut Defined) {
    let bindings = defined.facts.bindings.iter();
    let own = bindings.filter(|binding| binding.scope.is_none());
    let own_names = own.map(|binding| binding.name.clone()).collect();
    let mut calls = Calls { source, defined, frames: Vec::new(), classes: Vec::new(), own_names };
    calls.walk(root);
}

impl Calls<'_, '_, '_> {
    fn walk(&mut self, node: Node<'_>) {
        let symbol = self.defined.by_node.get(&node.id()).copied();
        let kind = symbol.map(|at| self.defined.facts.symbols[at as usize].kind);
        let owner = match kind {
            Some(kind) if kind.is_type() => symbol,
            Some(_) | None => self.defined.owners.get(&node.id()).copied(),
        };
        let is_frame = kind.is_some_and(Kind::is_callable)
            && node.child_by_field_name("body").is_some()
            || is_function(node)
            || matches!(node.kind(), "closure_expression" | "func_literal" | "lambda_expression");
        if let Some(owner) = owner {
            self.classes.push(owner);
        }
        if is_frame {
            let frame = self.frame(node, symbol.filter(|_| kind.is_some_and(Kind::is_callable)));
            self.frames.push(frame);
        }
        self.note(node);
        children(node).into_iter().for_each(|child| self.walk(child));
        if is_frame {
            self.frames.pop();
        }
        if owner.is_some() {
            self.classes.pop();
        }
    }

    fn frame(&self, node: Node<'_>, symbol: Option<u32>) -> Frame {
        let mut locals = HashMap::new();
        for field in ["parameters", "parameter"] {
            if let Some(list) = node.child_by_field_name(field) {
                self.names(list, &mut locals);
            }
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.declared(body, &mut locals);
        }
        let receiver = node.child_by_field_name("receiver").and_then(|receiver| {
            let name = children(receiver).into_iter().next()?.child_by_field_name("name")?;
            let class = self.defined.facts.symbols[symbol? as usize].parent?;
            Some((self.source.text_of(name).to_owned(), class))
        });
        Frame { symbol, locals, receiver }
    }

    /// The names that the body of a function declares, those of nested functions apart.
    fn declared(&self, node: Node<'_>, found: &mut HashMap<String, Option<u32>>) {
        for child in children(node) {
            if let Some(&at) = self.defined.by_node.get(&child.id())
                && self.defined.facts.symbols[at as usize].kind.is_callable()
            {
                found.insert(self.defined.facts.symbols[at as usize].name.clone(), Some(at));
                continue;
            }
            let field = self.source.rules.locals.iter().find(|(kind, _)| *kind == child.kind());
            match field {
                Some((_, "")) => self.names(child, found),
                Some((_, field)) => {
                    let mut cursor = child.walk();
                    let named: Vec<Node<'_>> =
                        child.children_by_field_name(field, &mut cursor).collect();
                    named.into_iter().for_each(|name| self.names(name, found));
                }
                None => {}
            }
            if !is_function(child) {
                self.declared(child, found);
            }
        }
    }

    fn names(&self, node: Node<'_>, found: &mut HashMap<String, Option<u32>>) {
        if matches!(node.kind(), "identifier" | "shorthand_property_identifier_pattern") {
            found.entry(self.source.text_of(node).to_owned()).or_insert(None);
        }
        children(node).into_iter().for_each(|child| self.names(child, found));
    }

    fn note(&mut self, node: Node<'_>) {
        let kind = node.kind();
        if self.source.rules.calls.iter().any(|(call, _)| *call == kind) {
            self.call(node);
        }
        let text = self.source.text_of(node);
        let literals = &mut self.defined.facts.literals;
        if kind.ends_with("identifier") || kind.ends_with("identifier_pattern") {
            literals.add(Mention::Name, text);
        } else if kind.contains("string") && node.named_child_count() <= 1 {
            literals.add(Mention::Text, text.trim_matches(['"', '\'', '`']));
        } else if kind == "number"
            || kind.contains("integer")
            || kind.contains("int_literal")
            || kind.contains("float")
        {
            literals.add(Mention::Number, &text.replace('_', ""));
        }
        if let Some(key) = text.strip_prefix("process.env.").filter(|_| kind == "member_expression")
        {
            let key = key.to_owned();
            self.setting(node, key);
        }
    }

    fn setting(&mut self, node: Node<'_>, key: String) {
        self.defined.facts.config.push(LocalConfig {
            reader: self.caller(),
            line: self.source.line_of(node),
            key,
            source: ConfigSource::Environment,
            default: None,
            is_required: false,
        });
    }

    fn caller(&self) -> Option<u32> {
        let function = self.frames.iter().rev().find_map(|frame| frame.symbol);
        function.or_else(|| self.classes.last().copied())
    }

    fn call(&mut self, node: Node<'_>) {
        let Some((callee, text)) = self.callee(node) else { return };
        let callee = match text.chars().count() > MAX_CALLEE {
            false => (callee, text),
            true => (callee, "…".to_owned()),
        };
        let line = self.source.line_of(node);
        let reads = ["os.Getenv", "env::var", "std::env::var", "System.getenv"];
        if reads.contains(&&*callee.1)
            && let Some(arguments) = node.child_by_field_name("arguments")
            && let Some(key) = children(arguments).into_iter().next()
            && key.kind().contains("string")
        {
            let key = self.source.text_of(key).trim_matches('"').to_owned();
            self.setting(node, key);
        }
        let caller = self.caller();
        let (to, callee) = callee;
        self.defined.facts.calls.push(LocalCall { caller, line, callee, to });
    }

    /// What a call calls, and how it is written.
    fn callee(&self, node: Node<'_>) -> Option<(Reference, String)> {
        let (_, field) = self.source.rules.calls.iter().find(|(kind, _)| *kind == node.kind())?;
        if field.is_empty() {
            // A method of Java.
            let name = self.source.text_of(node.child_by_field_name("name")?);
            return Some(match node.child_by_field_name("object") {
                Some(object) => {
                    let text = format!("{}.{name}", self.source.one_line(object));
                    (self.reference(object).attribute(name), text)
                }
                None => {
                    let to = match self.classes.last() {
                        Some(&class) => Reference::Own(class).attribute(name),
                        None => Reference::Name(name.to_owned()),
                    };
                    (to, name.to_owned())
                }
            });
        }
        let called = node.child_by_field_name(field)?;
        Some((self.reference(called), self.source.one_line(called)))
    }

    fn reference(&self, node: Node<'_>) -> Reference {
        let kind = node.kind();
        let text = self.source.text_of(node);
        if let Some((_, object, name)) =
            self.source.rules.members.iter().find(|(member, _, _)| *member == kind)
        {
            let (Some(object), Some(name)) =
                (node.child_by_field_name(object), node.child_by_field_name(name))
            else {
                return Reference::unknown();
            };
            return self.reference(object).attribute(self.source.text_of(name));
        }
        if self.source.rules.calls.iter().any(|(call, _)| *call == kind) {
            return match self.callee(node) {
                Some((Reference::Unknown(why), _)) => Reference::Unknown(why),
                Some((called, _)) => Reference::Call(Box::new(called)),
                None => Reference::unknown(),
            };
        }
        match (kind, self.classes.last()) {
            (kind, Some(&class)) if kind == self.source.rules.receiver => Reference::Own(class),
            ("super", Some(&class)) if self.source.rules.language != Language::Rust => {
                Reference::Super(class)
            }
            ("identifier" | "type_identifier", _) => self.name(text),
            (
                "parenthesized_expression"
                | "await_expression"
                | "non_null_expression"
                | "generic_function"
                | "generic_type"
                | "as_expression",
                _,
            ) => match children(node).first() {
                Some(&inner) => self.reference(inner),
                None => Reference::unknown(),
            },
            ("string" | "template_string" | "string_literal", _) => Reference::unknown(),
            _ => Reference::Unknown(Unresolved::Expression),
        }
    }

    fn name(&self, name: &str) -> Reference {
        for frame in self.frames.iter().rev() {
            if let Some((_, class)) = frame.receiver.as_ref().filter(|(own, _)| own == name) {
                return Reference::Own(*class);
            }
            match frame.locals.get(name) {
                Some(Some(symbol)) => return Reference::Symbol(*symbol),
                Some(None) => return Reference::unknown(),
                None => {}
            }
        }
        if let ("Self", Some(&class)) = (name, self.classes.last()) {
            return Reference::OwnClass(class);
        }
        let builtin = self.source.rules.builtins.iter().find(|builtin| **builtin == name);
        match builtin {
            Some(builtin) if !self.own_names.contains(name) => Reference::Builtin(builtin),
            Some(_) | None if is_builtin(self.source, name) && !self.own_names.contains(name) => {
                Reference::Builtin("Exception")
            }
            Some(_) | None => Reference::Name(name.to_owned()),
        }
    }
}
