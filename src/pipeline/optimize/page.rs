//! One self-contained page of a run: its numbers, its rules, and programs before and after, side by side.
//!
//! Invariant: programs are shown as text, and the page loads and runs nothing.

use super::report::{RULES, Report};
use super::sample::Sample;
use crate::dataset::programs::ProgramRow;
use crate::record::Record;
use crate::report::{escape, side_by_side};

/// Programs that the page shows.
const SHOWN: usize = 200;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:90em;margin:2em auto;padding:0 1em}\
    table{border-collapse:collapse;margin:1em 0}td,th{border-bottom:1px solid #ccc;padding:.2em .8em;text-align:left}td+td,th+td+td{text-align:right}\
    pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:.6em;margin:.2em 0}\
    .both{display:grid;grid-template-columns:1fr 1fr;gap:1em}details{border-bottom:1px solid #ccc;padding:.15em 0}summary{cursor:pointer}\
    del{background:#fdd}ins{background:#dfd}del,ins{text-decoration:none}\
    @media(prefers-color-scheme:dark){body{background:#111;color:#ddd}pre{background:#222}del{background:#622}ins{background:#262}}";

/// The first programs that a run has changed.
#[derive(Default)]
pub(super) struct Changes {
    shown: Vec<Change>,
    count: usize,
}

struct Change {
    id: String,
    rules: String,
    before: String,
    after: String,
}

impl Changes {
    /// Adds a sample, if its program is not the row's own.
    pub(super) fn add(&mut self, record: &Record<Sample>, row: &ProgramRow) {
        let sample = &record.body;
        if sample.program == row.program {
            return;
        }
        self.count += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(Change {
                id: record.id.clone(),
                rules: sample.rules.join(", "),
                before: row.program.clone(),
                after: sample.program.clone(),
            });
        }
    }

    /// The page.
    pub(super) fn page(&self, title: &str, rows: &[(String, String)], report: &Report) -> String {
        let title = escape(title);
        let numbers: String = rows
            .iter()
            .map(|(name, value)| {
                format!("<tr><th>{}</th><td>{}</td></tr>\n", escape(name), escape(value))
            })
            .collect();
        let rules = match report.trials.is_empty() {
            true => String::new(),
            false => {
                let head = RULES.map(|name| format!("<th>{}</th>", escape(name))).concat();
                let cells =
                    |row: [String; 5]| row.map(|cell| format!("<td>{}</td>", escape(&cell)));
                let rows = report.rules().into_iter();
                let rows: String =
                    rows.map(|row| format!("<tr>{}</tr>\n", cells(row).concat())).collect();
                format!("<h2>Rules</h2>\n<table><tr>{head}</tr>\n{rows}</table>\n")
            }
        };
        let changes: String = self.shown.iter().map(Change::html).collect();
        let shown = match self.count > self.shown.len() {
            true => format!("<p>The first {} of {} are shown.</p>\n", self.shown.len(), self.count),
            false => String::new(),
        };
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n<table>\n{numbers}</table>\n{rules}\
             <h2>Programs before and after</h2>\n{shown}{changes}</body></html>\n"
        )
    }
}

impl Change {
    fn html(&self) -> String {
        let [before, after] = side_by_side(&self.before, &self.after);
        format!(
            "<details open><summary>{}: {}</summary>\n<div class=\"both\"><pre>{before}</pre><pre>{after}</pre></div></details>\n",
            escape(&self.id),
            escape(&self.rules),
        )
    }
}
