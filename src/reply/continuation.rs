//! Answers that continue where the prompt's code ends: a function's body without its header.
//!
//! Invariant: a continuation begins with exactly the prompt's code, and ends with whole statements of the entry.

use super::{Ask, Extracted, How, Parser, cut, spaces, statements};

/// Lines that are taken off the end of a body at most until the rest parses.
const MAX_DROPPED: usize = 400;
/// Wider than any margin of a body.
const MAX_MARGIN: usize = 80;

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
    let mut best: Option<Extracted> = None;
    for variant in variants(body, &indent, parser) {
        let Some((kept, dropped)) = longest(&head, &variant, entry, parser) else { continue };
        // Lines of the body that had to go are wrong, or break off; what follows at the left margin is prose.
        let first = dropped.lines().find(|line| !line.trim().is_empty());
        let is_code = first.is_some_and(|line| {
            line.starts_with([' ', '\t']) || (is_open && statements::begins_definition(line))
        });
        let found = Extracted {
            dropped_lines: statements::lines_of_code(dropped, parser),
            ..Extracted::new(
                format!("{head}{kept}"),
                How::Continuation,
                is_code && cut::breaks_off(&format!("{head}{variant}"), parser),
            )
        };
        if found.dropped_lines == 0 {
            return Some(found);
        }
        if best.as_ref().is_none_or(|best| found.dropped_lines < best.dropped_lines) {
            best = Some(found);
        }
    }
    best
}

/// The ways to read a body: as it is, with the first line's lost margin, all of it without a margin, each with the prompt's
/// margin too, and with tabs.
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
        // Prose at the left margin may follow.
        let end = margin_line(body).unwrap_or(body.len());
        let (body, after) = body.split_at(end);
        variants.push(format!("{}{after}\n", spaces::with_margin(body, indent)));
    } else if is_loose() {
        variants.push(spaces::with_margin(body, indent));
    } else if rest_is_indented {
        variants.push(format!("{indent}{body}\n"));
        let first = body.find('\n').map_or(body.len(), |end| end + 1);
        let end = margin_line(body.get(first..).unwrap_or_default())
            .map_or(body.len(), |end| first + end);
        let (body, after) = body.split_at(end);
        // The margin of all lines but the first.
        let margin = spaces::common_margin(&format!("{}{body}", " ".repeat(MAX_MARGIN)));
        let whole = format!("{}{body}", " ".repeat(margin));
        variants.push(format!("{}{after}\n", spaces::with_margin(&whole, indent)));
    } else {
        return variants;
    }
    let spaced: Vec<String> = variants
        .iter()
        .filter(|text| text.contains('\t'))
        .map(|text| spaces::without_tabs(text, 4))
        .collect();
    variants.extend(spaced);
    variants
}

/// Where the first line at the left margin begins.
fn margin_line(text: &str) -> Option<usize> {
    statements::chunks(text).first().map(|chunk| chunk.start)
}

/// The longest beginning that continues the head, and what it leaves out.
fn longest<'b>(
    head: &str,
    body: &'b str,
    entry: &str,
    parser: &Parser,
) -> Option<(&'b str, &'b str)> {
    let mut ends: Vec<usize> = body.match_indices('\n').map(|(at, _)| at + 1).collect();
    // Prose after the body begins at the left margin: those ends are the likely ones, then any line's.
    ends.reverse();
    let mut margins = Vec::new();
    // From the end, so that each line is looked at once.
    let (mut is_margin, mut next) = (true, body.len());
    for &end in &ends {
        let line = body.get(end..next).unwrap_or_default();
        if !line.trim().is_empty() {
            is_margin = !line.starts_with([' ', '\t']);
        }
        if is_margin {
            margins.push(end);
        }
        next = end;
    }
    let tries = margins.iter().take(MAX_DROPPED).chain(ends.iter().take(MAX_DROPPED)).copied();
    let found = tries.map(|end| (end, body.get(..end).unwrap_or_default())).find(|(_, kept)| {
        !kept.trim().is_empty()
            && !parser.is_spent_for(head.len() + kept.len())
            && parser.module(&format!("{head}{kept}")).is_some_and(|module| {
                module.is_code()
                    && module.defines(entry)
                    && !module.has_loose_return()
                    && has_statement(kept)
            })
    });
    let (end, kept) = found?;
    Some((kept, body.get(end..).unwrap_or_default()))
}

/// Whether there is more than comments, which do not make a body.
fn has_statement(kept: &str) -> bool {
    kept.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
}
