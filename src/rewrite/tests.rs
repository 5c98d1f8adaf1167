//! Tests of what all rules share.
//!
//! Invariant: a text that is expected is written out whole.

use super::*;
use crate::python::syntax;

fn made(rule: Rule, source: &str) -> Vec<String> {
    let module = Module::parse(source).unwrap();
    rewrites(&module, rule, &[]).iter().map(|rewrite| rewrite.apply(source)).collect()
}

#[test]
fn rewrites_are_in_the_order_of_the_text_and_know_their_lines() {
    let source = "def f(x):\n    if x == 1:\n        return x != 2\n    return x == 'a'\n";
    let module = Module::parse(source).unwrap();
    let lines: Vec<usize> =
        rewrites(&module, Rule::SwapEqual, &[]).iter().map(|rewrite| rewrite.line).collect();
    assert_eq!(lines, [2, 3, 4]);
}

#[test]
fn new_names_are_neither_used_nor_kept() {
    let source = "def f(x):\n    return [y for y in x]\n";
    let module = Module::parse(source).unwrap();
    let of = |keep: &[&str]| {
        rewrites(&module, Rule::ComprehensionToLoop, keep)[0].apply(source).contains("result")
    };
    assert!(of(&[]));
    assert!(!of(&["result"]));
    let source = "def f(result, ｏｕｔｐｕｔ):\n    return [y for y in result]\n";
    let made = made(Rule::ComprehensionToLoop, source);
    assert_eq!(made[0].matches("collected").count(), 3, "{}", made[0]);
}

#[test]
fn names_that_are_not_ascii_are_renamed_where_they_are_written_alike() {
    let source = "def f(words):\n    ö = len(words)  # größer\n    return ö\n";
    assert_eq!(
        made(Rule::RenameLocals, source),
        ["def f(words):\n    length = len(words)  # größer\n    return length\n"]
    );
    // The second is another spelling of the first, so the text is left alone.
    let source = "def f(words):\n    ａ = len(words)\n    return a\n";
    assert_eq!(made(Rule::RenameLocals, source), [""; 0]);
}

#[test]
fn only_names_that_say_nothing_are_renamed_and_only_to_what_the_text_says() {
    let renamed = [
        ("for i in range(len(words)):\n        print(words[i])", "index"),
        ("for w in words:\n        print(w)", "word "),
        ("n = 0\n    for word in words:\n        n += 1\n    print(n)", "count"),
        ("n = 0\n    for word in words:\n        n += len(word)\n    print(n)", "total"),
        ("x = sorted(words)\n    print(x)", "sorted_words"),
        ("res = []\n    res.append(words)\n    return res", "result"),
    ];
    for (body, name) in renamed {
        let source = format!("def f(words):\n    {body}\n");
        let made = made(Rule::RenameLocals, &source);
        assert_eq!(made.len(), 1, "{source}");
        assert!(made[0].contains(name) && !source.contains(name), "{}", made[0]);
    }
    for body in [
        "key, value = words[0].split('=', 1)\n    print(key, value)",
        "for name, price in words:\n        print(name, price)",
        "for w in words:\n        print(w)  # w is a word",
        "for w in words:\n        word = w\n        print(word)",
        "for i in range(9):\n        print(i)",
        "x = g()\n    print(x)",
        "x = len(words)\n    x = max(words)\n    print(x)",
        "current = len(words)\n    print(current)",
        "'Counts n.'\n    n = len(words)\n    print(n)",
    ] {
        let source = format!("def f(words):\n    {body}\n");
        assert_eq!(made(Rule::RenameLocals, &source), [""; 0], "{source}");
    }
}

