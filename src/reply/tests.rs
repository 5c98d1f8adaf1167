//! Replies as models write them, and cuts of them.
//!
//! Invariant: the expected code is written out, never computed by what is tested.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

mod served;

const F: Ask<'_> =
    Ask { entry: Some("f"), prompt_code: None, pick: Pick::Last, reads_stdin: false };
const PROMPT: &str =
    "import math\n\ndef helper(x):\n    return x\n\ndef f(x):\n    \"\"\"Doubles.\"\"\"\n";
const GOES_ON: Ask<'_> =
    Ask { entry: Some("f"), prompt_code: Some(PROMPT), pick: Pick::Last, reads_stdin: false };

const READS: Ask<'_> = Ask { entry: None, prompt_code: None, pick: Pick::Last, reads_stdin: true };

#[track_caller]
fn takes(reply: &str, ask: &Ask<'_>, code: &str, how: How, truncated: bool) {
    let found = extract(reply, ask);
    assert_eq!(
        (found.code.as_str(), found.how, found.truncated),
        (code, how, truncated),
        "{reply}"
    );
}

#[test]
fn a_block_of_any_fence_and_tag_is_taken() {
    let code = "def f(x):\n    return 1\n";
    for (open, close) in [
        ("```python", "```"),
        ("```", "```"),
        ("````Python", "````"),
        ("~~~py", "~~~"),
        ("```python3", "```"),
        ("```none", "```"),
        ("```{.python .numberLines}", "```"),
        ("  ```py", "  ```"),
        ("The code: ```python", "```"),
    ] {
        takes(&format!("Sure:\n{open}\n{code}{close}\nDone.\n"), &F, code, How::Fenced, false);
    }
}

#[test]
fn blocks_of_other_languages_are_skipped() {
    let reply = "```bash\npip install f\n```\n```python\ndef f(): pass\n```\n```json\n{\"f\": 1}\n```\n```text\nf = 1\n```\n";
    takes(reply, &F, "def f(): pass\n", How::Fenced, false);
    takes("```java\nclass f {}\n```\nThat is all.", &F, "", How::Nothing, false);
}

#[test]
fn of_several_blocks_the_picked_one_that_defines_the_entry_is_taken() {
    let reply = "```python\ndef f(): return 1\n```\nBetter:\n```python\ndef f(): return 2\n```\nUse:\n```python\nprint(f())\n```\n";
    takes(reply, &F, "def f(): return 2\n", How::Fenced, false);
    takes(reply, &Ask { pick: Pick::First, ..F }, "def f(): return 1\n", How::Fenced, false);
    let used = "def f(): return 2\n\nprint(f())\n";
    takes(reply, &Ask { entry: None, ..F }, used, How::Fenced, false);
    takes(
        reply,
        &Ask { entry: Some("g"), pick: Pick::First, ..F },
        "def f(): return 1\n",
        How::Fenced,
        false,
    );
}

#[test]
fn a_block_that_does_not_parse_is_given_for_want_of_better() {
    takes("```python\ndef f(:\n```\n", &F, "def f(:\n", How::Fenced, false);
    takes(
        "```python\ndef f(:\n```\n```python\ndef f(): pass\n```\n```python\n)\n```",
        &F,
        "def f(): pass\n",
        How::Fenced,
        false,
    );
}

#[test]
fn fences_in_a_docstring_cut_nothing() {
    let code = "def f(x):\n    \"\"\"Shows.\n\n    ```python\n    f(1)\n    ```\n    \"\"\"\n    return '''\n```\n'''\n";
    takes(
        &format!("```python\n{code}```\nIt shows ``` in a string.\n"),
        &F,
        code,
        How::Fenced,
        false,
    );
    takes(code, &F, code, How::Unfenced, false);
}

#[test]
fn a_fence_at_the_end_of_a_line_of_code_ends_the_block() {
    takes(
        "```python\ndef f(x):\n    return x```\nSo.",
        &F,
        "def f(x):\n    return x\n",
        How::Fenced,
        false,
    );
}

#[test]
fn a_block_in_a_list_loses_the_margin_of_the_list() {
    takes(
        "1. So:\n   ```python\n   def f(x):\n       return x\n   ```\n",
        &F,
        "def f(x):\n    return x\n",
        How::Fenced,
        false,
    );
}

#[test]
fn an_unclosed_block_keeps_its_whole_statements() {
    let reply = "```python\nimport math\n\ndef f(x):\n    return x\n\ndef g(x):\n    return (x +";
    takes(reply, &F, "import math\n\ndef f(x):\n    return x\n", How::Fenced, true);
    takes("```python\ndef f(x):\n    return (", &F, "def f(x):\n    return (\n", How::Fenced, true);
}

