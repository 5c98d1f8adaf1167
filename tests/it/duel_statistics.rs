//! Compares the statistics of duels with scipy, krippendorff and choix on random data.
//!
//! Invariant: the packages get the same verdicts as the crate, and compute with none of its code.

use std::io::Write;
use std::process::{Command, Stdio};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value as Json, json};
use tgsand::measure::duel::agreement::{Level, krippendorff};
use tgsand::measure::duel::bradley_terry::{Game, strengths};
use tgsand::measure::duel::length_control::{Measured, length_controlled};
use tgsand::measure::duel::lower_bound::lower_bound;
use tgsand::measure::duel::reference::{self, Thresholds};
use tgsand::measure::duel::{Cluster, Panel, Turn, clusters, plan};

/// Names a Python that has the packages: `python3 -m venv V; V/bin/pip install scipy krippendorff choix`, then `V/bin/python`.
const PYTHON: &str = "TGSAND_STATISTICS_PYTHON";

const SCRIPT: &str = r#"
import json, sys
import choix, krippendorff, numpy as np
from scipy import optimize, stats

case = json.load(sys.stdin)

def permutation(edge):
    residuals = np.array([total - edge * turns for total, turns in case["clusters"]])
    return stats.permutation_test(
        (residuals,), lambda x, axis: np.sum(x, axis=axis), permutation_type="samples",
        alternative="greater", vectorized=True, n_resamples=1 << 20).pvalue

def controlled():
    outcomes = np.array([turn[0] for turn in case["lengths"]])
    longer = np.array([turn[1] for turn in case["lengths"]])
    feature = np.tanh(longer / np.std(longer))
    def loss(b):
        score = b[0] + b[1] * feature
        return np.sum(np.logaddexp(0, score) - outcomes * score) + 0.005 * np.sum(b ** 2)
    base, effect = optimize.minimize(loss, np.zeros(2), tol=1e-12).x
    return [1 / (1 + np.exp(-base)), effect]

def strengths():
    # Twice every game, so that a draw is one win for each.
    wins = []
    for first, second, outcome in case["games"]:
        wins += [(first, second)] * round(2 * outcome) + [(second, first)] * round(2 - 2 * outcome)
    return list(choix.opt_pairwise(4, wins, alpha=0.01, method="Newton-CG", tol=1e-12))

verdicts = np.array([[np.nan if v is None else v for v in turn] for turn in case["verdicts"]]).T
deltas = np.array(case["deltas"])
low = stats.bootstrap((deltas,), np.mean, n_resamples=20000, confidence_level=0.9, method="percentile", rng=np.random.default_rng(1))
json.dump({
    "alpha": [krippendorff.alpha(verdicts, level_of_measurement=level) for level in ("nominal", "ordinal", "interval")],
    "below": permutation(case["bound"] - 1e-6),
    "above": permutation(case["bound"] + 1e-6),
    "detectable": [stats.t.ppf(0.95, n - 1) + stats.t.ppf(0.8, n - 1) for n in (5, 12, 24, 40, 1000)],
    "error": stats.sem(deltas),
    "controlled": controlled(),
    "strengths": strengths(),
    "lcb": low.confidence_interval.low,
    "se": low.standard_error,
}, sys.stdout)
"#;

#[test]
#[ignore = "needs a Python with scipy, krippendorff and choix; TGSAND_STATISTICS_PYTHON names it"]
fn the_statistics_of_duels_are_those_of_scipy_krippendorff_and_choix() {
    for seed in 0..5 {
        compare(seed);
    }
}

