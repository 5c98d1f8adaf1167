//! How serious a rule's findings are, and which weakness they are about.
//!
//! Invariant: every rule has exactly one severity; of the listed prefixes of its code, the longest decides.

use crate::named::named_enum;

named_enum! {
    /// How serious a finding is, from the worst.
    pub enum Severity {
        /// The program fails or is wrong whenever it gets there.
        Error = "error",
        /// Likely a defect, or a risk.
        Warning = "warning",
        /// Style, or what may well be intended.
        Note = "note",
    }
}

/// Severities by prefixes of codes; the others are notes.
#[rustfmt::skip]
const SEVERITIES: [(&str, Severity); 39] = [
    ("ASYNC", Severity::Warning), ("B", Severity::Warning), ("B007", Severity::Note), ("B008", Severity::Note),
    ("B009", Severity::Note), ("B010", Severity::Note), ("B011", Severity::Note), ("B016", Severity::Error),
    ("B018", Severity::Note), ("B027", Severity::Note), ("B028", Severity::Note), ("B030", Severity::Error),
    ("B9", Severity::Note), ("B909", Severity::Warning), ("E722", Severity::Warning), ("F", Severity::Error), ("F401", Severity::Note),
    ("F403", Severity::Note), ("F405", Severity::Note), ("F504", Severity::Warning), ("F522", Severity::Warning),
    ("F523", Severity::Warning), ("F541", Severity::Note), ("F601", Severity::Warning), ("F602", Severity::Warning),
    ("F632", Severity::Warning), ("F811", Severity::Warning), ("F841", Severity::Note), ("F842", Severity::Note),
    ("PLE", Severity::Error), ("PLR0124", Severity::Warning), ("PLR1722", Severity::Warning), ("PLW", Severity::Warning),
    ("RUF006", Severity::Warning), ("RUF016", Severity::Error), ("S", Severity::Warning), ("SIM115", Severity::Warning),
    ("TG", Severity::Warning), ("TG003", Severity::Note),
];

/// Weaknesses by prefixes of codes, in the numbers of the CWE list.
#[rustfmt::skip]
const WEAKNESSES: [(&str, u16); 60] = [
    ("E722", 396), ("F601", 462), ("F632", 597), ("F841", 563), ("PLW1510", 252),
    ("S102", 95), ("S103", 732), ("S104", 605), ("S105", 259), ("S106", 259), ("S107", 259), ("S108", 377), ("S110", 703),
    ("S112", 703), ("S113", 400), ("S201", 489), ("S202", 22), ("S301", 502), ("S302", 502), ("S303", 327), ("S304", 327),
    ("S305", 327), ("S306", 377), ("S307", 95), ("S308", 79), ("S310", 22), ("S311", 330), ("S312", 319), ("S321", 319),
    ("S323", 295), ("S324", 327), ("S50", 327), ("S501", 295), ("S505", 326), ("S506", 502), ("S507", 295), ("S508", 319),
    ("S509", 319), ("S601", 78), ("S602", 78), ("S603", 78), ("S604", 78), ("S605", 78), ("S606", 78), ("S607", 426),
    ("S608", 89), ("S609", 78), ("S610", 89), ("S611", 89), ("S612", 94), ("S701", 79), ("S702", 79), ("S704", 79),
    ("SIM115", 772), ("TG002", 252), ("TG004", 772), ("TG005", 252), ("TG007", 563), ("TG009", 561), ("TG010", 330),
];

/// How serious a rule's findings are.
pub(super) fn severity(rule: &str) -> Severity {
    of_longest(rule, &SEVERITIES).unwrap_or(Severity::Note)
}

/// The weakness that a rule is about.
pub(super) fn cwe(rule: &str) -> Option<u16> {
    of_longest(rule, &WEAKNESSES)
}

/// What is listed for the longest prefix of a code; letters match whole groups only, since `S` and `SIM` are not the same.
fn of_longest<T: Copy>(rule: &str, listed: &[(&str, T)]) -> Option<T> {
    let matches = |prefix: &str| {
        let rest = rule.strip_prefix(prefix)?;
        let is_group = prefix.ends_with(|c: char| c.is_ascii_alphabetic());
        (!is_group || rest.starts_with(|c: char| c.is_ascii_digit())).then_some(prefix.len())
    };
    let matching = listed.iter().filter_map(|&(prefix, value)| Some((matches(prefix)?, value)));
    matching.max_by_key(|&(length, _)| length).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_decides_and_groups_are_not_mixed_up() {
        let severities = ["F821", "F401", "S301", "SIM108", "B006", "B904", "TG003", "E711"];
        let expected = ["error", "note", "warning", "note", "warning", "note", "note", "note"];
        assert_eq!(severities.map(|rule| severity(rule).name()), expected);
        assert_eq!(["S501", "S503", "E711"].map(cwe), [Some(295), Some(327), None]);
    }
}
