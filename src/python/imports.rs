//! The modules that a text imports, read line by line: texts around code, and code that does not parse, have imports too.

/// Lists the top-level modules that lines of a text import, as `numpy` of `from numpy.linalg import norm`.
pub fn imported_modules(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let line = line.trim_start();
        let names = match (line.strip_prefix("import "), line.strip_prefix("from ")) {
            (Some(names), _) => names.split(',').collect(),
            (None, Some(rest)) => {
                rest.split_once(" import ").map(|(module, _)| vec![module]).unwrap_or_default()
            }
            (None, None) => Vec::new(),
        };
        names.into_iter().filter_map(top_level)
    })
}

/// The first part of a dotted name, which may have another name after it; `None` if it is not one.
fn top_level(name: &str) -> Option<&str> {
    let name = name.trim().split(['.', ' ', ';', '#']).next()?;
    super::is_identifier(name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_named_whatever_is_imported_of_them() {
        let found = |text| imported_modules(text).collect::<Vec<_>>();
        let text = "So:\n```python\nimport os, numpy as np\nfrom scipy.stats import norm\n    import pandas.io; x = 1\nfrom . import a\nfrom numpy we learn\n";
        assert_eq!(found(text), ["os", "numpy", "scipy", "pandas"]);
        assert_eq!(found("important\nfrom x import (\n    y,\n)"), ["x"]);
    }
}
