//! Fenced blocks of Markdown (CommonMark 0.31, section 4.5): read, and written around a text.
//!
//! This reader goes by lines alone. `reply` searches further for the end of a block of code, since fences inside of strings end nothing there.

/// The line that opens a fenced block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence<'t> {
    mark: char,
    len: usize,
    /// The width of the space before the fence, in bytes.
    pub indent: usize,
    /// The text after the fence, trimmed: the block's language, if it has one.
    pub info: &'t str,
}

impl<'t> Fence<'t> {
    /// Reads a line that opens a block; unlike in CommonMark, it may be indented by any width, as in lists.
    pub fn opening(line: &'t str) -> Option<Self> {
        let trimmed = line.trim_start();
        let mark = trimmed.chars().next().filter(|mark| ['`', '~'].contains(mark))?;
        let info = trimmed.trim_start_matches(mark);
        let len = trimmed.len() - info.len();
        let is_fence = len >= 3 && (mark == '~' || !info.contains(mark));
        is_fence.then(|| Self { mark, len, indent: line.len() - trimmed.len(), info: info.trim() })
    }

    /// A fence of three backticks with this text after it.
    pub fn with_info(info: &'t str) -> Self {
        Self { mark: '`', len: 3, indent: 0, info: info.trim() }
    }

    /// Gives the text before the fence at the line's end that is long enough to close this one.
    pub fn text_before_end<'l>(&self, line: &'l str) -> Option<&'l str> {
        let line = line.trim_end();
        let before = line.trim_end_matches(self.mark);
        (line.len() - before.len() >= self.len).then_some(before)
    }

    fn is_closed_by(&self, line: &str) -> bool {
        self.text_before_end(line).is_some_and(|before| before.trim().is_empty())
    }
}

/// A fenced block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'t> {
    pub info: &'t str,
    /// The lines between the fences; up to the end of the text if no fence closes the block.
    pub content: &'t str,
}

/// Lists the fenced blocks of a text.
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    // The fence that opened the block, and the byte at which its content begins.
    let mut open: Option<(Fence<'_>, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        match open {
            None => open = Fence::opening(line).map(|fence| (fence, at)),
            Some((fence, begin)) if fence.is_closed_by(line) => {
                blocks.push(Block { info: fence.info, content: &text[begin..start] });
                open = None;
            }
            Some(_) => {}
        }
    }
    blocks.extend(open.map(|(fence, begin)| Block { info: fence.info, content: &text[begin..] }));
    blocks
}

/// The places of the lines between fences that are closed.
pub fn line_ranges(lines: &[&str]) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    let mut open: Option<(Fence<'_>, usize)> = None;
    for (at, line) in lines.iter().enumerate() {
        match open {
            None => open = Fence::opening(line).map(|fence| (fence, at + 1)),
            Some((fence, begin)) if fence.is_closed_by(line) => {
                ranges.push(begin..at);
                open = None;
            }
            Some(_) => {}
        }
    }
    ranges
}

/// Gives a fence that a text does not contain: three backticks, or more.
pub fn fence_for(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Puts a Python program between fences that it does not contain itself.
pub fn fenced(program: &str) -> String {
    let fence = fence_for(program);
    format!("{fence}python\n{}\n{fence}\n", program.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&str, &str)> {
        blocks(text).into_iter().map(|block| (block.info, block.content)).collect()
    }

    #[test]
    fn a_block_ends_at_a_fence_of_its_mark_and_at_least_its_length() {
        assert_eq!(read("So:\n```json\n[1]\n```\nThat."), [("json", "[1]\n")]);
        assert_eq!(read("````py x\n```\n~~~~\n`````\n"), [("py x", "```\n~~~~\n")]);
        assert_eq!(read("~~~ a~b\r\n1\r\n~~~\r\n"), [("a~b", "1\r\n")]);
        assert_eq!(read("  ```\n  1\n  ``` \n```\n2\n"), [("", "  1\n"), ("", "2\n")]);
    }

    #[test]
    fn code_in_a_line_opens_nothing() {
        assert_eq!(read("```x``` and ``y``\nUse ```\n"), []);
        assert_eq!(read("``\nx\n``\n"), []);
    }

    #[test]
    fn a_block_without_an_end_goes_to_the_end_of_the_text() {
        assert_eq!(read("```\n1\n```x\n2"), [("", "1\n```x\n2")]);
        assert_eq!(read("```py"), [("py", "")]);
    }

    #[test]
    fn a_fence_is_longer_than_any_run_of_backticks() {
        assert_eq!(fence_for("``` ````` ``"), "`".repeat(6));
        assert_eq!((fence_for("``"), fence_for("")), ("```".into(), "```".into()));
        assert_eq!(fence_for(&"`".repeat(1 << 20)).len(), (1 << 20) + 1);
    }

    #[test]
    fn a_fence_in_the_program_gets_a_longer_one_around_it() {
        assert_eq!(fenced("x = 1\n"), "```python\nx = 1\n```\n");
        let program = "s = '''\n```\n'''\n";
        assert!(fenced(program).starts_with("````python\n"));
        assert_eq!(read(&fenced(program)), [("python", program)]);
    }
}
