//! The cases that a prompt shows after its instruction: written, and found again in the text.
//!
//! Invariant: reading what was written gives the same calls, each with the text that shows it.

use super::invocation::{self, Object, taken};
use super::notation::Notation;
use crate::sample::SampleCase;

/// How often the end of one call is looked for; an argument that contains the text after a call more often is not found.
const MAX_TRIES: usize = 64;
/// What stands around a call whose value a case states: a coroutine is awaited, a generator listed.
const WRAPPERS: [(&str, &str); 6] = [
    ("asyncio.run(", ")"),
    ("vars(", ")"),
    ("list(", ")"),
    ("[list(item) for item in ", "]"),
    ("[item async for item in ", "]"),
    ("", ""),
];

/// A case as a prompt shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCase {
    pub notation: Notation,
    pub arguments: String,
    pub text: String,
}

/// Writes a prompt: an instruction, and cases in one notation.
pub fn prompt(instruction: &str, notation: Notation, entry: &str, cases: &[SampleCase]) -> String {
    let shown: Vec<String> = cases.iter().map(|case| notation.write(entry, case)).collect();
    let separator = if shown.iter().any(|text| text.contains('\n')) { "\n\n" } else { "\n" };
    format!("{instruction}\n\n{}\n", shown.join(separator))
}

/// Whether a prompt shows exactly these cases in one of the notations, after an instruction of one line.
pub fn shows(text: &str, entry: &str, cases: &[SampleCase]) -> bool {
    let instruction = text.lines().next().unwrap_or_default();
    Notation::ALL.iter().any(|notation| prompt(instruction, *notation, entry, cases) == text)
}

/// Reads the cases that a prompt shows; `None` if a part of it after the instruction is not a case.
pub fn read(text: &str, entry: &str) -> Option<Vec<ShownCase>> {
    let (_, cases) = text.split_once("\n\n")?;
    let cases = cases.strip_suffix('\n')?;
    let notation = notation_of(cases, entry)?;
    parts(cases, notation, entry)
        .into_iter()
        .map(|text| {
            let arguments = arguments(text, notation, entry)?;
            Some(ShownCase { notation, arguments, text: text.to_owned() })
        })
        .collect()
}

fn notation_of(cases: &str, entry: &str) -> Option<Notation> {
    if cases.starts_with(">>> ") {
        return Some(Notation::Repl);
    }
    if cases.starts_with("Input: ") {
        return Some(Notation::InputOutput);
    }
    if cases.lines().any(|line| starts_case(line, Notation::Assert, entry)) {
        // The first case may be an exception, which no assert states.
        return Some(Notation::Assert);
    }
    let has_calls = |notation: &Notation| {
        let first = parts(cases, *notation, entry).into_iter().next();
        first.is_some_and(|first| arguments(first, *notation, entry).is_some())
    };
    [Notation::Arrow, Notation::Comment].into_iter().find(has_calls)
}

/// Cuts a text before each line that starts a case.
fn parts<'t>(cases: &'t str, notation: Notation, entry: &str) -> Vec<&'t str> {
    let starts_after = |separator: &str| {
        let ends = cases.match_indices(separator).map(|(at, _)| at);
        let starts = |at: &usize| is_start(&cases[at + separator.len()..], notation, entry);
        ends.filter(starts).collect::<Vec<usize>>()
    };
    // Where one case has several lines, blank lines separate all.
    let (mut separator, mut ends) = ("\n\n", starts_after("\n\n"));
    if ends.is_empty() {
        (separator, ends) = ("\n", starts_after("\n"));
    }
    let starts = std::iter::once(0).chain(ends.iter().map(|end| end + separator.len()));
    let ends = ends.iter().copied().chain(std::iter::once(cases.len()));
    starts.zip(ends).map(|(start, end)| &cases[start..end]).collect()
}

fn is_start(text: &str, notation: Notation, entry: &str) -> bool {
    starts_case(text, notation, entry)
        || notation == Notation::Assert && starts_case(text, Notation::Comment, entry)
}

fn starts_case(text: &str, notation: Notation, entry: &str) -> bool {
    let Some((objects, rest)) = after_setup(text, notation) else { return false };
    let rest = match notation {
        Notation::InputOutput => return true,
        Notation::Assert => match rest.strip_prefix("assert ") {
            Some(rest) => rest.strip_prefix("repr(").unwrap_or(rest),
            None => return false,
        },
        Notation::Repl | Notation::Arrow | Notation::Comment => rest,
    };
    // Statements that make an object ready begin no text that is something else.
    !objects.is_empty()
        || WRAPPERS.iter().any(|(before, _)| {
            rest.strip_prefix(before).is_some_and(|call| invocation::begins(call, entry))
        })
}

/// What a case begins with, the statements before its call, and the rest.
fn after_setup(text: &str, notation: Notation) -> Option<(Vec<Object>, &str)> {
    let opening = match notation {
        Notation::Repl => ">>> ",
        Notation::InputOutput => "Input: ",
        Notation::Assert | Notation::Arrow | Notation::Comment => "",
    };
    text.strip_prefix(opening).map(taken)
}

