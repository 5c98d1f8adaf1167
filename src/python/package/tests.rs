//! Programs that are put together from small packages.
//!
//! Invariant: each test compares whole programs.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A package of these files, by their paths; programs import what is served.
fn package(files: &[(&str, &str)], served: &Rc<BTreeSet<String>>) -> Package {
    let texts: BTreeMap<String, ModuleText> = files
        .iter()
        .map(|(path, text)| {
            let stem = path.strip_suffix(".py").unwrap();
            let package = stem.strip_suffix("/__init__");
            let name = package.unwrap_or(stem).replace('/', ".");
            (name, ModuleText { text: (*text).to_owned(), is_package: package.is_some() })
        })
        .collect();
    Package::new(Box::new(move |name| texts.get(name).cloned()), served.clone())
}

fn program(files: &[(&str, &str)], module: &str, name: &str) -> String {
    program_beside(files, &Rc::default(), module, name)
}

fn program_beside(
    files: &[(&str, &str)],
    served: &Rc<BTreeSet<String>>,
    module: &str,
    name: &str,
) -> String {
    match package(files, served).gather(module, name, &BTreeSet::new()) {
        Ok(Some(gathered)) => gathered.program,
        Ok(None) => "the module has all of it".into(),
        Err(why) => why,
    }
}

#[test]
fn what_a_function_imports_travels_with_it() {
    let files = [
        ("pkg/__init__.py", ""),
        (
            "pkg/helpers.py",
            "import re\nSPACES = re.compile(' +')\n\n\ndef clean(word):\n    return SPACES.sub(' ', word)\n\n\ndef unused():\n    pass\n",
        ),
        (
            "pkg/main.py",
            "from .helpers import clean\n\n\ndef same(a, b):\n    return clean(a) == clean(b)\n",
        ),
        ("pkg/far/__init__.py", ""),
        (
            "pkg/far/deep.py",
            "import pkg.helpers as h\nfrom .. import helpers\n\n\ndef both(a):\n    return h.clean(a), helpers.clean(a)\n",
        ),
    ];
    let clean = "import re\n\nSPACES = re.compile(' +')\n\n\ndef clean(word):\n    return SPACES.sub(' ', word)\n\n\n";
    assert_eq!(
        program(&files, "pkg.main", "same"),
        format!("{clean}def same(a, b):\n    return clean(a) == clean(b)\n")
    );
    assert_eq!(
        program(&files, "pkg.far.deep", "both"),
        format!("{clean}def both(a):\n    return clean(a), clean(a)\n")
    );
    assert_eq!(program(&files, "pkg.helpers", "clean"), "the module has all of it");
}

#[test]
fn names_are_followed_through_packages_stars_and_aliases() {
    let files = [
        ("pkg/__init__.py", "from .api import *\nfrom .other import helper as aid\n"),
        ("pkg/api.py", "from .core import run, _hidden\n__all__ = ['run']\n"),
        ("pkg/core.py", "def run(x):\n    return x\n\ndef _hidden(x):\n    return x\n"),
        ("pkg/other.py", "from . import api\ndef helper(x):\n    return api.run(x)\n"),
        (
            "pkg/user.py",
            "import pkg\ndef use(x):\n    return pkg.run(pkg.aid(x))\ndef lost(x):\n    return pkg._hidden(x)\ndef lost_too(x):\n    return pkg.api._hidden(x)\n",
        ),
    ];
    assert_eq!(
        program(&files, "pkg.user", "use"),
        "def run(x):\n    return x\n\n\ndef helper(x):\n    return run(x)\n\n\ndef use(x):\n    return run(helper(x))\n"
    );
    assert_eq!(program(&files, "pkg.user", "lost"), "pkg does not define _hidden");
    assert_eq!(
        program(&files, "pkg.user", "lost_too"),
        "def _hidden(x):\n    return x\n\n\ndef lost_too(x):\n    return _hidden(x)\n"
    );
}

#[test]
fn two_things_of_one_name_are_kept_apart() {
    let files = [
        (
            "a.py",
            "from math import gcd\ndef size(x):\n    return gcd(x, 2)\ndef sum(x):\n    return x\n",
        ),
        (
            "b.py",
            "import a\nfrom a import size as measure, sum as total\nfrom os import path as gcd\ndef size(x):\n    return measure(x) + a.size(x)\ndef near(x):\n    a_size = 1\n    return size(x) + measure(a_size) + total(x) + sum([x])\ndef both(x):\n    return gcd, measure(x)\n",
        ),
    ];
    assert_eq!(
        program(&files, "b", "size"),
        "from math import gcd\n\n\ndef a_size(x):\n    return gcd(x, 2)\n\n\ndef size(x):\n    return a_size(x) + a_size(x)\n"
    );
    // A local name is not taken, nor is that of a builtin that is used.
    assert_eq!(
        program(&files, "b", "near"),
        "from math import gcd\n\n\ndef size_2(x):\n    return gcd(x, 2)\n\n\ndef a_sum(x):\n    return x\n\n\ndef size(x):\n    return size_2(x) + size_2(x)\n\n\ndef near(x):\n    a_size = 1\n    return size(x) + size_2(a_size) + a_sum(x) + sum([x])\n"
    );
    assert_eq!(
        program(&files, "b", "both"),
        "from math import gcd as math_gcd\nfrom os import path as gcd\n\n\ndef size(x):\n    return math_gcd(x, 2)\n\n\ndef both(x):\n    return gcd, size(x)\n"
    );
}

