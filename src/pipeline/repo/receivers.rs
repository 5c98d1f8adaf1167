//! What a method is called on: the lines that bind the receiver, and the classes that they name.
//!
//! Invariant: the lines stand before the call or outside of its function, and are the repository's own.

use super::code::Code;
use crate::error::Result;
use crate::index::{Call, FileId, Kind, SymbolId, Target};
use crate::python::sites::Sites;

/// Classes from the one that a line names up to the one that has the method.
const MAX_CLASSES: usize = 4;

/// The lines that tell what the receiver of a call is; none if it is the function's own object.
pub(super) fn places(code: &Code<'_>, call: &Call) -> Result<Vec<(FileId, u32)>> {
    let parts: Vec<&str> = call.callee.split('.').collect();
    let [root, middle @ .., _] = parts.as_slice() else { return Ok(Vec::new()) };
    let is_name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !is_name(root) {
        return Ok(Vec::new());
    }
    let bound = match (*root, middle) {
        ("self" | "cls", []) => None,
        ("self" | "cls", [attribute, ..]) => attribute_line(code, call, attribute),
        (root, _) => name_line(code, call, root)?,
    };
    let Some((file, line)) = bound else { return Ok(Vec::new()) };
    let mut found = vec![(file, line)];
    let text = code.text(file)?;
    let written = text.lines().nth(line as usize - 1).unwrap_or_default();
    for word in written.split(|c: char| !c.is_alphanumeric() && c != '_') {
        let classes = code.index.named(word).iter().copied();
        let class = classes.into_iter().find(|&id| code.index.symbol(id).kind == Kind::Class);
        found.extend(class.into_iter().flat_map(|class| lineage(code, class)));
    }
    Ok(found)
}

/// The class statements from a class upwards.
fn lineage(code: &Code<'_>, class: SymbolId) -> Vec<(FileId, u32)> {
    let mut classes = vec![class];
    let mut at = 0;
    while let Some(&class) = classes.get(at) {
        at += 1;
        for base in &code.index.symbol(class).bases {
            if let Target::Symbol(base) = base.target
                && !classes.contains(&base)
                && classes.len() < MAX_CLASSES
            {
                classes.push(base);
            }
        }
    }
    let place = |class: SymbolId| {
        let symbol = code.index.symbol(class);
        (symbol.file, symbol.lines.start)
    };
    classes.into_iter().map(place).collect()
}

/// Where a class gives its objects an attribute.
fn attribute_line(code: &Code<'_>, call: &Call, name: &str) -> Option<(FileId, u32)> {
    let index = code.index;
    let class = index.class_of(call.caller?)?;
    let members = index.members(class).iter().map(|&id| index.symbol(id));
    let mut named = members.filter(|one| one.name == name);
    named.next().map(|one| (one.file, one.lines.start))
}

/// Where a name is given its value: in the function of the call, by its parameters, or by the module.
fn name_line(code: &Code<'_>, call: &Call, name: &str) -> Result<Option<(FileId, u32)>> {
    let index = code.index;
    if let Some(caller) = call.caller.filter(|&id| index.symbol(id).kind.is_callable()) {
        let symbol = index.symbol(caller);
        let sites: Sites = code.sites(caller)?;
        let before = sites.bound.iter().filter(|(bound, line)| bound == name && *line <= call.line);
        if let Some((_, line)) = before.max_by_key(|(_, line)| *line) {
            return Ok(Some((call.file, *line)));
        }
        let params = symbol.signature.iter().flat_map(|one| &one.params);
        if params.into_iter().any(|param| param.name == name) {
            let text = code.text(call.file)?;
            let has_name = |line: &str| {
                line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
            };
            let lines = text.lines().zip(1..).skip(symbol.lines.start as usize - 1);
            let mut lines = lines.take_while(|(_, line)| *line < call.line);
            return Ok(lines.find(|(text, _)| has_name(text)).map(|(_, line)| (call.file, line)));
        }
    }
    let of_module = index.symbols_of(call.file).map(|(_, symbol)| symbol);
    let mut constants = of_module.filter(|one| one.parent.is_none() && one.name == name);
    if let Some(constant) = constants.next() {
        return Ok(Some((call.file, constant.lines.start)));
    }
    let mut imports = index.imports_of(call.file).iter().filter(|import| {
        let bound = import.alias.as_ref().or(import.name.as_ref()).unwrap_or(&import.module);
        bound.split('.').next() == Some(name)
    });
    Ok(imports.next().map(|import| (import.file, import.line)))
}
