//! Texts and numbers as people write them, by what a parameter is called.
//!
//! Invariant: a name decides by its words alone, and the same draw gives the same value.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// What a text is.
#[derive(Debug, Clone, PartialEq)]
pub enum TextKind {
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Read by a format of `strptime`.
    Dated(String),
    Character,
    Word,
    Sentence,
}

/// The kinds of texts by words of names: the first row with one of the words counts.
const KINDS: &[(&[&str], &[&str])] = &[
    (
        &["email", "mail", "emails"],
        &[
            "ada@example.com",
            "bob.smith@mail.org",
            "no-at-sign.com",
            "eve+news@sub.example.co.uk",
            "info@example",
            "@example.com",
        ],
    ),
    (
        &["url", "uri", "link", "href", "urls", "website"],
        &[
            "https://example.com/docs/index.html?page=2",
            "http://localhost:8080/",
            "https://www.example.org",
            "ftp://files.example.com/a.zip",
            "example.com/path",
            "https://example.com/search?q=tea&lang=en#top",
        ],
    ),
    (
        &["ip", "ipv4", "ip_address", "host", "hostname", "domain"],
        &[
            "192.168.0.1",
            "10.0.0.256",
            "example.com",
            "127.0.0.1",
            "255.255.255.0",
            "1.2.3",
            "mail.example.org",
        ],
    ),
    (
        &["html", "xml", "markup", "tags"],
        &[
            "<p>Hello <b>world</b></p>",
            "<ul><li>one</li><li>two</li></ul>",
            "plain text",
            "<a href=\"/x\">link</a> and <br/>",
            "<div class=\"a\">5 &lt; 6</div>",
            "<h1>Title</h1>\n<p>Text</p>",
        ],
    ),
    (
        &["markdown", "md"],
        &[
            "# Title\n\nSome *text*.",
            "- one\n- two",
            "See [docs](https://example.com).",
            "**bold** and `code`",
            "plain",
        ],
    ),
    (
        &["json", "payload"],
        &[
            "{\"a\": 1, \"b\": [2, 3]}",
            "[1, 2, 3]",
            "{\"name\": \"Ada\", \"age\": 36}",
            "null",
            "{\"x\": ",
            "\"text\"",
        ],
    ),
    (
        &["csv", "tsv", "record"],
        &["name,age\nAda,36\nBob,41", "1,2,3", "a,b\n", "x;y;z", "\"one, two\",3"],
    ),
    (
        &["date", "dates", "day_str", "birthday", "date_str", "datestr", "dob"],
        &["2024-01-31", "1999-12-05", "2023-02-28", "31/01/2024", "2024-02-29", "2020-7-4"],
    ),
    (
        &["time", "clock", "time_str", "timestamp"],
        &["09:30", "14:05", "23:59", "00:00", "12:15:45", "7:05 PM"],
    ),
    (
        &["phone", "tel", "telephone", "mobile"],
        &["+49 30 901820", "555-0123", "(555) 010-9999", "5550100", "12-34", "+1-555-010-4477"],
    ),
    (
        &["path", "filepath", "file_path", "pathname", "dir", "directory", "folder"],
        &[
            "docs/index.md",
            "/usr/local/bin/tool",
            "a.txt",
            "src/main.py",
            "/tmp/",
            "../notes/2024/plan.txt",
        ],
    ),
    (
        &["filename", "file_name", "fname", "file"],
        &["report.pdf", "photo.final.jpg", "README", "archive.tar.gz", ".hidden", "main.py"],
    ),
    (&["version", "ver", "semver"], &["1.2.3", "2.0", "1.10.0", "0.9.1", "3", "1.2.3-beta"]),
    (
        &["color", "colour", "hex", "hexcolor", "rgb"],
        &["#ff8800", "#0a0", "#FFFFFF", "1f4e79", "red", "#12345"],
    ),
    (
        &["password", "passwd", "pwd", "pass"],
        &["Passw0rd!", "secret", "12345678", "aB3$xyzQ", "LONGPASSWORD1", "Tr0ub4dor&3"],
    ),
    (
        &["username", "user", "login", "handle"],
        &["ada_l", "bob42", "x", "eve.smith", "Charlie", "user-name"],
    ),
    (&["roman", "numeral"], &["XIV", "IX", "MCMXCIV", "III", "LVIII", "CD"]),
    (&["binary", "bin", "bits", "bitstring"], &["1011", "0", "11111111", "100000", "0110", "1"]),
    (
        &["dna", "strand", "genome", "nucleotide", "rna", "codon"],
        &["GATTACA", "ATGC", "CCGGTA", "TTAGGC", "AAA", "GCTAGCTA"],
    ),
    (
        &["palindrome", "palindromic"],
        &["racecar", "level", "hello", "A man, a plan, a canal: Panama", "noon", "abca"],
    ),
    (
        &["brackets", "parentheses", "parenthesis", "parens", "paren", "bracket", "balanced"],
        &["(a[b]{c})", "([)]", "((()))", "{[()]}", "(()", "x)"],
    ),
    (
        &["expression", "expr", "formula", "equation", "rpn", "postfix", "infix"],
        &["2 + 3 * 4", "(1 + 2) * 3", "3 4 + 2 *", "10 / 4", "7 - 2 - 1", "5"],
    ),
    (&["isbn"], &["0-306-40615-2", "978-0-306-40615-7", "0306406152", "123456789X"]),
    (
        &["card", "luhn"],
        &["4539 1488 0343 6467", "8273 1232 7352 0569", "79927398713", "4111111111111111", "0"],
    ),
    (&["morse"], &["... --- ...", ".- -...", "-.-. .- -"]),
    (
        &["camel", "snake", "identifier", "var", "variable"],
        &["userName", "user_name", "HTTPResponseCode", "total", "max_value_2", "camelCaseText"],
    ),
    (&["sep", "separator", "delimiter", "delim"], &[",", " ", "-", ", ", ";", "_"]),
    (&["fmt", "format", "format_str"], &["%Y-%m-%d", "%d/%m/%Y", "%H:%M", "{}-{}", "%B %d, %Y"]),
    (&["suffix", "ending", "ext", "extension"], &[".txt", "ing", ".py", "s", "ed"]),
    (&["prefix"], &["un", "re", "http", "a", "pre"]),
    (&["op", "operator", "operation"], &["+", "-", "*", "/", "%"]),
    (&["lang", "language", "locale"], &["en", "de", "fr", "pt-BR", "ja"]),
    (&["currency"], &["EUR", "USD", "JPY", "GBP"]),
    (&["country", "city", "place", "location"], &["Lisbon", "Oslo", "New York", "Kyoto", "Lima"]),
    (&["unit", "units"], &["km", "m", "kg", "C", "F"]),
    (
        &["mode", "kind", "type", "method", "strategy"],
        &["fast", "slow", "asc", "desc", "mean", "max"],
    ),
    (
        &[
            "first_name",
            "firstname",
            "last_name",
            "surname",
            "name",
            "names",
            "author",
            "person",
            "players",
            "student",
        ],
        &["Ada", "Grace Hopper", "alan", "Linus Torvalds", "Bo", "mary ann"],
    ),
    (&["pattern", "regex", "glob"], &["a*b", "h?llo", "*.txt", "ab", "^a.c$"]),
    (
        &["digits", "digit", "number", "num", "integer", "numeric", "amount"],
        &["42", "1234", "007", "98765", "-15", "3.14"],
    ),
    (&["dict_key"], &["apple", "banana", "cherry", "x", "y", "total", "name", "a", "b", "count"]),
    (&["key", "secret"], &["lemon", "name", "abc", "size", "KEY"]),
    (
        &["title", "headline"],
        &["the old man and the sea", "War and Peace", "a tale of two cities", "Dune"],
    ),
    (
        &["char", "ch", "c", "letter", "character", "symbol", "fill", "fillchar"],
        &["a", "e", "l", "Z", "-", "1"],
    ),
    (
        &["word", "words", "token", "tokens", "anagram"],
        &["listen", "silent", "apple", "Banana", "level", "noon", "stressed"],
    ),
];

