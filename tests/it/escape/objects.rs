//! Results that fight back: hostile methods, lying classes, cycles, depths.

use serde_json::{Value as Json, json};
use tgsand::sandbox::End;

use crate::support::{
    MUCH_FUEL, call_job, hostile, hostile_call, only_case, raised, returned, trapped, with_fuel,
};

#[test]
fn a_repr_that_raises_is_unrepresentable() {
    let case = hostile_call(
        "class A:\n    def __repr__(self):\n        raise ValueError\ndef f():\n    return A()\n",
    );
    assert_eq!(returned(&case), json!({"opaque": "A", "repr": "<unrepresentable: ValueError>"}));
}

#[test]
fn a_repr_that_exits_or_loops_is_the_end_of_its_case() {
    let exits = hostile_call(
        "class A:\n    def __repr__(self):\n        raise SystemExit(3)\ndef f():\n    return A()\n",
    );
    assert_eq!(raised(&exits), ("SystemExit", "3"));
    let loops = "class A:\n    def __repr__(self):\n        while True:\n            pass\ndef f():\n    return A()\n";
    assert_eq!(hostile_call(loops).end, End::OutOfFuel);
    let leaves = "import os\nclass A:\n    def __repr__(self):\n        os._exit(0)\ndef f():\n    return A()\n";
    assert_eq!(hostile_call(leaves).end, End::Exited { exit_code: 0 });
}

#[test]
fn results_are_read_without_calling_their_methods() {
    let code = r#"
class A:
    def no(self, *_):
        raise SystemExit
    __eq__ = __hash__ = __lt__ = __bool__ = __len__ = __iter__ = __reduce__ = __getitem__ = __contains__ = no
def f():
    return [A()]
"#;
    assert_eq!(returned(&hostile_call(code)), json!([{"object": "A", "fields": []}]));
}

#[test]
fn lying_classes_are_told_by_their_type() {
    let code = r#"
class Liar:
    @property
    def __class__(self):
        return int
class Dict:
    __slots__ = ()
    @property
    def __dict__(self):
        return {"x": 1}
def f():
    return [Liar(), Dict()]
"#;
    let expected =
        json!([{"object": "Liar", "fields": []}, {"object": "Dict", "fields": [["x", 1]]}]);
    assert_eq!(returned(&hostile_call(code)), expected);
}

#[test]
fn subclasses_of_builtins_show_what_they_hold() {
    let code = r#"
class L(list):
    def __iter__(self): return iter([9, 9])
    def __len__(self): return 10**9
    def __repr__(self): return "evil"
class D(dict):
    def items(self): return [(9, 9)]
    def __iter__(self): return iter([9])
    def __len__(self): return 77
    def __repr__(self): return "evil"
class T(tuple):
    _fields = ("a", "b", "c", "d")
class I(int):
    def __repr__(self): return "evil"
class S(str):
    def __repr__(self): return '"},{"end'
    def isascii(self): return True
def f():
    return [L([1, 2]), D({1: 2}), T([1, 2]), I(3), S("abc")]
"#;
    let expected = json!([
        {"object": "L", "fields": [["items", [1, 2]]]},
        {"object": "D", "fields": [["items", {"dict": [[1, 2]]}]]},
        {"object": "T", "fields": [["a", 1], ["b", 2]]},
        {"opaque": "I", "repr": "evil"},
        {"opaque": "S", "repr": "\"},{\"end"},
    ]);
    assert_eq!(returned(&hostile_call(code)), expected);
}

#[test]
fn a_metaclass_that_lies_about_names_names_nothing() {
    let code = "class M(type):\n    @property\n    def __name__(c):\n        return 42\nclass A(metaclass=M):\n    pass\ndef f():\n    return A()\n";
    assert_eq!(returned(&hostile_call(code)), json!({"object": "?", "fields": []}));
}

#[test]
fn a_metaclass_that_raises_ends_its_own_case() {
    let code = "class M(type):\n    def __getattribute__(c, n):\n        raise SystemExit(2)\nclass A(metaclass=M):\n    pass\ndef f():\n    return object.__new__(A)\n";
    assert_eq!(raised(&hostile_call(code)), ("SystemExit", "2"));
}

#[test]
fn exceptions_that_cannot_be_described_trap_their_own_case() {
    let programs = [
        "class M(type):\n    def __getattribute__(c, n):\n        raise ValueError(2)\nclass E(Exception, metaclass=M):\n    pass\ndef f():\n    raise type.__call__(E)\n",
        "class X:\n    def __eq__(self, other):\n        raise SystemExit\nclass E(Exception):\n    __module__ = X()\ndef f():\n    raise E\n",
        "class E(Exception):\n    @property\n    def __traceback__(self):\n        raise SystemExit\ndef f():\n    raise E\n",
    ];
    for program in programs {
        assert_eq!(hostile_call(program).end, trapped("the harness did not finish"), "{program}");
    }
}

