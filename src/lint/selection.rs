//! Which rules are looked for, made once for many programs.
//!
//! Invariant: no selected rule reads a file, and no setting depends on where the program runs.

use std::collections::{BTreeSet, HashSet};
use std::str::FromStr;

use ruff_linter::RuleSelector;
use ruff_linter::codes::RuleStatus;
use ruff_linter::registry::Rule;
use ruff_linter::rule_selector::PreviewOptions;
use ruff_linter::settings::LinterSettings;
use ruff_linter::settings::flags::Noqa;
use ruff_linter::settings::types::PreviewMode;
use ruff_python_ast::PythonVersion;

use super::rules;

/// Changes with ruff and with every change to what our own rules and fixes do.
pub(super) const VERSION: &str = "ruff 0.16.4, tgsand 2";
/// The selector of the rules about defects and risks.
const DEFAULT: &str = "default";
/// Rules that look at the file that a program is in: programs of data sets are in none.
const ABOUT_FILES: [&str; 7] = ["A005", "E902", "EXE001", "EXE002", "INP001", "N999", "RUF200"];

/// The rules for cleaning: what fails, what is likely wrong, and what is a risk; no style.
#[rustfmt::skip]
const CLEANING: [&str; 124] = [
    "ASYNC100", "ASYNC105", "ASYNC210", "ASYNC251",
    "B002", "B003", "B004", "B005", "B006", "B012", "B015", "B016", "B017", "B018", "B020", "B021", "B022", "B023", "B025", "B026",
    "B029", "B030", "B031", "B032", "B035", "B039", "B909",
    "E722",
    "F402", "F404", "F406", "F407", "F50", "F52", "F601", "F602", "F62", "F63", "F70", "F722", "F821", "F822", "F823", "F901",
    "PLE0100", "PLE0101", "PLE0115", "PLE0116", "PLE0117", "PLE0118", "PLE0237", "PLE0241", "PLE0302", "PLE0303", "PLE0305",
    "PLE0307", "PLE0308", "PLE0309", "PLE0604", "PLE0605", "PLE0643", "PLE0704", "PLE1132", "PLE1142", "PLE1205", "PLE1206",
    "PLE1300", "PLE1307", "PLE1310", "PLE1507", "PLE1519", "PLE1520", "PLE2502", "PLE4703",
    "PLR0124", "PLR1722", "PLW0128", "PLW0129", "PLW0133", "PLW0211", "PLW0245", "PLW0711", "PLW1501", "PLW1507",
    "PLW1508", "PLW1509", "PLW1510", "PLW1514", "PLW2101",
    "RUF006", "RUF016",
    "S102", "S103", "S105", "S106", "S107", "S113", "S201", "S202", "S301", "S302", "S303", "S304", "S305", "S306", "S307", "S323", "S324", "S501",
    "S502", "S503", "S504", "S505", "S506", "S507", "S601", "S602", "S604", "S605", "S608", "S609", "S701",
    "T10", "TG",
];

/// The rules that are looked for.
pub struct Selection {
    settings: LinterSettings,
    /// The codes of our own rules.
    own: BTreeSet<&'static str>,
    noqa: Noqa,
}

/// The rules that selectors name.
#[derive(Default)]
struct Selected {
    ruff: HashSet<Rule>,
    own: BTreeSet<&'static str>,
}

impl Selection {
    /// The rules that selectors name, without those that others name; no selector at all means `default`.
    ///
    /// A selector is a code or the beginning of one, ruff's (`F`, `S506`) or ours (`TG`, `TG001`), `ALL`, or `default`: the rules
    /// for cleaning. A rule that ruff only previews is selected by its whole code. Fails with the selector that is unknown.
    pub fn new(select: &[String], ignore: &[String]) -> Result<Self, String> {
        let mut selected = Selected::default();
        for selector in select {
            selected.add(selector)?;
        }
        if select.is_empty() {
            selected.add(DEFAULT)?;
        }
        let mut ignored = Selected::default();
        for selector in ignore {
            ignored.add(selector)?;
        }
        selected.ruff.retain(|rule| !ignored.ruff.contains(rule));
        selected.own.retain(|rule| !ignored.own.contains(rule));
        Ok(Self { settings: settings(selected.ruff), own: selected.own, noqa: Noqa::Disabled })
    }

