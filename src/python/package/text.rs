//! Writes a program that is put together: imports, then statements, with the names that were chosen.
//!
//! Invariant: the text of a statement is its text in its module but for names and imports of the package.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::names::Names;
use super::needed::{Kept, Needed, Place, Symbol};
use super::references::InnerImport;
use super::{Outside, Package};
use crate::python::syntax::with_replacements;

/// Longer lines of imports are broken.
const MAX_LINE: usize = 100;

/// Writes the program.
pub(super) fn write(
    package: &Package,
    needed: &Needed,
    order: &[Place],
    names: &Names,
) -> Result<String, String> {
    let mut program = header(needed, names)?;
    let mut previous: Option<&Kept> = None;
    for place in order {
        let Some(kept) = needed.kept.get(place) else { continue };
        let text = statement(package, needed, kept, names)?;
        if !program.is_empty() {
            let blank_lines = match previous {
                None => 2 - usize::from(!kept.unit().is_definition),
                Some(before) if before.unit().is_definition || kept.unit().is_definition => 2,
                Some(before) => {
                    let is_next =
                        before.module.name == kept.module.name && before.place + 1 == kept.place;
                    if is_next { kept.unit().blank_lines } else { 1 }
                }
            };
            program.push_str(&"\n".repeat(blank_lines));
        }
        program.push_str(&text);
        program.push('\n');
        previous = Some(kept);
    }
    Ok(program)
}

/// The imports from outside of the package.
fn header(needed: &Needed, names: &Names) -> Result<String, String> {
    let (mut lines, mut members) = (BTreeSet::new(), BTreeMap::new());
    let (mut lines_for_types, mut members_for_types) = (BTreeSet::new(), BTreeMap::new());
    for (outside, for_types) in &needed.outside {
        let (lines, members) = match for_types {
            true => (&mut lines_for_types, &mut members_for_types),
            false => (&mut lines, &mut members),
        };
        let symbol = Symbol::Outside(outside.clone());
        let name = names.get(&symbol).map_or(outside.binds.as_str(), String::as_str);
        import(outside, name, lines, members)?;
    }
    let mut header = String::new();
    if needed.kept.values().any(|kept| kept.module.has_future_annotations) {
        header.push_str("from __future__ import annotations\n");
    }
    let has_types = !(lines_for_types.is_empty() && members_for_types.is_empty());
    if has_types {
        members.entry("typing".to_owned()).or_default().insert("TYPE_CHECKING".to_owned());
    }
    let written = written(&lines, &members, "");
    if !header.is_empty() && !written.is_empty() {
        header.push('\n');
    }
    header.push_str(&written);
    if has_types {
        header.push_str("\nif TYPE_CHECKING:\n");
        header.push_str(&self::written(&lines_for_types, &members_for_types, "    "));
    }
    Ok(header)
}

/// Sorts one import under the lines or the members of its module.
fn import(
    outside: &Outside,
    name: &str,
    lines: &mut BTreeSet<String>,
    members: &mut BTreeMap<String, BTreeSet<String>>,
) -> Result<(), String> {
    let Outside { module, member, binds_top, .. } = outside;
    match member {
        Some(member) => {
            let text = if member == name || member == "*" {
                member.clone()
            } else {
                format!("{member} as {name}")
            };
            members.entry(module.clone()).or_default().insert(text);
        }
        None if *binds_top && name != outside.binds => {
            return Err(format!("{} cannot have another name", outside.binds));
        }
        None if *binds_top || module == name => _ = lines.insert(format!("import {module}")),
        None => _ = lines.insert(format!("import {module} as {name}")),
    }
    Ok(())
}

fn written(
    lines: &BTreeSet<String>,
    members: &BTreeMap<String, BTreeSet<String>>,
    indent: &str,
) -> String {
    let mut text: String = lines.iter().map(|line| format!("{indent}{line}\n")).collect();
    for (module, members) in members {
        let members: Vec<&str> = match members.contains("*") {
            true => vec!["*"],
            false => members.iter().map(String::as_str).collect(),
        };
        let line = format!("{indent}from {module} import {}", members.join(", "));
        if line.len() <= MAX_LINE {
            text.push_str(&line);
        } else {
            let members: String =
                members.iter().map(|member| format!("{indent}    {member},\n")).collect();
            text.push_str(&format!("{indent}from {module} import (\n{members}{indent})"));
        }
        text.push('\n');
    }
    text
}

