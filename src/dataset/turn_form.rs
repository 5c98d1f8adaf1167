//! The form of a turn: a thought, then exactly one command in a fenced bash block.
//!
//! Invariant: a turn is read by lines alone, and nothing in it is run.

use crate::fences::blocks;
use crate::model::{Message, Role};

/// Turns before, in which the same command is a repetition.
const RECENT: usize = 3;
/// Characters of a turn at most.
const MAX_TURN: usize = 20_000;
/// How a turn begins.
const THOUGHT: &str = "THOUGHT:";
/// What models write when they mean to call a tool.
const TOOL_MARKERS: [&str; 7] = [
    "<tool_call",
    "<|tool_call",
    "<function_call",
    "<function=",
    "[TOOL_CALLS]",
    "<|python_tag|>",
    "<invoke ",
];

/// The command of a turn; `None` unless it has exactly one bash block and no other.
pub fn command(turn: &str) -> Option<&str> {
    match blocks(turn)[..] {
        [block] if is_bash(block.info) => Some(block.content.trim()),
        _ => None,
    }
}

/// What is wrong with the form of a turn, each as a sentence; nothing if it can be used.
pub fn faults(turn: &str, history: &[Message]) -> Vec<String> {
    let said = without_thinking(turn);
    let said = said.trim();
    let mut faults: Vec<String> = Vec::new();
    let len = said.chars().count();
    if len > MAX_TURN {
        faults.push(format!("it has {len} characters; at most {MAX_TURN} are read"));
    }
    if turn.matches("<think>").count() > turn.matches("</think>").count() {
        faults.push("it breaks off within `<think>`".into());
    }
    if let Some(marker) = TOOL_MARKERS.iter().find(|marker| turn.contains(**marker)) {
        faults.push(format!("it calls a tool (`{marker}`), and there is none"));
    }
    if !said.starts_with(THOUGHT) {
        faults.push(format!("it does not begin with `{THOUGHT}`"));
    } else if said.split_once("```").is_some_and(|(thought, _)| thought.trim() == THOUGHT) {
        faults.push("its thought is empty".into());
    }
    let found = blocks(said);
    // What follows the marks on their line makes them part of the block.
    let is_closing = |line: &str| line.len() > 2 && line.chars().all(|c| c == '`');
    let is_closed = said.lines().any(|line| is_closing(line.trim()));
    let fences = said.lines().filter(|line| line.trim_start().starts_with("```")).count();
    match &found[..] {
        [block] if !is_bash(block.info) => {
            faults.push(format!("its block is not marked `bash` but `{}`", block.info));
        }
        [block] if block.content.trim().is_empty() => faults.push("its command is empty".into()),
        [_] if fences % 2 == 1 || !is_closed => faults.push("its bash block is not closed".into()),
        [_] => {}
        [] => faults.push("it has no bash block".into()),
        more => faults.push(format!("it has {} fenced blocks instead of one", more.len())),
    }
    if let Some(command) = command(said) {
        let turns = history.iter().rev().filter(|message| message.role == Role::Assistant);
        if turns.take(RECENT).any(|turn| self::command(&turn.content) == Some(command)) {
            faults.push(format!("its command was run in the last {RECENT} turns"));
        }
    }
    faults
}

fn is_bash(info: &str) -> bool {
    matches!(info.split_whitespace().next(), Some("bash" | "sh" | "shell"))
}

/// A turn without what a model thinks before it. Unlike the code of an answer, whose strings may hold the tag (`reply`), a turn has no
/// use for it anywhere.
pub fn without_thinking(turn: &str) -> String {
    let mut kept = String::new();
    let mut rest = turn;
    while let Some((before, after)) = rest.split_once("<think>") {
        kept.push_str(before);
        rest = after.split_once("</think>").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "THOUGHT: Look around first.\n\n```bash\nls -la\n```";

    fn first_fault(turn: &str) -> String {
        faults(turn, &[]).into_iter().next().unwrap_or_default()
    }

    #[test]
    fn a_thought_with_one_command_can_be_used() {
        assert_eq!(faults(GOOD, &[]), Vec::<String>::new());
        assert_eq!(faults(&format!("<think>hm</think>\n{GOOD}\n"), &[]), Vec::<String>::new());
        assert_eq!(command(GOOD), Some("ls -la"));
    }

    #[test]
    fn each_fault_of_the_form_is_named() {
        for (turn, fault) in [
            ("<think>hm", "it breaks off within `<think>`"),
            ("ls", "it does not begin with `THOUGHT:`"),
            ("THOUGHT: a", "it has no bash block"),
            (
                "THOUGHT: a\n```bash\nls\n```\n```bash\npwd\n```",
                "it has 2 fenced blocks instead of one",
            ),
            ("THOUGHT: a\n```python\nx\n```", "its block is not marked `bash` but `python`"),
            ("THOUGHT: a\n```bash\n```", "its command is empty"),
            ("THOUGHT: a\n```bash\nls", "its bash block is not closed"),
            ("THOUGHT: a\n```bash\nls\n```~", "its bash block is not closed"),
            ("THOUGHT:\n```bash\nls\n```", "its thought is empty"),
            ("<tool_call>{}", "it calls a tool (`<tool_call`), and there is none"),
        ] {
            assert_eq!(first_fault(turn), fault, "{turn}");
        }
    }

    #[test]
    fn a_command_of_the_last_turns_is_a_repetition() {
        let message = |role, content: &str| Message { role, content: content.into() };
        let mut history = vec![
            message(Role::User, "task"),
            message(Role::Assistant, GOOD),
            message(Role::User, "a"),
        ];
        assert_eq!(faults(GOOD, &history), ["its command was run in the last 3 turns"]);
        for _ in 0..3 {
            history.push(message(Role::Assistant, "THOUGHT: b\n```bash\npwd\n```"));
        }
        assert_eq!(faults(GOOD, &history), Vec::<String>::new());
    }
}