#[test]
fn constants_get_a_name_that_says_what_they_are_for_or_stay() {
    let named = [
        ("return x * 3.1415", "PI = 3.1415"),
        ("return x in 'aeiou'", "VOWELS = 'aeiou'"),
        ("return open(x, encoding='utf-8')", "ENCODING = 'utf-8'"),
        ("raise ValueError('no x')", "MESSAGE = 'no x'"),
        ("return x % 998244353", "MODULUS = 998244353"),
        ("return fetch(x, timeout=30)", "TIMEOUT = 30"),
    ];
    for (body, constant) in named {
        let made = made(Rule::HoistConstant, &format!("def f(x):\n    {body}\n"));
        assert_eq!(made.len(), 1, "{body}");
        assert!(made[0].starts_with(constant), "{}", made[0]);
    }
    for body in ["return x * 4", "return x % 26", "return x + 1.5", "return x[5]", "return x < 10"]
    {
        let source = format!("def f(x):\n    {body}\n");
        assert_eq!(made(Rule::HoistConstant, &source), [""; 0], "{body}");
    }
}

#[test]
fn a_part_that_is_needed_twice_gets_no_name_for_one_of_its_uses() {
    let source = "def f(a):\n    if a % 26 == 0:\n        return a % 26\n    return 1\n";
    assert_eq!(made(Rule::SplitInfix, source), [""; 0]);
}

#[test]
fn only_whole_parts_of_long_statements_get_a_name() {
    let source = |value: &str| format!("def f(height, width, left, right):\n    return {value}\n");
    let long = source("left * width if height - width > left * right else right");
    let made = |source: &str| made(Rule::SplitInfix, source);
    assert_eq!(made(&long).len(), 1, "{long}");
    for value in [
        "height + width > left",
        "height * width * left * right + height * width",
        "height - width - left - right - height - width",
    ] {
        assert_eq!(made(&source(value)), [""; 0], "{value}");
    }
}

#[test]
fn an_else_is_added_to_short_alternatives_that_are_not_verdicts() {
    let source =
        |branch: &str, rest: &str| format!("def f(x):\n    if x > 1:\n{branch}    return {rest}\n");
    let count = |branch: &str, rest: &str| made(Rule::AddElse, &source(branch, rest)).len();
    assert_eq!(count("        return x\n", "0"), 1);
    assert_eq!(count("        return True\n", "x"), 1);
    assert_eq!(count("        return True\n", "False"), 0);
    assert_eq!(count(&("        x += 1\n".repeat(2) + "        return x\n"), "0"), 1);
    assert_eq!(count(&("        x += 1\n".repeat(3) + "        return x\n"), "0"), 0);
}

#[test]
fn odd_line_ends_and_margins_are_left_alone() {
    let body = ["def f(a):", "    if a:", "        return 1", "    else:", "        return 2", ""];
    assert_eq!(made(Rule::SwapBranches, &body.join("\n")).len(), 1);
    assert_eq!(made(Rule::SwapBranches, &body.join("\r\n")).len(), 1);
    assert_eq!(made(Rule::SwapBranches, &body.join("\r")).len(), 0);
    let mixed = format!("x = 1\r\n{}", body.join("\n"));
    assert_eq!(made(Rule::SwapBranches, &mixed).len(), 0);
    let form_feed = body.join("\n").replace("    if", "\u{c}    if");
    assert_eq!(made(Rule::SwapBranches, &form_feed).len(), 0);
}

#[test]
fn a_program_that_looks_at_itself_is_left_alone() {
    let function = "def f(x):\n    return x == 1\n";
    assert_eq!(made(Rule::SwapEqual, function).len(), 1);
    for look in [
        "eval('1')",
        "import inspect",
        "f.__code__",
        "open(__file__)",
        "locals()",
        "sys._getframe()",
        "f.__name__",
    ] {
        assert_eq!(made(Rule::SwapEqual, &format!("{function}{look}\n")).len(), 0, "{look}");
    }
    for harmless in ["if __name__ == '__main__':\n    f(1)", "re.compile('a')", "x.eval()"] {
        assert!(
            !made(Rule::SwapEqual, &format!("{function}{harmless}\n")).is_empty(),
            "{harmless}"
        );
    }
}