#[test]
fn a_traceback_without_an_end_is_out_of_fuel() {
    let code = r#"
class T:
    tb_frame = f_code = tb_next = property(lambda self: self)
    co_filename = "x"
class E(Exception):
    __traceback__ = T()
def f():
    raise E
"#;
    assert_eq!(hostile_call(code).end, End::OutOfFuel);
}

#[test]
fn cycles_are_told_by_levels() {
    let code = "class N:\n    pass\ndef f():\n    a = [1]\n    n = N()\n    n.me = n\n    a += [a, {'a': a}, n]\n    return a\n";
    let expected = json!([
        1,
        {"cycle": 1},
        {"dict": [["a", {"cycle": 2}]]},
        {"object": "N", "fields": [["me", {"cycle": 1}]]},
    ]);
    assert_eq!(returned(&hostile_call(code)), expected);
}

/// How many containers stand in each other, and what stands in the innermost.
fn depth(mut value: Json, step: impl Fn(&Json) -> Option<Json>) -> usize {
    let mut levels = 0;
    while let Some(inner) = step(&value) {
        levels += 1;
        value = inner;
    }
    levels
}

#[test]
fn containers_come_out_whole_to_a_hundred_levels_of_json() {
    let list = returned(&hostile_call(
        "def f():\n    a = 0\n    for _ in range(50):\n        a = [a]\n    return a\n",
    ));
    assert_eq!(depth(list, |value| value.get(0).cloned()), 50);
    let tuple = returned(&hostile_call(
        "def f():\n    a = 0\n    for _ in range(50):\n        a = (a,)\n    return a\n",
    ));
    assert_eq!(depth(tuple, |value| value.get("tuple")?.get(0).cloned()), 50);
    let dict = returned(&hostile_call(
        "def f():\n    a = 0\n    for _ in range(33):\n        a = {0: a}\n    return a\n",
    ));
    assert_eq!(depth(dict, |value| value.get("dict")?.get(0)?.get(1).cloned()), 33);
}

#[test]
fn results_nested_ten_thousand_deep_are_cut_with_their_repr() {
    for wrap in ["[a]", "(a,)", "{0: a}", "N(a)"] {
        let code = format!(
            "class N:\n    def __init__(self, a):\n        self.a = a\ndef f():\n    a = 0\n    for _ in range(10**4):\n        a = {wrap}\n    return a\n"
        );
        let case = only_case(hostile(with_fuel(call_job(&code, &[""]), MUCH_FUEL)));
        assert!(returned(&case).to_string().contains(r#""opaque":"#), "{wrap}");
    }
}

#[test]
fn generators_of_generators_without_end_are_too_large_or_out_of_fuel() {
    let code =
        "def f():\n    def g():\n        while True:\n            yield g()\n    return [g()]\n";
    let end = hostile_call(code).end;
    assert!(matches!(end, End::OutputTooLarge | End::OutOfFuel), "{end:?}");
}

#[test]
fn text_that_is_not_unicode_comes_out_escaped() {
    let case = hostile_call("def f():\n    return '\\ud800', 'a\\0b', {'\\udfff': 1}\n");
    assert_eq!(
        returned(&case),
        json!({"tuple": [{"str": "\\ud800"}, "a\u{0}b", {"dict": [[{"str": "\\udfff"}, 1]]}]})
    );
    assert_eq!(
        raised(&hostile_call("def f():\n    raise ValueError('\\ud800')\n")),
        ("ValueError", "\\ud800")
    );
}

#[test]
fn the_repr_that_is_told_is_python_s_own() {
    let expressions = [
        "None, True, -0.0, 1e16, 1e-5, 10**30",
        "float('inf'), float('nan')",
        "[1 + 2j, -1j, complex('inf')]",
        "'it\\'s', \"say \\\"it's\\\"\", 'tab\\t\\x00\\x7f'",
        "'\\xa0 \\u200b \\u3000 \\ue000 \\u0378 \\xad'",
        "'é ß 漢 🙂'",
        "'\\ud800'",
        "b'\\x00\\'\"', bytearray(b'x')",
        "set(), frozenset(), {7}, frozenset({7}), {}",
        "{'k': (1,), 2: [None]}",
        "[a := [1], a.append(a)]",
    ];
    let mut differences = Vec::new();
    for expression in expressions {
        let told = call_job(
            &format!("def f(show):\n    x = {expression}\n    return repr(x) if show else x\n"),
            &["False", "True"],
        );
        let execution = hostile(told);
        let [case, shown] = &execution.cases[..] else {
            panic!("{expression}: {:?}", execution.error)
        };
        let End::Returned { repr, .. } = &case.end else { panic!("{expression}: {:?}", case.end) };
        let expected = match returned(shown) {
            Json::Object(escaped) => escaped["str"].as_str().map(String::from),
            text => text.as_str().map(String::from),
        };
        if Some(repr) != expected.as_ref() {
            differences.push((expression, repr.clone(), expected));
        }
    }
    assert_eq!(differences, []);
}
