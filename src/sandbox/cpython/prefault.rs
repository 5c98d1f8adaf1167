//! Learns which pages of a fresh copy every run writes to, and has them ready before the next run.
//!
//! Invariant: this changes when pages are copied, never what is in them.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, OnceLock};

const PAGE: usize = 4096;
/// Runs to look at before deciding.
const LEARNING_RUNS: u32 = 12;
/// A page is hot when at least this many of those runs wrote to it.
const HOT_RUNS: u32 = 4;
/// The pooling allocator resets this many separate ranges in place; pages beyond them are unmapped
/// and would fault again. Some ranges are left for the pages that only a particular program writes
/// to.
const MAX_RANGES: usize = 20;

/// The hot pages of one image, shared by all threads that run it.
#[derive(Default)]
pub struct HotPages {
    ranges: OnceLock<Vec<Range<usize>>>,
    /// Where each hot page begins, and the byte that a fresh copy has there.
    first_bytes: OnceLock<Vec<(usize, u8)>>,
    learning: Mutex<Learning>,
}

#[derive(Default)]
struct Learning {
    runs: u32,
    written: BTreeMap<usize, u32>,
}

impl HotPages {
    /// Writes to every hot page, so that each is this instance's own copy before the guest runs.
    pub fn touch(&self, memory: &mut [u8]) {
        let Some(ranges) = self.ranges.get() else { return };
        let first_bytes = self.first_bytes.get_or_init(|| {
            let starts = ranges.iter().flat_map(|range| range.clone().map(|page| page * PAGE));
            starts.filter_map(|at| Some((at, *memory.get(at)?))).collect()
        });
        for &(at, byte) in first_bytes {
            // The value stays; the write is what the kernel shall see. Reading first would map the page to be shared, and
            // taking that back costs an interrupt on every other core.
            memory[at] = byte;
        }
    }

    /// Notes which pages a run has written to, until enough is known.
    pub fn learn(&self, memory: &[u8]) {
        if self.ranges.get().is_some() {
            return;
        }
        let Ok(mut learning) = self.learning.lock() else { return };
        let Some(pages) = written_pages(memory) else {
            // Without the kernel's word there is nothing to learn; runs fault pages in as they come.
            self.ranges.get_or_init(Vec::new);
            return;
        };
        for page in pages {
            *learning.written.entry(page).or_default() += 1;
        }
        learning.runs += 1;
        if learning.runs == LEARNING_RUNS {
            let hot = learning
                .written
                .iter()
                .filter(|(_, runs)| **runs >= HOT_RUNS)
                .map(|(page, _)| *page);
            self.ranges.get_or_init(|| merge(hot.collect()));
        }
    }
}

/// The pages of a memory that are private copies, by `/proc/self/pagemap`: present (bit 63) and not of a file (bit 61).
fn written_pages(memory: &[u8]) -> Option<Vec<usize>> {
    let pagemap = File::open("/proc/self/pagemap").ok()?;
    let count = memory.len() / PAGE;
    let mut entries = vec![0; 8 * count];
    let first = memory.as_ptr().addr() / PAGE;
    pagemap.read_exact_at(&mut entries, 8 * first as u64).ok()?;
    let is_private = |entry: &[u8]| entry[7] & 0x80 != 0 && entry[7] & 0x20 == 0;
    Some(
        entries
            .chunks_exact(8)
            .enumerate()
            .filter(|(_, entry)| is_private(entry))
            .map(|(page, _)| page)
            .collect(),
    )
}

/// Joins pages to at most [`MAX_RANGES`] ranges, across the smallest gaps.
fn merge(pages: Vec<usize>) -> Vec<Range<usize>> {
    let mut gaps: Vec<usize> = pages.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable_by(|a, b| b.cmp(a));
    let widest = gaps.get(MAX_RANGES - 1).copied().unwrap_or(1);
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for page in pages {
        match ranges.last_mut() {
            Some(last) if page - (last.end - 1) <= widest => last.end = page + 1,
            _ => ranges.push(page..page + 1),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_join_across_the_smallest_gaps() {
        let pages: Vec<usize> =
            (0..40).map(|i| if i % 2 == 0 { 100 * i } else { 100 * (i - 1) + 2 }).collect();
        let ranges = merge(pages);
        assert_eq!(ranges.len(), MAX_RANGES);
        assert_eq!(ranges[0], 0..3);
    }

    #[test]
    fn neighbours_are_one_range() {
        assert_eq!(merge(vec![4, 5, 6, 9000]), [4..7, 9000..9001]);
        assert_eq!(merge(Vec::new()), Vec::<Range<usize>>::new());
    }
}
