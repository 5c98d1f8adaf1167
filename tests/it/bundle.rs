//! Modules of a package import each other in the sandbox as they do natively.

use tgsand::python::bundle::Modules;
use tgsand::sandbox::Case;

use crate::support::{call_job, raised, returned, run};

fn tree(files: &[(&str, &str)]) -> Modules {
    let mut modules = Modules::default();
    files.iter().for_each(|(path, source)| modules.add(path, source));
    modules
}

#[test]
fn a_function_runs_with_the_modules_that_its_own_imports() {
    let modules = tree(&[
        (
            "shop/__init__.py",
            "from .basket import total as f\nfrom . import prices\n__all__ = ['f']\n",
        ),
        (
            "shop/basket.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from missing import Type\nfrom .prices import price\nimport shop.tax as t\n\ndef total(items):\n    return sum(map(price, items)) * t.RATE\n",
        ),
        (
            "shop/prices.py",
            "from shop import basket\nPRICES = {'a': 2, 'b': 3}\n\ndef price(item):\n    return PRICES[item]\n\ndef owner():\n    return basket.total.__module__, __name__, __file__, __package__\n",
        ),
        ("shop/tax.py", "RATE = 10\n"),
        ("shop/unused.py", "raise ValueError\n"),
    ]);
    let program = modules.program("shop", &["f"]).unwrap();
    assert!(!program.contains("unused"));
    let mut job = call_job(&program, &["['a', 'b']", "['c']"]);
    let execution = run(job.clone());
    assert_eq!(returned(&execution.cases[0]), 50);
    assert_eq!(raised(&execution.cases[1]), ("KeyError", "'c'"));

    job.code = modules.program("shop.prices", &["owner"]).unwrap();
    (job.entry, job.cases) = (Some("owner".into()), vec![Case::call("")]);
    let execution = run(job);
    let names =
        serde_json::json!({"tuple": ["shop.basket", "shop.prices", "shop/prices.py", "shop"]});
    assert_eq!(returned(&execution.cases[0]), names);
}

#[test]
fn what_the_tree_lacks_is_missing_as_natively() {
    let modules =
        tree(&[("a.py", "import b.c\n\ndef f():\n    return 1\n"), ("b/__init__.py", "")]);
    let execution = run(call_job(&modules.program("a", &["f"]).unwrap(), &[""]));
    assert_eq!(execution.cases.len(), 0);
    let error = format!("{:?}", execution.error);
    assert!(error.contains("No module named 'b.c'"), "{error}");
}
