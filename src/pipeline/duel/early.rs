//! Ends a duel as soon as it is decided.
//!
//! Invariant: the plan is fixed before any verdict; a turn that drops out before it is judged leaves the plan.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::report::turn_of;
use crate::measure::duel::anytime::{Decided, Planned, decided};
use crate::measure::duel::gate::Gate;
use crate::sample::turn::JudgedTurn;

/// Looks at a duel whenever a turn is judged.
pub(super) struct Early<'a> {
    gate: &'a Gate,
    seed: u64,
    judges: &'a [String],
    planned: RefCell<Vec<Planned>>,
    /// The instance of each turn, by the turn's id.
    instances: BTreeMap<String, String>,
    is_decided: Cell<bool>,
}

impl<'a> Early<'a> {
    /// Plans turns by their ids and instances, in their order.
    pub(super) fn new(
        gate: &'a Gate,
        seed: u64,
        judges: &'a [String],
        turns: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let (mut planned, mut instances): (Vec<Planned>, _) = (Vec::new(), BTreeMap::new());
        for (id, instance) in turns {
            match planned.iter_mut().find(|known| known.instance == instance) {
                Some(known) => known.turns += 1,
                None => planned.push(Planned { instance: instance.clone(), turns: 1 }),
            }
            instances.insert(id, instance);
        }
        Self {
            gate,
            seed,
            judges,
            planned: RefCell::new(planned),
            instances,
            is_decided: Cell::new(false),
        }
    }

    /// Whether no more verdicts are needed.
    pub(super) fn is_decided(&self) -> bool {
        self.is_decided.get()
    }

    /// Takes a turn out of the plan that has not been judged.
    pub(super) fn leave_out(&self, id: &str) {
        let mut planned = self.planned.borrow_mut();
        let instance = self.instances.get(id);
        if let Some(known) = planned.iter_mut().find(|known| Some(&known.instance) == instance) {
            known.turns -= 1;
        }
        planned.retain(|known| known.turns > 0);
    }

    /// Looks at what has been judged so far.
    pub(super) fn look(&self, rows: &[JudgedTurn]) {
        self.is_decided.set(self.decided(rows).is_some());
    }

    /// How the duel was decided, if it is.
    pub(super) fn decided(&self, rows: &[JudgedTurn]) -> Option<Decided> {
        let turns: Vec<_> = rows.iter().map(|row| turn_of(row, self.judges)).collect();
        decided(self.gate, &self.planned.borrow(), &turns, self.seed)
    }
}