#[test]
fn a_whole_program_does_not_break_off_for_want_of_its_fence() {
    takes(
        "```python\ndef f(x):\n    return x\n",
        &F,
        "def f(x):\n    return x\n",
        How::Fenced,
        false,
    );
    takes("```python\n>>> def f(x): pass", &F, "def f(x): pass\n", How::Fenced, false);
    let whole = format!("{PROMPT}    return x * 2\n");
    takes("```python\n    return x * 2", &GOES_ON, &whole, How::Continuation, false);
    takes(
        "```python\n    return x * 2\n\nThat is all.",
        &GOES_ON,
        &whole,
        How::Continuation,
        false,
    );
}

#[test]
fn an_open_block_may_break_off_behind_the_function() {
    let reply = "```python\n    return x * 2\n\ndef g(x):\n    return (x";
    takes(reply, &GOES_ON, &format!("{PROMPT}    return x * 2\n"), How::Continuation, true);
}

#[test]
fn code_that_is_wrong_before_its_end_does_not_break_off() {
    let wrong = "def f(x):\n    return x x\n\ndef g(x):\n    return (x\n";
    takes(&format!("```python\n{wrong}"), &F, wrong, How::Fenced, false);
    takes(&format!("```python\ny = 1\n{wrong}"), &F, "y = 1\n", How::Fenced, false);
    takes(
        "def f(x):\n    return x x\n    return 1\n",
        &F,
        "def f(x):\n    return x x\n    return 1\n",
        How::Unfenced,
        false,
    );
    let kept = format!("{PROMPT}    y = x\n");
    takes("    y = x\n    z = = y\n    return z", &GOES_ON, &kept, How::Continuation, false);
}

#[test]
fn thoughts_are_not_the_answer() {
    let thought = "I try\n```python\ndef f(): return 0\n```\n";
    let answer = "```python\ndef f(): return 1\n```\n";
    takes(
        &format!("<think>\n{thought}</think>\n{answer}"),
        &F,
        "def f(): return 1\n",
        How::Fenced,
        false,
    );
    takes(
        &format!("{thought}</think>\n{answer}"),
        &Ask { pick: Pick::First, ..F },
        "def f(): return 1\n",
        How::Fenced,
        false,
    );
    takes(&format!("<think>\n{thought}"), &F, "", How::Nothing, true);
}

#[test]
fn code_among_prose_is_the_longest_run_that_defines_the_entry() {
    let reply = "Sure\nHere is it:\n\nimport math\n\ndef f(x):\n    return math.pi\n\ndef g(x):\n    return 1\n\nNote: done.\nUse it so (see above): f(2)\n";
    let code = "import math\n\ndef f(x):\n    return math.pi\n\ndef g(x):\n    return 1\n";
    takes(reply, &F, code, How::Unfenced, false);
    takes("I cannot do that.\nSorry", &F, "", How::Nothing, false);
    takes("", &F, "", How::Nothing, false);
}

#[test]
fn unfenced_code_that_breaks_off_is_told() {
    takes(
        "def f(x):\n    return x\n\ndef g(x):\n    return (",
        &F,
        "def f(x):\n    return x\n",
        How::Unfenced,
        true,
    );
    takes("def f(x):\n    return (", &F, "def f(x):\n    return (\n", How::Unfenced, true);
}

#[test]
fn an_indented_program_is_taken_without_its_margin() {
    takes(
        "So it is:\n\n    def f(x):\n        return x\n",
        &F,
        "def f(x):\n    return x\n",
        How::Unfenced,
        false,
    );
}

#[test]
fn prompts_of_a_session_are_stripped() {
    let reply = "```python\n>>> def f(x):\n...     return x\n...\n>>> f(1)\n1\n```\n";
    takes(reply, &F, "def f(x):\n    return x\n\nf(1)\n", How::Fenced, false);
    let code = "def f(x):\n    \"\"\"\n    >>> f(1)\n    1\n    \"\"\"\n";
    takes(&format!("```\n{code}```\n"), &F, code, How::Fenced, false);
}

#[test]
fn a_body_continues_the_prompt() {
    let whole = format!("{PROMPT}    y = x\n    return y * 2\n");
    takes("    y = x\n    return y * 2\n", &GOES_ON, &whole, How::Continuation, false);
    takes(
        "```python\n    y = x\n    return y * 2\n```\n",
        &GOES_ON,
        &whole,
        How::Continuation,
        false,
    );
    // The first line's margin is lost where a reply was trimmed.
    takes("y = x\n    return y * 2", &GOES_ON, &whole, How::Continuation, false);
    let import = format!("{PROMPT}    import re\n    return re\n");
    takes("import re\n    return re", &GOES_ON, &import, How::Continuation, false);
    takes("```\ny = x\nreturn y * 2\n```", &GOES_ON, &whole, How::Continuation, false);
    takes(
        "Go on with:\n    y = x\n    return y * 2\nThat is all.",
        &GOES_ON,
        &whole,
        How::Continuation,
        false,
    );
    takes("\ty = x\n\treturn y * 2\n", &GOES_ON, &whole, How::Continuation, false);
}