#[test]
fn imports_within_functions_and_for_type_checkers_are_followed() {
    let files = [
        ("pkg/__init__.py", ""),
        (
            "pkg/shapes.py",
            "class Shape:\n    def grow(self):\n        from .tools import grow\n        return grow(self)\n",
        ),
        (
            "pkg/tools.py",
            "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from collections.abc import Sequence\n    from .shapes import Shape\n\ndef grow(shape: Shape, by: Sequence = ()) -> 'Shape':\n    import os, pkg.shapes\n    from .shapes import Shape as S  # late\n\n    return S(), pkg.shapes.Shape, os\n",
        ),
    ];
    assert_eq!(
        program(&files, "pkg.tools", "grow"),
        "from __future__ import annotations\n\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from collections.abc import Sequence\n\n\nclass Shape:\n    def grow(self):\n        return grow(self)\n\n\ndef grow(shape: Shape, by: Sequence = ()) -> 'Shape':\n    import os\n    return Shape(), Shape, os\n"
    );
}

#[test]
fn what_is_needed_at_once_stands_above_even_if_modules_import_each_other() {
    let files = [
        ("a.py", "import b\nclass Base:\n    def make(self):\n        return b.Derived()\n"),
        (
            "b.py",
            "from a import Base\nclass Derived(Base):\n    pass\n\ndef start():\n    return Derived().make()\n",
        ),
    ];
    let derived = "class Base:\n    def make(self):\n        return Derived()\n\n\nclass Derived(Base):\n    pass\n";
    assert_eq!(program(&files, "a", "Base"), derived);
    assert_eq!(
        program(&files, "b", "start"),
        format!("{derived}\n\ndef start():\n    return Derived().make()\n")
    );
}

#[test]
fn what_cannot_be_put_together_is_refused_with_the_reason() {
    let files = [
        ("pkg/__init__.py", "def __getattr__(name):\n    return name\n"),
        ("pkg/m.py", "x = 1\n"),
        (
            "pkg/f.py",
            "from . import m, made\nfrom .m import x\ntry:\n    from .fast import quick\nexcept ImportError:\n    quick = None\ndef value(): return m\ndef store():\n    m.x = 2\ndef up(): return made\ndef maybe(): return quick\ndef none():\n    from .m import nothing\n    return nothing\ndef twice():\n    from .m import x\n    x = 2\n    return x\ndef where(): return x, __file__\n",
        ),
    ];
    for (name, why) in [
        ("value", "pkg.f uses the module pkg.m as a value"),
        ("store", "pkg.f sets a name of another module"),
        ("up", "pkg makes made up when it is asked for"),
        ("maybe", "pkg.f imports a part of its package on a condition"),
        ("none", "pkg.m does not define nothing"),
        ("twice", "x is imported in a function of pkg.f and bound there otherwise, too"),
        ("where", "pkg.f looks at where its files are"),
    ] {
        assert_eq!(program(&files, "pkg.f", name), why);
    }
}

#[test]
fn a_decorator_whose_code_is_too_long_is_left_out() {
    let long =
        format!("def check(f):\n    {}\n    return f\n", "x = 1\n    ".repeat(MAX_PROGRAM / 10));
    let files = [
        ("long.py", long.as_str()),
        (
            "use.py",
            "import long\n\n@long.check\ndef f(x):\n    return x\n\n\ndef g(x):\n    return long.check(x)\n",
        ),
    ];
    assert_eq!(program(&files, "use", "f"), "def f(x):\n    return x\n");
    assert!(program(&files, "use", "g").starts_with(
        "what it needs of its package has more than 64000 characters; the longest part is check of long, with "
    ));
}

#[test]
fn a_decorator_that_makes_a_program_long_is_left_out_and_a_short_one_is_not() {
    let program_with = |lines: usize| {
        let check = format!("def check(f):\n    {}return f\n", "x = 1\n    ".repeat(lines));
        let files =
            [("a.py", check.as_str()), ("b.py", "import a\n\n@a.check\ndef f(x):\n    return x\n")];
        program(&files, "b", "f")
    };
    assert_eq!(program_with(700), "def f(x):\n    return x\n");
    assert!(program_with(7).contains("@check"), "{}", program_with(7));
}

