//! Guest memory as host functions see it.
//!
//! Invariant: no pointer of a guest is followed before it is checked.

use super::{EFAULT, EINVAL, ENAMETOOLONG};

/// Maximum length of scatter and gather lists.
pub const MAX_IO_VECTORS: i32 = 1024;
/// Bytes of an entry of such a list: a pointer and a length.
pub const IO_VECTOR_LEN: usize = 8;
/// Maximum length of paths: nothing that a guest sees has a longer one.
pub const MAX_PATH: i32 = 4096;

/// Guest memory with checked access; a bad pointer is `EFAULT`.
pub struct Memory<'a>(pub &'a mut [u8]);

/// A value, or the errno that the guest gets.
pub type Checked<T> = Result<T, i32>;

impl Memory<'_> {
    /// The bytes at a pointer.
    pub fn bytes(&self, pointer: i32, len: u32) -> Checked<&[u8]> {
        let start = pointer as u32 as usize;
        self.0.get(start..start + len as usize).ok_or(EFAULT)
    }

    /// The bytes at a pointer, to be written.
    pub fn bytes_mut(&mut self, pointer: i32, len: u32) -> Checked<&mut [u8]> {
        let start = pointer as u32 as usize;
        self.0.get_mut(start..start + len as usize).ok_or(EFAULT)
    }

    /// Writes bytes.
    pub fn write(&mut self, pointer: i32, bytes: &[u8]) -> Checked<()> {
        self.bytes_mut(pointer, bytes.len() as u32)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Writes a 32-bit word, little-endian.
    pub fn write_u32(&mut self, pointer: i32, value: u32) -> Checked<()> {
        self.write(pointer, &value.to_le_bytes())
    }

    /// Writes a 64-bit word, little-endian.
    pub fn write_u64(&mut self, pointer: i32, value: u64) -> Checked<()> {
        self.write(pointer, &value.to_le_bytes())
    }

    /// Reads a 32-bit word, little-endian.
    pub fn read_u32(&self, pointer: i32) -> Checked<u32> {
        Ok(u32::from_le_bytes(self.bytes(pointer, 4)?.try_into().map_err(|_| EFAULT)?))
    }

    /// Reads a path; what is not UTF-8 is replaced.
    pub fn path(&self, pointer: i32, len: i32) -> Checked<String> {
        if !(0..=MAX_PATH).contains(&len) {
            return Err(ENAMETOOLONG);
        }
        Ok(String::from_utf8_lossy(self.bytes(pointer, len as u32)?).into_owned())
    }

    /// The (pointer, length) pairs of a scatter or gather list, each checked.
    pub fn io_vectors(&self, list: i32, count: i32) -> Checked<Vec<(i32, u32)>> {
        if !(0..=MAX_IO_VECTORS).contains(&count) {
            return Err(EINVAL);
        }
        let mut vectors = Vec::with_capacity(count as usize);
        for i in 0..count {
            let entry = list.wrapping_add(IO_VECTOR_LEN as i32 * i);
            let (pointer, len) =
                (self.read_u32(entry)? as i32, self.read_u32(entry.wrapping_add(4))?);
            self.bytes(pointer, len)?;
            vectors.push((pointer, len));
        }
        Ok(vectors)
    }

    /// Writes NUL-terminated texts one after another, and their addresses.
    pub fn write_texts(&mut self, texts: &[String], addresses: i32, buffer: i32) -> Checked<()> {
        let mut at = buffer;
        for (i, text) in texts.iter().enumerate() {
            self.write_u32(addresses.wrapping_add(4 * i as i32), at as u32)?;
            self.write(at, text.as_bytes())?;
            at = at.wrapping_add(text.len() as i32);
            self.write(at, &[0])?;
            at = at.wrapping_add(1);
        }
        Ok(())
    }

    /// Writes how many texts there are, and their bytes with the NULs.
    pub fn write_text_sizes(&mut self, texts: &[String], count: i32, bytes: i32) -> Checked<()> {
        self.write_u32(count, texts.len() as u32)?;
        self.write_u32(bytes, texts.iter().map(|text| text.len() as u32 + 1).sum())
    }

    /// Writes a `filestat` of the given type, inode and size.
    pub fn write_stat(&mut self, pointer: i32, kind: u8, inode: u64, size: u64) -> Checked<()> {
        let stat = self.bytes_mut(pointer, 64)?;
        stat.fill(0);
        stat[8..16].copy_from_slice(&inode.to_le_bytes());
        stat[16] = kind;
        stat[24..32].copy_from_slice(&1u64.to_le_bytes());
        stat[32..40].copy_from_slice(&size.to_le_bytes());
        Ok(())
    }
}
