//! How often gates accept simulated challengers, as Markdown: `cargo bench --bench duel -- [duels a world] [tables]`, of `equal`, `lopsided`, `power`, `broken`,
//! `decided` and `repeats`.
//!
//! 100 turns of 12, 24 or 40 instances; correlations within instances of 0 to 0.3 and between the errors of three judges of 0.1
//! to 0.9; a third of the verdicts are draws, and one in five is unparsed. docs/duel.md discusses the tables.

mod others;
mod world;

use rayon::prelude::*;
use tgsand::measure::duel::anytime::{self, Ending, Planned};
use tgsand::measure::duel::gate::{Decision, Gate};
use tgsand::measure::duel::reference::{self, Thresholds};
use tgsand::measure::duel::{Panel, Turn, clusters, plan};
use world::{Broken, TURNS, World};

const INSTANCES: [usize; 3] = [12, 24, 40];
const EDGES: [f64; 5] = [3.0, 6.0, 10.0, 12.0, 20.0];
const REPEATS: [f64; 5] = [3.03, 2.14, 0.24, -0.25, -3.07];

/// Prints itself, from this many duels a world.
type Table = fn(u64);

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let duels = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(4_000);
    let tables: [(&str, Table, u64); 6] = [
        ("equal", equal_contestants, duels),
        ("lopsided", lopsided, duels),
        ("power", power, duels / 16),
        ("broken", broken_judges, duels),
        ("decided", until_decided, duels),
        ("repeats", public_repeats, duels / 16),
    ];
    let named: Vec<_> = tables
        .iter()
        .filter(|(name, ..)| arguments.iter().any(|argument| argument == name))
        .collect();
    for (_, table, duels) in if named.is_empty() { tables.iter().collect() } else { named } {
        table(*duels);
    }
}

/// The mean over duels of several numbers of each.
fn mean<const N: usize>(
    world: &World,
    duels: u64,
    numbers: impl Fn(&[Turn], u64) -> [f64; N] + Sync,
) -> [f64; N] {
    let of_world = world.instances as u64 * 1_000_003
        + (world.icc * 10.0) as u64 * 101
        + (world.errors * 10.0) as u64;
    let sum = (0..duels).into_par_iter().map(|i| {
        let seed = (of_world << 32) + (world.edge * 100.0) as u64 * duels + i;
        numbers(&world.duel(seed), seed)
    });
    let sum = sum.reduce(|| [0.0; N], |a, b| std::array::from_fn(|i| a[i] + b[i]));
    sum.map(|sum| sum / duels as f64)
}

/// The mean over worlds, and the largest.
fn over<const N: usize>(found: &[[f64; N]]) -> ([f64; N], [f64; N]) {
    let mean =
        std::array::from_fn(|i| found.iter().map(|row| row[i]).sum::<f64>() / found.len() as f64);
    (mean, std::array::from_fn(|i| found.iter().map(|row| row[i]).fold(f64::MIN, f64::max)))
}

fn one(is: bool) -> f64 {
    f64::from(u8::from(is))
}

fn ours(panel: Panel, turns: &[Turn], seed: u64) -> Decision {
    Gate { panel, ..Gate::default() }.decide(turns, seed)
}

fn reference(turns: &[Turn], seed: u64) -> reference::Verdict {
    let thresholds = Thresholds { bootstrap_resamples: 300, ..Thresholds::default() };
    reference::decide(turns, thresholds, seed).expect("some turn has a verdict")
}

fn line(name: &str, cells: impl IntoIterator<Item = String>) {
    println!("| {name} | {} |", cells.into_iter().collect::<Vec<_>>().join(" | "));
}

fn head(names: &[&str]) {
    println!("| {} |\n|{}", names.join(" | "), "---|".repeat(names.len()));
}

fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

