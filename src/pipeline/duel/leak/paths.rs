//! Paths of a patch that a turn names: whole, by the file's name, as a module that is imported, or by a pattern that only they fit.
//!
//! Invariant: a path that the conversation has shown, or whose parts it has, tells nothing.

use super::common::{is_common, is_common_file};
use super::turn_text::Text;

/// Characters of a file's name that is telling.
const TELLING_STEM: usize = 3;
/// Characters of a pattern between its wildcards that are telling.
const TELLING_PIECE: usize = 3;

/// Where a turn has a path or the name of a file that the conversation has not shown.
pub(super) fn told(path: &str, turn: &Text, shown: &Text) -> Option<usize> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.split('.').next().unwrap_or(file);
    let is_shown = |part: &str| shown.find_whole(part).is_some();
    // An agent that has seen a folder and a file in it can put them together.
    let is_known = folder.split('/').chain([file]).all(|part| part.is_empty() || is_shown(part));
    if is_shown(path) || is_known {
        return None;
    }
    if let Some(at) = turn.find_whole(path) {
        let tells = if folder.is_empty() {
            stem.len() >= TELLING_STEM && !is_common_file(stem)
        } else {
            !is_shown(file) && !is_common_file(stem)
                || !folder.split('/').all(|part| is_shown(part) || is_common(part))
        };
        return tells.then_some(at);
    }
    let tells = !folder.is_empty() && !is_common_file(stem) && !is_shown(stem);
    module(folder, stem, turn).filter(|_| tells)
}

/// Where a turn names a file as programs do that import it: `pkg.resolver`, `pkg/resolver`, `pkg::resolver`, `from pkg import resolver`,
/// `from .resolver import`.
fn module(folder: &str, stem: &str, turn: &Text) -> Option<usize> {
    let inner = folder.rsplit('/').next().unwrap_or(folder);
    let whole = [".", "/", "::", "\\"].iter().map(|between| format!("{inner}{between}{stem}"));
    if let Some(at) = whole.into_iter().find_map(|piece| turn.find_whole(&piece)) {
        return Some(at);
    }
    let mut start = 0;
    turn.text.split_inclusive('\n').find_map(|line| {
        let here = start;
        start += line.len();
        // Python may put the names of one import on several lines.
        let rest = turn.text.get(here..).unwrap_or_default();
        let from = line.trim_start_matches(|c: char| !c.is_alphanumeric()).strip_prefix("from ");
        let from = from.or_else(|| line.split_once(" from ").map(|(_, from)| from));
        let imported = from.and_then(|from| from.split_once(" import "));
        let is_imported = imported.is_some_and(|(module, names)| {
            let module = module.trim();
            let last = module.rsplit('.').next().unwrap_or(module);
            let names = match names.trim_start().starts_with('(') {
                true => rest.split_once(" import ").map_or(names, |(_, names)| names),
                false => names,
            };
            let names = names.split([')', ';', '"', '\'']).next().unwrap_or_default();
            let mut names = names.split([',', '(', '\n']).map(|name| name.trim().split(' ').next());
            let is_of_folder = last == inner || module.chars().all(|c| c == '.');
            module.starts_with('.') && last == stem
                || is_of_folder && names.any(|name| name == Some(stem))
        });
        is_imported.then(|| here + line.find(stem).unwrap_or_default())
    })
}

/// Patterns of a turn that one of these paths fits, and that nobody would write who does not know it, with their places.
pub(super) fn globs(turn: &Text, shown: &Text, paths: &[String]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    for token in turn.text.split(|c: char| c.is_whitespace() || "\"'`;|()<>=".contains(c)) {
        let start = at + turn.text[at..].find(token).unwrap_or_default();
        at = start + token.len();
        let name = token.rsplit('/').next().unwrap_or(token);
        if name.contains(['*', '?']) && is_telling(name, shown) {
            let is_of_patch = paths.iter().any(|path| {
                let file = path.rsplit('/').next().unwrap_or(path);
                let is_shown = shown.find_whole(file).is_some();
                !is_shown && fits(name.as_bytes(), file.as_bytes())
            });
            if is_of_patch {
                found.push((start, token.to_owned()));
            }
        }
    }
    found
}

/// Whether a pattern for the name of a file has a piece that tells something.
fn is_telling(pattern: &str, shown: &Text) -> bool {
    let stem = pattern.rsplit_once('.').map_or(pattern, |(stem, _)| stem);
    let mut pieces = stem.split(|c: char| !c.is_alphanumeric());
    pieces.any(|piece| {
        let folded = piece.to_lowercase();
        let is_shown = || shown.folded_words.iter().any(|word| word.contains(&folded));
        piece.chars().count() >= TELLING_PIECE
            && !is_common(piece)
            && !is_common_file(piece)
            && !is_shown()
    })
}

/// Whether a name fits a pattern with `*` and `?`.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    // Where the last star is, and how much of the name it takes.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match (pattern.get(p), star) {
            (Some(b'*'), _) => {
                star = Some((p, n));
                p += 1;
            }
            (Some(c), _) if *c == b'?' || c.eq_ignore_ascii_case(&name[n]) => {
                p += 1;
                n += 1;
            }
            (_, Some((at, taken))) => {
                star = Some((at, taken + 1));
                p = at + 1;
                n = taken + 1;
            }
            (_, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names_as_those_of_a_shell() {
        for pattern in ["res*.py", "*solver*", "res?lver.py", "*", "r*l*r.p?", "RES*"] {
            assert!(fits(pattern.as_bytes(), b"resolver.py"), "{pattern}");
        }
        for pattern in ["res*.js", "?resolver.py", "res", "*x*"] {
            assert!(!fits(pattern.as_bytes(), b"resolver.py"), "{pattern}");
        }
    }
}
