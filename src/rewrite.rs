//! Rewrites a program's source without changing what it does: each rule finds the places where its preconditions
//! can be shown from the text, and makes edits on spans, so that comments and layout stay.
//!
//! Invariant: a rewrite that leaves here parses, keeps every comment, and changes the text; types that the text does not
//! define are taken to follow the data model (`!=` is the opposite of `==`, `bool` has no effect), and a program that
//! defines such methods itself, or reads its own frames or source, is not rewritten where that matters.

mod bound;
mod fresh;
mod infer;
mod layout;
mod naming;
mod program;
mod references;
mod rules;
mod spelling;
mod types;
mod walk;

use crate::named::named_enum;
use crate::python::Module;
use program::Program;
use rules::Found;

/// A span of the source, in bytes, and what takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub start: usize,
    pub end: usize,
    pub replacement: String,
}

/// One application of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    pub rule: Rule,
    /// 1-based line of the first edit.
    pub line: usize,
    /// In the order of the text, and apart from each other.
    pub edits: Vec<Edit>,
}

impl Rewrite {
    /// Whether nothing before an offset of the text is changed.
    pub fn begins_at_or_after(&self, offset: usize) -> bool {
        self.edits.first().is_none_or(|first| first.start >= offset)
    }

    /// The text with the edits made.
    pub fn apply(&self, source: &str) -> String {
        let mut text = String::with_capacity(source.len() + 64);
        let mut at = 0;
        for edit in &self.edits {
            text.push_str(source.get(at..edit.start).unwrap_or_default());
            text.push_str(&edit.replacement);
            at = edit.end;
        }
        text.push_str(source.get(at..).unwrap_or_default());
        text
    }
}

named_enum! {
    /// A way to say the same in other words.
    pub enum Rule {
        /// Other names for a function's local variables.
        RenameLocals = "rename-locals",
        /// `for i in range(n):` becomes a `while` loop that counts.
        ForToWhile = "for-to-while",
        /// A `while` loop that counts becomes `for i in range(n):`.
        WhileToFor = "while-to-for",
        /// `if c: a else: b` becomes `if not c: b else: a`.
        SwapBranches = "swap-branches",
        /// `if c: x = a else: x = b` becomes `x = a if c else b`.
        IfToTernary = "if-to-ternary",
        /// `x = a if c else b` becomes `if c: x = a else: x = b`.
        TernaryToIf = "ternary-to-if",
        /// `x = x + 1` becomes `x += 1`.
        PlainToAug = "plain-to-aug",
        /// `x += 1` becomes `x = x + 1`.
        AugToPlain = "aug-to-plain",
        /// A part of an expression gets a name.
        SplitInfix = "split-infix",
        /// `if a and b:` becomes two nested `if`.
        NestIfs = "nest-ifs",
        /// Two nested `if` become `if a and b:`.
        MergeIfs = "merge-ifs",
        /// Two assignments that do not depend on each other change places.
        SwapStatements = "swap-statements",
        /// `if c: continue` becomes `if not c:` around the rest.
        GuardToNesting = "guard-to-nesting",
        /// `if c:` around the rest becomes `if not c: continue`.
        NestingToGuard = "nesting-to-guard",
        /// `a = 1` and `b = 2` become `a, b = 1, 2`.
        MergeAssignments = "merge-assignments",
        /// `a, b = 1, 2` becomes `a = 1` and `b = 2`.
        SplitAssignments = "split-assignments",
        /// `x == 0` becomes `0 == x`, and back.
        SwapEqual = "swap-equal",
        /// `a < b < c` becomes `a < b and b < c`.
        SplitChain = "split-chain",
        /// `match` over literals becomes `if` and `elif`.
        MatchToIf = "match-to-if",
        /// `if x == 1:` and `elif x == 2:` become `match x:`.
        IfToMatch = "if-to-match",
        /// A comprehension becomes a loop.
        ComprehensionToLoop = "comprehension-to-loop",
        /// A loop that appends becomes a comprehension.
        LoopToComprehension = "loop-to-comprehension",
        /// An f-string becomes a call of `format`.
        FstringToFormat = "fstring-to-format",
        /// A call of `format` becomes an f-string.
        FormatToFstring = "format-to-fstring",
        /// `else:` behind a `return` is left out.
        DropElse = "drop-else",
        /// What follows an `if` that returns becomes its `else`.
        AddElse = "add-else",
        /// `if c: return a` and `return b` change places.
        InvertGuard = "invert-guard",
        /// `while c:` becomes `while True:` with a `break`.
        WhileToTrue = "while-to-true",
        /// `while True:` with a `break` becomes `while c:`.
        TrueToWhile = "true-to-while",
        /// `not (a and b)` becomes `not a or not b`, and back.
        DeMorgan = "de-morgan",
        /// `not a in b` becomes `a not in b`.
        NotIn = "not-in",
        /// `len(x) == 0` becomes `not x`, and back.
        EmptinessTest = "emptiness-test",
        /// `[]` becomes `list()`, and back.
        EmptyDisplay = "empty-display",
        /// `range(n)` becomes `range(0, n)`, and back.
        RangeStart = "range-start",
        /// A literal becomes a constant of the module.
        HoistConstant = "hoist-constant",
        /// `f = lambda x: y` becomes a `def`.
        LambdaToDef = "lambda-to-def",
    }
}

/// All places where a rule may be applied, in the order of the text; every result parses.
///
/// `keep` are names that must stay and that no new name may take: those that tests call. A rule is applied at no more
/// than 200 places of a program, and at fewer in a very long one.
pub fn rewrites(module: &Module, rule: Rule, keep: &[&str]) -> Vec<Rewrite> {
    let Some(mut program) = Program::read(module, keep) else { return Vec::new() };
    program.types = infer::infer(&program);
    let mut found = Found::new(&program, rule);
    rules::find(rule, &program, &mut found);
    found.into_rewrites()
}

#[cfg(test)]
mod tests;