const WORDS: [&str; 24] = [
    "apple", "river", "Hello", "banana", "sky", "table", "green", "noon", "level", "code", "tree",
    "Python", "data", "cat", "mouse", "dog", "sun", "house", "letter", "world", "tea", "stone",
    "paper", "zebra",
];
const SENTENCES: [&str; 12] = [
    "hello world",
    "The quick brown fox jumps over the lazy dog",
    "To be, or not to be",
    "banana",
    "abc123 def456",
    "one two two three three three",
    "Hello, World!",
    "aabbbc",
    "It was a dark night. The wind blew!",
    "  spaced  out  ",
    "first line\nsecond line\n",
    "MiXeD CaSe 42",
];
const FLOATS: [f64; 12] = [2.5, 10.0, 0.5, 7.25, 3.0, 100.0, -1.5, 0.1, 19.99, 42.0, 1.0, 0.0];
const INTS: [i64; 14] = [3, 7, 12, 5, 10, 2, 1, 20, 0, 15, -4, 100, 8, 37];

/// The words of a name, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut out = String::new();
    let mut was_small = false;
    for c in name.chars() {
        if c.is_uppercase() && was_small {
            out.push('_');
        }
        was_small = c.is_lowercase();
        out.extend(c.to_lowercase());
    }
    out.split('_')
        .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

