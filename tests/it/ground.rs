//! The gate that free text passes: each kind of claim, one that holds and one that does not.

use tgsand::ground::{Ground, Grounding, Subject};
use tgsand::sample::{SampleCase, Text};
use tgsand::sandbox::Limits;

use crate::support::{FUEL, call_job, run, sandbox};

const PROGRAM: &str = "\
LIMIT = 40
UNITS = {'m': 'metre'}

def half(n):
    \"\"\"Splits a phantom.\"\"\"
    return n / 2

def f(value, unit='m'):
    # a ghost
    if value > LIMIT:
        raise ValueError('too large')
    print(UNITS[unit])
    return [half(value), unit]
";

fn check(text: &str) -> Grounding {
    check_with(text, &[])
}

fn check_with(text: &str, adds: &[&str]) -> Grounding {
    let arguments = ["8", "41", "3, unit='x'"];
    let results = run(call_job(PROGRAM, &arguments)).cases;
    let cases: Vec<SampleCase> = arguments
        .iter()
        .zip(&results)
        .map(|(arguments, result)| SampleCase::new(arguments, result))
        .collect();
    let gate = Ground { sandbox: sandbox(), limits: Limits { fuel: FUEL, ..Limits::default() } };
    let subject = Subject { program: PROGRAM, entry: "f", cases: &cases };
    let text = Text {
        parts: vec![("answer".into(), text.into())],
        adds: adds.iter().map(|&name| name.to_owned()).collect(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(gate.check(&subject, &text)).unwrap()
}

/// The arguments of the executions that a text which holds rests on.
fn rests_on(text: &str) -> Vec<String> {
    match check(text) {
        Grounding::Holds(cases) => cases.into_iter().map(|case| case.arguments).collect(),
        Grounding::Fails(failed) => panic!("{text}: {failed:?}"),
    }
}

/// The claims of a text that do not hold, and why.
fn failed(text: &str) -> Vec<(String, String)> {
    match check(text) {
        Grounding::Holds(_) => panic!("holds: {text}"),
        Grounding::Fails(failed) => failed.into_iter().map(|one| (one.claim, one.why)).collect(),
    }
}

#[track_caller]
fn assert_fails(text: &str, claim: &str, why: &str) {
    assert_eq!(failed(text), [(claim.to_owned(), why.to_owned())], "{text}");
}

#[test]
fn names_and_pieces_of_the_code_hold_and_others_do_not() {
    let none: Vec<String> = Vec::new();
    for text in [
        "It looks at `value`, then at `UNITS[unit]`.",
        "The test `value > LIMIT` decides, as `if value>LIMIT:` says.",
        "`half` gets a `float`, and `unit` is the key, as in `f(value, unit)`.",
        "`LIMIT` bounds it, and the result is a `list`.",
    ] {
        assert_eq!(rests_on(text), none, "{text}");
    }
    assert_fails("It looks at `value` and `size`.", "`size`", "the program has no `size`");
    assert_fails("`half` calls `math.floor(n)`.", "`math.floor(n)`", "the program has no `math`");
    assert_fails("`half` is behind a `while` loop.", "`while`", "the program has no `while`");
    assert_fails(
        "`value` may end in a `KeyboardInterrupt`.",
        "`KeyboardInterrupt`",
        "the program has no `KeyboardInterrupt`",
    );
}

#[test]
fn what_comments_and_docstrings_say_is_not_taken_for_code() {
    assert_fails("`half` splits a `phantom`.", "`phantom`", "the program has no `phantom`");
    assert_fails("`half` is a `ghost`.", "`ghost`", "the program has no `ghost`");
}

#[test]
fn values_hold_where_the_code_or_an_execution_has_them() {
    assert_eq!(
        rests_on("The `LIMIT` is `40`, the key is `'m'`, the text `metre`."),
        Vec::<String>::new()
    );
    // From an execution, which then goes with the sample.
    assert_eq!(rests_on("Then `half` makes `4.0` of it."), ["8"]);
    assert_eq!(rests_on("For `unit` it has no `'x'`: `KeyError: 'x'`."), ["3, unit='x'"]);
    let why = "no such value occurs in the program or in an execution";
    assert_fails("The `LIMIT` is `50`.", "`50`", why);
    assert_fails("`half` makes `[1, 2]`.", "`[1, 2]`", why);
    assert_fails("The `LIMIT` is low, so it returns 50.", "`50`", why);
}

#[test]
fn a_stated_result_is_run() {
    assert_eq!(rests_on("`f(10)` returns `[5.0, 'm']`."), ["10"]);
    assert_eq!(rests_on("`f(10)` prints `'metre'`."), ["10"]);
    assert_eq!(rests_on("`f(99)` raises `ValueError: too large`."), ["99"]);
    assert_eq!(rests_on("`f(99)` ergibt `ValueError`."), ["99"]);
    assert_eq!(rests_on("`half(3)` returns `1.5`."), Vec::<String>::new());
    let cases: [(&str, &str, &str); 5] = [
        ("`f(10)` returns `[5, 'm']`.", "`f(10) … [5, 'm']`", "the call returns `[5.0, 'm']`"),
        (
            "`f(99)` returns `[49.5, 'm']`.",
            "`f(99) … [49.5, 'm']`",
            "the call raises ValueError: too large",
        ),
        ("`f(10)` raises `ValueError`.", "`f(10) … ValueError`", "the call returns `[5.0, 'm']`"),
        ("`f(10)` ergibt `40`.", "`f(10) … 40`", "the call returns `[5.0, 'm']`"),
        ("`half(3)` gives 2.", "`half(3) … 2`", "the call returns `1.5`"),
    ];
    for (text, claim, why) in cases {
        assert_fails(text, claim, why);
    }
    assert_fails(
        "`list(f(10))` returns `[5.0, 'm']`.",
        "`list(f(10)) … [5.0, 'm']`",
        "only plain calls of `f` are run",
    );
}

#[test]
fn a_call_that_the_function_does_not_take_does_not_hold() {
    assert_fails("Think of `f(1, 2, 3)`.", "`f(1, 2, 3)`", "`f` does not take these arguments");
    assert_fails("Think of `total(1)`.", "`total(1)`", "the program has no `total`");
}

#[test]
fn a_line_has_to_be_there_with_what_stands_beside_it() {
    assert_eq!(rests_on("On line 10, `value > LIMIT` is tested."), Vec::<String>::new());
    assert_eq!(rests_on("The key is looked up (lines 12-13) in `UNITS`."), Vec::<String>::new());
    assert_fails("Line 14 is the end of `f`.", "line 14", "the program has lines 1 to 13");
    assert_fails("On line 9, `value > LIMIT` is tested.", "line 9", "`value > LIMIT` is not there");
    assert_fails("`return n / 2` (line 13) is it.", "line 13", "`return n / 2` is not there");
}

#[test]
fn prose_that_looks_like_code_has_to_be_of_the_code() {
    assert_fails("`half` looks at max_size first.", "`max_size`", "the program has no such name");
    assert_fails(
        "`half` may raise an OverflowError.",
        "`OverflowError`",
        "the program has no such name",
    );
    assert_eq!(rests_on("`f` may raise a ValueError or, as seen, a KeyError."), ["3, unit='x'"]);
}

#[test]
fn a_text_with_nothing_to_check_does_not_hold() {
    assert_fails(
        "It does what one expects of it.",
        "the whole text",
        "nothing in it can be checked",
    );
    assert_fails("It gives a `list` or `None`.", "the whole text", "nothing in it can be checked");
    assert_fails(&"`f` ".repeat(20_000), "the whole text", "it is too long to be checked");
    assert_eq!(failed("`f` is this:\n```python\nx = 1\n```")[0].0, "a block of code");
}

#[test]
fn a_name_that_the_text_adds_is_no_claim_about_the_program() {
    let design = "Beside `half` comes `scale(value, factor=3)`, which `f` calls.";
    assert_eq!(check_with(design, &["scale", "factor"]), Grounding::Holds(Vec::new()));
    let Grounding::Fails(failed) = check_with(design, &["scale"]) else { panic!("holds") };
    assert_eq!(
        failed[0].to_string(),
        "`scale(value, factor=3)` (answer): the program has no `factor`"
    );
    assert_eq!(
        check_with("`f(3, factor=2)` shall do it in `half`.", &["factor"]),
        Grounding::Holds(Vec::new())
    );
    let only_new =
        check_with("It is all in `scale(value, factor=3)`.", &["scale", "factor", "value"]);
    assert_eq!(only_new, Grounding::Holds(Vec::new()), "`value` is of the program");
    assert!(matches!(check_with("It is all in `scale`.", &["scale"]), Grounding::Fails(_)));
}

#[test]
fn explanations_that_are_right_pass_in_the_words_people_use() {
    for text in [
        "On line 10 it compares `value` with `LIMIT` (which is `40`) and raises a `ValueError` with the message `'too large'`.",
        "For `f(8)`, `value` is `8`, which is below `LIMIT`, so the guard on line 10 is skipped.",
        "The function then prints `UNITS[unit]`, here `'metre'`, and returns `[4.0, 'm']`.",
        "Because of the division (`/`), `half(8)` is `4.0`, not `4`.",
        "Calling `f(3, unit='x')` fails with a `KeyError` since `UNITS` has no key `'x'`.",
        "`f(8)` prints `metre` first and then returns `[4.0, 'm']`.",
        "With `value=41` the condition `value > LIMIT` is true, so `f(41)` raises `ValueError: too large` at line 11.",
        "`f(40)` does not raise: `40 > 40` is false, and it returns `[20.0, 'm']`.",
        "Both `f(8)` and `f(8, unit='m')` give `[4.0, 'm']`; only `f(41)` raises.",
        "The call `f(8)` first evaluates `half(value)`, i.e. `8 / 2 = 4.0`, and builds `[half(value), unit]`.",
        "`f` prüft in Zeile 10 `value > LIMIT`; `f(8)` liefert `[4.0, 'm']`, während `f(41)` einen `ValueError` auslöst.",
        "调用 `f(8)` 时，第10行的条件 `value > LIMIT` 不成立，因此返回 `[4.0, 'm']`。",
    ] {
        assert!(matches!(check(text), Grounding::Holds(_)), "{text}: {:?}", check(text));
    }
}

#[test]
fn a_wrong_result_is_caught_in_the_words_people_use() {
    for text in [
        "The result of `f(10)` is `[4.0, 'm']`.",
        "For `f(10)`, the function returns `[4.0, 'm']`.",
        "`[4.0, 'm']` is what `f(10)` returns.",
        "So `f(10)` and `f(8)` both return `[4.0, 'm']`.",
        "When called as `f(10)`, it produces `[4.0, 'm']`.",
        "`f(10)` yields a list, namely `[4.0, 'm']`.",
        "`f(10)` results in `[4.0, 'm']`.",
        "`f(10)` returns **[4.0, 'm']**.",
        "`f(10)` returns the list [4.0, 'm'].",
        "`f(10)`: `[4.0, 'm']`.",
        "`f(10) == [4.0, 'm']` holds.",
    ] {
        assert_eq!(failed(text)[0].1, "the call returns `[5.0, 'm']`", "{text}");
    }
    assert_fails(
        "Calling `f(3)` fails with a `KeyError`.",
        "`f(3) … KeyError`",
        "the call returns `[1.5, 'm']`",
    );
}

const BRANCHES: &str = "\
def f(x, y=3):
    if x > 10:
        return x + y
    return x * y
";

fn check_branches(texts: &[&str]) -> Vec<Grounding> {
    let arguments = ["1", "2", "20", "4", "0"];
    let results = run(call_job(BRANCHES, &arguments)).cases;
    let cases: Vec<SampleCase> = arguments
        .iter()
        .zip(&results)
        .map(|(arguments, result)| SampleCase::new(arguments, result))
        .collect();
    let gate = Ground { sandbox: sandbox(), limits: Limits { fuel: FUEL, ..Limits::default() } };
    let subject = Subject { program: BRANCHES, entry: "f", cases: &cases };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let check = |text: &&str| {
        let text = Text {
            parts: vec![("answer".into(), format!("Look at `f`. {text}"))],
            adds: Vec::new(),
        };
        runtime.block_on(gate.check(&subject, &text)).unwrap()
    };
    texts.iter().map(check).collect()
}

#[test]
fn what_is_false_does_not_hold_however_it_is_put() {
    let texts = [
        "`f(1)` never returns `3`.",
        "`f(1)` does not return `3`, it gives `6`.",
        "`f(1)` returns not `3` but `6`.",
        "`f(1)` returns instead `6`.",
        "It is not so that `f(1)` returns `3`; it returns `6`.",
        "`f(1)` returns: `6`.",
        "`f(1)` RETURNS:`6`, the end.",
        "`f(1)` returns—`6`, the end.",
        "`f(1)` returns: 6666.",
        "`f(1)` returns (6666.",
        "`f(1)` returns a value that equals 6666.",
        "`f(1)` returns 6666 items.",
        "`f(1)` returns _6666_.",
        "The result of `f(1)` will be `6`.",
        "With `f(1)` the function hands back `6`.",
        "`f(1)` has the value `6`.",
        "`f(1)` maps to `6`.",
        "`f(1)` comes out as `6`.",
        "`f(1)` evaluates as `6`.",
        "`f(1)` printed `6` and the like.",
        "`f(1)` yielded `6`.",
        "`f(1)` returns `3`, `f(2)` `12` and `f(20)` `4`.",
        "`f(1)` and then `f(2)` return `6`.",
        "The value of `f(1)` (`6`) is bigger.",
        "The answer is `6`: that is `f(1)`.",
        "`6` comes from `f(1)`.",
        "For `f(1)`. The result there is `6`.",
        "`f(1)`\nreturns the value\n`6`",
        "`f(1) != 3` holds.",
        "`f(1) > f(2)` holds.",
        "`6 == f(1)` holds.",
        "`[f(1), f(2)] == [6, 3]` holds.",
        "`x = f(1); x == 6` holds.",
        "`f(1) # gives 6` is what it says.",
        "`f(1 + 0)` returns `6`.",
        "`f(1) + 1` gives `23`.",
        "`f(f(1))` returns `6`.",
        "`f(x)` returns `6` for every `x`.",
        "For every `x` the function `f` always returns `6`.",
        "`f\u{200b}(1)` re\u{ad}turns `6`.",
        "`f(1)` r\u{435}turns `3`.",
        "`return x - y` is what `f` ends with.",
        "`x < 10` is the test.",
        "`y=10` is the default.",
        "`def f(x, y=10)` is its head.",
        "Line number 2: `return x * y`.",
        "In plain words f(1) = 6666.",
        "`f(0)` raises an error, as `x` is `0`.",
        "`f(0)` crashes.",
        "Calling `f` with `1` returns `23`.",
        "If `x` is `1`, `f` returns `23`.",
    ];
    let held: Vec<&str> = texts
        .iter()
        .zip(check_branches(&texts))
        .filter_map(|(text, verdict)| matches!(verdict, Grounding::Holds(_)).then_some(*text))
        .collect();
    assert_eq!(held, Vec::<&str>::new());
}

#[test]
fn what_is_true_holds_in_the_same_words() {
    let texts = [
        "`f(1)` never returns `6`.",
        "`f(1)` returns not `6` but `3`.",
        "`f(1)` returns `3` instead of `6`.",
        "`f(1)` returns: `3`.",
        "`f(1)` RETURNS:`3`, the end.",
        "`f(1)` returns 3.",
        "The result of `f(1)` will be `3`.",
        "`f(1)` hands back `3`.",
        "`f(1)` returns `3`, `f(2)` `6` and `f(20)` `23`.",
        "It gives `3` for `f(1)` and `6` for `f(2)`.",
        "The answer is `3`: that is `f(1)`.",
        "For `f(1)`. The result there is `3`.",
        "`f(1)`\nreturns the value\n`3`",
        "`f(1) != 6` holds.",
        "`f(1) > f(2)` is false.",
        "`[f(1), f(2)] == [3, 6]` holds.",
        "`f(1 + 0)` returns `3`.",
        "`f(1) + 1` gives `4`.",
        "`f(1)` re\u{ad}turns `3`.",
        "`return x * y` is what `f` ends with.",
        "`x > 10` is the test, and `y=3` the default.",
        "Line number 4: `return x * y`.",
        "`f(0)` does not raise an error.",
        "Calling `f` with `20` returns `23`.",
    ];
    let refused: Vec<(&str, Grounding)> = texts
        .iter()
        .zip(check_branches(&texts))
        .filter_map(|(text, verdict)| {
            (!matches!(verdict, Grounding::Holds(_))).then_some((*text, verdict))
        })
        .collect();
    assert_eq!(refused, []);
}
