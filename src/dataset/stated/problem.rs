//! Programming problems: our own with their cases as data, and those of AutoCodeBench with test scripts alone.
//!
//! Invariant: the tests of our own are those that their cases make, word for word.

use super::{contradictory, own_case, require};
use crate::cases::assertions::{TestWriter, shown};
use crate::cases::stated::Stated;
use crate::dataset::problems::{other_language, unfenced};
use crate::json::Object;
use crate::outcome::{Reason, Rejection};
use crate::python::Module;
use crate::sample::problem::{Attempts, CodingProblem};

/// Fields that only our own problems in Python have; a row with one of them is held to all.
const OWN: [&str; 4] = ["full_cases", "demo_cases", "mutation", "provenance"];
/// Those that our own problems in other languages lack.
const OF_PYTHON: [&str; 3] = ["full_cases", "demo_cases", "mutation"];

/// What a problem states of its solution.
pub(super) fn problem(row: &Object) -> Result<Stated, Rejection> {
    let unreadable = |message: String| Rejection::new(Reason::UnreadableRecord, message);
    let language = row.get("language").and_then(|language| language.as_str());
    let language = other_language(language);
    let ours = if language.is_some() { &OF_PYTHON[..] } else { &OWN };
    if ours.iter().any(|name| row.get(name).is_some()) {
        return own(row.typed().map_err(unreadable)?);
    }
    let text = |name: &str| {
        let text = row.get(name).and_then(|text| text.as_str());
        text.ok_or_else(|| unreadable(format!("field {name:?} is not text"))).map(str::to_owned)
    };
    let entry = String::new();
    let code = |name| text(name).map(|text| unfenced(&text, language.as_ref()));
    let tests = vec![code("demo_test_func")?, code("full_test_func")?];
    let solution = code("canonical_solution")?;
    Ok(Stated { tests, language, ..Stated::new(solution, entry, Vec::new()) })
}

fn own(problem: CodingProblem) -> Result<Stated, Rejection> {
    require(
        problem.language == "python",
        "the solution is in Python, and the language is another",
    )?;
    let CodingProblem { canonical_solution: program, entry, demo_cases, full_cases, .. } = problem;
    let module = Module::parse(&program)
        .map_err(|error| Rejection::new(Reason::UnparsableSource, error.to_string()))?;
    let function = module.function(&entry).ok_or_else(|| {
        Rejection::new(Reason::NoTargetFunction, format!("the solution does not define {entry}"))
    })?;
    let writer = TestWriter { function, program: &program };
    require(
        writer.script(&demo_cases) == problem.demo_test_func,
        "the demo test is not the one that its cases make",
    )?;
    require(
        writer.script(&full_cases) == problem.full_test_func,
        "the full test is not the one that its cases make",
    )?;
    require(
        full_cases.starts_with(&demo_cases),
        "the full test does not begin with the cases of the demo test",
    )?;
    require(
        problem.question.contains(&shown(&entry, &demo_cases)),
        "the question does not show the cases of the demo test",
    )?;
    let mutation = &problem.mutation;
    let score = (mutation.mutants > 0).then(|| mutation.killed as f64 / mutation.mutants as f64);
    if score != mutation.score || mutation.killed + mutation.survivors.len() != mutation.mutants {
        return Err(contradictory("the mutation score is not that of its counts"));
    }
    let difficulty = problem.attempts.as_ref().map(Attempts::difficulty);
    require(problem.difficulty == difficulty, "the difficulty is not that of the answers' counts")?;
    let tests = vec![problem.demo_test_func, problem.full_test_func];
    let cases = full_cases.into_iter().map(own_case).collect();
    Ok(Stated { tests, ..Stated::new(program, entry, cases) })
}
