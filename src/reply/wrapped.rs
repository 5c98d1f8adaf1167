//! Code in wrappings other than fenced blocks of lines: HTML, quoted blocks, blocks of one line, and JSON.
//!
//! Invariant: a text comes out as one with fenced blocks, in as many passes as there are kinds of wrappings.

use crate::json::{self, Json};

/// Fields of a JSON object that hold code.
const CODE_FIELDS: [&str; 4] = ["code", "solution", "program", "answer"];

/// A text in which what is wrapped is fenced; `None` if nothing is.
pub(super) fn unwrapped(text: &str) -> Option<String> {
    let code = of_json(text);
    let unwrapped = code.unwrap_or_else(|| in_lines(&without_quotes(&without_html(text))));
    (unwrapped != text).then_some(unwrapped)
}

/// The code in a JSON object that is the whole reply, or its only block.
fn of_json(text: &str) -> Option<String> {
    let text = text.trim();
    let object = match text.find("```json") {
        Some(start) => text.get(start + "```json".len()..)?.rsplit_once("```")?.0,
        None => text,
    };
    if !object.trim_start().starts_with('{') {
        return None;
    }
    let object = json::read(object.trim()).ok()?;
    CODE_FIELDS
        .into_iter()
        .find_map(|field| object.get(field).and_then(Json::as_str))
        .map(str::to_owned)
}

/// Makes fenced blocks of `<pre><code>` elements.
fn without_html(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, code, after)) = element(rest) {
        kept.push_str(before);
        let plain = [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#39;", "'"),
            ("&#x27;", "'"),
            ("&nbsp;", " "),
            ("&amp;", "&"),
        ];
        let code = plain.iter().fold(code.to_owned(), |code, (entity, c)| code.replace(entity, c));
        kept.push_str(&format!("\n```python\n{}\n```\n", code.trim_matches('\n')));
        rest = after;
    }
    kept.push_str(rest);
    kept
}

/// What stands before, in and after the first `<pre><code>` element.
fn element(text: &str) -> Option<(&str, &str, &str)> {
    let (before, opened) = text.split_once("<pre")?;
    let (_, opened) = opened.split_once("<code")?;
    let (_, inside) = opened.split_once('>')?;
    let (code, after) = inside.split_once("</code>")?;
    Some((before, code, after.trim_start().strip_prefix("</pre>").unwrap_or(after)))
}

/// Takes the marks of quoted lines off, if a quoted line opens a block.
fn without_quotes(text: &str) -> String {
    let quoted = |line: &str| {
        let line = line.trim_start().strip_prefix('>')?.to_owned();
        Some(line.strip_prefix(' ').map(str::to_owned).unwrap_or(line))
    };
    if !text
        .lines()
        .any(|line| quoted(line).is_some_and(|line| line.trim_start().starts_with("```")))
    {
        return text.to_owned();
    }
    text.lines().map(|line| quoted(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

/// Puts the code of blocks that are one line on a line of its own.
fn in_lines(text: &str) -> String {
    let of_line = |line: &str| {
        let inside = line.trim().strip_prefix("```")?.strip_suffix("```")?;
        let (tag, code) = inside.split_once(' ')?;
        let is_tag = ["python", "python3", "py", ""].contains(&tag);
        (is_tag && !code.contains("```")).then(|| format!("```python\n{}\n```", code.trim()))
    };
    if !text.lines().any(|line| of_line(line).is_some()) {
        return text.to_owned();
    }
    text.lines().map(|line| of_line(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Ask, How, extract};

    #[test]
    fn code_is_found_in_all_wrappings() {
        let ask = Ask { entry: Some("f"), ..Ask::default() };
        let code = "def f(x): return x < 2 and 'a'\n";
        let escaped = code.replace('<', "&lt;").replace('\'', "&#39;");
        let object = serde_json::json!({"code": code}).to_string();
        for reply in [
            format!("Here:\n<pre><code class=\"language-python\">{escaped}</code></pre>\nDone."),
            format!("Here:\n> ```python\n> {code}> ```\n"),
            format!("Here:\n```python {} ```\nDone.", code.trim()),
            object.clone(),
            format!("Here:\n```json\n{object}\n```\n"),
        ] {
            let found = extract(&reply, &ask);
            assert_eq!((found.code.as_str(), found.truncated), (code, false), "{reply}");
            assert!(found.how != How::Nothing && !found.replaced_spaces, "{reply}");
        }
    }

    #[test]
    fn wrappings_in_an_answers_own_texts_stay() {
        let ask = Ask { entry: Some("f"), ..Ask::default() };
        let code = "def f(x):\n    return '<pre><code>&lt;</code></pre>'\n";
        assert_eq!(extract(&format!("```python\n{code}```\n"), &ask).code, code);
    }

    #[test]
    fn lines_of_a_program_that_are_explained_are_not_another_program() {
        let ask = Ask { reads_stdin: true, ..Ask::default() };
        let code = "n = int(input())\nprint(n * 2)\n";
        let reply = format!("```python\n{code}```\nKey line:\n```python\nn=int(input())\n```\n");
        assert_eq!(extract(&reply, &ask).code, code);
    }
}
