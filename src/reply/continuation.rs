//! Answers that go on where the prompt's code ends: a function's body without its head.
//!
//! Invariant: a continuation begins with exactly the prompt's code, and ends with whole statements of the entry.

use super::{Ask, Extracted, How, Parser, cut, statements};

/// Lines that are taken off the end of a body at most until the rest parses.
const MAX_DROPPED: usize = 400;

/// The prompt's code before the entry: imports and helpers.
pub(super) fn preamble(prompt: &str, entry: &str, parser: &Parser) -> Option<String> {
    let whole = completed(prompt);
    [prompt, &whole].iter().find_map(|code| parser.module(code)?.before(entry).map(str::to_owned))
}

/// The prompt's code with a body, for code that ends with a bare head.
fn completed(prompt: &str) -> String {
    format!("{}\n    pass\n", prompt.trim_end())
}

/// Reads a text as the rest of the prompt's code; `None` if it is not one. Everything after an open fence is code.
pub(super) fn extract(
    body: &str,
    ask: &Ask<'_>,
    is_open: bool,
    parser: &Parser,
) -> Option<Extracted> {
    let (prompt, entry) = (ask.prompt_code?, ask.entry?);
    let module = parser.module(&completed(prompt)).or_else(|| parser.module(prompt))?;
    if module.last_function() != Some(entry) || body.trim().is_empty() {
        return None;
    }
    let indent = module.body_indent(entry).unwrap_or("    ").to_owned();
    let head = format!("{}\n", prompt.trim_end());
    for variant in variants(body, &indent, parser) {
        let Some((kept, dropped)) = longest(&head, &variant, entry, parser) else { continue };
        // Lines of the body that had to go are wrong, or break off; what follows at the left margin is prose.
        let is_code = dropped.is_some_and(|line| {
            line.starts_with([' ', '\t']) || (is_open && statements::begins_definition(line))
        });
        let breaks_off = is_code && cut::breaks_off(&format!("{head}{variant}"), parser);
        return Some(Extracted::new(format!("{head}{kept}"), How::Continuation, breaks_off));
    }
    None
}

/// The ways to read a body: as it is, with the first line's lost margin, all of it without a margin, and with tabs.
fn variants(body: &str, indent: &str, parser: &Parser) -> Vec<String> {
    let body = body.trim_start_matches('\n').trim_end();
    let is_indented = |line: &str| line.starts_with([' ', '\t']);
    let first_is_indented = is_indented(body);
    let rest_is_indented =
        body.lines().skip(1).find(|line| !line.trim().is_empty()).is_some_and(is_indented);
    let mut variants = Vec::new();
    let is_loose = || parser.module(body).is_some_and(|module| module.has_loose_return());
    if first_is_indented {
        variants.push(format!("{body}\n"));
    } else if is_loose() {
        variants.push(indented(body, indent));
    } else if rest_is_indented {
        variants.push(format!("{indent}{body}\n"));
    } else {
        return variants;
    }
    let spaced: Vec<String> =
        variants.iter().filter(|text| text.contains('\t')).map(|text| without_tabs(text)).collect();
    variants.extend(spaced);
    variants
}

fn indented(body: &str, indent: &str) -> String {
    let margin = |line: &str| {
        if line.trim().is_empty() { "\n".to_owned() } else { format!("{indent}{line}\n") }
    };
    body.lines().map(margin).collect()
}

fn without_tabs(text: &str) -> String {
    let spaced = |line: &str| {
        let code = line.trim_start_matches(['\t', ' ']);
        let margin = line.get(..line.len() - code.len()).unwrap_or_default().replace('\t', "    ");
        format!("{margin}{code}\n")
    };
    text.lines().map(spaced).collect()
}

/// The longest beginning that continues the head, and the first line that it leaves out.
fn longest<'b>(
    head: &str,
    body: &'b str,
    entry: &str,
    parser: &Parser,
) -> Option<(&'b str, Option<&'b str>)> {
    let mut ends: Vec<usize> = body.match_indices('\n').map(|(at, _)| at + 1).collect();
    // Prose after the body begins at the left margin: those ends are the likely ones, then any line's.
    let margins =
        ends.iter().copied().filter(|&end| begins_at_margin(body.get(end..).unwrap_or_default()));
    let margins: Vec<usize> = margins.collect();
    ends.reverse();
    let tries =
        margins.iter().rev().take(MAX_DROPPED).chain(ends.iter().take(MAX_DROPPED)).copied();
    let found = tries.map(|end| (end, body.get(..end).unwrap_or_default())).find(|(_, kept)| {
        !kept.trim().is_empty()
            && parser.module(&format!("{head}{kept}")).is_some_and(|module| {
                module.is_code()
                    && module.defines(entry)
                    && !module.has_loose_return()
                    && has_statement(kept)
            })
    });
    let (end, kept) = found?;
    let dropped = body.get(end..).unwrap_or_default().lines().find(|line| !line.trim().is_empty());
    Some((kept, dropped))
}

/// Whether there is more than comments, which do not make a body.
fn has_statement(kept: &str) -> bool {
    kept.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
}

fn begins_at_margin(rest: &str) -> bool {
    rest.lines()
        .find(|line| !line.trim().is_empty())
        .is_none_or(|line| !line.starts_with([' ', '\t']))
}
