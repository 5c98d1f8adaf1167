//! What the kernel knows about the pages of an instance's memory, and what it is told about them.
//!
//! Invariant: whatever is done here, a page holds what the guest wrote, or what its image has there.

use std::fs::File;
use std::ops::Range;

pub const PAGE: usize = 4096;

#[cfg(target_os = "linux")]
pub use linux::{faults, give_back, keep_small, map, written};

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{faults, give_back, keep_small, map, written};

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the kernel is asked by raw system calls; see the SAFETY comments")]
mod linux {
    use std::io;
    use std::os::fd::AsRawFd;
    use std::sync::OnceLock;

    use super::{File, PAGE, Range};

    /// How many page faults this thread has had: without one, no page became its memory's own.
    pub fn faults() -> i64 {
        // SAFETY: the kernel fills in a structure of plain numbers.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage);
            usage
        };
        usage.ru_minflt + usage.ru_majflt
    }

    /// Has memory consist of small pages: parts of a large one become its memory's own without a fault that tells of it.
    pub fn keep_small(memory: &mut [u8]) {
        // SAFETY: advice about memory that is borrowed mutably, which changes none of its bytes. A kernel without large
        // pages refuses it.
        unsafe { libc::madvise(memory.as_mut_ptr().cast(), memory.len(), libc::MADV_NOHUGEPAGE) };
    }

    /// Lets go of a part of memory that begins and ends with a page: it holds again what was mapped there. False if that cannot be had.
    pub fn give_back(memory: &mut [u8]) -> bool {
        // SAFETY: the bytes are borrowed mutably, so nobody else reads them while they change, and any bytes are valid.
        unsafe { libc::madvise(memory.as_mut_ptr().cast(), memory.len(), libc::MADV_DONTNEED) == 0 }
    }

    /// Maps parts of a file over memory, each by its place in memory and its bytes; they follow each other in the file.
    pub fn map(memory: &mut [u8], file: &File, ranges: &[Range<usize>]) -> io::Result<()> {
        let mut offset = 0;
        for range in ranges {
            let part = memory.get_mut(range.clone()).filter(|_| range.start.is_multiple_of(PAGE));
            let part = part.ok_or(io::ErrorKind::InvalidInput)?;
            // SAFETY: the place lies within memory that is borrowed mutably, so nobody reads it while it changes. A private
            // mapping of bytes takes its place, which goes when that memory is unmapped.
            let mapped = unsafe {
                libc::mmap(
                    part.as_mut_ptr().cast(),
                    part.len(),
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_FIXED,
                    file.as_raw_fd(),
                    offset,
                )
            };
            if mapped == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            offset +=
                libc::off_t::try_from(range.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        }
        Ok(())
    }

    /// The kernel's `struct pm_scan_arg`.
    #[repr(C)]
    #[derive(Default)]
    struct Scan {
        size: u64,
        flags: u64,
        start: u64,
        end: u64,
        walk_end: u64,
        vec: u64,
        vec_len: u64,
        max_pages: u64,
        category_inverted: u64,
        category_mask: u64,
        category_anyof_mask: u64,
        return_mask: u64,
    }

    /// The kernel's `struct page_region`.
    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    struct Region {
        start: u64,
        end: u64,
        categories: u64,
    }

    /// `_IOWR('f', 16, struct pm_scan_arg)`.
    const PAGEMAP_SCAN: libc::Ioctl = 0xC060_6610_u32 as libc::Ioctl;
    const IS_FILE: u64 = 1 << 2;
    const IS_PRESENT: u64 = 1 << 3;
    const IS_SWAPPED: u64 = 1 << 4;
    const IS_ZERO: u64 = 1 << 5;
    /// Regions that are asked for at a time.
    const REGIONS: usize = 512;

    /// The pages of a memory that are its own, in ranges of bytes: those that something was written to since they were mapped.
    ///
    /// `None` if the kernel does not tell (before Linux 6.7, or without `/proc`).
    pub fn written(memory: &mut [u8]) -> Option<Vec<Range<usize>>> {
        static PAGEMAP: OnceLock<Option<File>> = OnceLock::new();
        let pagemap = PAGEMAP.get_or_init(|| File::open("/proc/self/pagemap").ok()).as_ref()?;
        let base = memory.as_mut_ptr().addr();
        let end = (base + memory.len()) as u64;
        let mut regions = [Region::default(); REGIONS];
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut start = base as u64;
        while start < end {
            let mut scan = Scan {
                size: size_of::<Scan>() as u64,
                start,
                end,
                vec: regions.as_mut_ptr().addr() as u64,
                vec_len: REGIONS as u64,
                // A page that was swapped out was written to as well.
                category_inverted: IS_FILE | IS_ZERO,
                category_mask: IS_FILE | IS_ZERO,
                category_anyof_mask: IS_PRESENT | IS_SWAPPED,
                ..Scan::default()
            };
            // SAFETY: the argument is laid out as the kernel's structure, and names a vector of the length that it states.
            let found = unsafe { libc::ioctl(pagemap.as_raw_fd(), PAGEMAP_SCAN, &raw mut scan) };
            let found = regions.get(..usize::try_from(found).ok()?)?;
            for region in found {
                let range = region.start as usize - base..region.end as usize - base;
                match ranges.last_mut() {
                    Some(last) if last.end == range.start => last.end = range.end,
                    _ => ranges.push(range),
                }
            }
            if scan.walk_end <= start {
                return None;
            }
            start = scan.walk_end;
        }
        Some(ranges)
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::io;

    use super::{File, Range};

    pub fn faults() -> i64 {
        0
    }

    pub fn keep_small(_memory: &mut [u8]) {}

    pub fn give_back(_memory: &mut [u8]) -> bool {
        false
    }

    pub fn map(memory: &mut [u8], mut file: &File, ranges: &[Range<usize>]) -> io::Result<()> {
        use std::io::{Read, Seek};
        file.rewind()?;
        for range in ranges {
            file.read_exact(memory.get_mut(range.clone()).ok_or(io::ErrorKind::InvalidInput)?)?;
        }
        Ok(())
    }

    pub fn written(_memory: &mut [u8]) -> Option<Vec<Range<usize>>> {
        None
    }
}

/// Joins ranges, across the smallest gaps, until there are at most so many.
pub fn merge(ranges: Vec<Range<usize>>, most: usize) -> Vec<Range<usize>> {
    let mut gaps: Vec<usize> = ranges.windows(2).map(|pair| pair[1].start - pair[0].end).collect();
    gaps.sort_unstable_by(|a, b| b.cmp(a));
    let widest = gaps.get(most - 1).copied();
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if widest.is_some_and(|widest| range.start - last.end <= widest) => {
                last.end = range.end;
            }
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_across_the_smallest_gaps() {
        assert_eq!(merge(vec![0..1, 2..3, 9..10, 12..14], 2), [0..3, 9..14]);
        assert_eq!(merge(vec![0..1, 2..3], 2), [0..1, 2..3]);
        assert_eq!(merge(Vec::new(), 2), Vec::<Range<usize>>::new());
    }
}
