//! One self-contained page with a run's scores and its failures.
//!
//! Invariant: whatever an answer or a program says stands on the page as text; the page loads and runs nothing.

use super::counted;
use crate::stage::attempt::{Attempt, Sample};
use crate::stage::judge::Failing;

/// Failing samples that are shown of one problem; others differ in little.
const MOST_SAMPLES: usize = 3;
const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em}\
    table{border-collapse:collapse}td,th{border-bottom:1px solid #ccc;padding:.2em .8em;text-align:left;vertical-align:top}\
    pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:.6em;margin:.2em 0}summary{cursor:pointer}\
    @media(prefers-color-scheme:dark){body{background:#111;color:#ddd}pre{background:#222}}";

/// Gathers the failures of a run.
#[derive(Debug, Default)]
pub struct Page {
    failures: String,
    problems: usize,
}

impl Page {
    /// Adds a problem; nothing where all of its samples pass.
    pub fn add(&mut self, attempt: &Attempt) {
        let mut failing: Vec<&Sample> = attempt.samples.iter().filter(|sample| !sample.passed).collect();
        if failing.is_empty() {
            return;
        }
        self.problems += 1;
        let wrong = failing.len();
        // The same code fails the same way.
        failing.sort_by(|a, b| a.code.cmp(&b.code).then(a.sample.cmp(&b.sample)));
        failing.dedup_by(|a, b| a.code == b.code && a.verdict == b.verdict);
        failing.sort_by_key(|sample| sample.sample);
        let (id, of) = (escape(&attempt.id), attempt.samples.len());
        self.failures.push_str(&format!("<details><summary>{id}: {wrong} of {of} fail</summary>\n"));
        for sample in failing.iter().take(MOST_SAMPLES) {
            self.failures.push_str(&sample_html(sample, attempt.tests));
        }
        if let Some(more) = failing.len().checked_sub(MOST_SAMPLES).filter(|&more| more > 0) {
            self.failures.push_str(&format!("<p>{more} more are in results.jsonl.</p>\n"));
        }
        self.failures.push_str("</details>\n");
    }

    /// The page, with the rows of a table above the failures.
    pub fn finish(&self, title: &str, rows: &[(String, String)]) -> String {
        let title = escape(title);
        let rows: String = rows
            .iter()
            .map(|(name, value)| format!("<tr><th>{}</th><td>{}</td></tr>\n", escape(name), escape(value)))
            .collect();
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n<table>\n{rows}</table>\n\
             <h2>Failures: {}</h2>\n{}</body></html>\n",
            counted(self.problems, "problem"),
            self.failures
        )
    }
}

fn sample_html(sample: &Sample, tests: u64) -> String {
    let how = sample.how.and_then(|how| serde_json::to_value(how).ok());
    let how = how.as_ref().and_then(|how| how.as_str()).unwrap_or("reference program");
    let cut = if sample.truncated { ", cut short" } else { "" };
    let mut html = format!(
        "<h3>sample {}: {}</h3>\n<p>{} of {tests} tests pass; code: {how}{cut}</p>\n",
        sample.sample,
        sample.verdict.name(),
        sample.passed_tests
    );
    if let Some(Failing { test, visible, input, expected, got, .. }) = &sample.failing {
        let kind = if *visible { "visible" } else { "hidden" };
        html.push_str(&format!(
            "<table>\n<tr><th>test {test} ({kind})</th><td><pre>{}</pre></td></tr>\n\
             <tr><th>expected</th><td><pre>{}</pre></td></tr>\n<tr><th>got</th><td><pre>{}</pre></td></tr>\n</table>\n",
            escape(input),
            escape(expected),
            escape(got)
        ));
    }
    html.push_str(&format!("<pre>{}</pre>\n", escape(&sample.code)));
    html
}

/// Text as it stands between tags or in an attribute; control characters, which a page may not have, become visible.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            // Marks that turn the reading direction could make code look like other code.
            c if c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c) => {
                out.push_str(&format!("\\u{{{:x}}}", c as u32));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_on_the_page_is_markup() {
        let hostile = "</pre><script>alert('x')</script>\u{202e}\u{1b}\"&";
        assert_eq!(
            escape(hostile),
            "&lt;/pre&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\\u{202e}\\u{1b}&quot;&amp;"
        );
        let page = Page::default().finish("<b>", &[("<i>".into(), "<u>".into())]);
        for tag in ["<b>", "<i>", "<u>"] {
            assert!(!page.contains(tag), "{page}");
        }
    }
}