fn compare(seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let turns = turns(&mut rng);
    let clusters = clusters(&turns, Panel::Mean);
    let bound = lower_bound(&clusters, 0.05, seed).unwrap();
    let lengths: Vec<Measured> = (0..120)
        .map(|i| Measured {
            instance: format!("{}", i % 12),
            outcome: f64::from(rng.random_range(0..=2)) / 2.0,
            longer: rng.random_range(-500.0..900.0),
        })
        .collect();
    let games: Vec<Game> = (0..150)
        .map(|i| {
            let first = rng.random_range(0..4);
            let second = (first + rng.random_range(1..4)) % 4;
            let outcome = f64::from(rng.random_range(0..=2)) / 2.0;
            Game {
                instance: format!("{}", i % 15),
                first: format!("{first}"),
                second: format!("{second}"),
                outcome,
            }
        })
        .collect();
    let deltas: Vec<f64> =
        turns.iter().filter_map(|turn| turn.delta(Panel::Mean)).map(|delta| delta / 2.0).collect();
    let case = json!({
        "verdicts": turns.iter().map(|turn| &turn.verdicts).collect::<Vec<_>>(),
        "clusters": clusters.iter().map(|cluster| (cluster.sum, cluster.turns)).collect::<Vec<_>>(),
        "bound": bound,
        "deltas": deltas,
        "lengths": lengths.iter().map(|turn| (turn.outcome, turn.longer)).collect::<Vec<_>>(),
        "games": games.iter().map(|game| (digit(&game.first), digit(&game.second), game.outcome)).collect::<Vec<_>>(),
    });
    let theirs = ask(&case);

    let alphas = [Level::Nominal, Level::Ordinal, Level::Interval]
        .map(|level| krippendorff(&turns, level, seed).unwrap().alpha);
    close("alpha", &alphas, &theirs["alpha"], 1e-9);
    let p = ["below", "above"].map(|side| theirs[side].as_f64().unwrap());
    assert!(
        p[0] <= 0.05 && 0.05 < p[1],
        "{seed}: the bound {bound} has the p-values {p:?} on its two sides"
    );
    let detectable =
        [5, 12, 24, 40, 1000].map(|instances| plan::detectable(1.0, instances, 0.05).unwrap());
    close("detectable", &detectable[..1], &json!([theirs["detectable"][0]]), 6e-3);
    close(
        "detectable",
        &detectable[1..],
        &json!(theirs["detectable"].as_array().unwrap()[1..]),
        2e-4,
    );
    let singles: Vec<Cluster> = deltas.iter().map(|&sum| Cluster { sum, turns: 1 }).collect();
    close(
        "standard error",
        &[plan::standard_error(&singles).unwrap()],
        &json!([theirs["error"]]),
        1e-12,
    );
    let found = length_controlled(&lengths, seed).unwrap();
    close("length control", &[found.controlled, found.length_effect], &theirs["controlled"], 1e-5);
    let mut found = strengths(&games, seed);
    found.sort_by(|a, b| a.contestant.cmp(&b.contestant));
    close(
        "strengths",
        &found.iter().map(|own| own.strength).collect::<Vec<_>>(),
        &theirs["strengths"],
        1e-5,
    );
    let verdict = reference::decide(&turns, Thresholds::default(), seed).unwrap();
    close("reference", &[verdict.lcb, verdict.se], &json!([theirs["lcb"], theirs["se"]]), 2e-3);
}

/// 14 instances of different sizes; a fifth of the verdicts missing, but not all of a turn's.
fn turns(rng: &mut impl Rng) -> Vec<Turn> {
    let mut turns = Vec::new();
    for instance in 0..14 {
        let leaning = rng.random_range(-0.4..0.9);
        for _ in 0..rng.random_range(2..9) {
            let mut verdict = || {
                (5.0 * (leaning + rng.random_range(-1.0..1.0f64))).round().clamp(-5.0, 5.0) / 5.0
            };
            let given = [verdict(), verdict(), verdict()];
            let missing = rng.random_range(0..15);
            let verdicts = given
                .iter()
                .enumerate()
                .map(|(judge, value)| (judge != missing).then_some(*value))
                .collect();
            turns.push(Turn { instance: format!("{instance:02}"), verdicts });
        }
    }
    turns
}

fn digit(name: &str) -> u32 {
    name.parse().unwrap()
}

fn close(name: &str, own: &[f64], theirs: &Json, tolerance: f64) {
    let theirs: Vec<f64> =
        theirs.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    assert_eq!(own.len(), theirs.len(), "{name}");
    for (own, theirs) in own.iter().zip(&theirs) {
        assert!((own - theirs).abs() <= tolerance, "{name}: {own} is not {theirs}");
    }
}

fn ask(case: &Json) -> Json {
    let python = std::env::var(PYTHON)
        .unwrap_or_else(|_| panic!("{PYTHON} must name a Python that has the packages"));
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(case.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the script failed: {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}