    /// What cleaning looks for: defects and risks, no style.
    pub fn default_cleaning() -> Self {
        Self::new(&[], &[]).expect("a test holds that every default rule is known")
    }

    /// What a rewrite must not bring in: what cleaning looks for, and ways to write an expression that readers stumble over.
    pub fn of_rewrites() -> Self {
        let rules = [
            DEFAULT, "F", "E7", "C408", "PIE808", "PLR5501", "SIM201", "SIM202", "SIM208",
            "SIM210", "SIM211", "SIM212", "SIM300",
        ];
        Self::new(&rules.map(str::to_owned), &[]).expect("a test holds that every rule is known")
    }

    /// The same, but what a `# noqa` comment in a program names is not reported.
    #[must_use]
    pub fn respecting_noqa(self) -> Self {
        Self { noqa: Noqa::Enabled, ..self }
    }

    /// The version of the rules and all that are selected, for fingerprints.
    pub fn digest(&self) -> String {
        let rules = self.settings.rules.iter_enabled().map(|rule| rule.noqa_code().to_string());
        let rules: BTreeSet<String> =
            rules.chain(self.own.iter().map(|&code| code.to_owned())).collect();
        let rules: Vec<String> = rules.into_iter().collect();
        let noqa = if self.noqa.is_enabled() { ", noqa" } else { "" };
        format!("{VERSION}{noqa}: {}", rules.join(" "))
    }

    pub(super) fn settings(&self) -> &LinterSettings {
        &self.settings
    }

    pub(super) fn noqa(&self) -> Noqa {
        self.noqa
    }

    pub(super) fn selects(&self, own: &str) -> bool {
        self.own.contains(own)
    }
}

impl Selected {
    fn add(&mut self, selector: &str) -> Result<(), String> {
        if selector == DEFAULT {
            return CLEANING.iter().try_for_each(|selector| self.add(selector));
        }
        let matches = |code: &&str| {
            selector == "ALL" || selector.starts_with("TG") && code.starts_with(selector)
        };
        let own: Vec<&str> = rules::codes().filter(matches).collect();
        let is_own = !own.is_empty();
        self.own.extend(own);
        if is_own && selector != "ALL" {
            return Ok(());
        }
        let unknown = || {
            format!(
                "no rule is selected by {selector:?}; use a code of ruff's or the beginning of one (F, S506), one of tgsand's \
                 (TG, TG001), ALL or {DEFAULT}"
            )
        };
        let parsed = RuleSelector::from_str(selector).map_err(|_| unknown())?;
        let preview = PreviewOptions { mode: PreviewMode::Enabled, require_explicit: true };
        let known = parsed.rules(&preview).filter(|rule| {
            !matches!(rule.status(), RuleStatus::Removed { .. })
                && !ABOUT_FILES.contains(&rule.noqa_code().to_string().as_str())
        });
        let mut found = known.peekable();
        if found.peek().is_none() {
            return Err(unknown());
        }
        self.ruff.extend(found);
        Ok(())
    }
}

/// ruff's settings for some rules: its defaults, with nothing that comes from the machine.
pub(super) fn settings(rules: impl IntoIterator<Item = Rule>) -> LinterSettings {
    LinterSettings {
        // A parser of 3.15 has read the program; the rules know 3.14 best.
        unresolved_target_version: PythonVersion::PY314.into(),
        src: Vec::new(),
        project_root: std::path::PathBuf::new(),
        ..LinterSettings::for_rules(rules)
    }
}
