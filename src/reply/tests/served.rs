//! Replies as models and servers are known to give them: with tokens, in parts, half fenced, with other margins and spaces.
//!
//! Invariant: a kind of reply has a test of its own, with an answer that the same text without its oddity would give.

use super::*;

#[test]
fn a_token_for_the_machine_ends_the_reply_and_is_told() {
    let body = "    y = x\n    return y * 2";
    let whole = format!("{PROMPT}{body}\n");
    for token in [
        "<|endoftext|>",
        "<|im_end|>",
        "<|eot_id|>",
        "</s>",
        "<end_of_turn>",
        "<｜end▁of▁sentence｜>",
        "<|fim_middle|>",
        "<fim_prefix>",
        "[DONE]",
        "\n[DONE]",
    ] {
        for reply in [
            format!("{body}{token}"),
            format!("{body}{token}\n\ndef g(:\n    return y"),
            format!("```python\n{body}{token}\n```\n"),
            format!("```python\n{body}\n```{token}"),
        ] {
            let expected = Extracted {
                end_token: Some(token.trim().into()),
                ..Extracted::new(whole.clone(), How::Continuation, false)
            };
            assert_eq!(extract(&reply, &GOES_ON), expected, "{reply}");
        }
    }
    let text = "def f(x):\n    return x.split('<|endoftext|>')\n";
    assert_eq!(extract(text, &F), Extracted::new(text, How::Unfenced, false));
    // A reply about tokens does not end at the first one that it names.
    let reply = "The <|endoftext|> token goes.\n```python\ndef f(x):\n    return x\n```<|im_end|>";
    let expected = Extracted {
        end_token: Some("<|im_end|>".into()),
        ..Extracted::new("def f(x):\n    return x\n", How::Fenced, false)
    };
    assert_eq!(extract(reply, &F), expected);
}

#[test]
fn the_code_of_a_few_shot_answer_stands_between_its_marks() {
    let reply =
        "[BEGIN]\ndef f(x):\n    return x\n[DONE]\nTests:\n[BEGIN]\ndef f(x): pass\n[DONE]\n";
    takes(reply, &F, "def f(x):\n    return x\n", How::Unfenced, false);
}

#[test]
fn lines_of_code_that_go_are_counted() {
    for (reply, ask, lines) in [
        ("    y = x\n    z = = y\n    return z", &GOES_ON, 2),
        ("    return x\n\nThat is all (or so).", &GOES_ON, 0),
        ("```python\ny = 1\ndef f(x):\n    return (x", &F, 2),
        ("```python\ndef f(x):\n    return x\n\nThat is all.", &F, 0),
        ("def f(x):\n    return x\n\ndef g(x):\n    return (", &F, 2),
    ] {
        assert_eq!(extract(reply, ask).dropped_lines, lines, "{reply}");
    }
}

#[test]
fn a_program_is_the_block_that_reads_stdin() {
    let program = "n = int(input())\nprint(n * 2)\n";
    let demo = "assert 3 * 2 == 6\nprint('ok')\n";
    let two = |first: &str, second: &str| {
        format!("One:\n```python\n{first}```\nTwo:\n```python\n{second}```\n")
    };
    takes(&two(program, demo), &READS, program, How::Fenced, false);
    let unfenced = format!("{program}\nCheck:\n```python\n{demo}```\n");
    takes(&unfenced, &READS, program, How::Unfenced, false);
    let called =
        "def main():\n    print(int(input()) * 2)\n\nif __name__ == '__main__':\n    main()\n";
    let fed = "import io, sys\nsys.stdin = io.StringIO('3')\nmain()\n";
    takes(&two(called, fed), &READS, called, How::Fenced, false);
    // Of two drafts the last one, regardless of the first.
    takes(&two("n = int(input())\nprint(n + 2)\n", program), &READS, program, How::Fenced, false);
}

