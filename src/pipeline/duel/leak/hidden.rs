//! What a patch has that a turn could tell.
//!
//! Invariant: strings, comments and code are told apart by each line alone, as a patch shows no more.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::numbers::numbers;
use super::turn_text::{is_code_like, spaced, words};
use crate::dataset::pull_requests::PullRequest;

/// What a patch does with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Used,
    Assigned,
    /// A function, a class or an attribute.
    Defined,
}

/// The pieces of a patch.
#[derive(Default)]
pub(super) struct Hidden {
    /// Whole paths, then the names of files.
    pub paths: Vec<String>,
    /// Whole lines, with single spaces.
    pub code: BTreeSet<String>,
    pub comments: BTreeSet<String>,
    /// Strings in quotes.
    pub texts: BTreeSet<String>,
    pub names: BTreeMap<String, Role>,
    pub numbers: BTreeSet<String>,
    /// The lines of each hunk, in the old file and in the new one.
    pub hunks: Vec<RangeInclusive<usize>>,
}

/// Words before the name of a function or a class.
const DEFINERS: [&str; 11] = [
    "def",
    "class",
    "fn",
    "func",
    "function",
    "struct",
    "enum",
    "trait",
    "impl",
    "interface",
    "type",
];

impl Hidden {
    pub fn of(reference: &PullRequest) -> Self {
        let mut hidden = Self::default();
        let mut is_python = true;
        let mut paths: BTreeSet<String> = BTreeSet::new();
        // Lines of the hunk that are still to come, old and new: what looks like a header there is a line of a file.
        let mut left = (0_usize, 0_usize);
        let mut lines = reference.patch.lines().peekable();
        while let Some(line) = lines.next() {
            let is_pair = line.starts_with("--- ")
                && lines.peek().is_some_and(|next| next.starts_with("+++ "));
            if is_pair {
                left = (0, 0);
            }
            let is_content = line.starts_with(['+', '-', ' '])
                && (left != (0, 0) || !(line.starts_with("--- ") || line.starts_with("+++ ")));
            if let Some(range) = line.strip_prefix("@@ -") {
                left = hidden.hunk(range, is_python);
            } else if is_content {
                let takes = |sign: char| usize::from(line.starts_with([sign, ' ']));
                left = (left.0.saturating_sub(takes('-')), left.1.saturating_sub(takes('+')));
                hidden.line(&line[1..], is_python);
            } else {
                for path in paths_of(line) {
                    is_python = path.ends_with(".py");
                    paths.insert(path);
                }
            }
        }
        let files = paths.iter().filter_map(|path| path.rsplit_once('/')).map(|(_, file)| file);
        let files: BTreeSet<String> = files.map(str::to_owned).collect();
        hidden.paths = paths.into_iter().chain(files).collect();
        // Prose names code in the form of code.
        for word in words(&reference.description).filter(|word| is_code_like(word)) {
            hidden.name(word, Role::Used);
        }
        hidden
    }

    /// The ranges of a hunk: `41,4 +41,6 @@ def resolve(name):`. Gives how many lines it has, old and new.
    fn hunk(&mut self, header: &str, is_python: bool) -> (usize, usize) {
        let (ranges, scope) = header.split_once(" @@").unwrap_or((header, ""));
        let mut counts = Vec::new();
        for range in ranges.split(" +") {
            let (start, count) = range.split_once(',').unwrap_or((range, "1"));
            if let (Ok(start), Ok(count)) = (start.parse::<usize>(), count.parse::<usize>()) {
                self.hunks.push(start..=start.saturating_add(count.saturating_sub(1)));
                counts.push(count);
            }
        }
        self.line(scope, is_python);
        match counts[..] {
            [old, new] => (old, new),
            _ => (0, 0),
        }
    }

