//! Files as they are found, good and bad.
//!
//! Invariant: what a file holds is written out, never computed by what is tested.

use std::io::Write;

use super::*;

fn lines(name: &str, bytes: &[u8]) -> Vec<Line> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    JsonLines::open(&path).unwrap().map(Result::unwrap).collect()
}

#[test]
fn bad_lines_are_numbered_and_the_rest_goes_on() {
    let found = lines("a.jsonl", b"{\"a\": 1}\n\nnot json\n\xff\xfe\n[1]\n{\"b\": 2}");
    let good: Vec<(u64, bool)> =
        found.iter().map(|line| (line.number, line.json.is_ok())).collect();
    assert_eq!(good, [(1, true), (3, false), (4, false), (5, false), (6, true)]);
}

#[test]
fn lines_are_read_as_python_reads_them() {
    let row = r#"{"n":18446744073709551617,"x":[NaN,-Infinity],"\ud800":"\ud83d"}"#;
    let deep = "[".repeat(100_000);
    let found = lines("a.jsonl", format!("\u{feff}{row}\r\n{{\"a\":{deep}\n").as_bytes());
    let read = found[0].json.clone().unwrap();
    assert_eq!(Json::Object(read).to_string(), row);
    assert_eq!(found[1].json, Err("broken JSON at column 133: nested too deeply".into()));
}

#[test]
fn a_list_of_objects_is_read_like_lines_whether_on_one_line_or_on_many() {
    let short = |found: Vec<Line>| -> Vec<(u64, u64, Option<String>, String)> {
        let json = |line: &Line| line.json.clone().ok().map(|row| Json::Object(row).to_string());
        found.into_iter().map(|line| (line.number, line.position, json(&line), line.text)).collect()
    };
    let row = |number, position, json: &str, text: &str| {
        (number, position, Some(json.to_owned()), text.to_owned())
    };
    let found = short(lines("a.json", b"[{\"a\": 18446744073709551617}, {\"b\": \"[,\"}]\n"));
    let first = row(1, 1, "{\"a\":18446744073709551617}", "{\"a\": 18446744073709551617}");
    assert_eq!(found, [first, row(1, 2, "{\"b\":\"[,\"}", "{\"b\": \"[,\"}")]);
    let text = b"\xef\xbb\xbf\n[\n  {\n    \"a\": [1,\n 2]\n  },\n  {\"b\": NaN}\n]\n";
    let found = short(lines("a.json", text));
    let first = row(3, 1, "{\"a\":[1,2]}", "{ \"a\": [1, 2] }");
    assert_eq!(found, [first, row(7, 2, "{\"b\":NaN}", "{\"b\": NaN}")]);
}

#[test]
fn a_bad_item_of_a_list_is_named_and_the_rest_goes_on() {
    let found = lines("a.json", b"[{\"a\": 1},\n{a},\n\"\xff\",\n[1],\n{\"b\": 2}\n");
    let why = |line: &Line| line.json.clone().err().unwrap_or_default();
    assert_eq!(found.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(
        why(&found[1]),
        "item 2 of the list: broken JSON: expected a text in quotes at byte 2"
    );
    assert!(why(&found[2]).starts_with("item 3 of the list: not UTF-8 text: "));
    assert_eq!(why(&found[3]), "item 4 of the list is not an object");
    assert!(found[4].json.is_ok());
    assert_eq!(why(&found[5]), "item 6 of the list: the file ends before its JSON list does");
}

#[test]
fn lists_of_anything_else_are_lines() {
    for text in [&b"[\"a\"]\n[\"b\"]\n"[..], b"[[\"a\"]]\n[]\n", b"[]\n[{\"a\": 1}]\n"] {
        let found = lines("a.jsonl", text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].json, Err("the line is JSON but not an object".into()));
    }
}

#[test]
fn compressed_files_are_read() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(b"{\"a\": 1}\n").unwrap();
    assert_eq!(lines("a.jsonl.gz", &gz.finish().unwrap()).len(), 1);
    let zst = zstd::encode_all(&b"{\"a\": 1}\n{\"a\": 2}\n"[..], 1).unwrap();
    assert_eq!(lines("a.jsonl.zst", &zst).len(), 2);
}

#[test]
fn a_line_that_is_too_long_is_skipped() {
    let mut bytes = vec![b'x'; MAX_LINE + 10];
    bytes.extend(b"\n{\"a\": 1}\n");
    let found = lines("a.jsonl", &bytes);
    assert_eq!(found[0].json, Err("the line is longer than 32 MiB".into()));
    assert!(found[1].json.is_ok());
    assert_eq!(found[1].number, 2);
}

#[test]
fn an_empty_file_has_no_lines() {
    assert_eq!(lines("a.jsonl", b""), []);
}

#[test]
fn a_damaged_archive_ends_with_a_message() {
    let found = lines("a.jsonl.gz", b"this is no gzip");
    assert_eq!(found.len(), 1);
    assert!(found[0].json.is_err());
}

#[test]
fn whoever_watches_the_reading_learns_that_an_archive_is_cut_short() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    gz.write_all(b"{\"a\": 1}\n{\"a\": 2}\n").unwrap();
    let bytes = gz.finish().unwrap();
    let file = tempfile::Builder::new().suffix(".jsonl.gz").tempfile().unwrap();
    std::fs::write(file.path(), &bytes[..bytes.len() - 6]).unwrap();
    let lines = JsonLines::open(file.path()).unwrap();
    let reading = lines.reading();
    assert_eq!((reading.damage(), lines.count()), (None, 3));
    let damage = reading.damage().unwrap();
    assert!(damage.contains(".jsonl.gz cannot be read beyond line 2: "), "{damage}");
}

#[test]
fn a_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = JsonLines::open(folder.path()).err().unwrap();
    assert!(matches!(&error, Error::Usage(text) if text.contains("is a folder")), "{error:?}");
}