fn equal_contestants(duels: u64) {
    let all = |turns: &[Turn], seed: u64| {
        let reference = reference(turns, seed);
        [
            one(ours(Panel::Mean, turns, seed).accepted),
            one(ours(Panel::Median, turns, seed).accepted),
            one(others::permutation(turns, seed)),
            one(others::percentile(turns, seed)),
            one(reference.accepted),
            one(reference.margin_ok && reference.gate_lcb),
            one(reference.margin_ok),
        ]
    };
    let columns = [
        "gate",
        "median panel",
        "sign flips",
        "percentile bootstrap",
        "reference",
        "same, any valid share",
        "margin alone",
    ];
    for (title, is_uneven) in
        [("equally many turns an instance", false), ("uneven instances", true)]
    {
        println!("\n### Equal contestants accepted, % of {duels} duels: {title}\n");
        head(&[&["instances, correlation within"], columns.as_slice()].concat());
        for instances in INSTANCES {
            let mut worlds = World::all(instances, 0.0);
            worlds.retain(|world| world.is_uneven == is_uneven);
            let found: Vec<_> = worlds.iter().map(|world| mean(world, duels, all)).collect();
            for (rows, world) in found.chunks(3).zip(worlds.iter().step_by(3)) {
                line(&format!("{instances}, {}", world.icc), over(rows).0.map(percent));
            }
            let (average, most) = over(&found);
            line(&format!("{instances}, all"), average.map(percent));
            line(&format!("{instances}, worst world"), most.map(percent));
        }
    }
}

fn lopsided(duels: u64) {
    println!(
        "\n### Equal contestants accepted, % of {duels} duels: far apart on one instance of five\n"
    );
    head(&[
        "the challenger's lead there",
        "elsewhere",
        "instances",
        "gate",
        "sign flips",
        "percentile bootstrap",
        "reference",
    ]);
    for far in [-0.6, -0.3, 0.3, 0.6] {
        for instances in INSTANCES {
            let accepted = (0..duels).into_par_iter().map(|seed| {
                let turns = world::lopsided(instances, far, seed);
                [
                    one(ours(Panel::Mean, &turns, seed).accepted),
                    one(others::permutation(&turns, seed)),
                    one(others::percentile(&turns, seed)),
                    one(reference(&turns, seed).accepted),
                ]
            });
            let accepted =
                accepted.reduce(|| [0.0; 4], |a, b| std::array::from_fn(|i| a[i] + b[i]));
            let shares = accepted.map(|count| percent(count / duels as f64));
            let leads = [format!("{:+.1}", -25.0 * far), instances.to_string()];
            line(&format!("{:+.0}", 100.0 * far), leads.into_iter().chain(shares));
        }
    }
}

fn power(duels: u64) {
    println!("\n### Better challengers accepted, % (24 worlds of {duels} duels each)\n");
    head(&[
        "edge",
        "instances",
        "gate",
        "median panel",
        "sign flips",
        "reference",
        "gate, no correlation within",
        "turns that find it in 80 %",
    ]);
    for edge in EDGES {
        for instances in INSTANCES {
            let found: Vec<_> = World::all(instances, edge)
                .iter()
                .map(|world| {
                    mean(world, duels, |turns, seed| {
                        let clusters = clusters(turns, Panel::Mean);
                        [
                            one(ours(Panel::Mean, turns, seed).accepted),
                            one(ours(Panel::Median, turns, seed).accepted),
                            one(others::permutation(turns, seed)),
                            one(reference(turns, seed).accepted),
                            plan::needed(&clusters, edge / 100.0, 0.05)
                                .map_or(0.0, |needed| needed.turns as f64),
                        ]
                    })
                })
                .collect();
            let (average, _) = over(&found);
            let (independent, _) = over(&[&found[..3], &found[12..15]].concat());
            let mut cells: Vec<String> = average[..4].iter().copied().map(percent).collect();
            cells.insert(0, instances.to_string());
            cells.extend([percent(independent[0]), format!("{:.0}", average[4])]);
            line(&format!("{edge}"), cells);
        }
    }
}