fn row(name: &str) -> Option<&'static [&'static str]> {
    let parts = words(name);
    let whole = parts.join("_");
    let has = |wanted: &str| KINDS.iter().find(|(names, _)| names.contains(&wanted));
    // The last word says what a thing is, the ones before which.
    has(&whole).or_else(|| parts.iter().rev().find_map(|part| has(part))).map(|(_, values)| *values)
}

/// What texts a parameter takes, by its name, else by that of its function.
pub fn text_kind(name: &str, function: &str, dates: &[String]) -> TextKind {
    let own = row(name);
    if let Some(format) = dates.first()
        && !name.contains("fmt")
        && !name.contains("format")
    {
        return TextKind::Dated(format.clone());
    }
    if let Some(values) = own {
        return TextKind::OneOf(values);
    }
    let is_plain = [
        "s", "string", "text", "str", "txt", "value", "input", "data", "line", "a", "b", "x",
        "content", "source", "raw", "string1", "str1",
    ]
    .contains(&name);
    let of_function = words(function);
    const TELLING: [&str; 36] = [
        "email",
        "url",
        "ip",
        "html",
        "xml",
        "tags",
        "markdown",
        "json",
        "csv",
        "date",
        "time",
        "phone",
        "path",
        "filename",
        "version",
        "color",
        "colour",
        "hex",
        "rgb",
        "password",
        "username",
        "roman",
        "binary",
        "dna",
        "rna",
        "palindrome",
        "brackets",
        "parentheses",
        "parens",
        "balanced",
        "isbn",
        "luhn",
        "morse",
        "camel",
        "snake",
        "anagram",
    ];
    let told = of_function.iter().find(|word| TELLING.contains(&word.as_str()));
    match told.filter(|_| is_plain).and_then(|word| row(word)) {
        Some(values) => TextKind::OneOf(values),
        None if is_plain => TextKind::Sentence,
        None => TextKind::Word,
    }
}

/// Makes the `index`-th text of a kind.
pub fn text(kind: &TextKind, index: usize, rng: &mut ChaCha8Rng) -> String {
    match kind {
        TextKind::OneOf(values) => pick(values, index, rng).to_owned(),
        TextKind::Dated(format) => dated(format, rng),
        TextKind::Character => char::from(rng.random_range(b'a'..=b'z')).to_string(),
        TextKind::Word => match rng.random_range(0..8) {
            0 => format!("{} {}", pick(&WORDS, usize::MAX, rng), pick(&WORDS, usize::MAX, rng)),
            _ => pick(&WORDS, index, rng).to_owned(),
        },
        TextKind::Sentence => match index {
            0..12 => SENTENCES[index].to_owned(),
            _ => {
                let count = rng.random_range(1..=5);
                let words: Vec<&str> = (0..count).map(|_| pick(&WORDS, usize::MAX, rng)).collect();
                words.join(" ")
            }
        },
    }
}

fn pick<'t>(values: &[&'t str], index: usize, rng: &mut ChaCha8Rng) -> &'t str {
    match values.get(index) {
        Some(value) => value,
        None => values.choose(rng).copied().unwrap_or_default(),
    }
}

/// A date as a format of `strptime` writes it.
fn dated(format: &str, rng: &mut ChaCha8Rng) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const DAYS: [&str; 7] =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let month = rng.random_range(1..=12);
    let day = rng.random_range(1..=28);
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('Y') => out.push_str(&rng.random_range(1995..=2030).to_string()),
            Some('y') => out.push_str(&format!("{:02}", rng.random_range(0..=40))),
            Some('m') => out.push_str(&format!("{month:02}")),
            Some('d') => out.push_str(&format!("{day:02}")),
            Some('H') => out.push_str(&format!("{:02}", rng.random_range(0..24))),
            Some('I') => out.push_str(&format!("{:02}", rng.random_range(1..=12))),
            Some('M') => out.push_str(&format!("{:02}", rng.random_range(0..60))),
            Some('S') => out.push_str(&format!("{:02}", rng.random_range(0..60))),
            Some('f') => out.push_str("250000"),
            Some('p') => out.push_str(if rng.random_bool(0.5) { "AM" } else { "PM" }),
            Some('B') => out.push_str(MONTHS[month - 1]),
            Some('b') => out.push_str(&MONTHS[month - 1][..3]),
            Some('A') => out.push_str(DAYS[day % 7]),
            Some('a') => out.push_str(&DAYS[day % 7][..3]),
            Some('j') => out.push_str(&format!("{:03}", rng.random_range(1..=365))),
            Some('z') => out.push_str("+0200"),
            Some('Z') => out.push_str("UTC"),
            Some('%') => out.push('%'),
            Some(_) | None => {}
        }
    }
    out
}

