//! Interactive sessions: code that was typed behind `>>>` and `...`.
//!
//! Invariant: only typed lines are kept, never what the interpreter printed.

/// What was typed in an interactive session; `None` for other text.
pub(super) fn session(code: &str) -> Option<String> {
    let margin = code.lines().find(|line| !line.trim().is_empty())?;
    let margin = margin.get(..margin.find(">>>")?).filter(|margin| margin.trim().is_empty())?;
    let mut typed = String::new();
    for line in code.lines().filter_map(|line| line.strip_prefix(margin)) {
        let input = [">>> ", "... "].iter().find_map(|prompt| line.strip_prefix(prompt));
        let input = input.or_else(|| [">>>", "..."].contains(&line.trim_end()).then_some(""));
        if let Some(input) = input {
            typed.push_str(input);
            typed.push('\n');
        }
    }
    Some(typed)
}
