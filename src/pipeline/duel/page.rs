//! One self-contained page of a duel: its scores, its metrics, and every turn with both answers side by side.
//!
//! Invariant: what models wrote is shown as text; the page's one script is ours, named by its digest, and loads nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::contest::Contest;
use super::report::{JUDGES, Verdict, combined_text, judges, metrics_text, points, rows};
use crate::report::{escape, side_by_side};
use crate::sample::turn::{Bucket, JudgedTurn};

/// Characters of the last message that are shown above a turn.
const LAST: usize = 2_000;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:90em;margin:2em auto;padding:0 1em}\
    table{border-collapse:collapse}td,th{border-bottom:1px solid #ccc;padding:.2em .8em;text-align:left;vertical-align:top}\
    pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:.6em;margin:.2em 0}\
    .both{display:grid;grid-template-columns:1fr 1fr;gap:1em}h4{margin:.6em 0 0}details{border-bottom:1px solid #ccc;padding:.15em 0;content-visibility:auto;contain-intrinsic-size:auto 2em}\
    details[hidden]{display:none}select,input{font:inherit;color:inherit;background:inherit;border:1px solid #999;padding:.1em .4em}details:focus-within{outline:2px solid #69c}summary{cursor:pointer}\
    del{background:#fdd}ins{background:#dfd}del,ins{text-decoration:none}nav{position:sticky;top:0;background:#fff;padding:.4em 0}\
    @media(prefers-color-scheme:dark){body,nav{background:#111;color:#ddd}pre{background:#222}del{background:#622}ins{background:#262}}";

/// What the names and marks of the page mean.
const LEGEND: &str = "<details id=\"legend\"><summary>What the names and marks mean</summary>\n<ul>\
    <li>Scores are the challenger's, from 0 to 100; at 50, both are equal.</li>\
    <li>Buckets: <b>final</b> from 80 points, <b>refined</b> from 66, <b>defeat</b> below; <b>undecided</b> if most judges gave no verdict.</li>\
    <li>On each metric: + for the challenger, − for the king, 0 for neither. A judge sees both orders; a verdict that turns round with the order is \
    reversed, and counts as a draw.</li>\
    <li>Consistent: verdicts that are the same in both orders. Unread: turns without a verdict in both orders.</li>\
    <li><del>Only the king wrote this.</del> <ins>Only the challenger wrote this.</ins></li></ul></details>";

/// Filters turns by bucket and text (`/` goes to the text), and walks through them with `j` and `k`; `o` opens and closes one.
const SCRIPT: &str = "\
const turns=[...document.querySelectorAll('details[data-bucket]')],bucket=document.getElementById('bucket'),text=document.getElementById('text'),count=document.getElementById('count');\
let at=-1;\
const words=turn=>turn.words??=turn.textContent.toLowerCase();\
const shown=()=>turns.filter(turn=>!turn.hidden);\
const filter=()=>{const wanted=text.value.toLowerCase();let number=0;for(const turn of turns){turn.hidden=Boolean(bucket.value&&turn.dataset.bucket!==bucket.value||wanted&&!words(turn).includes(wanted));number+=!turn.hidden}count.textContent=number+' of '+turns.length+' turns';at=-1};\
bucket.onchange=filter;text.oninput=filter;\
document.onkeydown=event=>{if(event.ctrlKey||event.metaKey||event.altKey)return;\
if(event.target===text){if(event.key==='Escape')text.blur();return}\
if(event.key==='/'){event.preventDefault();text.focus();return}\
const seen=shown();\
if(event.key==='j')at=Math.min(at+1,seen.length-1);else if(event.key==='k')at=Math.max(at-1,0);else if(event.key==='o'){if(seen[at])seen[at].open=!seen[at].open;return}else return;\
event.preventDefault();\
if(seen[at]){seen[at].querySelector('summary').focus();seen[at].scrollIntoView({block:'nearest'})}};\
filter();";

/// The page of a duel.
pub(super) fn html(verdict: &Verdict, turns: &[JudgedTurn], contest: &Contest) -> String {
    let title = escape(&contest.title());
    let table: String = rows(verdict)
        .iter()
        .map(|(name, value)| {
            format!("<tr><th>{}</th><td>{}</td></tr>\n", escape(name), escape(value))
        })
        .collect();
    let reasons: String =
        verdict.reasons().iter().map(|reason| format!("<li>{}</li>\n", escape(reason))).collect();
    let options: String =
        Bucket::ALL.iter().map(|bucket| format!("<option>{}</option>", bucket.name())).collect();
    let turns: String = turns.iter().map(turn_html).collect();
    let digest = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'\">\n\
         <title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n<table>\n{table}</table>\n<ul>\n{reasons}</ul>\n\
         <h2>Judges</h2>\n{}\n<h2>Metrics</h2>\n{}\n<h2>Turns</h2>\n{LEGEND}\n\
         <nav><select id=\"bucket\" aria-label=\"bucket\"><option value=\"\">all buckets</option>{options}<option>undecided</option></select>\n\
         <input id=\"text\" type=\"search\" placeholder=\"text\" aria-label=\"text\"> <span id=\"count\"></span> (j, k: next, previous; o: open; /: search)</nav>\n\
         {turns}<script>{SCRIPT}</script>\n</body></html>\n",
        judge_table(verdict),
        bars(verdict)
    )
}

/// What each judge said, as in the report.
fn judge_table(verdict: &Verdict) -> String {
    let cells = |tag: &str, cells: &[String]| {
        cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect::<String>()
    };
    let header = cells("th", &JUDGES.map(str::to_owned));
    let rows: String =
        judges(verdict).map(|row| format!("<tr>{}</tr>\n", cells("td", &row))).collect();
    format!("<table id=\"judges\"><tr>{header}</tr>\n{rows}</table>")
}

/// The challenger's score on each metric as bars around the middle, where both are equal.
fn bars(verdict: &Verdict) -> String {
    let (row, width) = (24, 400.0);
    let height = row * verdict.metrics.len();
    let mut svg = format!(
        "<svg width=\"700\" height=\"{height}\" viewBox=\"0 0 700 {height}\" role=\"img\" aria-label=\"score of the challenger by metric\" \
         font-size=\"14\" fill=\"currentColor\">\n"
    );
    for (place, (metric, score)) in verdict.metrics.iter().enumerate() {
        let y = place * row;
        let score = score.unwrap_or(50.0);
        let (from, to) = (50.0_f64.min(score), 50.0_f64.max(score));
        let x = 150.0 + width * from / 100.0;
        let color = if score < 50.0 { "#b44" } else { "#484" };
        svg.push_str(&format!(
            "<text x=\"0\" y=\"{}\">{}</text><rect x=\"{x:.1}\" y=\"{}\" width=\"{:.1}\" height=\"16\" fill=\"{color}\"/>\
             <text x=\"570\" y=\"{}\">{score:.1}</text>\n",
            y + 17,
            metric.name(),
            y + 4,
            (width * (to - from) / 100.0).max(1.0),
            y + 17,
        ));
    }
    svg.push_str(&format!(
        "<line x1=\"350\" x2=\"350\" y1=\"0\" y2=\"{height}\" stroke=\"currentColor\"/>\n</svg>"
    ));
    svg
}

fn turn_html(turn: &JudgedTurn) -> String {
    let bucket = turn.bucket.map_or("undecided", Bucket::name);
    let last = turn.messages.last().map(|message| message.content.as_str()).unwrap_or_default();
    let last: String = last.chars().take(LAST).collect();
    let judges: String = turn
        .judgements
        .iter()
        .map(|judgement| {
            let judge = escape(&judgement.judge);
            if let Some(text) = combined_text(judgement) {
                return format!("<tr><th>{judge}</th><td colspan=\"2\">{text}</td></tr>\n");
            }
            format!(
                "<tr><th>{judge}</th><td>{}</td><td>{}</td></tr>\n",
                metrics_text(judgement.challenger_first.as_ref()),
                metrics_text(judgement.king_first.as_ref())
            )
        })
        .collect();
    let [king, challenger] = side_by_side(&turn.king, &turn.challenger);
    format!(
        "<details data-bucket=\"{bucket}\"><summary>{}: {} ({bucket})</summary>\n<h4>Last message</h4><pre>{}</pre>\n\
         <div class=\"both\"><div><h4>King</h4><pre>{king}</pre></div><div><h4>Challenger</h4><pre>{challenger}</pre></div></div>\n\
         <table><tr><th>judge</th><th>challenger first</th><th>king first</th></tr>\n{judges}</table>\n</details>\n",
        escape(&turn.id),
        points(turn.score),
        escape(&last),
    )
}