/// The arguments of the call that a case shows.
fn arguments(text: &str, notation: Notation, entry: &str) -> Option<String> {
    let (objects, rest) = after_setup(text, notation)?;
    let (rest, after): (&str, &[&str]) = match notation {
        Notation::InputOutput => {
            let (arguments, _) = rest.split_once("\nOutput: ")?;
            return invocation::read_arguments(arguments, &objects);
        }
        Notation::Assert => match rest.strip_prefix("assert ") {
            Some(rest) => (rest, &[" == "]),
            None => (rest, &["  # "]),
        },
        Notation::Repl => (rest, &["\n"]),
        Notation::Arrow => (rest, &[" -> "]),
        Notation::Comment => (rest, &["  # "]),
    };
    let ends = after.iter().flat_map(|after| rest.match_indices(after)).map(|(at, _)| at);
    // A call without a result and without output ends its case.
    let whole = (notation == Notation::Repl).then_some(rest.len());
    ends.take(MAX_TRIES).chain(whole).find_map(|end| {
        let call = &rest[..end];
        let shown = call.strip_prefix("repr(").and_then(|call| call.strip_suffix(')'));
        [Some(call), shown].into_iter().flatten().find_map(|call| unwrapped(call, entry, &objects))
    })
}

fn unwrapped(text: &str, entry: &str, objects: &[Object]) -> Option<String> {
    WRAPPERS.iter().find_map(|(before, after)| {
        let call = text.strip_prefix(before)?.strip_suffix(after)?;
        invocation::read(call, entry, objects)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::value::Value;
    use crate::sandbox::{ArgumentKey, CallKind, End, Raised};

    fn case(arguments: &str, end: End) -> SampleCase {
        SampleCase {
            arguments: arguments.into(),
            end,
            kind: None,
            stdout: String::new(),
            mutated: Vec::new(),
        }
    }

    fn returned(arguments: &str, value: Value) -> SampleCase {
        let repr = value.to_string();
        case(arguments, End::Returned { value, repr })
    }

    fn raised(arguments: &str) -> SampleCase {
        let raised = Raised {
            kind: "KeyError".into(),
            message: "'a -> b  # c'".into(),
            line: None,
            in_arguments: false,
            bases: Vec::new(),
        };
        case(arguments, End::Raised(raised))
    }

    #[test]
    fn what_is_written_in_any_notation_is_read_again() {
        let odd = r#"')  # ', " == ", {"a -> b": [">>> f(1)"]}, key=lambda x: (x, ')')"#;
        let plain = [returned("1, 'a'", Value::int(2)), returned("", Value::None)];
        let text = [returned(odd, Value::str(") == 2\n\nf(1)")), raised("(1,)")];
        let nan = [returned("float('nan')", Value::Float(f64::NAN)), raised("2")];
        let printing = [
            SampleCase { stdout: "a\n\nb\n".into(), ..returned("1", Value::None) },
            SampleCase {
                mutated: vec![(ArgumentKey::Position(0), Value::List(vec![]))],
                ..returned("[1]", Value::None)
            },
            returned("\n    1,\n    2,\n", Value::int(3)),
        ];
        let ready = [
            returned("(s := S(1), s.add('; '), s.add(2))[0], 2", Value::int(2)),
            raised("3"),
            SampleCase {
                kind: Some(CallKind::Generator),
                ..returned("k=(s := S(), s.add([1]))[0]", Value::List(vec![]))
            },
        ];
        let kinds = [
            CallKind::Coroutine,
            CallKind::Generator,
            CallKind::AsyncGenerator,
            CallKind::Iterator,
            CallKind::Iterators,
            CallKind::NestedIterators,
            CallKind::Attributes,
        ]
        .map(|kind| SampleCase { kind: Some(kind), ..returned("[1]", Value::List(vec![])) });
        for cases in [&plain[..], &text, &nan, &ready, &printing, &kinds, &plain[1..], &text[1..]] {
            for notation in Notation::ALL {
                let prompt = prompt("Write f.", notation, "f", cases);
                let read = read(&prompt, "f").unwrap_or_else(|| panic!("{prompt}"));
                let arguments: Vec<&str> = read.iter().map(|case| &*case.arguments).collect();
                let stated: Vec<&str> = cases.iter().map(|case| &*case.arguments).collect();
                assert_eq!(arguments, stated, "{prompt}");
                for (shown, case) in read.iter().zip(cases) {
                    assert_eq!(shown.text, shown.notation.write("f", case), "{prompt}");
                }
                assert!(shows(&prompt, "f", cases));
                assert!(!shows(&prompt, "f", &cases[1..]));
                assert!(!shows(&prompt.replace("f.", "f.\n"), "f", cases));
            }
        }
    }

    #[test]
    fn a_property_is_read_without_a_call() {
        let cases = ["A(1)", "(a := A(), a.add(2))[0]"].map(|arguments| SampleCase {
            kind: Some(CallKind::Property),
            ..returned(arguments, Value::int(2))
        });
        assert_eq!(Notation::Arrow.write("A.size", &cases[1]), "a = A(); a.add(2); a.size -> 2");
        for notation in Notation::ALL {
            let prompt = prompt("Write A.size.", notation, "A.size", &cases);
            let read = read(&prompt, "A.size").unwrap_or_else(|| panic!("{prompt}"));
            let arguments: Vec<&str> = read.iter().map(|case| &*case.arguments).collect();
            assert_eq!(arguments, ["A(1)", "(a := A(), a.add(2))[0]"], "{prompt}");
        }
    }

    #[test]
    fn a_text_between_the_cases_is_not_read() {
        assert_eq!(read("Write f.\n\nNo call\n", "f"), None);
        assert_eq!(read("Write f.\n\ng(1) -> 2\n", "f"), None);
        assert_eq!(read("Write f.", "f"), None);
        let calls = read("Write f.\n\nf(1) -> 2\nand more\n", "f").unwrap();
        assert_eq!(calls[0].text, "f(1) -> 2\nand more");
    }
}
