//! Files and lines that a sentence gives for what it names.
//!
//! Invariant: a place of a definition is that of the definition, exactly; any other place has on it something of what the
//! sentence names.

use super::cue::{Cue, Relation};
use super::items::Item;
use super::known::{FileId, SymbolId};
use super::resolve::{Resolver, Thing, places};
use super::shape::Shape;
use super::sites::{self, Edge, edge};
use super::statements::{Fault, Statement};
use crate::ground::words::words;
use crate::python::vocabulary::{has_piece, squeezed};

/// A range of lines that a sentence names.
struct Place {
    /// The item that has the lines, and the one that has the path, if it is another.
    at: usize,
    path_at: Option<usize>,
    files: Vec<FileId>,
    first: usize,
    last: usize,
}

/// Checks the places of a sentence; those that hold are counted.
pub fn check(resolver: &Resolver<'_>, statement: &Statement<'_>, faults: &mut Vec<Fault>) -> usize {
    let mut held = 0;
    let places = read(resolver, statement);
    for place in &places {
        match check_lines(resolver, statement, place) {
            Ok(()) => held += 1,
            Err(fault) => faults.push(fault),
        }
    }
    for (at, item, thing) in statement.items() {
        let (Shape::Path { lines: None, .. }, Some(Thing::Files(files))) = (&item.shape, thing)
        else {
            continue;
        };
        if places.iter().any(|place| place.path_at == Some(at)) {
            continue;
        }
        match check_file(resolver, statement, at, files) {
            Ok(()) => held += 1,
            Err(fault) => faults.push(fault),
        }
    }
    held
}

fn read(resolver: &Resolver<'_>, statement: &Statement<'_>) -> Vec<Place> {
    let mut found = Vec::new();
    for (at, item, thing) in statement.items() {
        if let (Shape::Path { lines: Some((first, last)), .. }, Some(Thing::Files(files))) =
            (&item.shape, thing)
        {
            let (first, last) = (*first, *last);
            found.push(Place { at, path_at: None, files: files.clone(), first, last });
        }
        let Shape::Lines(first, last) = item.shape else { continue };
        let path = |at: usize| {
            let is_path = matches!(statement.parts.items.get(at)?.shape, Shape::Path { .. });
            let files = statement.things[at].as_ref()?.files();
            (is_path && !files.is_empty()).then(|| (at, files.to_vec()))
        };
        let (before, after) = (at.checked_sub(1).and_then(path), path(at + 1));
        let next = words(&statement.parts.gaps[at + 1]).into_iter().next();
        let is_of = next.is_some_and(|word| ["of", "in"].contains(&word.as_str()));
        let beside = if is_of { after.or(before) } else { before.or(after) };
        let carried = || statement.carried_file.or(resolver.file).map(|file| vec![file]);
        let (path_at, files) = match beside {
            Some((at, files)) => (Some(at), files),
            None => (None, carried().unwrap_or_default()),
        };
        found.push(Place { at, path_at, files, first, last });
    }
    found
}

