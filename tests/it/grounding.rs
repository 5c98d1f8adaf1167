//! Texts about a repository: what is true of it is kept, and what is made up is caught.

use std::path::Path;

use serde_json::Value as Json;
use tgsand::ground::Ground;
use tgsand::ground::repository::{About, Checked, Repository};
use tgsand::index::Index;
use tgsand::sample::Text;
use tgsand::sandbox::Limits;

use crate::cli::json_lines;
use crate::support::{FUEL, sandbox};

fn repository() -> Repository {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grounding/tree");
    Repository::of(&Index::open(&tree).unwrap()).unwrap()
}

/// The rows of a corpus that do not come out as they should.
fn mistakes(corpus: &str) -> Vec<String> {
    let repository = repository();
    let ground = Ground { sandbox: sandbox(), limits: Limits { fuel: FUEL, ..Limits::default() } };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let check = |row: &Json| {
        let field = |name: &str| row[name].as_str().unwrap();
        let about = About { file: field("file"), function: field("function"), executions: &[] };
        let text = Text { parts: vec![("answer".into(), field("text").into())], adds: Vec::new() };
        let checked =
            runtime.block_on(ground.check_repository(&repository, &about, &text)).unwrap();
        let shown = |why: &str| format!("{} {}: {why}", field("kind"), field("text"));
        match (checked, row["holds"].as_bool().unwrap()) {
            (Checked::Holds(_), true) => None,
            (Checked::Fails(failed), false) => {
                let why: Vec<String> = failed.iter().map(ToString::to_string).collect();
                println!("caught {}", shown(&why.join("; ")));
                None
            }
            (Checked::Holds(_), false) => Some(shown("kept")),
            (Checked::Fails(failed), true) => {
                let why: Vec<String> = failed.iter().map(ToString::to_string).collect();
                Some(shown(&why.join("; ")))
            }
        }
    };
    json_lines(corpus).iter().filter_map(check).collect()
}

#[test]
fn planted_claims_are_caught_and_true_ones_are_kept() {
    let corpus = include_str!("../grounding/claims.jsonl");
    assert_eq!(mistakes(corpus), Vec::<String>::new());
}