/// Makes the `index`-th integer for a name.
pub fn int(name: &str, index: usize, rng: &mut ChaCha8Rng) -> i64 {
    let parts = words(name);
    let last = parts.last().map_or("", String::as_str);
    let range = match last {
        "year" | "years" if parts.len() == 1 => Some((1995, 2030)),
        "month" => Some((1, 12)),
        "day" => Some((1, 28)),
        "hour" | "hours" => Some((0, 23)),
        "minute" | "minutes" | "second" | "seconds" | "min" | "sec" if parts.len() == 1 => {
            Some((0, 59))
        }
        "age" => Some((5, 80)),
        "index" | "idx" | "i" | "j" | "pos" | "position" | "row" | "col" | "level" | "offset" => {
            Some((0, 4))
        }
        "port" => Some((80, 9000)),
        "base" | "radix" => Some((2, 16)),
        "shift" | "rot" => Some((1, 13)),
        "percent" | "percentage" | "score" | "grade" | "mark" => Some((0, 100)),
        "width" | "height" | "size" | "length" | "len" | "rows" | "cols" | "columns" | "count"
        | "depth" | "k" => Some((1, 8)),
        "step" | "steps" | "chunk" => Some((1, 4)),
        "price" | "amount" | "cost" | "salary" | "balance" | "total" => Some((10, 500)),
        _ => None,
    };
    match (range, INTS.get(index)) {
        // Now and then something else than usual, which is what checks are for.
        (Some((least, _)), _) if index % 9 == 8 => least - 1,
        (Some((least, most)), _) => rng.random_range(least..=most),
        (None, Some(&usual)) => usual,
        (None, None) => rng.random_range(-9..=60),
    }
}

/// Makes the `index`-th float for a name.
pub fn float(name: &str, index: usize, rng: &mut ChaCha8Rng) -> f64 {
    let parts = words(name);
    let last = parts.last().map_or("", String::as_str);
    let hundredths = |least: i32, most: i32, rng: &mut ChaCha8Rng| {
        f64::from(rng.random_range(least..=most)) / 100.0
    };
    match last {
        "probability" | "prob" | "p" | "ratio" | "alpha" | "confidence" | "fraction" => {
            hundredths(0, 100, rng)
        }
        "rate" | "tax" | "discount" => hundredths(1, 30, rng),
        "lat" | "latitude" => hundredths(-9_000, 9_000, rng),
        "lon" | "lng" | "longitude" => hundredths(-18_000, 18_000, rng),
        "celsius" | "temperature" | "temp" => hundredths(-1_500, 4_000, rng),
        "tolerance" | "eps" | "epsilon" | "tol" => [0.01, 0.001, 0.1, 1e-6][index % 4],
        _ => match FLOATS.get(index) {
            Some(&usual) => usual,
            None => hundredths(-1_000, 10_000, rng),
        },
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn names_tell_what_a_text_is() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut first =
            |name: &str, function: &str| text(&text_kind(name, function, &[]), 0, &mut rng);
        assert_eq!(first("user_email", "f"), "ada@example.com");
        assert_eq!(first("s", "roman_to_int"), "XIV");
        assert_eq!(first("text", "strip_tags"), "<p>Hello <b>world</b></p>");
        assert_eq!(first("text", "f"), "hello world");
        let kind = text_kind("value", "f", &["%Y-%m-%d".to_owned()]);
        let date = text(&kind, 0, &mut rng);
        assert!(date.len() == 10 && date.as_bytes()[4] == b'-', "{date}");
    }

    #[test]
    fn numbers_keep_to_what_their_name_means() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for index in 0..8 {
            assert!((1..=12).contains(&int("month", index, &mut rng)));
            assert!((0.0..=1.0).contains(&float("probability", index, &mut rng)));
        }
    }
}
