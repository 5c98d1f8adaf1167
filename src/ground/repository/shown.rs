//! Lines of a repository that a text shows with their numbers, under the paths of their files.
//!
//! Invariant: a line counts as shown only if it is the repository's, in the file and at the place that it is shown with.

use super::known::Repository;

impl Repository {
    /// Holds lines that are shown: each file's path alone on a line, then a fence with `N | text`; gives what is said of them, in lines
    /// that end with a colon, or says what does not hold.
    pub fn shown(&self, text: &str) -> Result<String, String> {
        let mut between = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let path = line.strip_prefix('`').and_then(|rest| rest.strip_suffix("`:"));
            let Some(path) = path else {
                if !line.ends_with([':', '：']) {
                    return Err(format!(
                        "{line:?} is neither a file's lines nor says what they are"
                    ));
                }
                between.push_str(line);
                between.push('\n');
                continue;
            };
            let file = self.path(path).ok_or_else(|| self.no_path(path))?;
            let fence = lines.next().unwrap_or_default();
            let fence = fence.trim_end_matches(|c| c != '`');
            if fence.is_empty() {
                return Err(format!("no lines of {path} are shown"));
            }
            let mut before = 0;
            for line in lines.by_ref().take_while(|line| *line != fence) {
                if line == "..." {
                    continue;
                }
                let (number, written) = line.split_once('|').unwrap_or((line, ""));
                let number: usize = number
                    .trim()
                    .parse()
                    .map_err(|_| format!("{line:?} is not a numbered line"))?;
                let own = self.lines(file, number, number);
                if number <= before
                    || own.trim_end() != written.strip_prefix(' ').unwrap_or(written)
                {
                    return Err(format!("line {number} of {path} is {:?}", own.trim_end()));
                }
                before = number;
            }
        }
        Ok(between)
    }
}
