//! Programs as points: by pairs of tokens, or by the embeddings of a model; and the rows that they should be like.
//!
//! Invariant: a point has length 1, or is at the origin; so the nearest by distance is the nearest by cosine.

use std::path::{Path, PathBuf};

use super::features;
use crate::ask::prompt::Prompts;
use crate::dataset::jsonl::JsonLines;
use crate::dataset::programs::ProgramRow;
use crate::error::{Error, Result};
use crate::flow::{Dropped, Fate};
use crate::model::Model;
use crate::outcome::{Reason, Rejection};
use crate::pipeline::optimize::sample::Sample;

/// Rows whose embeddings are asked for together: many requests at a time, and no more rows in memory than this.
const TOGETHER: usize = 512;

/// How programs become points.
#[derive(Default)]
pub struct Points {
    /// The model that embeds them; without one, their tokens do.
    pub model: Option<Model>,
    /// What they should be like.
    pub like: Option<References>,
}

/// Programs that others should be like.
pub struct References {
    pub file: PathBuf,
    programs: Vec<String>,
}

impl References {
    /// Reads the programs of a file; rows without one are passed over, but not all of them.
    pub fn read(file: &Path, prompts: &Prompts) -> Result<Self> {
        let lines = JsonLines::open(file)?;
        let reading = lines.reading();
        let mut programs = Vec::new();
        for line in lines {
            let line = line?;
            let number = line.number;
            let row = line
                .json
                .map_err(|why| Error::Usage(format!("{}:{number}: {why}", file.display())))?;
            programs.extend(ProgramRow::read(row, prompts).map(|row| row.program));
        }
        if let Some(damage) = reading.damage() {
            return Err(Error::Usage(format!("{}: {damage}", file.display())));
        }
        if programs.is_empty() {
            return Err(Error::Usage(format!("{}: no row has a program", file.display())));
        }
        Ok(Self { file: file.to_owned(), programs })
    }
}

impl Points {
    /// What distances are between, in words.
    pub fn measure(&self) -> String {
        match &self.model {
            Some(model) => format!("embeddings of {}", model.server().name()),
            None => "pairs of tokens".to_owned(),
        }
    }

    /// How many rows are looked at together.
    pub(super) fn together(&self) -> usize {
        if self.model.is_some() { TOGETHER } else { 1 }
    }

    /// The mean of the rows to be like: its product with a point is the mean cosine. `None` without such rows, or if by choice no model is
    /// asked now.
    pub(super) async fn reference(&self) -> Result<Option<Vec<f32>>> {
        let Some(References { file, programs }) = &self.like else { return Ok(None) };
        let mut mean: Vec<f64> = Vec::new();
        for programs in programs.chunks(TOGETHER) {
            let points = match &self.model {
                Some(model) => model.embed(programs.to_vec()).await?,
                None => programs.iter().map(|program| Ok(features::of(program))).collect(),
            };
            for point in points {
                match point {
                    Ok(point) => {
                        mean.resize(point.len(), 0.0);
                        let sums = mean.iter_mut().zip(unit(point));
                        sums.for_each(|(sum, x)| *sum += f64::from(x));
                    }
                    Err(error) if error.is_by_choice() => return Ok(None),
                    Err(error) if error.is_about_the_request() => {
                        return Err(Error::Usage(format!("{}: {error}", file.display())));
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        let count = programs.len() as f64;
        Ok(Some(mean.into_iter().map(|sum| (sum / count) as f32).collect()))
    }

    /// The points of programs, each with its fate: one that the model refuses is rejected, and one that it cannot be asked about now is
    /// deferred. What is not a program has no point.
    pub(super) async fn of(
        &self,
        fates: Vec<Fate<Sample>>,
    ) -> Result<Vec<(Fate<Sample>, Option<Vec<f32>>)>> {
        let program = |fate: &Fate<Sample>| match fate {
            Fate::Live(record) if !record.body.is_text => Some(record.body.program.clone()),
            Fate::Live(_) | Fate::Rejected(_) | Fate::Deferred(_) => None,
        };
        let Some(model) = &self.model else {
            let of = |fate| {
                let point = program(&fate).map(|program| features::of(&program));
                (fate, point)
            };
            return Ok(fates.into_iter().map(of).collect());
        };
        let programs: Vec<String> = fates.iter().filter_map(program).collect();
        let mut points = model.embed(programs).await?.into_iter();
        let of = |fate: Fate<Sample>| match fate {
            Fate::Live(record) if !record.body.is_text => {
                match points.next().expect("each program has a point or an error") {
                    Ok(point) => (Fate::Live(record), Some(unit(point))),
                    Err(error) if error.is_about_the_request() => {
                        let why = Rejection::new(Reason::RequestRefused, error.to_string());
                        (Fate::rejected(record.id, record.lineage, why), None)
                    }
                    Err(error) => {
                        let (id, lineage) = (record.id, record.lineage);
                        (Fate::Deferred(Dropped { id, lineage, why: error.into() }), None)
                    }
                }
            }
            fate => (fate, None),
        };
        Ok(fates.into_iter().map(of).collect())
    }
}

/// The point in the direction of a vector; a sum of squares in 64 bits neither overflows nor vanishes.
fn unit(vector: Vec<f32>) -> Vec<f32> {
    let squares = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
    match squares > 0.0 {
        true => {
            let length = squares.sqrt();
            vector.into_iter().map(|x| (f64::from(x) / length) as f32).collect()
        }
        false => vector,
    }
}

/// How near two points are: 1 in the same direction, 0 at right angles.
pub(super) fn cosine(one: &[f32], two: &[f32]) -> f64 {
    one.iter().zip(two).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_has_the_direction_of_its_vector_at_any_length() {
        for scale in [1e-30_f32, 1.0, 1e30] {
            let found = unit(vec![3.0 * scale, -4.0 * scale]);
            assert!((found[0] - 0.6).abs() < 1e-6 && (found[1] + 0.8).abs() < 1e-6, "{found:?}");
        }
        assert_eq!(unit(vec![0.0, 0.0]), [0.0, 0.0]);
    }

    #[test]
    fn the_product_with_the_mean_is_the_mean_of_the_cosines() {
        let (one, two, mean) = ([0.6, 0.8], [0.0, 1.0], [0.3, 0.9]);
        let point = [0.8, 0.6];
        let expected = (cosine(&one, &point) + cosine(&two, &point)) / 2.0;
        assert!((cosine(&mean, &point) - expected).abs() < 1e-6);
    }
}
