//! How values are spread.
//!
//! Invariant: of no values there are no figures.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::measure::intervals::quantile;
use crate::measure::median;

/// Values of one kind, written as their median and the value that nine in ten do not exceed.
#[derive(Debug, Clone, Default)]
pub struct Spread(Vec<f64>);

impl Spread {
    /// Adds a count.
    pub fn add(&mut self, value: usize) {
        self.0.push(value as f64);
    }

    /// The middle value.
    pub fn median(&self) -> Option<f64> {
        median(&self.0)
    }

    /// The value below which nine in ten lie.
    pub fn ninth_decile(&self) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        quantile(&sorted, 0.9)
    }
}

impl Serialize for Spread {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Spread", 2)?;
        fields.serialize_field("median", &self.median())?;
        fields.serialize_field("ninth_decile", &self.ninth_decile())?;
        fields.end()
    }
}