fn check_lines(
    resolver: &Resolver<'_>,
    statement: &Statement<'_>,
    place: &Place,
) -> Result<(), Fault> {
    let Place { first, last, .. } = *place;
    let range =
        if first == last { format!("line {first}") } else { format!("lines {first} to {last}") };
    let fault = |why: String| Err((range.clone(), why));
    if place.files.is_empty() {
        return fault("the text does not say of which file".into());
    }
    let fits = |file: &&FileId| {
        first > 0 && first <= last && last <= resolver.repository.line_count(**file)
    };
    let Some(&file) = place.files.iter().find(fits) else {
        let file = place.files[0];
        let count = resolver.repository.line_count(file);
        return fault(format!("{} has lines 1 to {count}", resolver.repository.file(file).path));
    };
    let path = &resolver.repository.file(file).path;
    let range = format!("{path}, {range}");
    let fault = |why: String| Err((range.clone(), why));
    let text = resolver.repository.lines(file, first, last);
    if text.trim().is_empty() {
        return fault("nothing is there".into());
    }
    let start = place.path_at.map_or(place.at, |path| path.min(place.at));
    let end = place.path_at.map_or(place.at, |path| path.max(place.at));
    if let Some((at, ids)) = defined(statement, start, end) {
        let is_it = |id: &&SymbolId| {
            let symbol = resolver.repository.symbol(**id);
            let is_start = first == symbol.line() || first == symbol.first();
            id.file == file && is_start && (first == last || last == symbol.last())
        };
        let name = &statement.parts.items[at].text;
        return match ids.iter().find(is_it) {
            Some(_) => Ok(()),
            None => fault(format!("`{name}` is defined in {}", ranges(resolver, &ids))),
        };
    }
    if first == last
        && let Some(site) = sites::site(statement, start, end)
        && statement.things[site.object].is_some()
    {
        return match resolver.no_site(statement, &site, file, first) {
            None => Ok(()),
            Some(why) => fault(why),
        };
    }
    if let Some((at, edge)) = edge(statement, start, end, first < last) {
        let fits = |id: &SymbolId| {
            let symbol = resolver.repository.symbol(*id);
            let is_start = [symbol.line(), symbol.first()].contains(&first);
            let is_end = symbol.last() == last;
            id.file == file
                && match edge {
                    Edge::Start => is_start,
                    Edge::End => is_end,
                    Edge::Both => is_start && is_end,
                }
        };
        let ids = statement.symbols(at);
        if ids.iter().any(|id| id.file == file) {
            return match ids.iter().any(fits) {
                true => Ok(()),
                false => fault(format!(
                    "`{}` is defined in {}",
                    statement.parts.items[at].text,
                    ranges(resolver, ids)
                )),
            };
        }
    }
    // From the start of one thing that the sentence names to the end of one.
    let ids: Vec<&SymbolId> = (0..statement.things.len())
        .flat_map(|at| statement.symbols(at))
        .filter(|id| id.file == file)
        .collect();
    let symbol = |id: &&&SymbolId| resolver.repository.symbol(***id);
    let is_start = |id: &&SymbolId| [symbol(&id).line(), symbol(&id).first()].contains(&first);
    let is_end = |id: &&SymbolId| symbol(&id).last() == last;
    if first < last && ids.iter().any(is_start) && ids.iter().any(is_end) {
        return Ok(());
    }
    // The line of a statement over several lines, of which one has the name.
    let is_imported = |item: &Item| {
        let (Shape::Name { name, .. } | Shape::Call { name, .. }) = &item.shape else {
            return false;
        };
        let last = name.rsplit('.').next();
        resolver.repository.file(file).imports.iter().any(|import| {
            import.line == first
                && (last == Some(&*import.name) || last == import.original.as_deref())
        })
    };
    let is_there = |at: usize, item: &Item| {
        if is_imported(item) {
            return true;
        }
        let is_inside = |id: &SymbolId| {
            let symbol = resolver.repository.symbol(*id);
            id.file == file && symbol.first() <= first && last <= symbol.last()
        };
        // What is called there need not be defined there.
        let is_called = Cue::before(&statement.parts.gaps[at]).is_some_and(|cue| {
            !cue.is_passive
                && [Relation::Calls, Relation::Uses, Relation::Imports].contains(&cue.relation)
        });
        let exceeds = first < last
            && statement.symbols(at).iter().any(|id| {
                let symbol = resolver.repository.symbol(*id);
                let is_in = id.file == file && (first..=last).contains(&symbol.line());
                is_in && (first < symbol.first() || symbol.last() < last)
            });
        is_on(&text, item) && !exceeds || !is_called && statement.symbols(at).iter().any(is_inside)
    };
    let is_other =
        |at: usize, item: &Item| at != place.at && Some(at) != place.path_at && item.names_code();
    if let Some(before) = start.checked_sub(1)
        && is_direct(&statement.parts.gaps[start])
        && is_other(before, &statement.parts.items[before])
    {
        let item = &statement.parts.items[before];
        return match is_there(before, item) {
            true => Ok(()),
            false => fault(format!(
                "`{}` is not there{}",
                item.text,
                elsewhere(resolver, statement.symbols(before))
            )),
        };
    }
    let others: Vec<(usize, &Item)> = statement
        .items()
        .filter(|(at, item, _)| is_other(*at, item))
        .map(|(at, item, _)| (at, item))
        .collect();
    if others.is_empty() {
        let is_inside = |id: &SymbolId| {
            let symbol = resolver.repository.symbol(*id);
            id.file != file || symbol.first() <= first && last <= symbol.last()
        };
        let is_bare = place.path_at.is_none()
            && matches!(statement.parts.items[place.at].shape, Shape::Lines(..));
        let ids = &resolver.function;
        return match !is_bare || ids.is_empty() || ids.iter().any(is_inside) {
            true => Ok(()),
            false => fault(format!("the function is in {}", ranges(resolver, ids))),
        };
    }
    match others.iter().any(|(at, item)| is_there(*at, item)) {
        true => Ok(()),
        false => fault("nothing that the sentence names is there".into()),
    }
}

