//! What kind of row a row is.
//!
//! Invariant: a row has one kind, whoever reads it: it is told by fields that no other kind has together.

use serde_json::{Map, Value as Json};

/// The rows that can be read: our own samples, and those of the common test sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    Case2Code,
    MutantPair,
    Qa,
    Design,
    /// A row of the Case2Code paper's test set.
    Reference,
    HumanEval,
    Mbpp,
    Apps,
    CodeContests,
    AutoCodeBench,
}

impl RowFormat {
    const ALL: [Self; 10] = [
        Self::Case2Code,
        Self::MutantPair,
        Self::Qa,
        Self::Design,
        Self::Reference,
        Self::HumanEval,
        Self::Mbpp,
        Self::Apps,
        Self::CodeContests,
        Self::AutoCodeBench,
    ];

    /// The format of a row, if it is a known one.
    pub fn of(row: &Map<String, Json>) -> Option<Self> {
        let has = |name: &str| row.get(name).is_some_and(|value| !value.is_null());
        Self::ALL.into_iter().find(|format| {
            let Fields { all, any } = format.fields();
            all.iter().all(|name| has(name)) && (any.is_empty() || any.iter().any(|name| has(name)))
        })
    }

    /// These formats with their fields, as a message lists them.
    pub fn listed(formats: &[Self]) -> String {
        let described = formats.iter().map(|format| {
            let Fields { all, any } = format.fields();
            let any = any.join(" or ");
            let fields: Vec<&str> = all
                .iter()
                .copied()
                .chain([any.as_str()].into_iter().filter(|any| !any.is_empty()))
                .collect();
            format!("{} ({})", format.name(), fields.join(", "))
        });
        described.collect::<Vec<_>>().join(", ")
    }

    fn name(self) -> &'static str {
        match self {
            Self::Case2Code => "case2code",
            Self::MutantPair => "duel",
            Self::Qa => "qa",
            Self::Design => "design",
            Self::Reference => "reference case2code",
            Self::HumanEval => "HumanEval",
            Self::Mbpp => "MBPP",
            Self::Apps => "APPS",
            Self::CodeContests => "CodeContests",
            Self::AutoCodeBench => "AutoCodeBench",
        }
    }

    fn fields(self) -> Fields {
        let (all, any): (&[&str], &[&str]) = match self {
            Self::Case2Code => (&["program", "entry", "visible_cases", "hidden_cases"], &[]),
            Self::MutantPair => (&["chosen", "rejected", "entry", "evidence"], &[]),
            Self::Qa => (&["code", "function_name", "question"], &[]),
            Self::Design => (&["code", "function_name", "requirement", "design"], &[]),
            Self::Reference => (&["func_name", "code", "example_str", "example_outputs"], &[]),
            Self::HumanEval => (&["prompt", "entry_point", "test"], &[]),
            Self::Mbpp => (&["test_list"], &["text", "prompt"]),
            Self::Apps => (&["question", "input_output"], &[]),
            Self::CodeContests => {
                (&["description"], &["public_tests", "private_tests", "generated_tests"])
            }
            Self::AutoCodeBench => (&["question", "full_test_func"], &[]),
        };
        Fields { all, any }
    }
}

/// The fields that tell a format: it has all of some, and at least one of others.
struct Fields {
    all: &'static [&'static str],
    any: &'static [&'static str],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_with_a_formats_fields_is_of_that_format_alone() {
        for format in RowFormat::ALL {
            let Fields { all, any } = format.fields();
            let row: Map<String, Json> = all
                .iter()
                .chain(any.first())
                .map(|name| ((*name).to_owned(), Json::from("x")))
                .collect();
            assert_eq!(RowFormat::of(&row), Some(format));
        }
    }

    #[test]
    fn a_field_without_a_value_tells_nothing() {
        let row = serde_json::json!({"question": "q", "input_output": null, "full_test_func": "f"});
        assert_eq!(RowFormat::of(row.as_object().unwrap()), Some(RowFormat::AutoCodeBench));
        assert_eq!(RowFormat::of(&Map::new()), None);
    }

    #[test]
    fn a_list_of_formats_names_their_fields() {
        assert_eq!(
            RowFormat::listed(&[RowFormat::Apps, RowFormat::Mbpp]),
            "APPS (question, input_output), MBPP (test_list, text or prompt)"
        );
    }
}