#[test]
fn a_star_import_may_hide_builtins() {
    let function = "def f(n):\n    return range(n)\n";
    assert_eq!(made(Rule::RangeStart, &format!("from math import *\n{function}")).len(), 1);
    assert_eq!(made(Rule::RangeStart, &format!("from numpy import *\n{function}")).len(), 0);
}

#[test]
fn a_rewrite_can_be_rewritten_back() {
    let there_and_back = [
        (
            Rule::WhileToTrue,
            Rule::TrueToWhile,
            "def f(n):\n    while not n:\n        n -= 1\n        if n == 3:\n            return n\n",
        ),
        (Rule::NestIfs, Rule::MergeIfs, "def f(a, b):\n    if a and b:\n        return 1\n"),
        (
            Rule::ForToWhile,
            Rule::WhileToFor,
            "def f():\n    for i in range(9):\n        print(i)\n",
        ),
        (
            Rule::IfToMatch,
            Rule::MatchToIf,
            "def f(x):\n    if x == 1:\n        return 2\n    elif x == 3:\n        return 4\n    else:\n        return 5\n",
        ),
        (
            Rule::SplitAssignments,
            Rule::MergeAssignments,
            "def f():\n    a, b = 1, 2\n    return a + b\n",
        ),
        (
            Rule::DropElse,
            Rule::AddElse,
            "def f(x):\n    if x:\n        return 1\n    else:\n        return 2\n",
        ),
        (
            Rule::IfToTernary,
            Rule::TernaryToIf,
            "def f(x):\n    if x:\n        return 1\n    else:\n        return 2\n",
        ),
        (
            Rule::NestingToGuard,
            Rule::GuardToNesting,
            "def f(a):\n    for x in a:\n        if not x:\n            print(x)\n            a.pop()\n",
        ),
        (Rule::FstringToFormat, Rule::FormatToFstring, "def f(a, b):\n    return f'{a} {b:>3}'\n"),
        (
            Rule::ComprehensionToLoop,
            Rule::LoopToComprehension,
            "def f(a):\n    b = [x for x in a if x]\n    return b\n",
        ),
        (Rule::AugToPlain, Rule::PlainToAug, "def f():\n    n = 1\n    n += 2\n    return n\n"),
    ];
    for (there, back, source) in there_and_back {
        let once = made(there, source);
        assert_eq!(once.len(), 1, "{}", there.name());
        let twice = made(back, &once[0]);
        assert_eq!(twice, [source], "{}", back.name());
    }
}

#[test]
fn sources_with_very_many_parts_are_rewritten_in_time() {
    let n = 400;
    let many = |part: &dyn Fn(usize) -> String| (0..n).map(part).collect::<String>();
    let sources = [
        format!("def f(x):\n{}", many(&|i| format!("    a{i} = {i}\n"))),
        format!("def f(x):\n{}", "    a = 1\n    b = 2\n".repeat(n)),
        format!("def f(x):\n{}", "    for i in range(3):\n        print(i)\n".repeat(n)),
        format!("def f(x):\n{}", "    if x == 1:\n        return 2\n".repeat(n)),
        format!("def f(x):\n{}", "    y = [a for a in x]\n".repeat(n)),
        format!("def f(x):\n{}", "    b = []\n    for a in x:\n        b.append(a)\n".repeat(n)),
        format!("def f(x):\n    return [{}]\n", "x + 1 * 2, ".repeat(n)),
        many(&|i| format!("def f{i}(x):\n    y = x\n    return y == {i}\n")),
        format!("def f(x):\n    if x:\n        return 1\n{}", "    x = (\n# c\n x)\n".repeat(n)),
    ];
    for source in sources {
        let module = Module::parse(&source).unwrap();
        for &rule in Rule::ALL {
            let rewrites = rewrites(&module, rule, &[]);
            assert!(rewrites.len() <= 200, "{}", rule.name());
            if let Some(last) = rewrites.last() {
                assert!(syntax::module(&last.apply(&source)).is_ok(), "{}", rule.name());
            }
        }
    }
}
