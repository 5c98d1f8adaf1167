//! The figures as tables.
//!
//! Invariant: each share names what it is of, and a share of nothing is a dash.

use super::spread::Spread;
use super::{Functions, Pairs, Questions, Reach, Stats, Yield};
use crate::report::table;

/// Names with what stands beside them.
type Rows = Vec<[String; 2]>;

/// A table with its title for each kind of sample that there is.
pub fn tables(stats: &Stats) -> String {
    let Stats { made, case2code, coverage, qa, duel, unreadable } = stats;
    let mut parts: Vec<(&str, Rows)> = Vec::new();
    parts.extend(made.as_ref().map(|made| ("yield", yields(made))));
    if case2code.samples > 0 {
        parts.push(("case2code", functions(case2code)));
    }
    let measured = coverage.as_ref().filter(|reach| reach.programs + reach.failed > 0);
    parts.extend(measured.map(|reach| ("branches", branches(reach))));
    if qa.samples + qa.designs > 0 {
        parts.push(("qa", questions(qa)));
    }
    if duel.pairs > 0 {
        parts.push(("duel", pairs(duel)));
    }
    if !unreadable.is_empty() {
        parts.push(("rows that cannot be read", vec![row("rows", unreadable.len())]));
    }
    let drawn = parts.into_iter().map(|(title, rows)| format!("{title}\n{}", table(None, rows)));
    drawn.collect::<Vec<_>>().join("\n")
}

fn yields(made: &Yield) -> Rows {
    let Yield { records, accepted, rejected, deferred } = made;
    let mut rows = vec![row("in", records), of("accepted", *accepted, *records)];
    let mut by_count: Vec<(&String, &u64)> = rejected.iter().collect();
    by_count.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    rows.extend(
        by_count.iter().map(|(reason, count)| of(&format!("  {reason}"), **count, *records)),
    );
    rows.extend((*deferred > 0).then(|| of("deferred", *deferred, *records)));
    rows
}

fn functions(figures: &Functions) -> Rows {
    let samples = figures.samples;
    let cases = figures.cases();
    let mut rows = vec![row("samples", samples)];
    rows.extend(
        figures.units.iter().map(|(unit, count)| of(&format!("  {unit}"), *count, samples)),
    );
    rows.extend([
        of("program of an earlier sample", figures.repeated_programs, samples),
        row("visible cases of a sample", per(figures.visible_cases, samples)),
        row("hidden cases of a sample", per(figures.hidden_cases, samples)),
        of("two results or more visible", figures.with_two_results_visible, samples),
        of("an argument changes its type", figures.with_changing_kinds, samples),
        of("cases that raise", figures.raising_cases, cases),
        of("cases with TypeError, AttributeError", figures.type_error_cases, cases),
        of("cases that return nothing, empty or 0", figures.trivial_cases, cases),
        row("lines of a program (median, ninth decile)", spread(&figures.lines)),
        row("characters of a prompt (median, ninth decile)", spread(&figures.prompt_lengths)),
    ]);
    rows
}

fn branches(reach: &Reach) -> Rows {
    let mut rows = vec![
        row("programs run", reach.programs),
        of("reached by all cases", reach.reached, reach.sides),
        of("reached by visible cases", reach.reached_by_visible, reach.sides),
        of(
            "programs with branches for hidden cases alone",
            reach.with_hidden_branches,
            reach.programs,
        ),
    ];
    rows.extend((reach.failed > 0).then(|| row("programs that did not run", reach.failed)));
    rows
}

fn questions(figures: &Questions) -> Rows {
    let mut rows = vec![row("samples", figures.samples)];
    for (kind, count) in &figures.kinds {
        rows.push(of(&format!("  {kind}"), *count, figures.samples));
        rows.push(row(&format!("  {kind}: different openings"), figures.openings(kind)));
    }
    rows.extend([
        row("characters of an answer (median, ninth decile)", spread(&figures.answer_lengths)),
        row("steps of a trace (median, ninth decile)", spread(&figures.trace_lengths)),
    ]);
    rows.extend((figures.designs > 0).then(|| row("designs", figures.designs)));
    rows
}

fn pairs(figures: &Pairs) -> Rows {
    let pairs = figures.pairs;
    let mut rows = vec![row("pairs", pairs)];
    let operators = figures.operators.iter();
    rows.extend(operators.map(|(operator, count)| of(&format!("  {operator}"), *count, pairs)));
    rows.extend([
        of("told apart by an exception", figures.told_by_an_exception, pairs),
        of("rejected program longer", figures.longer, pairs),
        of("rejected program shorter", figures.shorter, pairs),
    ]);
    rows
}

fn row(name: &str, value: impl ToString) -> [String; 2] {
    [name.to_owned(), value.to_string()]
}

/// A count with its share.
fn of(name: &str, count: u64, all: u64) -> [String; 2] {
    let share = match all {
        0 => "-".to_owned(),
        _ => format!("{count} ({:.1} %)", 100.0 * count as f64 / all as f64),
    };
    [name.to_owned(), share]
}

fn per(count: u64, all: u64) -> String {
    match all {
        0 => "-".to_owned(),
        _ => format!("{:.1}", count as f64 / all as f64),
    }
}

/// The median and the ninth decile.
fn spread(values: &Spread) -> String {
    let shown = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.0}"));
    format!("{}, {}", shown(values.median()), shown(values.ninth_decile()))
}
