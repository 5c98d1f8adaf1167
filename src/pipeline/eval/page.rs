//! One self-contained page with a run's scores and its failures.
//!
//! Invariant: anything that an answer or a program says is shown as text; the page loads and runs
//! nothing.

use super::result::{AnswerResult, ProblemResult};
use crate::grade::{Failing, RUNS_TO_END, TestResult};
use crate::report::{counted, difference, escape};

/// Failing samples that are shown of one problem; others differ in little.
const MOST_SAMPLES: usize = 3;
const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em}\
    table{border-collapse:collapse}td,th{border-bottom:1px solid #ccc;padding:.2em .8em;text-align:left;vertical-align:top}\
    pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:.6em;margin:.2em 0}summary{cursor:pointer}\
    del{background:#fdd}ins{background:#dfd}del,ins{text-decoration:none}\
    @media(prefers-color-scheme:dark){body{background:#111;color:#ddd}pre{background:#222}del{background:#622}ins{background:#262}}";

/// Gathers the failures of a run.
#[derive(Debug, Default)]
pub struct Page {
    failures: String,
    problems: usize,
}

impl Page {
    /// Adds a problem; nothing if all of its samples pass.
    pub fn add(&mut self, problem_result: &ProblemResult) {
        let mut failing: Vec<&AnswerResult> =
            problem_result.samples.iter().filter(|sample| !sample.passed).collect();
        if failing.is_empty() {
            return;
        }
        self.problems += 1;
        let wrong = failing.len();
        // The same code fails the same way; without code, the reply shows why.
        failing.sort_by(|a, b| (&a.code, &a.reply, a.sample).cmp(&(&b.code, &b.reply, b.sample)));
        failing.dedup_by(|a, b| (&a.code, &a.reply, a.result) == (&b.code, &b.reply, b.result));
        failing.sort_by_key(|sample| sample.sample);
        let (id, of) = (escape(&problem_result.id), problem_result.samples.len());
        self.failures
            .push_str(&format!("<details><summary>{id}: {wrong} of {of} fail</summary>\n"));
        for sample in failing.iter().take(MOST_SAMPLES) {
            self.failures.push_str(&sample_html(sample, problem_result.tests));
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
            .map(|(name, value)| {
                format!("<tr><th>{}</th><td>{}</td></tr>\n", escape(name), escape(value))
            })
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

fn sample_html(sample: &AnswerResult, tests: u64) -> String {
    if !was_run(sample.result) {
        return reply_html(sample);
    }
    let how = sample.how.and_then(|how| serde_json::to_value(how).ok());
    let how = how.as_ref().and_then(|how| how.as_str()).unwrap_or("reference program");
    let cut = if sample.truncated { ", cut off" } else { "" };
    let mut html = format!(
        "<h3>sample {}: {}</h3>\n<p>{} of {tests} tests pass; code: {how}{cut}</p>\n",
        sample.sample,
        sample.result.name(),
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
        let is_result = sample.result == TestResult::WrongAnswer && expected != RUNS_TO_END;
        if let Some(difference) = difference(expected, got).filter(|_| is_result) {
            html.push_str(&format!(
                "<table>\n<tr><th>difference</th><td><pre>{difference}</pre></td></tr>\n</table>\n"
            ));
        }
    }
    html.push_str(&format!("<pre>{}</pre>\n", escape(&sample.code)));
    html
}

/// A sample without code, of which no test was run: why, and what the model said instead.
fn reply_html(sample: &AnswerResult) -> String {
    let why = sample.failing.as_ref().map_or("", |failing| &failing.got);
    let cut = if sample.truncated { ", cut off" } else { "" };
    let title = format!(
        "<h3>sample {}: {}</h3>\n<p>{}{cut}</p>\n",
        sample.sample,
        sample.result.name(),
        escape(why)
    );
    let reply = match sample.reply.as_deref() {
        Some(reply) if reply.trim().is_empty() => "<p>the reply is empty</p>\n".to_owned(),
        Some(reply) => format!("<p>the reply:</p>\n<pre>{}</pre>\n", escape(reply)),
        None => String::new(),
    };
    title + &reply
}

/// Whether there was code to run.
fn was_run(result: TestResult) -> bool {
    match result {
        TestResult::NoCode | TestResult::Refused => false,
        TestResult::Passed
        | TestResult::WrongAnswer
        | TestResult::Raised
        | TestResult::Unparsable
        | TestResult::LoadFailed
        | TestResult::Exited
        | TestResult::OutOfFuel
        | TestResult::OutOfMemory
        | TestResult::OutputTooLarge
        | TestResult::Trapped
        | TestResult::Nondeterministic
        | TestResult::Unrepeatable
        | TestResult::TimedOut
        | TestResult::Unfinished
        | TestResult::CheckerFailed => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    /// A failing sample; more fields take the place of what it has.
    fn failing(number: usize, result: &str, more: Json) -> Json {
        let got = if result == "no-code" { "the reply has no code" } else { "3" };
        let mut sample = json!({
            "sample": number, "passed": false, "result": result, "passed_tests": 0, "visible_only": false, "code": "",
            "truncated": false, "results": [result], "fuel": 0,
            "failing": {"test": 0, "visible": false, "input": "f(1)", "expected": "2", "got": got},
        });
        for (key, value) in more.as_object().unwrap() {
            sample[key] = value.clone();
        }
        sample
    }

    fn page(samples: Vec<Json>) -> String {
        let row = json!({
            "id": "p", "format": "mbpp", "tests": 1, "isolation": "apart", "correct": 0, "pass_ratio": 0.0, "samples": samples,
        });
        let mut page = Page::default();
        page.add(&serde_json::from_value(row).unwrap());
        page.finish("run", &[])
    }

    #[test]
    fn a_reply_without_code_stands_on_the_page_in_place_of_a_test() {
        let page = page(vec![failing(
            0,
            "no-code",
            json!({"reply": "I <cannot> help.", "truncated": true}),
        )]);
        assert!(page.contains("<h2>Failures: 1 problem</h2>"), "{page}");
        let shown = "<h3>sample 0: no-code</h3>\n<p>the reply has no code, cut off</p>\n<p>the reply:</p>\n\
                     <pre>I &lt;cannot&gt; help.</pre>\n</details>";
        assert!(page.contains(shown) && !page.contains("expected"), "{page}");
    }

    #[test]
    fn a_row_that_kept_no_reply_shows_no_test_either() {
        let page = page(vec![
            failing(0, "no-code", json!({})),
            failing(1, "no-code", json!({"reply": " \n"})),
        ]);
        let shown = "<h3>sample 0: no-code</h3>\n<p>the reply has no code</p>\n\
                     <h3>sample 1: no-code</h3>\n<p>the reply has no code</p>\n<p>the reply is empty</p>\n</details>";
        assert!(page.contains(shown), "{page}");
    }

    #[test]
    fn equal_failures_stand_on_the_page_once_and_other_replies_apart() {
        let reply = |number, text: &str| failing(number, "no-code", json!({"reply": text}));
        let wrong =
            |number| failing(number, "wrong-answer", json!({"code": "def f(x): return 3\n"}));
        let page =
            page(vec![reply(0, "no"), wrong(1), reply(2, "never"), reply(3, "no"), wrong(4)]);
        let titles: Vec<&str> =
            page.split("<h3>").skip(1).filter_map(|part| part.split("</h3>").next()).collect();
        assert_eq!(titles, ["sample 0: no-code", "sample 1: wrong-answer", "sample 2: no-code"]);
        assert!(page.contains("<th>test 0 (hidden)</th><td><pre>f(1)</pre></td>"), "{page}");
    }

    #[test]
    fn a_wrong_answer_over_lines_shows_how_it_differs_and_an_exception_does_not() {
        let of = |result: &str, expected: &str| {
            let test = json!({"test": 0, "visible": true, "input": "", "expected": expected, "got": "1\n3"});
            page(vec![failing(0, result, json!({"failing": test}))])
        };
        let shown = "<th>difference</th><td><pre>  1\n<del>- 2</del>\n<ins>+ 3</ins>\n</pre></td>";
        assert!(of("wrong-answer", "1\n2").contains(shown));
        assert!(!of("raised", "1\n2").contains("difference"));
        // A failed assertion is not another form of this.
        assert!(!of("wrong-answer", RUNS_TO_END).contains("difference"));
    }

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
