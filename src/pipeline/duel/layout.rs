//! The reference's own files: `answer/*.json`, `score/*.json` and `_duel.json`.
//!
//! Invariant: a file's name follows from its turn alone, so that answer and score of a turn have the same name, whichever step writes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::Answered;
use super::judge::Metric;
use super::report::{Rule, Verdict};
use super::stored::{self, Form, Sourced, Stored, Unreadable};
use crate::dataset::jsonl::Reading;
use crate::dataset::rows::unreadable;
use crate::error::{Error, Result};
use crate::flow::Fate;
use crate::flow::run_folder::RunFolder;
use crate::json::{self, Json, Object};
use crate::measure::duel::{self, gate::Decision};
use crate::measure::mean;
use crate::record::{Lineage, Record, digest};
use crate::sample::turn::{JudgeRow, JudgedTurn};

/// The folder of answers, one file a turn.
const ANSWERS: &str = "answer";
/// The folder of verdicts, one file a turn.
const SCORES: &str = "score";
/// The file of the decision.
const DUEL: &str = "_duel.json";

/// A judge's part of a score file.
#[derive(Serialize, Deserialize)]
struct JudgeScore {
    judge_model: String,
    parse_ok: bool,
    /// 1 if the challenger wins, 0.5 for a draw, 0 if the king wins.
    #[serde(default)]
    metric_scores: BTreeMap<String, f64>,
    #[serde(default)]
    judge_mean: Option<f64>,
}

/// What the reference writes of a duel.
#[derive(Serialize)]
struct Duel<'a> {
    accepted: bool,
    n_done: usize,
    n_valid: usize,
    challenger_score: Option<f64>,
    king_score: Option<f64>,
    winner: &'static str,
    by_judge: BTreeMap<&'a str, Option<f64>>,
    by_metric: BTreeMap<&'static str, Option<f64>>,
    win_margin: f64,
    margin_ok: bool,
    mean_delta: Option<f64>,
    lcb: Option<f64>,
    se: Option<f64>,
    gate_alpha: f64,
    gate_lcb: bool,
}

/// Reads the answers in a folder, unless they come from turns that were chosen there.
pub fn answers(folder: &Path) -> Result<Option<Stored<Answered>>> {
    if folder.join(stored::CHOSEN).exists() || !folder.join(ANSWERS).is_dir() {
        return Ok(None);
    }
    read(folder, ANSWERS, |_, row| stored::answered(row)).map(Some)
}

/// Reads the verdicts in a folder, unless they are of turns that were judged there.
pub fn judged(folder: &Path) -> Result<Option<Stored<JudgedTurn>>> {
    let is_own = [stored::CHOSEN, stored::ANSWERS].iter().any(|name| folder.join(name).exists());
    if is_own || !folder.join(SCORES).is_dir() {
        return Ok(None);
    }
    let mut stored = read(folder, SCORES, |name, score| {
        let judges = score.get("per_judge").ok_or("field \"per_judge\" is missing")?;
        let judges: Vec<JudgeScore> =
            judges.typed().map_err(|why| format!("field \"per_judge\": {why}"))?;
        let judgements = judges.iter().map(judge_row).collect::<Result<_, _>>()?;
        // The texts are in the answer; without it, the verdicts still count.
        let answer = object(&folder.join(ANSWERS).join(format!("{name}.json")));
        stored::judged_turn(answer.as_ref().unwrap_or(score), judgements, None)
    })?;
    stored.finish();
    // Each file is a turn that was planned: an answer without a score, and a score that cannot be read.
    let mut planned = files(&folder.join(SCORES))?;
    if folder.join(ANSWERS).is_dir() {
        planned.extend(files(&folder.join(ANSWERS))?);
    }
    stored.planned = planned.into_keys().map(|name| (name.clone(), name)).collect();
    Ok(Some(stored))
}

fn read<T>(
    folder: &Path,
    inner: &str,
    body: impl Fn(&str, &Object) -> Result<T, String>,
) -> Result<Stored<T>> {
    let files = files(&folder.join(inner))?;
    let records = files.into_iter().map(|(name, path)| {
        let lineage = Lineage { file: path.display().to_string(), line: 1 };
        let read = object(&path).and_then(|row| body(&name, &row));
        let fate = match read {
            Ok(body) => {
                let body = Sourced { body, source: None, contest: None };
                Fate::Live(Record { id: name, lineage, body })
            }
            Err(why) => unreadable(lineage, &why),
        };
        Ok((fate, String::new()))
    });
    let form =
        Form { reading: Reading::default(), is_own: false, unreadable: Unreadable::SetAside };
    stored::stored(folder, records, form)
}

/// The files of a folder, one of each turn, by the names of their turns.
fn files(place: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(place).map_err(Error::input(place))? {
        let path = entry.map_err(Error::io(place))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_stem().map_or_else(String::new, |it| it.to_string_lossy().into());
            files.insert(name, path);
        }
    }
    Ok(files)
}

fn object(path: &Path) -> Result<Object, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    match json::read(&text) {
        Ok(Json::Object(row)) => Ok(row),
        Ok(_) => Err("the file is JSON but not an object".into()),
        Err(error) => Err(format!("broken JSON: {error}")),
    }
}

