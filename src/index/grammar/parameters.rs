//! The signature of a definition.
//!
//! Invariant: parameters come in the order of the text, each with the text of its type and default.

use tree_sitter::Node;

use super::{Source, children};
use crate::index::entities::{Param, ParamKind, Signature};
use crate::index::text::one_line;

/// What a definition takes and returns; none if it has no parameters at all, not even an empty list.
pub(super) fn signature(source: &Source<'_>, node: Node<'_>) -> Option<Signature> {
    let list =
        node.child_by_field_name("parameters").or_else(|| node.child_by_field_name("parameter"))?;
    let end = match node.child_by_field_name("body") {
        Some(body) => body.start_byte(),
        None => node.end_byte(),
    };
    let text = source.text.get(list.start_byte()..end).unwrap_or_default();
    let text = one_line(text.trim().trim_end_matches("=>").trim_end_matches(['{', ';']).trim());
    let returns = ["return_type", "result", "type"]
        .iter()
        .find_map(|field| node.child_by_field_name(field))
        .map(|returns| source.one_line(returns).trim_start_matches(':').trim().to_owned());
    let params = match list.kind() {
        // An arrow function with one bare parameter.
        "identifier" => vec![plain(source.one_line(list))],
        _ => children(list).into_iter().flat_map(|param| params(source, param)).collect(),
    };
    Some(Signature { text, params, returns })
}

fn plain(name: String) -> Param {
    Param { name, kind: ParamKind::PositionalOrKeyword, annotation: None, default: None }
}

fn params(source: &Source<'_>, node: Node<'_>) -> Vec<Param> {
    if node.kind().contains("comment") {
        return Vec::new();
    }
    let field = |name: &str| node.child_by_field_name(name);
    let text = |node: Node<'_>| source.one_line(node);
    let annotation = field("type").map(|node| text(node).trim_start_matches(':').trim().to_owned());
    let default = field("value").or_else(|| field("right")).map(text);
    let kind = match node.kind() {
        "rest_pattern" | "variadic_parameter_declaration" | "spread_parameter" => {
            ParamKind::VarPositional
        }
        _ => ParamKind::PositionalOrKeyword,
    };
    if node.kind() == "spread_parameter" {
        let parts = children(node);
        let declared = parts.iter().find(|part| part.kind() == "variable_declarator");
        let name = declared.map_or_else(|| source.one_line(node), |name| source.one_line(*name));
        let annotation = parts
            .iter()
            .find(|part| part.kind().contains("type"))
            .map(|part| source.one_line(*part));
        return vec![Param { name, kind: ParamKind::VarPositional, annotation, default: None }];
    }
    // Go names several parameters of one type.
    let mut cursor = node.walk();
    let names: Vec<String> = node.children_by_field_name("name", &mut cursor).map(text).collect();
    let names = match names.is_empty() {
        false => names,
        true => {
            let name = field("pattern").or_else(|| field("left")).unwrap_or(node);
            vec![text(name).trim_start_matches("...").to_owned()]
        }
    };
    let one = |name| Param { name, kind, annotation: annotation.clone(), default: default.clone() };
    names.into_iter().map(one).collect()
}