/// The text of a statement under the names that were chosen.
fn statement(
    package: &Package,
    needed: &Needed,
    kept: &Kept,
    names: &Names,
) -> Result<String, String> {
    let (unit, source) = (kept.unit(), kept.module.source.as_str());
    let mut edits: BTreeMap<usize, (usize, String)> = BTreeMap::new();
    let mut edit = |span: Range<usize>, text: &str| {
        if source.get(span.clone()) != Some(text) {
            edits.insert(span.start, (span.end, text.to_owned()));
        }
    };
    for (reference, resolved) in kept.references() {
        if let (Some(span), Some(name)) = (&reference.span, names.get(&resolved.symbol)) {
            let last =
                resolved.taken.checked_sub(1).and_then(|last| reference.attributes.get(last));
            edit(span.start..last.map_or(span.end, |(_, end)| *end), name);
        }
    }
    for (name, span) in &unit.references.binders {
        let symbol = Symbol::Own { module: kept.module.name.clone(), name: name.clone() };
        match (span, names.get(&symbol)) {
            (Some(span), Some(chosen)) => edit(span.clone(), chosen),
            (None, Some(chosen)) if chosen != name => {
                return Err(format!("{name} of {} cannot have another name", kept.module.name));
            }
            (Some(_) | None, _) => {}
        }
    }
    if !needed.is_wanted(&kept.module, kept.place) {
        // What is only needed says in a paragraph what it is for.
        for docstring in &unit.references.docstrings {
            let start = docstring.span.start + docstring.summary;
            edits.insert(start, (docstring.span.end, docstring.quotes.to_owned()));
        }
    }
    for decorator in &kept.left_out {
        let Some(span) = unit.references.decorators.get(*decorator) else { continue };
        let after = &source[span.end..];
        let gap = after.len() - after.trim_start().len();
        edits.retain(|start, _| !span.contains(start));
        edits.insert(span.start, (span.end + gap, String::new()));
    }
    for import in &unit.references.inner_imports {
        if let Some((span, text)) = without_own(package, import, source) {
            edits.retain(|start, _| !span.contains(start));
            edits.insert(span.start, (span.end, text));
        }
    }
    let base = unit.span.start;
    let moved = edits.into_iter().map(|(start, (end, text))| (start - base..end - base, text));
    let text = &source[unit.span.clone()];
    Ok(with_replacements(text, moved.collect()))
}

/// An import within a function without what is imported from the package; `None` if it stays as it is.
fn without_own(
    package: &Package,
    import: &InnerImport,
    source: &str,
) -> Option<(Range<usize>, String)> {
    let is_own = |import| package.is_import_of_own(import);
    let left: Vec<_> = import.imports.iter().filter(|import| !is_own(import)).collect();
    if left.len() == import.imports.len() {
        return None;
    }
    let span = import.span.clone();
    if !left.is_empty() {
        let parts: Vec<String> = left
            .iter()
            .map(|import| match import.binds == import.module || import.binds_top {
                true => import.module.clone(),
                false => format!("{} as {}", import.module, import.binds),
            })
            .collect();
        return Some((span, format!("import {}", parts.join(", "))));
    }
    if import.holds_block {
        return Some((span, "pass".into()));
    }
    let line_start = source[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
    let is_alone = source[line_start..span.start].trim().is_empty();
    let rest = &source[span.end..];
    let line_end = rest.find('\n').map(|newline| span.end + newline + 1);
    match line_end {
        Some(end) if is_alone && is_blank_or_comment(&source[span.end..end]) => {
            // Empty lines below would otherwise stand at the top of a block.
            let more = source[end..].len() - source[end..].trim_start_matches(['\n', '\r']).len();
            Some((line_start..end + more, String::new()))
        }
        Some(_) | None => Some((span, "pass".into())),
    }
}

fn is_blank_or_comment(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.starts_with('#')
}