fn judge_row(score: &JudgeScore) -> Result<JudgeRow, String> {
    let JudgeScore { judge_model, parse_ok, metric_scores, .. } = score;
    let row = JudgeRow::unread(judge_model);
    if !parse_ok {
        return Ok(row);
    }
    let delta = |metric: &Metric| {
        let score = metric_scores
            .get(metric.name())
            .ok_or_else(|| format!("judge {judge_model:?} has no score for {}", metric.name()))?;
        Ok(2.0 * score - 1.0)
    };
    let combined = Metric::ALL.iter().map(delta).collect::<Result<_, String>>()?;
    Ok(JudgeRow { combined: Some(combined), ..row })
}

/// The name of a turn's files: its instance and its place, with a digest if a name of a file could not have all of it.
fn name(id: &str) -> String {
    let plain = id.replace(':', "_");
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if plain.chars().all(is_fine) && plain.len() <= 200 && !plain.starts_with('.') {
        return plain;
    }
    let fine: String = plain.chars().filter(|c| is_fine(*c)).take(100).collect();
    format!("{}-{}", fine.trim_start_matches('.'), digest(id.as_bytes()))
}

/// Writes the answers of a turn.
pub fn write_answer(folder: &RunFolder, record: &Record<Answered>) -> Result<()> {
    let Record { id, body, .. } = record;
    let answer = json!({
        "instance_id": body.instance,
        "king": body.king,
        "challenger": body.challenger,
        "assistant": body.assistant,
        "messages": body.history,
    });
    write(folder, &format!("{ANSWERS}/{}.json", name(id)), &answer)
}

/// Writes the verdicts of turns.
pub fn write_scores(folder: &RunFolder, rows: &[JudgedTurn]) -> Result<()> {
    for row in rows {
        let judges: Vec<JudgeScore> = row.judgements.iter().map(judge_score).collect();
        let read: Vec<f64> = judges.iter().filter_map(|judge| judge.judge_mean).collect();
        // Our own scores are from 0 to 100.
        let points = mean(&read).map(|mean| duel::score(2.0 * mean - 1.0));
        let score = json!({
            "instance_id": row.instance_id,
            "final_score": points.map(|points| points / 100.0),
            "final_score_100": points,
            "parse_ok": read.len() == judges.len(),
            "per_judge": judges,
        });
        write(folder, &format!("{SCORES}/{}.json", name(&row.id)), &score)?;
    }
    Ok(())
}

fn judge_score(row: &JudgeRow) -> JudgeScore {
    let metrics = row.metrics();
    let scores: Vec<f64> =
        metrics.iter().flatten().map(|delta| f64::midpoint(1.0, *delta)).collect();
    let names = Metric::ALL.iter().map(|metric| metric.name().to_owned());
    JudgeScore {
        judge_model: row.judge.clone(),
        parse_ok: metrics.is_some(),
        judge_mean: mean(&scores),
        metric_scores: names.zip(scores).collect(),
    }
}

/// Writes the decision. Scores are from 0 to 100, the mean delta with its bound and error from -0.5 to 0.5; by our own gate, they
/// are those of our own bound.
pub(super) fn write_duel(folder: &RunFolder, verdict: &Verdict, rule: &Rule<'_>) -> Result<()> {
    let Decision { turns, valid_turns, challenger_score, king_score, lead, .. } = verdict.decision;
    let gate = &rule.options.gate;
    let halved = |points: Option<f64>| points.map(|points| points / 200.0);
    let bound = verdict.decision.lower_bound;
    let by_judge = verdict.judges.iter().map(|judge| (judge.judge.as_str(), judge.score));
    let by_metric = verdict.metrics.iter().map(|(metric, score)| (metric.name(), *score));
    let own = Duel {
        accepted: verdict.is_accepted(),
        n_done: turns,
        n_valid: valid_turns,
        challenger_score,
        king_score,
        winner: winner(lead),
        by_judge: by_judge.collect(),
        by_metric: by_metric.collect(),
        win_margin: gate.win_margin,
        margin_ok: lead.is_some_and(|lead| lead >= gate.win_margin),
        mean_delta: halved(lead),
        lcb: halved(bound),
        se: halved(verdict.decision.standard_error),
        gate_alpha: gate.alpha,
        gate_lcb: bound.is_some_and(|bound| bound > 0.0),
    };
    let duel = match &verdict.reference {
        Some(reference) => Duel {
            accepted: reference.accepted,
            n_done: reference.n_done,
            n_valid: reference.n_valid,
            challenger_score: Some(reference.challenger_score),
            king_score: Some(reference.king_score),
            winner: winner(Some(reference.mean_delta)),
            win_margin: reference.win_margin,
            margin_ok: reference.margin_ok,
            mean_delta: Some(reference.mean_delta),
            lcb: Some(reference.lcb),
            se: Some(reference.se),
            gate_alpha: reference.gate_alpha,
            gate_lcb: reference.gate_lcb,
            ..own
        },
        None => own,
    };
    write(folder, DUEL, &duel)
}

fn winner(lead: Option<f64>) -> &'static str {
    match lead {
        Some(lead) if lead > 0.0 => "challenger",
        Some(lead) if lead < 0.0 => "king",
        Some(_) | None => "tie",
    }
}

fn write(folder: &RunFolder, name: &str, object: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(object).expect("the files are plain data");
    folder.write_text(name, &(text + "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_is_that_of_its_turn_and_no_other() {
        assert_eq!(name("django__django-1:12"), "django__django-1_12");
        for id in ["../../etc:1", "a/b", "ä", "", ".hidden", &"x".repeat(300)] {
            let name = name(id);
            assert!(name.len() < 150 && !name.contains('/') && !name.starts_with('.'), "{name}");
        }
        assert_ne!(name("a/b"), name("a|b"));
    }
}
