//! How long two equal values and two that differ in their last leaf take to be compared, by their number of nodes and their shape.
//!
//! `cargo bench --bench values`. Time per node that grows with the number of nodes is a fault.

use std::hint::black_box;
use std::time::Instant;

use tgsand::cases::equality::Compare;
use tgsand::sandbox::value::Value;

/// Makes a value of so many nodes with this last leaf, with its items turned around or not.
type Shape = fn(usize, &str, bool) -> Value;

const SHAPES: [(&str, Shape); 5] = [
    ("list", |nodes, last, _| Value::List(texts(nodes, last))),
    ("set, reversed", |nodes, last, turned| Value::Set(in_order(texts(nodes, last), turned))),
    ("dict, reversed", |nodes, last, turned| {
        let keys = in_order(texts(nodes / 2, last), turned);
        Value::Dict(keys.into_iter().map(|key| (key.clone(), key)).collect())
    }),
    ("frozensets 45 deep", |nodes, last, _| {
        let items = texts(nodes, last);
        let chunk = (nodes / 45).max(1);
        items.chunks(chunk).fold(Value::None, |deep, items| {
            Value::FrozenSet(items.iter().cloned().chain([deep]).collect())
        })
    }),
    ("dicts 33 deep", |nodes, last, _| {
        let items = texts(nodes / 2, last);
        let chunk = (nodes / 66).max(1);
        items.chunks(chunk).fold(Value::None, |deep, keys| {
            let entries = keys.iter().map(|key| (key.clone(), Value::None));
            Value::Dict(entries.chain([(Value::None, deep)]).collect())
        })
    }),
];

fn texts(nodes: usize, last: &str) -> Vec<Value> {
    (1..nodes).map(|i| Value::str(i.to_string())).chain([Value::str(last)]).collect()
}

fn in_order(mut items: Vec<Value>, turned: bool) -> Vec<Value> {
    if turned {
        items.reverse();
    }
    items
}

fn main() {
    println!("{:20} {:8} {:>9} {:>12} {:>12}", "shape", "compare", "nodes", "equal", "different");
    for (name, shape) in SHAPES {
        for (kind, compare) in [("exact", Compare::Exact), ("python", Compare::Python)] {
            for nodes in [1_000, 10_000, 100_000, 1_000_000] {
                let time = |a: &Value, b: &Value| {
                    let start = Instant::now();
                    black_box(compare.equal(black_box(a), black_box(b)));
                    let nanoseconds = start.elapsed().as_nanos();
                    format!("{} ns/node", nanoseconds / nodes as u128)
                };
                let value = shape(nodes, "a", false);
                let equal = time(&value, &shape(nodes, "a", true));
                let different = time(&value, &shape(nodes, "b", true));
                println!("{name:20} {kind:8} {nodes:9} {equal:>12} {different:>12}");
            }
        }
    }
}