#[test]
fn a_body_that_breaks_off_keeps_its_whole_statements() {
    let kept = format!("{PROMPT}    y = x\n");
    takes("    y = x\n    return (y", &GOES_ON, &kept, How::Continuation, true);
    takes("```python\n    y = x\n    return (y", &GOES_ON, &kept, How::Continuation, true);
}

#[test]
fn a_whole_function_gets_the_helpers_of_the_prompt() {
    let code =
        "import math\n\ndef helper(x):\n    return x\n\n\ndef f(x):\n    return helper(x) * 2\n";
    let answer = "def f(x):\n    return helper(x) * 2\n";
    takes(&format!("```python\n{answer}```"), &GOES_ON, code, How::Fenced, false);
    takes(answer, &GOES_ON, code, How::Unfenced, false);
    // A head without a docstring has helpers, too.
    let bare = Ask { prompt_code: Some("import math\n\ndef f(x):\n"), ..GOES_ON };
    takes("def f(x): pass", &bare, "import math\n\n\ndef f(x): pass\n", How::Unfenced, false);
    takes(
        "    return 1",
        &bare,
        "import math\n\ndef f(x):\n    return 1\n",
        How::Continuation,
        false,
    );
}

#[test]
fn line_ends_and_tabs_do_not_matter() {
    takes(
        "```python\r\ndef f(x):\r\n\treturn x\r\n```\r\n",
        &F,
        "def f(x):\n\treturn x\n",
        How::Fenced,
        false,
    );
}

#[test]
fn any_cut_of_any_reply_is_read_without_a_panic() {
    let pieces = [
        "<think>\nhm ```python\n</think>\n",
        "Sure: é ü 😀\n",
        "```python\ndef f(x):\n    \"\"\"```\n    x\n    \"\"\"\n    return (x,\n  [1])\n```\n",
        "~~~~ py\n>>> def f(x):\n...     return x\n>>> f(2)\n2\n~~~~\n",
        "    return helper(x) * 2\n\tx\n\u{a0}\u{3000}y\n",
        "def f(x): return 1\r\n@dec\r",
        "````\n```\n````\n",
        "</think>\n<thinking>",
        "class f:\n    '''a\n",
        "```{python}\n'''\n```python\n",
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for _ in 0..1500 {
        let mut reply = String::new();
        for _ in 0..rng.random_range(1..6) {
            let piece: Vec<char> = pieces[rng.random_range(0..pieces.len())].chars().collect();
            let (from, to) = (rng.random_range(0..=piece.len()), rng.random_range(0..=piece.len()));
            reply.extend(&piece[from.min(to)..from.max(to)]);
        }
        for ask in [Ask::default(), F, GOES_ON, Ask { pick: Pick::First, ..GOES_ON }] {
            let extracted = extract(&reply, &ask);
            assert_eq!(
                extracted.how == How::Nothing,
                extracted.code.is_empty(),
                "{reply:?} {extracted:?}"
            );
            if extracted.how == How::Continuation {
                let module = Module::parse(&extracted.code)
                    .unwrap_or_else(|error| panic!("{reply:?}: {error}"));
                assert!(extracted.code.starts_with(PROMPT) && module.defines("f"), "{reply:?}");
            }
        }
    }
}

#[test]
fn a_hostile_reply_is_read_within_the_budget() {
    let n = 30_000;
    for reply in [
        "```\n".repeat(n),
        "def f(:\n".repeat(n),
        "x = (\n".repeat(n),
        "<think>\n".repeat(n),
        ">>> (\n".repeat(n),
        "```\n".repeat(300_000),
        "~~~\n".repeat(300_000),
        "\n".repeat(800_000),
        "```python\nn = int(input())\nprint(m)\n```\n".repeat(n),
        format!("<s>{}", "</s>".repeat(200_000)),
        "x = 1\n".repeat(200_000),
    ] {
        extract(&reply, &GOES_ON);
        extract(&reply, &Ask { reads_stdin: true, ..Ask::default() });
    }
}

#[test]
fn the_last_of_very_many_blocks_is_the_answer() {
    let reply = format!(
        "{}```python\ndef f(x):\n    return 1\n```\n",
        "```python\nx = 1\n```\n".repeat(2000)
    );
    let ask = Ask { entry: Some("f"), ..Ask::default() };
    assert_eq!(extract(&reply, &ask).code, "def f(x):\n    return 1\n");
}
