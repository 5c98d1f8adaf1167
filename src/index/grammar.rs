//! Reads one file of a language other than Python by its tree-sitter grammar.
//!
//! Invariant: a file that its grammar does not accept as a whole gives nothing but the line of the first error.

mod calls;
mod definitions;
mod docs;
mod imports;
mod parameters;
mod rules;

use tree_sitter::{Node, Parser};

use super::entities::{Language, Lines, Span};
use super::facts::Facts;
use super::text::{LineStarts, one_line};
use rules::Rules;

/// Trees are walked by recursion.
const MAX_DEPTH: usize = 3000;

/// A file that is being read.
struct Source<'a> {
    text: &'a str,
    lines: &'a LineStarts,
    rules: Rules,
}

impl Source<'_> {
    fn text_of(&self, node: Node<'_>) -> &str {
        &self.text[node.byte_range()]
    }

    fn line_of(&self, node: Node<'_>) -> u32 {
        self.lines.line(node.start_byte() as u32)
    }

    fn lines_of(&self, node: Node<'_>) -> Lines {
        let last = node.end_byte().saturating_sub(1).max(node.start_byte());
        Lines { start: self.line_of(node), end: self.lines.line(last as u32) }
    }

    /// The text of a node, on one line.
    fn one_line(&self, node: Node<'_>) -> String {
        one_line(self.text_of(node))
    }
}

/// Reads the text of a file; the error says the line.
pub(super) fn read(
    language: Language,
    path: &str,
    text: &str,
    lines: &LineStarts,
) -> Result<Facts, String> {
    let mut parser = Parser::new();
    let rules = Rules::of(language);
    parser.set_language(&rules.grammar(path)).map_err(|error| error.to_string())?;
    let tree = parser.parse(text, None).ok_or("the parser gave up")?;
    let root = tree.root_node();
    let source = Source { text, lines, rules };
    if root.has_error() {
        let line = first_error(root).map_or(1, |node| source.line_of(node));
        return Err(format!("line {line}: not valid {}", language.name()));
    }
    if is_too_deep(root) {
        return Err("line 1: nested too deeply".into());
    }
    let mut facts = definitions::read(&source, root);
    calls::read(&source, root, &mut facts);
    facts.facts.literals.seal();
    Ok(facts.facts)
}

/// The children of a node that have names in the grammar.
fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

fn span(node: Node<'_>) -> Span {
    Span { start: node.start_byte() as u32, end: node.end_byte() as u32 }
}

/// The first error in a tree, in the order of the text.
fn first_error(root: Node<'_>) -> Option<Node<'_>> {
    let mut node = root;
    loop {
        if node.is_error() || node.is_missing() {
            return Some(node);
        }
        let mut cursor = node.walk();
        node = node.children(&mut cursor).find(|child| child.has_error() || child.is_missing())?;
    }
}

/// Whether walking the tree by recursion would need too much stack.
fn is_too_deep(root: Node<'_>) -> bool {
    let mut cursor = root.walk();
    loop {
        if cursor.depth() as usize > MAX_DEPTH {
            return true;
        }
        if cursor.goto_first_child() || cursor.goto_next_sibling() {
            continue;
        }
        loop {
            if !cursor.goto_parent() {
                return false;
            }
            if cursor.goto_next_sibling() {
                break;
            }
        }
    }
}