    fn line(&mut self, line: &str, is_python: bool) {
        let Parts { code, strings, comment } = Parts::of(line, is_python);
        let whole = spaced(line);
        if !code.trim().is_empty() {
            self.code.insert(whole.trim_end_matches([':', ';', ',', '{', ' ']).to_owned());
        }
        self.comments.extend(comment.map(|comment| spaced(&comment)));
        for string in strings {
            for word in words(&string).filter(|word| is_code_like(word)) {
                self.name(word, Role::Used);
            }
            // Where a value is put in, its place shows another text.
            let pieces = string.split(['{', '}']).step_by(2).flat_map(|piece| piece.split("%s"));
            self.texts.extend(pieces.map(spaced).filter(|piece| !piece.is_empty()));
        }
        self.numbers.extend(numbers(&code).map(|(_, number)| number));
        let mut before = "";
        let mut rest = code.as_str();
        for word in words(&code) {
            let at = rest.find(word).unwrap_or_default();
            let is_attribute = rest[..at].ends_with('.') && before == "self";
            rest = &rest[at + word.len()..];
            let is_assigned = rest.trim_start().strip_prefix([':', '=']).is_some()
                && !rest.trim_start().starts_with("==");
            let role = match (DEFINERS.contains(&before), is_attribute, is_assigned) {
                (true, _, _) | (_, true, _) => Role::Defined,
                (_, _, true) => Role::Assigned,
                (_, _, false) => Role::Used,
            };
            if !word.starts_with(|c: char| c.is_ascii_digit()) {
                self.name(word, role);
            }
            before = word;
        }
    }

    fn name(&mut self, name: &str, role: Role) {
        let known = self.names.entry(name.to_owned()).or_insert(role);
        *known = role.max(*known);
    }
}

/// The files that a line of a patch's headers names.
fn paths_of(line: &str) -> Vec<String> {
    let one = ["--- ", "+++ ", "rename from ", "rename to ", "copy from ", "copy to "];
    let named = if let Some(path) = one.iter().find_map(|mark| line.strip_prefix(mark)) {
        vec![path.split('\t').next().unwrap_or(path)]
    } else if let Some(both) = line.strip_prefix("diff --git ") {
        both_sides(both)
    } else if let Some(both) = line.strip_prefix("Binary files ") {
        let both = both.strip_suffix(" differ").unwrap_or(both);
        both.split_once(" and ").map_or_else(Vec::new, |(old, new)| vec![old, new])
    } else {
        Vec::new()
    };
    let path = |path: &str| {
        let path = path.trim().trim_matches('"');
        let is_prefixed = !line.starts_with("rename ") && !line.starts_with("copy ");
        let bare = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/"));
        bare.filter(|_| is_prefixed).unwrap_or(path).to_owned()
    };
    named.into_iter().map(path).filter(|path| path != "/dev/null" && !path.is_empty()).collect()
}

/// Both sides of `a/old b/new`, of which either may have blanks.
fn both_sides(both: &str) -> Vec<&str> {
    both.split_once(" b/")
        .or_else(|| both.split_once(" \"b/"))
        .map_or_else(Vec::new, |(old, new)| vec![old, new])
}

/// A line without its strings and its comment, and these.
struct Parts {
    code: String,
    strings: Vec<String>,
    comment: Option<String>,
}

impl Parts {
    fn of(line: &str, is_python: bool) -> Self {
        let mut parts = Self { code: String::new(), strings: Vec::new(), comment: None };
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            let is_comment =
                if is_python { c == '#' } else { rest.starts_with("//") || rest.starts_with("# ") };
            if is_comment {
                parts.comment = Some(rest.trim_start_matches(['#', '/', '!', ' ']).to_owned());
                break;
            }
            let quote = if rest.starts_with("\"\"\"") { "\"\"\"" } else { &rest[..c.len_utf8()] };
            let closing = ["\"", "'", "`", "\"\"\""].contains(&quote).then(|| {
                let inner = &rest[quote.len()..];
                (inner, inner.find(quote))
            });
            match closing {
                Some((inner, Some(end))) => {
                    parts.strings.push(inner[..end].to_owned());
                    parts.code.push(' ');
                    rest = &inner[end + quote.len()..];
                }
                // A docstring that goes on below is prose.
                Some((inner, None)) if quote.len() == 3 => {
                    parts.comment = Some(inner.to_owned());
                    break;
                }
                Some((_, None)) | None => {
                    parts.code.push(c);
                    rest = after;
                }
            }
        }
        parts
    }
}