#[test]
fn parts_of_a_program_are_joined_where_one_uses_names_of_another() {
    let two = |first: &str, second: &str| {
        format!("First:\n```python\n{first}```\nThen:\n```python\n{second}```\n")
    };
    let (helper, main) = ("def dbl(n):\n    return 2 * n\n", "n = int(input())\nprint(dbl(n))\n");
    let program = format!("{helper}\n{main}");
    takes(&two(helper, main), &READS, &program, How::Fenced, false);
    takes(&two(main, helper), &READS, &program, How::Fenced, false);
    // A demonstration of the helper stays away.
    takes(&two(&format!("{helper}print(dbl(3))\n"), main), &READS, &program, How::Fenced, false);
    let main = "def main():\n    print(int(input()) * 2)\n";
    takes(&two(main, "main()\n"), &READS, &format!("{main}\nmain()\n"), How::Fenced, false);
    let (import, entry) = ("from operator import mul\n", "def f(x):\n    return mul(x, 2)\n");
    takes(&two(import, entry), &F, &format!("{import}\n{entry}"), How::Fenced, false);
    let (helper, entry) = ("def twice(x):\n    return x * 2\n", "def f(x):\n    return twice(x)\n");
    let joined = format!("{helper}\n{entry}");
    takes(&two(entry, &format!("{helper}print(f(1))\n")), &F, &joined, How::Fenced, false);
    let unfenced = format!("Helper first:\n\n{helper}\nand then the function:\n\n{entry}");
    takes(&unfenced, &F, &joined, How::Unfenced, false);
}

#[test]
fn a_fence_that_only_closes_ends_the_code_before_it() {
    let program = "n = int(input())\nprint(n * 2)\n";
    takes(&format!("{program}```\nReads and doubles.\n"), &READS, program, How::Fenced, false);
    let whole = format!("{PROMPT}    return x * 2\n");
    for after in ["", "\nThis works because of the loop.\n", "Use:\n```python\nprint(f(1))\n```\n"]
    {
        let reply = format!("    return x * 2\n```\n{after}");
        takes(&reply, &GOES_ON, &whole, How::Continuation, false);
    }
    let reply = "So it is:\n    return x * 2\n```\nThat is all.\n";
    takes(reply, &GOES_ON, &whole, How::Continuation, false);
    // A fence that opens is none of these.
    takes(&format!("Example(s)\n```\n{program}"), &READS, program, How::Fenced, false);
    takes(&format!("{program}\nPrints:\n```\n6\n```\n"), &READS, program, How::Unfenced, false);
}

#[test]
fn a_body_of_any_margin_continues_the_prompt() {
    let whole = format!("{PROMPT}    y = '''\n  a'''\n    if y:\n        y = x\n    return y\n");
    for margin in ["  ", "     ", "        "] {
        let body = format!(
            "{margin}y = '''\n  a'''\n{margin}if y:\n{margin}    y = x\n{margin}return y\n"
        );
        takes(&body, &GOES_ON, &whole, How::Continuation, false);
        takes(&format!("```python\n{body}```\nSo.\n"), &GOES_ON, &whole, How::Continuation, false);
        takes(body.trim_start(), &GOES_ON, &whole, How::Continuation, false);
    }
    let kept = format!("{PROMPT}    return x\n");
    takes("  return x\n\nThat is all.\n", &GOES_ON, &kept, How::Continuation, false);
}

#[test]
fn spaces_that_python_does_not_take_are_replaced_outside_of_strings_and_told() {
    let code = "n = int(input())\nif n:\n    print(n * 2, '\u{a0}')\n";
    for written in [
        code.replace("    ", "\u{a0}\u{a0}\u{a0}\u{a0}"),
        code.replace("n = ", "\u{200b}n\u{3000}= "),
    ] {
        for (reply, how) in
            [(written.clone(), How::Unfenced), (format!("```python\n{written}```\n"), How::Fenced)]
        {
            let expected = Extracted { replaced_spaces: true, ..Extracted::new(code, how, false) };
            assert_eq!(extract(&reply, &READS), expected, "{reply}");
        }
    }
    let plain = format!("Voil\u{e0}\u{a0}:\n```python\n{code}```\n");
    assert_eq!(extract(&plain, &READS), Extracted::new(code, How::Fenced, false));
    let mixed = "n = int(input())\nfor i in range(n):\n    if i:\n\tprint(i)\n";
    let spaced = mixed.replace('\t', "        ");
    let expected =
        Extracted { replaced_spaces: true, ..Extracted::new(spaced, How::Fenced, false) };
    assert_eq!(extract(&format!("```python\n{mixed}```\n"), &READS), expected);
}