fn broken_judges(duels: u64) {
    println!(
        "\n### One broken judge of three: 24 instances, correlation within 0.1, of errors 0.5\n"
    );
    head(&[
        "judge",
        "edge",
        "lead, mean",
        "lead, median",
        "accepted, mean %",
        "accepted, median %",
        "accepted, without each judge %",
    ]);
    let kinds = [
        ("honest", None),
        ("always first, orders swapped", Some(Broken::First)),
        ("always first, challenger shown first", Some(Broken::FirstUnswapped)),
        ("random", Some(Broken::Random)),
        ("always challenger", Some(Broken::Challenger)),
    ];
    for (name, broken) in kinds {
        for edge in [0.0, 12.0] {
            let world =
                World { instances: 24, icc: 0.1, errors: 0.5, edge, is_uneven: false, broken };
            let [lead_mean, lead_median, mean, median, each] =
                mean(&world, duels, |turns, seed| {
                    let (mean, median) =
                        (ours(Panel::Mean, turns, seed), ours(Panel::Median, turns, seed));
                    let each =
                        Gate { without_each_judge: true, ..Gate::default() }.decide(turns, seed);
                    let leads = [&mean, &median].map(|decision| decision.lead.unwrap_or_default());
                    [
                        leads[0],
                        leads[1],
                        one(mean.accepted),
                        one(median.accepted),
                        one(each.accepted),
                    ]
                });
            let leads = [lead_mean, lead_median].map(|lead| format!("{lead:+.1}"));
            line(
                name,
                [format!("{edge}")]
                    .into_iter()
                    .chain(leads)
                    .chain([mean, median, each].map(percent)),
            );
        }
    }
}

fn planned(turns: &[Turn]) -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::new();
    for turn in turns {
        match planned.last_mut().filter(|last| last.instance == turn.instance) {
            Some(last) => last.turns += 1,
            None => planned.push(Planned { instance: turn.instance.clone(), turns: 1 }),
        }
    }
    planned
}

fn until_decided(duels: u64) {
    println!(
        "\n### Until decided, % (24 worlds of {} duels each; of {duels} for equal contestants)\n",
        duels / 16
    );
    head(&[
        "edge",
        "instances",
        "accepted",
        "worst world",
        "accepted early",
        "given up",
        "gate accepts",
        "of these given up",
        "calls saved",
    ]);
    for edge in [0.0].into_iter().chain(EDGES) {
        let duels = if edge == 0.0 { duels } else { duels / 16 };
        for instances in INSTANCES {
            let found: Vec<_> = World::all(instances, edge)
                .iter()
                .map(|world| {
                    mean(world, duels, |turns, seed| {
                        let whole = ours(Panel::Mean, turns, seed).accepted;
                        let found =
                            anytime::decided(&Gate::default(), &planned(turns), turns, seed)
                                .expect("all was judged");
                        [
                            one(found.decision.accepted),
                            one(found.ending == Ending::Ahead),
                            one(found.ending == Ending::Hopeless),
                            one(whole),
                            one(whole && found.ending == Ending::Hopeless),
                            1.0 - found.decision.turns as f64 / TURNS as f64,
                        ]
                    })
                })
                .collect();
            let (average, most) = over(&found);
            let mut cells: Vec<String> = average.map(percent).to_vec();
            cells.insert(1, percent(most[0]));
            cells.insert(0, instances.to_string());
            line(&format!("{edge}"), cells);
        }
    }
}

/// The bound moves with the lead, so that every simulated duel tells what would be said of it at another lead.
fn public_repeats(duels: u64) {
    println!("\n### The five public repeats (24 worlds of {duels} duels each)\n");
    head(&["lead", "margin of 2.0", "instances", "lower bound, mean", "accepted %", "worst world"]);
    for instances in INSTANCES {
        let found: Vec<_> = World::all(instances, 0.0)
            .iter()
            .map(|world| {
                mean(world, duels, |turns, seed| {
                    let decision = ours(Panel::Mean, turns, seed);
                    let below = decision.lead.unwrap_or_default()
                        - decision.lower_bound.unwrap_or(f64::NEG_INFINITY);
                    let accepted = REPEATS.map(|lead| one(lead >= 2.0 && lead - below > 0.0));
                    [below, accepted[0], accepted[1], accepted[2], accepted[3], accepted[4]]
                })
            })
            .collect();
        let (average, most) = over(&found);
        for (i, lead) in REPEATS.iter().enumerate() {
            let margin = if *lead >= 2.0 { "met" } else { "not met" }.to_owned();
            let bound = format!("{:+.1}", lead - average[0]);
            line(
                &format!("{lead:+.2}"),
                [
                    margin,
                    instances.to_string(),
                    bound,
                    percent(average[i + 1]),
                    percent(most[i + 1]),
                ],
            );
        }
    }
}
