//! The comment that documents a definition.
//!
//! Invariant: only comments that touch the definition count, attributes between them apart.

use tree_sitter::Node;

use super::Source;
use crate::index::entities::Language;

/// The documentation before a node, without the marks of comments.
pub(super) fn documentation(source: &Source<'_>, node: Node<'_>) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut below = node;
    while let Some(above) = below.prev_named_sibling() {
        if is_attribute(above) {
            below = above;
            continue;
        }
        let text = source.text_of(above);
        // A line comment of Rust ends with its newline.
        let gap = source.text.get(above.end_byte()..below.start_byte()).unwrap_or_default();
        let newlines = gap.matches('\n').count() + usize::from(text.ends_with('\n'));
        if !above.kind().contains("comment") || newlines > 1 {
            break;
        }
        let Some(text) = stripped(source.rules.language, text.trim_end()) else { break };
        let is_block = above.kind() == "block_comment" || source.text_of(above).starts_with("/*");
        lines.splice(0..0, text);
        below = above;
        if is_block {
            break;
        }
    }
    let text = lines.join("\n");
    let text = text.trim_matches('\n').trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Whether a node is an attribute of the definition after it.
pub(super) fn is_attribute(node: Node<'_>) -> bool {
    matches!(node.kind(), "attribute_item" | "decorator" | "marker_annotation" | "annotation")
}

/// The lines of a documenting comment; none if the comment documents nothing in its language.
fn stripped(language: Language, comment: &str) -> Option<Vec<String>> {
    if let Some(block) = comment.strip_prefix("/*") {
        let is_plain = language == Language::Go;
        let inner = block.strip_suffix("*/").unwrap_or(block);
        let inner = match inner.strip_prefix('*') {
            Some(inner) => inner,
            None if is_plain => inner,
            None => return None,
        };
        let line = |line: &str| {
            let line = line.trim();
            line.strip_prefix('*')
                .map_or(line, |rest| rest.strip_prefix(' ').unwrap_or(rest))
                .to_owned()
        };
        return Some(inner.lines().map(line).collect());
    }
    let rest = match language {
        Language::Rust => comment.strip_prefix("///")?,
        Language::Go => comment.strip_prefix("//")?,
        Language::Java | Language::JavaScript | Language::TypeScript | Language::Python => {
            return None;
        }
    };
    Some(vec![rest.strip_prefix(' ').unwrap_or(rest).to_owned()])
}
