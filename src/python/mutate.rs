//! Makes small faulty variants of a function by editing its text in one place.
//!
//! Invariant: every mutant parses, differs from the original in exactly one span inside the function's body, and leaves
//! docstrings, annotations and decorators alone; the order is that of the text.

mod edit;
mod edits;
mod numbers;
mod odd;
mod roles;
mod statements;
mod tables;

use std::collections::BTreeSet;

use super::locals::stored_names;
use super::module::Module;
use super::syntax;
use edit::Edit;
use edits::edits;
use odd::oddities;

/// No function needs more, and each mutant holds the whole module.
const MAX_MUTANTS: usize = 500;
/// Variables of a function that may take each other's place: a result is replaced by two others at most.
const MAX_VARIABLES: usize = 3;
/// Bytes of all mutants of a function together, those that do not parse included.
const MAX_BYTES: usize = 8 << 20;

/// A program with one deliberate fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// The kind of edit, in snake case.
    pub operator: &'static str,
    /// The byte of the module at which the edit begins.
    pub at: usize,
    /// 1-based line of the edit in the module.
    pub line: usize,
    pub original: String,
    pub replacement: String,
    /// The text of the whole module with the edit made.
    pub source: String,
}

/// Which faults are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faults {
    /// Those that a programmer may make: the variant looks right.
    Plausible,
    /// These, and what a test has to notice whoever makes it: conditions that are always or never true, statements that are left out.
    All,
}

