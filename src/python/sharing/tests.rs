//! Tests that need the objects, and those that do not.

use super::*;

fn all_are(needed: bool, tests: &[&str]) {
    let other: Vec<&&str> =
        tests.iter().filter(|test| needs_objects(test, "f") != needed).collect();
    assert_eq!(other, Vec::<&&str>::new());
}

#[test]
fn tests_of_values_take_copies() {
    all_are(
        false,
        &[
            "assert f(1) == [1] and f(2) is None and f(3) is not True",
            "r = f(1)\nassert sorted(r) == [1] and type(3) is int",
            "found = []\nfor x in range(3):\n    found.append(f(x))\nassert found == [0, 1, 2]",
            "def check(g):\n    total = 0\n    for x in range(3):\n        total += g(x)\n    assert total == 3\ncheck(f)",
            "x = []\nx.append(1)\nassert f(x) == 1\nassert x == [1]",
            "for x, y in [([1], 2)]:\n    assert f(x) == y",
            "r = sorted(f(1))\nr.append(2)\nassert r == [1, 2]",
            "class T(TestCase):\n    def setUp(self):\n        self.g = f\n    def test_a(self):\n        self.assertIs(self.g(1), None)",
        ],
    );
}

#[test]
fn tests_of_identity_and_of_what_is_shared_need_the_objects() {
    all_are(
        true,
        &[
            "a = [1]\nassert f(a) is not a",
            "assert id(f(1)) != 3",
            "class T(TestCase):\n    def test_a(self):\n        self.assertIsNot(f(x), x)",
            "def check(g):\n    m = g(3)\n    m[0][0] = 1\n    assert m == [[1]]\ncheck(f)",
            "x = [1, 2]\ny = f(x)\ny.append(3)\nassert x == [1, 2]",
            "x = [1, 2]\ny = f(x)\nx.append(3)\nassert y == [1, 2]",
            "r = f(1)\nr += [2]\nassert f(1) == []",
            "found = [f(x) for x in range(3)]\nfor one in found:\n    one.append(1)\nassert found",
            "run = lambda x: f(x)\nrun(3)['a'] = 1",
            "m = [[1, 2], [3]]\nrow = m[0]\nf(m)\nassert row == [1, 2]",
            "row = [1]\nm = [row]\nf(m)\nassert row == [1]",
            "def grow(x):\n    del x[0]\ngrow(f(1))",
            "class T(TestCase):\n    def setUp(self):\n        self.r = f(1)\n    def test_a(self):\n        self.r.sort()",
        ],
    );
}

#[test]
fn tests_of_classes_of_prints_and_of_warnings_need_the_objects() {
    all_are(
        true,
        &[
            "assert type(f(1)) is int",
            "r = f(1)\nassert type(r) == list",
            "with redirect_stdout(b):\n    f(2)",
            "import sys\nsys.stdout = b\nf(2)",
            "import warnings\nwarnings.simplefilter('error')\nf(2)",
        ],
    );
}