/// What a sentence says to be defined in a place, with its own place in the sentence.
fn defined(statement: &Statement<'_>, start: usize, end: usize) -> Option<(usize, Vec<SymbolId>)> {
    let gaps = &statement.parts.gaps;
    let is_defined =
        |gap: &str| Cue::before(gap).is_some_and(|cue| cue.relation == Relation::Defines);
    let starts = |gap: &str| {
        let gap = gap.trim_start().trim_start_matches(['中', '里', '处', '行', ' ']);
        gap.starts_with("定义")
            || gap.starts_with("声明")
            || words(gap)
                .iter()
                .take(2)
                .any(|word| ["defines", "declares", "define"].contains(&word.as_str()))
    };
    let ids =
        |at: usize| Some((at, statement.symbols(at).to_vec())).filter(|(_, ids)| !ids.is_empty());
    let before = start.checked_sub(1).filter(|at| statement.parts.items[*at].names_code());
    let after =
        Some(end + 1).filter(|at| statement.parts.items.get(*at).is_some_and(Item::names_code));
    let ends_zh = {
        let after = gaps[end + 1].trim_start();
        after.starts_with("定义") && !after.starts_with("定义了") || after.starts_with("处定义")
    };
    match (before, after) {
        (Some(at), _) if is_defined(&gaps[start]) || ends_zh => ids(at),
        (_, Some(at)) if starts(&gaps[end + 1]) => ids(at),
        (Some(_) | None, Some(_) | None) => None,
    }
}

fn check_file(
    resolver: &Resolver<'_>,
    statement: &Statement<'_>,
    at: usize,
    files: &[FileId],
) -> Result<(), Fault> {
    let gaps = &statement.parts.gaps;
    let path = &statement.parts.items[at].text;
    let strict = |other: usize| -> Result<(), Fault> {
        let ids = statement.symbols(other);
        if ids.is_empty() || ids.iter().any(|id| files.contains(&id.file)) {
            return Ok(());
        }
        let name = &statement.parts.items[other].text;
        let why = format!("`{name}` is defined in {}", places(resolver.repository, ids));
        Err((format!("`{name}` in `{path}`"), why))
    };
    if let Some((other, _)) = defined(statement, at, at) {
        return strict(other);
    }
    let after = &gaps[at + 1];
    if ["中的", "里的", "的"]
        .iter()
        .any(|of| after.trim() == *of || after.trim() == format!("{of}函数"))
        && at + 1 < statement.parts.items.len()
    {
        return strict(at + 1);
    }
    let Some(before) = at.checked_sub(1) else { return Ok(()) };
    let words = words(&gaps[at]);
    let is_in = words.len() <= 3
        && words
            .last()
            .is_some_and(|word| ["in", "of", "inside", "within"].contains(&word.as_str()));
    let is_in = is_in || ["(", "（", "在"].contains(&gaps[at].trim());
    let is_related = Cue::before(&gaps[before]).is_some();
    if !is_in {
        return Ok(());
    }
    let is_mentioned = || {
        let item = &statement.parts.items[before];
        files.iter().any(|file| resolver.repository.words_of_file(*file).has_piece(&item.text))
    };
    let says_import = crate::ground::words::words(after).iter().any(|word| word == "imported")
        || after.contains("导入");
    match strict(before) {
        Err(_) if (is_related || says_import) && is_mentioned() => Ok(()),
        other => other,
    }
}

/// Whether the prose between an item and a place says that the item is there.
fn is_direct(gap: &str) -> bool {
    let said = words(gap);
    let is_word = |word: &String| {
        [
            "in", "at", "on", "of", "from", "see", "the", "file", "line", "lines", "is", "spans",
            "covers", "occupies", "reaches", "begins", "starts", "stands",
        ]
        .contains(&word.as_str())
    };
    let is_short = said.len() <= 4 && said.iter().all(is_word) && !gap.contains(';');
    let zh = gap.trim().trim_start_matches('（').trim_start_matches('(');
    is_short && !gap.trim().starts_with(',') || ["在", "位于", "于", "见"].contains(&zh)
}

/// Whether lines have an item on them.
fn is_on(text: &str, item: &Item) -> bool {
    let code = squeezed(text);
    let piece = |text: &str| has_piece(&code, &squeezed(text));
    match &item.shape {
        Shape::Name { name, .. } | Shape::Call { name, .. } | Shape::Binding { name, .. } => {
            piece(name.rsplit('.').next().unwrap_or(name))
        }
        Shape::Endpoint { path, .. } => code.contains(path.as_str()),
        Shape::Value(_) | Shape::Code => {
            piece(&item.text)
                || piece(&item.text.replace('\'', "\""))
                || piece(&item.text.replace('"', "'"))
        }
        Shape::Path { .. } | Shape::Lines(..) | Shape::Method(_) => false,
    }
}

fn ranges(resolver: &Resolver<'_>, ids: &[SymbolId]) -> String {
    let range = |id: &SymbolId| {
        let symbol = resolver.repository.symbol(*id);
        format!("{}:{}-{}", resolver.repository.file(id.file).path, symbol.line(), symbol.last())
    };
    ids.iter().take(3).map(range).collect::<Vec<_>>().join(", ")
}

fn elsewhere(resolver: &Resolver<'_>, ids: &[SymbolId]) -> String {
    if ids.is_empty() {
        String::new()
    } else {
        format!("; it is defined in {}", ranges(resolver, ids))
    }
}