/// Makes every single-edit mutant of a function, or none when the module does not define it.
pub fn mutants(module: &Module, function_name: &str, faults: Faults) -> Vec<Mutant> {
    let Some(def) = module.function(function_name).and_then(|function| module.def(function)) else {
        return Vec::new();
    };
    let source = module.source();
    // Nobody takes the object of a method, or all further arguments, for one of the others.
    let is_taken = |name: &str| {
        let parameters = &def.parameters;
        let gathers = [&parameters.vararg, &parameters.kwarg].into_iter().flatten();
        faults == Faults::All
            || !["self", "cls"].contains(&name)
                && gathers.into_iter().all(|gathering| gathering.name.as_str() != name)
    };
    let names = def.parameters.iter_source_order().map(|p| p.name().as_str());
    let mut variables: Vec<String> =
        names.filter(|name| is_taken(name)).map(str::to_owned).collect();
    variables.truncate(MAX_VARIABLES);
    stored_names(&def.body, MAX_VARIABLES, &mut variables);
    variables.retain(|name| is_taken(name));
    let all_odd = oddities(source, module.body());
    let mut mutants: Vec<Mutant> = Vec::new();
    let mut made: BTreeSet<(usize, usize, String)> = BTreeSet::new();
    for Edit { operator, span, replacement } in
        edits(source, &variables, &def.parameters, &def.body, faults)
    {
        let changed = source[span.clone()] != *replacement;
        if !changed || !made.insert((span.start, span.end, replacement.clone())) {
            continue;
        }
        if made.len() > MAX_MUTANTS.min(MAX_BYTES / source.len()) {
            break;
        }
        let mutated = [&source[..span.start], &replacement, &source[span.end..]].concat();
        let Ok(tree) = syntax::module(&mutated) else { continue };
        let is_human = || oddities(&mutated, &tree.body) <= all_odd;
        if faults == Faults::All || is_human() {
            let (line, _) = syntax::position(source, span.start);
            mutants.push(Mutant {
                operator,
                at: span.start,
                line,
                original: source[span].to_owned(),
                replacement,
                source: mutated,
            });
        }
    }
    mutants
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(source: &str) -> Vec<String> {
        mutants_of(source, Faults::Plausible)
    }

    fn mutants_of(source: &str, faults: Faults) -> Vec<String> {
        let module = Module::parse(source).unwrap();
        mutants(&module, "f", faults)
            .into_iter()
            .map(|m| {
                assert!(Module::parse(&m.source).is_ok());
                format!("{} {}: {} -> {}", m.line, m.operator, m.original, m.replacement)
            })
            .collect()
    }

    #[test]
    fn comparisons_and_conditions_are_turned() {
        let source = "def f(x, y):\n    '''1 < 2'''\n    z = x < (  # < y\n            y)\n    if z:\n        return True\n";
        assert_eq!(
            edits(source),
            [
                "3 wrong_variable: x -> z",
                "3 comparison: < -> <=",
                "3 comparison: < -> >",
                "4 wrong_variable: y -> z",
                "5 wrong_variable: z -> x",
                "5 wrong_variable: z -> y",
                "6 boolean: True -> False"
            ]
        );
    }

    #[test]
    fn two_word_operators_are_found() {
        assert_eq!(
            mutants_of("def f(x, y):\n    return x not  in y or x is not None\n", Faults::All),
            [
                "2 wrong_variable: x -> y",
                "2 comparison: not  in -> in",
                "2 wrong_variable: y -> x",
                "2 logic: or -> and",
                "2 wrong_variable: x -> y",
                "2 comparison: is not -> is",
            ]
        );
    }

    #[test]
    fn numbers_are_off_by_one() {
        assert_eq!(
            edits("def f(a: list[1]):\n    for i in range(len(a)):\n        a[i] += 0\n"),
            [
                "2 range_bound: len(a) -> len(a) + 1",
                "2 range_bound: len(a) -> len(a) - 1",
                "2 added_call: a -> set(a)",
                "3 index: i -> i + 1",
                "3 index: i -> i - 1",
                "3 augmented_assignment: += -> -=",
                "3 lost_accumulation: += -> =",
                "3 integer: 0 -> 1"
            ]
        );
    }

    #[test]
    fn a_variable_is_taken_for_another_of_its_kind_alone() {
        let source = "def f(key, items, other):\n    for one in items:\n        key(one)\n    return [x for x in other]\n";
        let wrong: Vec<String> =
            edits(source).into_iter().filter(|edit| edit.contains("wrong_variable")).collect();
        assert_eq!(wrong, ["2 wrong_variable: items -> other", "4 wrong_variable: other -> items"]);
        let all = mutants_of(source, Faults::All);
        assert!(all.contains(&"3 wrong_variable: key -> items".to_owned()));
    }

    #[test]
    fn nobody_sets_a_variable_to_itself_or_passes_one_under_the_name_of_another() {
        let source = "def f(key, r):\n    r = sorted(r)\n    g(key=key)\n    return r\n";
        let found = edits(source);
        let is_odd =
            |edit: &&String| edit.contains("removed_call") || edit.contains("wrong_variable");
        assert_eq!(found.iter().find(is_odd), None);
        let all = mutants_of(source, Faults::All);
        assert!(all.contains(&"2 removed_call: sorted(r) -> r".to_owned()));
    }

    #[test]
    fn a_one_that_is_added_is_lost_and_not_multiplied_by() {
        let found = edits("def f(n):\n    while n:\n        print(n + 1)\n");
        assert!(found.contains(&"3 lost_one: n + 1 -> n".to_owned()));
        assert!(found.contains(&"3 arithmetic: + -> -".to_owned()));
        assert!(
            !found.iter().any(|edit| edit.ends_with("-> *")
                || edit.ends_with("-> 0")
                || edit.contains("added_not")),
            "{found:?}"
        );
    }

    #[test]
    fn a_call_that_is_removed_leaves_no_parentheses_that_nobody_needs() {
        let removed = |source: &str| -> Vec<String> {
            edits(source).into_iter().filter(|edit| edit.contains("removed_call")).collect()
        };
        assert_eq!(
            removed("def f(a, b):\n    return round(a / b)\n"),
            ["2 removed_call: round(a / b) -> a / b"]
        );
        assert_eq!(
            removed("def f(a, b):\n    return 2 * round(a / b)\n"),
            ["2 removed_call: round(a / b) -> (a / b)"]
        );
    }

    #[test]
    fn calls_lose_what_they_do() {
        assert_eq!(
            edits("def f(a, b):\n    return g(min(sorted(a.strip()), b), a)\n"),
            [
                "2 swapped_function: min -> max",
                "2 removed_call: sorted(a.strip()) -> a.strip()",
                "2 removed_call: a.strip() -> a",
                "2 wrong_variable: a -> b",
                "2 swapped_function: strip -> rstrip",
                "2 wrong_variable: b -> a",
                "2 wrong_variable: a -> b"
            ]
        );
    }

    #[test]
    fn all_faults_are_also_opposites_conditions_that_decide_nothing_and_missing_statements() {
        let source = "def f(a):\n    if a:\n        raise ValueError\n    print(a)\n    a += 1\n    return 1 if a else 2\n";
        let all = mutants_of(source, Faults::All);
        let plausible = mutants_of(source, Faults::Plausible);
        let more: Vec<&String> = all.iter().filter(|edit| !plausible.contains(edit)).collect();
        let expected = [
            "2 added_not: a -> not a",
            "2 fixed_condition: a -> True",
            "2 fixed_condition: a -> False",
            "3 deleted_statement: raise ValueError -> pass",
            "4 deleted_statement: print(a) -> pass",
            "5 deleted_statement: a += 1 -> pass",
            "6 added_not: a -> not a",
            "6 fixed_condition: a -> True",
            "6 fixed_condition: a -> False",
        ];
        assert_eq!(more, expected);
        assert!(plausible.iter().all(|edit| all.contains(edit)));
    }

    #[test]
    fn jumps_results_and_negations_change() {
        assert_eq!(
            edits("def f(a, b):\n    while not a:\n        break\n    return a\n"),
            [
                "2 dropped_not: not  -> ",
                "2 wrong_variable: a -> b",
                "3 swapped_jump: break -> continue",
                "4 early_return:     return a\n ->         return a\n",
                "4 returned_variable: a -> b"
            ]
        );
    }

    #[test]
    fn a_variant_has_nothing_that_nobody_writes() {
        let found = |source: &str| edits(source).join("\n");
        let pair = found("def f(x, y):\n    return g(x, y)\n");
        assert!(!pair.contains("wrong_variable"), "{pair}");
        let key = found("def f(d, key, value):\n    d[key] = value\n    return d\n");
        assert!(!key.contains("key -> value") && !key.contains("value -> key"), "{key}");
        let endless = found("def f(x):\n    while True:\n        return x\n");
        assert!(!endless.contains("boolean"), "{endless}");
        let odd = found("def f(n):\n    return n % 2 == 1\n");
        assert!(!odd.contains("1 -> 2") && odd.contains("1 -> 0"), "{odd}");
        let asked =
            found("def f(x, name):\n    return '(' + getattr(x, name) + ', '.join(['a', 'b'])\n");
        assert!(!asked.contains("swapped_arguments") && !asked.contains("swapped_operands: '('"));
        assert!(!asked.contains("', ' -> 'a'") && asked.contains("'b' -> 'a'"), "{asked}");
        let line = found("def f(xs):\n    for x in xs:\n        x = x.strip()\n        y = 1\n");
        assert_eq!(line.matches("added_accumulation").count(), 1, "{line}");
        let set = found("def f(xs):\n    return len(xs) == len(set(xs))\n");
        assert!(!set.contains("added_call") && !set.contains("removed_call"), "{set}");
        let all = found("def f(self, x, *args, **kwargs):\n    y = x\n    return y\n");
        assert!(!["args", "self"].iter().any(|name| all.contains(name)), "{all}");
        let none = mutants_of("def f(x, y):\n    return g(x, y)\n", Faults::All).join("\n");
        assert!(none.contains("wrong_variable"), "{none}");
    }

    #[test]
    fn one_is_added_to_numbers_alone() {
        let index = |source: &str| edits(source).iter().any(|edit| edit.contains("index: k ->"));
        assert!(!index("def f(d, k):\n    return d[k]\n"));
        assert!(!index("def f(d):\n    return [d[k] for k, v in d.items()]\n"));
        assert!(index("def f(d):\n    return [d[k] for k in range(3)]\n"));
        assert!(index("def f(d, k: int):\n    return d[k]\n"));
        assert!(index("def f(d, k):\n    while k < 3:\n        k += 1\n    return d[k]\n"));
    }

    #[test]
    fn only_the_named_function_is_edited() {
        let source = "X = 1\ndef g(): return 1\n@d(1)\ndef f(): return 'a' + 'b'\n";
        assert_eq!(
            edits(source),
            [
                "4 swapped_operands: 'a' + 'b' -> 'b' + 'a'",
                "4 wrong_text: 'a' -> 'b'",
                "4 wrong_text: 'b' -> 'a'"
            ]
        );
    }
}
