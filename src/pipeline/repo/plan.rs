//! Which questions are asked about which function, so that no kind, class, file or chain of calls has most of them.
//!
//! Invariant: of the questions that show the same lines, a function has at most one; the draws depend on the seed alone.

use std::collections::{HashMap, HashSet};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::code::Code;
use super::manner::Manner;
use super::qa;
use crate::error::Result;
use crate::index::SymbolId;
use crate::sample::repository::RepoQuestion;

/// Questions of one kind about the functions of one class, and about those of one file.
const PER_CLASS: usize = 3;
const PER_FILE: usize = 8;
/// The questions that show all lines with the function's name.
const ALIKE: [RepoQuestion; 3] =
    [RepoQuestion::Callers, RepoQuestion::SignatureChange, RepoQuestion::Tests];

/// The questions that are asked, as far as no run decides.
#[derive(Default)]
pub(super) struct Plan(HashSet<(SymbolId, RepoQuestion)>);

/// How many questions there are so far.
#[derive(Default)]
struct Taken {
    places: HashMap<(String, RepoQuestion), usize>,
    kinds: HashMap<RepoQuestion, usize>,
    chains: HashSet<String>,
}

impl Plan {
    pub fn of(code: &Code<'_>, manner: &Manner, functions: &[SymbolId]) -> Result<Self> {
        let mut possible: Vec<(SymbolId, Vec<(RepoQuestion, String)>)> = functions
            .par_iter()
            .map(|&id| Ok((id, qa::possible(code, manner, id)?)))
            .collect::<Result<_>>()?;
        let mut rng = ChaCha8Rng::seed_from_u64(manner.seed);
        possible.shuffle(&mut rng);
        let (mut plan, mut taken) = (Self::default(), Taken::default());
        for (id, mut kinds) in possible {
            kinds.shuffle(&mut rng);
            // The kind that there are fewest of goes first.
            kinds.sort_by_key(|(kind, _)| taken.kinds.get(kind).copied().unwrap_or(0));
            let mut has_alike = false;
            for (kind, chain) in kinds {
                let is_alike = ALIKE.contains(&kind);
                if is_alike && has_alike || !taken.has_room(code, id, kind, &chain) {
                    continue;
                }
                has_alike |= is_alike;
                taken.take(code, id, kind, chain);
                plan.0.insert((id, kind));
            }
        }
        Ok(plan)
    }

    pub fn has(&self, id: SymbolId, kind: RepoQuestion) -> bool {
        self.0.contains(&(id, kind))
    }
}

impl Taken {
    /// Where a question counts, with how many there may be.
    fn places(code: &Code<'_>, id: SymbolId) -> Vec<(String, usize)> {
        let index = code.index;
        let mut places = vec![(code.path(id).to_owned(), PER_FILE)];
        let class = index.class_of(id).map(|class| index.full_name(class));
        places.extend(class.map(|class| (class, PER_CLASS)));
        places
    }

    fn has_room(&self, code: &Code<'_>, id: SymbolId, kind: RepoQuestion, chain: &str) -> bool {
        let mut places = Self::places(code, id).into_iter();
        let has_room = |(place, most): (String, usize)| {
            self.places.get(&(place, kind)).copied().unwrap_or(0) < most
        };
        !self.chains.contains(chain) && places.all(has_room)
    }

    fn take(&mut self, code: &Code<'_>, id: SymbolId, kind: RepoQuestion, chain: String) {
        for (place, _) in Self::places(code, id) {
            *self.places.entry((place, kind)).or_default() += 1;
        }
        *self.kinds.entry(kind).or_default() += 1;
        if !chain.is_empty() {
            self.chains.insert(chain);
        }
    }
}
