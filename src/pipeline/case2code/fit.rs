//! Which functions are worth running at all: those whose programs a reader can take in, and whose cases can tell what they do.
//!
//! Invariant: the text alone decides, so nothing is run for a function that is left out here.

use crate::cases::Target;
use crate::flow::Fate;
use crate::outcome::{Reason, Rejection};
use crate::python::Module;
use crate::python::constants::table_share;
use crate::python::forwards::forwards_to;
use crate::python::prose::Docstrings;

/// A program with a larger share of its text in tables of constants is a table itself.
const MAX_TABLE: f64 = 0.5;

/// What a program has to fit.
#[derive(Clone)]
pub(super) struct Fit {
    /// Characters of a program, once its docstrings are shortened.
    pub max_program: usize,
    pub docstrings: Docstrings,
    /// Modules of packages that are imported before programs run.
    pub imported: Vec<String>,
}

/// Rejects a function whose program is too long, is only a table, or only hands its arguments on.
pub(super) fn fitting(fate: Fate<Target>, fit: &Fit) -> Fate<Target> {
    match fate {
        Fate::Live(record) => match check(&record.body, fit) {
            Ok(()) => Fate::Live(record),
            Err(rejection) => Fate::rejected(&record.id, record.lineage.clone(), rejection),
        },
        dropped => dropped,
    }
}

fn check(target: &Target, fit: &Fit) -> Result<(), Rejection> {
    let Fit { max_program, docstrings, imported } = fit;
    let max_program = *max_program;
    let program = docstrings.apply(&target.program);
    let length = program.chars().count();
    if length > max_program {
        let detail = format!(
            "the program has {length} characters, {max_program} are allowed; --max-program allows more"
        );
        return Err(Rejection::new(Reason::SizeOutOfRange, detail));
    }
    let Ok(module) = Module::parse(&program) else { return Ok(()) };
    let share = table_share(&module);
    if share > MAX_TABLE {
        let detail =
            format!("{:.0} % of the program's text are tables of constants", 100.0 * share);
        return Err(Rejection::new(Reason::ConstantTable, detail));
    }
    let function = module.function(&target.entry);
    if let Some(other) = function.and_then(|function| forwards_to(&module, function, imported)) {
        let detail = format!("{} only calls {other}, which it imports", target.entry);
        return Err(Rejection::new(Reason::OnlyForwards, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(program: &str, max_program: usize) -> Option<&'static str> {
        let target =
            Target { program: program.to_owned(), entry: "f".to_owned(), ..Target::default() };
        check(&target, &Fit { max_program, docstrings: Docstrings::Summary, imported: Vec::new() })
            .err()
            .map(|why| why.reason.name())
    }

    #[test]
    fn long_programs_are_left_out_and_docstrings_do_not_count() {
        let program = format!(
            "def f(x):\n    '''One.\n\n    {}\n    '''\n    return x + 1\n",
            "x ".repeat(90)
        );
        assert_eq!(reason(&program, 100), None);
        assert_eq!(reason(&program, 30), Some("size-out-of-range"));
    }

    #[test]
    fn a_table_of_constants_is_left_out_and_a_short_list_is_not() {
        let entries: String = (0..20).map(|i| format!("'name{i}': {i}, ")).collect();
        let table = format!("CODES = {{{entries}}}\n\ndef f(x):\n    return CODES.get(x)\n");
        assert_eq!(reason(&table, 6000), Some("constant-table"));
        let within = format!("def f(x):\n    return {{{entries}}}[x]\n");
        assert_eq!(reason(&within, 6000), Some("constant-table"));
        let short = "def f(x):\n    return x in {'a', 'b', 'c', 'd', 'e', 'f'}\n";
        assert_eq!(reason(short, 6000), None);
    }
}
