//! One room for each rule, and what all of them share: the places that were found.
//!
//! Invariant: a place is kept only if the text with the edits made parses and has the comments of the original.

mod add_else;
mod assignments;
mod aug_to_plain;
mod comprehension_to_loop;
mod de_morgan;
mod drop_else;
mod emptiness_test;
mod empty_display;
mod for_to_while;
mod format_to_fstring;
mod fstring_to_format;
mod guard_to_nesting;
mod hoist_constant;
mod if_to_match;
mod if_to_ternary;
mod invert_guard;
mod lambda_to_def;
mod loop_to_comprehension;
mod match_to_if;
mod merge_assignments;
mod merge_ifs;
mod nest_ifs;
mod nesting_to_guard;
mod not_in;
mod plain_to_aug;
mod range_start;
mod rename_locals;
mod split_assignments;
mod split_chain;
mod split_infix;
mod swap_branches;
mod swap_equal;
mod swap_statements;
mod ternary_to_if;
mod true_to_while;
mod while_to_for;
mod while_to_true;

use std::ops::Range;

use ruff_python_ast::Stmt;
use ruff_python_ast::token::TokenKind;

use super::layout::Change;
use super::program::Program;
use super::references::Place;
use super::walk::Site;
use super::{Rewrite, Rule};
use crate::python::syntax;

/// Places of one rule in one program.
const MAX_SITES: usize = 200;
/// Bytes of all results of one rule together, since each is parsed.
const MAX_BYTES: usize = 2 << 20;
/// References that are looked at for one rule: many loops over one name would take as long as all of them squared.
const MAX_LOOKED: usize = 1_000_000;
/// Characters; longer lines are not made.
const MAX_LINE: usize = 100;

/// Looks for all places of a rule.
pub(super) fn find(rule: Rule, program: &Program<'_>, found: &mut Found<'_>) {
    match rule {
        Rule::RenameLocals => rename_locals::find(program, found),
        Rule::ForToWhile => for_to_while::find(program, found),
        Rule::WhileToFor => while_to_for::find(program, found),
        Rule::SwapBranches => swap_branches::find(program, found),
        Rule::IfToTernary => if_to_ternary::find(program, found),
        Rule::TernaryToIf => ternary_to_if::find(program, found),
        Rule::PlainToAug => plain_to_aug::find(program, found),
        Rule::AugToPlain => aug_to_plain::find(program, found),
        Rule::SplitInfix => split_infix::find(program, found),
        Rule::NestIfs => nest_ifs::find(program, found),
        Rule::MergeIfs => merge_ifs::find(program, found),
        Rule::SwapStatements => swap_statements::find(program, found),
        Rule::GuardToNesting => guard_to_nesting::find(program, found),
        Rule::NestingToGuard => nesting_to_guard::find(program, found),
        Rule::MergeAssignments => merge_assignments::find(program, found),
        Rule::SplitAssignments => split_assignments::find(program, found),
        Rule::SwapEqual => swap_equal::find(program, found),
        Rule::SplitChain => split_chain::find(program, found),
        Rule::MatchToIf => match_to_if::find(program, found),
        Rule::IfToMatch => if_to_match::find(program, found),
        Rule::ComprehensionToLoop => comprehension_to_loop::find(program, found),
        Rule::LoopToComprehension => loop_to_comprehension::find(program, found),
        Rule::FstringToFormat => fstring_to_format::find(program, found),
        Rule::FormatToFstring => format_to_fstring::find(program, found),
        Rule::DropElse => drop_else::find(program, found),
        Rule::AddElse => add_else::find(program, found),
        Rule::InvertGuard => invert_guard::find(program, found),
        Rule::WhileToTrue => while_to_true::find(program, found),
        Rule::TrueToWhile => true_to_while::find(program, found),
        Rule::DeMorgan => de_morgan::find(program, found),
        Rule::NotIn => not_in::find(program, found),
        Rule::EmptinessTest => emptiness_test::find(program, found),
        Rule::EmptyDisplay => empty_display::find(program, found),
        Rule::RangeStart => range_start::find(program, found),
        Rule::HoistConstant => hoist_constant::find(program, found),
        Rule::LambdaToDef => lambda_to_def::find(program, found),
    }
}

/// The places of one rule.
pub(super) struct Found<'p> {
    program: &'p Program<'p>,
    rule: Rule,
    comments: Vec<&'p str>,
    rewrites: Vec<Rewrite>,
    tried: usize,
}

impl<'p> Found<'p> {
    pub(super) fn new(program: &'p Program<'p>, rule: Rule) -> Self {
        let comments = comments(program.source, &program.tokens);
        Self { program, rule, comments, rewrites: Vec::new(), tried: 0 }
    }

    /// Whether no more places are looked for.
    pub(super) fn is_full(&self) -> bool {
        let length = self.program.source.len().max(1);
        self.tried >= MAX_SITES.min(MAX_BYTES / length)
            || self.program.references.looked() > MAX_LOOKED
    }

    /// Asks for a change of every statement, in the order of the text.
    pub(super) fn each_stmt(&mut self, make: impl Fn(Place, &'p Stmt) -> Option<Change>) {
        let program = self.program;
        for (number, block) in program.blocks.iter().enumerate() {
            for (index, stmt) in block.body.iter().enumerate() {
                if self.is_full() {
                    return;
                }
                if let Some(change) = make((number, index), stmt) {
                    self.add(change);
                }
            }
        }
    }

    /// Asks for a change of every expression.
    pub(super) fn each_expr(&mut self, make: impl Fn(&'p Site<'p>) -> Option<Change>) {
        let program = self.program;
        for site in &program.sites {
            if self.is_full() {
                return;
            }
            if let Some(change) = make(site) {
                self.add(change);
            }
        }
    }

    /// Adds a place, unless the result would not be what was meant.
    pub(super) fn add(&mut self, mut change: Change) {
        if self.is_full() {
            return;
        }
        self.tried += 1;
        change.edits.sort_by_key(|edit| (edit.start, edit.end));
        change.edits.retain(|edit| edit.start < edit.end || !edit.replacement.is_empty());
        let apart = change.edits.windows(2).all(|pair| pair[0].end <= pair[1].start);
        let Some(first) = change.edits.first() else { return };
        let (line, _) = syntax::position(self.program.source, first.start);
        let rewrite = Rewrite { rule: self.rule, line, edits: change.edits };
        let source = self.program.source;
        let text = rewrite.apply(source);
        let longest = rewrite
            .edits
            .iter()
            .flat_map(|edit| edit.replacement.lines())
            .map(|line| line.chars().count())
            .max();
        let is_short = longest.is_none_or(|longest| longest <= MAX_LINE);
        if apart && is_short && text != source {
            // A text that does not parse has no tokens.
            let tokens = syntax::tokens(&text);
            if !tokens.is_empty() && comments(&text, &tokens) == self.comments {
                self.rewrites.push(rewrite);
            }
        }
    }

    pub(super) fn into_rewrites(mut self) -> Vec<Rewrite> {
        self.rewrites.sort_by_key(|rewrite| rewrite.edits.first().map(|edit| edit.start));
        self.rewrites
    }
}

/// The comments of a text, sorted.
fn comments<'s>(source: &'s str, tokens: &[(TokenKind, Range<usize>)]) -> Vec<&'s str> {
    let comment = |(kind, range): &(TokenKind, Range<usize>)| {
        (*kind == TokenKind::Comment).then(|| source.get(range.clone()).unwrap_or_default())
    };
    let mut comments: Vec<&str> = tokens.iter().filter_map(comment).collect();
    comments.sort_unstable();
    comments
}
