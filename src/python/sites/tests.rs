//! Conditions of `raise` statements, read off short functions by hand.

use super::*;

#[test]
fn a_raise_is_told_with_its_condition_and_its_line() {
    let code = "@wrap\ndef f(a):\n    if not a:\n        raise ValueError('empty')\n    elif a > 3:\n        pass\n    else:\n        raise errors.Small\n    try:\n        g(a,\n          1)\n    except KeyError:\n        raise\n    def inner():\n        raise OSError\n    h(a)\n";
    let sites = Sites::of_function(code, 10);
    let test = |test: &str, line, holds| Condition::Test {
        test: test.into(),
        line,
        holds,
        is_earlier: false,
    };
    let shown: Vec<(u32, &str, Option<&str>, Vec<Condition>)> = sites
        .raises
        .iter()
        .map(|one| {
            (one.line, one.exception.as_str(), one.message.as_deref(), one.conditions.clone())
        })
        .collect();
    assert_eq!(
        shown,
        [
            (13, "ValueError", Some("empty"), vec![test("not a", 12, true)]),
            (17, "errors.Small", None, vec![test("not a", 12, false), test("a > 3", 14, false)]),
            (
                22,
                "",
                None,
                vec![
                    test("not a", 12, false),
                    test("a > 3", 14, true),
                    Condition::Except { types: "KeyError".into(), line: 21 }
                ]
            ),
        ]
    );
    let calls: Vec<(u32, &str, &str)> = sites
        .calls
        .iter()
        .map(|call| (call.line, call.callee.as_str(), call.text.as_str()))
        .collect();
    assert_eq!(
        calls,
        [
            (13, "ValueError", "ValueError('empty')"),
            (19, "g", "g(a,\n          1)"),
            (25, "h", "h(a)")
        ]
    );
    assert!(sites.is_guarded(19) && !sites.is_guarded(25));
}

/// The conditions of each `raise`, in short.
fn told(code: &str) -> Vec<String> {
    let short = |condition: &Condition| match condition {
        Condition::Test { test, holds, is_earlier, .. } => {
            let mark = if *holds { "" } else { "not " };
            format!("{mark}{test}{}", if *is_earlier { " earlier" } else { "" })
        }
        Condition::Except { types, .. } => format!("except {types}"),
        Condition::NotCaught { types, .. } => format!("no {types}"),
        Condition::Loop { line } => format!("loop {line}"),
        Condition::Unbroken { line } => format!("unbroken {line}"),
        Condition::Passed { keyword, line } => format!("passed {keyword} {line}"),
        Condition::Open => "open".to_owned(),
    };
    let all = Sites::of_function(code, 1).raises;
    let said = |site: &RaiseSite| site.conditions.iter().map(short).collect::<Vec<_>>().join(", ");
    all.iter().map(said).collect()
}

#[test]
fn branches_before_and_exits_before_are_conditions_of_a_raise() {
    let chain = "def f(a):\n    if a is None:\n        return\n    if a == 1:\n        b = 1\n    elif a == 2:\n        b = 2\n    elif a == 3:\n        raise ValueError\n    raise KeyError\n";
    assert_eq!(
        told(chain),
        ["not a is None, not a == 1, not a == 2, a == 3", "not a is None, passed if 4"]
    );
    let loops = "def f(a):\n    for b in a:\n        if b:\n            continue\n        raise ValueError\n    else:\n        raise KeyError\n    while a > 1:\n        if b:\n            return\n        a -= 1\n    raise OSError\n";
    assert_eq!(told(loops), ["loop 2, not b", "unbroken 2", "passed for 2, passed while 8"]);
    let caught = "def f(a):\n    try:\n        b = int(a)\n    except ValueError:\n        return 0\n    else:\n        raise KeyError\n    assert b\n    try:\n        raise OSError\n    except OSError:\n        pass\n    with suppress(A):\n        raise A\n";
    assert_eq!(
        told(caught),
        ["no ValueError", "passed try 2, b, open", "passed try 2, b, passed try 9, open"]
    );
}

#[test]
fn a_test_of_a_name_that_is_set_again_is_an_earlier_one() {
    let code = "def f(a):\n    if a is None:\n        a = g()\n        if a is None:\n            raise ValueError\n    elif a.b:\n        a.b = 1\n    else:\n        raise KeyError\n";
    assert_eq!(told(code), ["a is None earlier, a is None", "not a is None, not a.b"]);
    let code = "def f(a):\n    if a:\n        for b in a:\n            if b:\n                raise ValueError\n            a = 2\n";
    assert_eq!(told(code), ["a earlier, loop 3, b"]);
    let code = "def f(a):\n    if a:\n        a = 1\n        return a\n    raise ValueError\n";
    assert_eq!(told(code), ["not a"]);
}
