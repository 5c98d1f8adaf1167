//! Lines of a solution in a task that a model has written.
//!
//! Invariant: what a reader of the task is shown anyway gives nothing away.

/// Characters of a line of the solution, without blanks, that is long enough to give something away.
const TELLING_LINE: usize = 12;
/// How lines begin that may be the head of what a task asks for; so may those that open a block.
const HEADS: [&str; 6] = ["def ", "fn ", "fun ", "func ", "function ", "sub "];

/// A line of the solution that a task quotes, however it is spaced, and that the test does not show.
pub fn leak(solution: &str, demo_test: &str, task: &str) -> Option<String> {
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let (told, shown) = (squeezed(task), squeezed(demo_test));
    let is_head =
        |line: &str| line.ends_with('{') || HEADS.iter().any(|head| line.starts_with(head));
    let is_told = |line: &&str| {
        if is_head(line) {
            return false;
        }
        let line = squeezed(line);
        line.chars().count() >= TELLING_LINE && told.contains(&line) && !shown.contains(&line)
    };
    solution.lines().map(str::trim).find(is_told).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_solution_is_a_leak_unless_the_test_shows_it() {
        let solution = "add_all_numbers() {\n    echo $(( $1 + $2 ))\n    local long_enough=1\n}\n";
        let leak = |task| leak(solution, "local long_enough=1\n", task);
        assert_eq!(leak("Print the sum with add_all_numbers() {."), None);
        assert_eq!(leak("Set local long_enough=1 first."), None);
        assert_eq!(leak("Run `echo $(($1+$2))`.").as_deref(), Some("echo $(( $1 + $2 ))"));
    }
}
