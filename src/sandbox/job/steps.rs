//! The steps of a line trace, by the calls that ran them.
//!
//! Invariant: steps are in the order in which lines began to run, over all calls; a call is at least one deeper than its caller.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// One line of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The number of the call that runs the line, in the order in which calls began.
    #[serde(default)]
    pub frame: u32,
    /// How many of the calls that are traced the call is within.
    #[serde(default)]
    pub depth: u32,
    pub function: String,
    pub line: u32,
    /// Variables that the line changed, with the `repr` of what they became.
    pub set: Vec<(String, String)>,
    /// How the call was left after this line: `returns 4`, `yields 4` or `raises ValueError`. Empty if another line of it follows.
    #[serde(default)]
    pub left: String,
}

impl Step {
    /// Whether the line is one of a lambda, of a generator expression or of the body of a class, which has no name to call it by.
    pub fn is_nameless(&self) -> bool {
        self.function.starts_with('<')
    }
}

/// The steps of a call, and those of all that it calls.
pub fn within(steps: &[Step], frame: u32) -> Vec<Step> {
    let mut open: Vec<&Step> = Vec::new();
    let mut found = Vec::new();
    for step in steps {
        let is_over = |open: &&Step| open.depth >= step.depth && open.frame != step.frame;
        while open.last().is_some_and(is_over) {
            open.pop();
        }
        if open.last().is_none_or(|open| open.frame != step.frame) {
            open.push(step);
        }
        if open.iter().any(|open| open.frame == frame) {
            found.push(step.clone());
        }
    }
    found
}

/// Whether a trace shows exactly the given steps of the calls that these are of.
pub fn shows(trace: &[Step], some: &[Step]) -> bool {
    let calls: BTreeSet<u32> = some.iter().map(|step| step.frame).collect();
    trace.iter().filter(|step| calls.contains(&step.frame)).eq(some)
}

/// The calls whose steps stand in a range without their caller's: each with its steps, which have those of its own calls among them.
/// A generator is found once for each time that it goes on.
pub fn calls(steps: &[Step], range: Range<usize>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for at in range {
        let belongs = |call: &Range<usize>| {
            let first = &steps[call.start];
            first.depth < steps[at].depth || first.frame == steps[at].frame
        };
        match found.last_mut().filter(|call| belongs(call)) {
            Some(call) => call.end = at + 1,
            None => found.push(at..at + 1),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps of calls, each with its depth.
    fn steps(frames: &[(u32, u32)]) -> Vec<Step> {
        let step = |&(frame, depth): &(u32, u32)| Step {
            frame,
            depth,
            function: "f".into(),
            line: 1,
            set: Vec::new(),
            left: String::new(),
        };
        frames.iter().map(step).collect()
    }

    #[test]
    fn what_a_call_calls_is_within_it_and_what_comes_after_it_is_not() {
        // A wrapper calls the function, which calls a generator, which calls a function; then the wrapper calls another.
        let all = steps(&[(0, 0), (1, 1), (2, 2), (3, 3), (1, 1), (2, 2), (4, 1), (5, 2), (0, 0)]);
        let frames = |frame| within(&all, frame).iter().map(|step| step.frame).collect::<Vec<_>>();
        assert_eq!(frames(1), [1, 2, 3, 1, 2]);
        assert_eq!(frames(2), [2, 3, 2]);
        assert_eq!(frames(4), [4, 5]);
        assert_eq!(frames(0).len(), all.len());
        assert!(shows(&all, &within(&all, 1)) && shows(&all, &[]));
        assert!(!shows(&all, &within(&all, 1)[1..]));
    }

    #[test]
    fn calls_of_one_statement_are_told_apart() {
        let all = steps(&[(0, 0), (1, 1), (2, 2), (1, 1), (3, 1), (4, 2), (4, 2), (0, 0)]);
        assert_eq!(calls(&all, 1..7), [1..4, 4..7]);
        assert_eq!(calls(&all, 2..3), vec![2..3]);
        assert!(calls(&all, 7..7).is_empty());
    }
}