#[test]
fn what_is_only_needed_keeps_the_first_paragraph_of_its_docstring() {
    let files = [
        (
            "a.py",
            "class A:\n    '''\n    Says it.\n    In two lines.\n\n    More.\n    '''\n    def f(self):\n        \"\"\"One.\n\n        >>> 1\n        1\n        \"\"\"\n    def g(self):\n        'Plain.'\n",
        ),
        ("b.py", "from a import A\ndef f(x):\n    '''One.\n\n    Two.\n    '''\n    return A()\n"),
    ];
    assert_eq!(
        program(&files, "b", "f"),
        "class A:\n    '''\n    Says it.\n    In two lines.'''\n    def f(self):\n        \"\"\"One.\"\"\"\n    def g(self):\n        'Plain.'\n\n\ndef f(x):\n    '''One.\n\n    Two.\n    '''\n    return A()\n"
    );
}

#[test]
fn long_chains_of_imports_and_of_statements_are_refused() {
    let mut files: Vec<(String, String)> = (1..2000)
        .map(|i| (format!("m{i}.py"), format!("from m{} import f, x\ny = x\n", i - 1)))
        .collect();
    files.push(("m0.py".into(), "x = 1\ndef f(): pass\n".into()));
    files.push(("use.py".into(), "from m1999 import f\nfrom m50 import f as near\ndef far(): return f\ndef use(): return near\n".into()));
    let values: String = (1..2000).map(|i| format!("x{i}=x{}\n", i - 1)).collect();
    files.push(("many.py".into(), format!("x0=1\n{values}")));
    files.push(("few.py".into(), "from many import x1999 as x\ndef f(): return x\n".into()));
    files.push(("as_many.py".into(), "from many import x298 as x\ndef f(): return x\n".into()));
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert!(program(&files, "as_many", "f").ends_with("\nx298=x297\n\n\ndef f(): return x298\n"));
    assert!(program(&files, "use", "far").ends_with(" is imported through more than 100 modules"));
    assert_eq!(program(&files, "use", "use"), "def f(): pass\n\n\ndef use(): return f\n");
    assert_eq!(
        program(&files, "few", "f"),
        "what it needs of its package has more than 300 statements"
    );
}

#[test]
fn what_a_served_package_has_is_imported() {
    let long = format!("def long(x):\n    {}return x\n", "x = 1\n    ".repeat(700));
    let use_of_long = format!(
        "{long}\n\n_KNOWN = []\n\n\ndef short(x):\n    return long(x)\n\n\ndef _half(x):\n    return long(x) / 2\n\n\ndef shorter(x):\n    return _half(x)\n\n\ndef known(x):\n    return long(x) in _KNOWN\n"
    );
    let files = [
        ("pkg/__init__.py", "from .helpers import clean\n"),
        (
            "pkg/helpers.py",
            "import re\n\n\ndef clean(word):\n    return re.sub(' +', ' ', word)\n\n\ndef checked(f):\n    return f\n\n\ndef register(f):\n    return f\n",
        ),
        (
            "pkg/main.py",
            "import pkg as p\nfrom . import helpers\nfrom .helpers import *\n\n\ndef strip(word):\n    return word.strip()\n\n\n@helpers.register\n@helpers.checked\ndef same(a, b):\n    from .helpers import clean as tidy\n\n    return strip(helpers.clean(a)) == tidy(b) == clean(p.clean(b))\n",
        ),
        ("pkg/long.py", use_of_long.as_str()),
        ("pkg/secret.py", "from .helpers import clean\n\n\ndef _hidden(x):\n    return clean(x)\n"),
        ("pkg/open.py", "from .secret import _hidden\n\n\ndef shown(x):\n    return _hidden(x)\n"),
    ];
    let served = Rc::new(BTreeSet::from(["pkg".to_owned()]));
    let program = |module, name| program_beside(&files, &served, module, name);
    assert_eq!(
        program("pkg.main", "same"),
        "import pkg as p\nfrom pkg import helpers\nfrom pkg.helpers import clean, clean as tidy\n\n\ndef strip(word):\n    return word.strip()\n\n\n@helpers.checked\ndef same(a, b):\n    return strip(helpers.clean(a)) == tidy(b) == clean(p.clean(b))\n"
    );
    // What is private is not imported.
    assert_eq!(
        program("pkg.open", "shown"),
        "from pkg.helpers import clean\n\n\ndef _hidden(x):\n    return clean(x)\n\n\ndef shown(x):\n    return _hidden(x)\n"
    );
    // Its own module is imported, too, if it would make the program long.
    assert_eq!(
        program("pkg.long", "short"),
        "from pkg.long import long\n\n\ndef short(x):\n    return long(x)\n"
    );
    // A private function travels all the same, and a value that the imported part may share does not.
    assert_eq!(
        program("pkg.long", "shorter"),
        "from pkg.long import long\n\n\ndef _half(x):\n    return long(x) / 2\n\n\ndef shorter(x):\n    return _half(x)\n"
    );
    assert!(program("pkg.long", "known").contains("def long(x)"));
}
