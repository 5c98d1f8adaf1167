//! stub
use crate::named::named_enum;
use crate::python::Module;
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub start: usize,
    pub end: usize,
    pub replacement: String,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    pub rule: Rule,
    pub line: usize,
    pub edits: Vec<Edit>,
}
impl Rewrite {
    pub fn apply(&self, source: &str) -> String {
        let mut s = source.to_owned();
        for e in self.edits.iter().rev() {
            s.replace_range(e.start..e.end, &e.replacement);
        }
        s
    }
}
named_enum! { pub enum Rule { SwapEqual = "swap-equal", } }
pub fn rewrites(module: &Module, rule: Rule, _keep: &[&str]) -> Vec<Rewrite> {
    let s = module.source();
    s.match_indices("x == 0")
        .map(|(at, m)| Rewrite {
            rule,
            line: 1,
            edits: vec![Edit { start: at, end: at + m.len(), replacement: "0 == x".into() }],
        })
        .collect()
}
