//! The names that are closest to one that does not exist.
//!
//! Invariant: the same names give the same misses, whatever order they come in.

use strsim::jaro_winkler;

/// How alike two names are that one may be meant by the other.
const ALIKE: f64 = 0.86;
/// How many are named.
const MOST: usize = 2;

/// The closest of some names, best first; none if none is close.
pub fn near<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Vec<String> {
    let key = |name: &str| name.to_lowercase().replace(['_', '-', '/', '.'], "");
    let wanted = key(name);
    let mut close: Vec<(f64, &str)> = known
        .filter(|other| *other != name)
        .map(|other| (jaro_winkler(&wanted, &key(other)), other))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    close.dedup_by(|a, b| a.1 == b.1);
    close.into_iter().take(MOST).map(|(_, name)| name.to_owned()).collect()
}

/// Says that a name does not exist, and which ones do.
pub fn does_not_exist<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    missing(name, &near(name, known))
}

/// Says that a name does not exist, and these do.
pub fn missing(name: &str, misses: &[String]) -> String {
    match misses {
        [] => format!("`{name}` does not exist"),
        [one] => format!("`{name}` does not exist; `{one}` does"),
        more => format!("`{name}` does not exist; `{}` do", more.join("` and `")),
    }
}

/// Adds to a reason what may have been meant.
pub fn with_misses(why: String, misses: &[String]) -> String {
    match misses {
        [] => why,
        [one] => format!("{why}; the closest is `{one}`"),
        more => format!("{why}; the closest are `{}`", more.join("` and `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_names_are_named_and_others_are_not() {
        let known = ["parse_config", "load", "parse", "unrelated_thing"];
        let say = |name: &str| does_not_exist(name, known.into_iter());
        assert_eq!(say("parse_cfg"), "`parse_cfg` does not exist; `parse_config` and `parse` do");
        assert_eq!(say("lode"), "`lode` does not exist; `load` does");
        assert_eq!(say("balance"), "`balance` does not exist");
        assert_eq!(say("Load"), "`Load` does not exist; `load` does");
    }
}
