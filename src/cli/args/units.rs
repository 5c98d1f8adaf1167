//! Numbers with suffixes, as people write them.

use std::time::Duration;

use crate::json;
use crate::model::Price;

/// Parses a count: `2G` is 2,000,000,000; suffixes K, M, G, T are powers of a thousand.
pub fn parse_count(text: &str) -> Result<u64, String> {
    parse(text, 1000)
}

/// Parses a size in bytes: `256M` is 256 MiB; suffixes K, M, G, T are powers of 1024.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    parse(text.trim_end_matches(['B', 'b']).trim_end_matches(['I', 'i']), 1024)
}

/// Parses a time span: `30d`, `12h`; suffixes s, m, h, d, w.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        "w" => 604_800.0,
        _ => return Err("use a number with s, m, h, d or w, such as 30d".into()),
    };
    let number: f64 =
        digits.parse().map_err(|_| "use a number with s, m, h, d or w, such as 30d".to_owned())?;
    Duration::try_from_secs_f64(number * seconds)
        .map_err(|_| "use a time span of less than 5 * 10^11 years".into())
}

/// Parses a number of cases: 1 to 1000.
pub fn parse_cases(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|cases| (1..=1000).contains(cases))
        .ok_or_else(|| "use a number from 1 to 1000".into())
}

/// Parses a number of threads: 1 to 1024.
pub fn parse_threads(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|threads| (1..=1024).contains(threads))
        .ok_or_else(|| "use a number from 1 to 1024".into())
}

/// Parses a number of things of which there has to be one.
pub fn parse_positive(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|&number| number > 0);
    number.ok_or_else(|| "use a whole number from 1".into())
}

/// Parses the name of one of the variants of an enum.
pub fn parse_named<T: Copy>(
    text: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    let found = all.iter().copied().find(|&one| name(one) == text.trim());
    found.ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|&one| name(one)).collect();
        format!("expected {}", known.join(", "))
    })
}

/// Parses one of the numbers of a list that starts at 1.
pub fn parse_k(text: &str) -> Result<u64, String> {
    let k = text.trim().parse().ok().filter(|&k| k > 0);
    k.ok_or_else(|| "use whole numbers from 1, such as 1,5,10".into())
}

/// Parses a number that is finite.
pub fn parse_finite(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| "use a number".into())
}

/// Parses a number that is finite and not negative.
pub fn parse_non_negative(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "use a non-negative number".into())
}

/// Parses a share between 0 and 1.
pub fn parse_share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "use a number between 0 and 1".into())
}

/// Parses a share that is more than nothing.
pub fn parse_part(text: &str) -> Result<f64, String> {
    let share = parse_share(text).ok().filter(|&share| share > 0.0);
    share.ok_or_else(|| "use a number above 0, and 1 at most".into())
}

/// Parses a price in USD per million tokens, of prompts and of replies: `0.15,0.60`.
pub fn parse_price(text: &str) -> Result<Price, String> {
    let usage =
        "use two numbers of USD per million tokens, of prompts and of replies, such as 0.15,0.60";
    let (prompt, completion) = text.split_once(',').ok_or(usage)?;
    let usd = |text: &str| text.trim().parse().map_err(|_| usage.to_owned());
    Ok(Price { prompt: usd(prompt)?, completion: usd(completion)? })
}

/// Parses a JSON object.
pub fn parse_object(text: &str) -> Result<serde_json::Map<String, serde_json::Value>, String> {
    let wrong = |error: &str| format!("use a JSON object such as {{\"top_k\": 20}} ({error})");
    let object = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
    // It has made floats of the integers that do not fit.
    match json::read(text) {
        Ok(read) => read.typed::<serde_json::Value>().map(|_| object).map_err(|why| wrong(&why)),
        Err(error) => Err(wrong(&error.to_string())),
    }
}

fn parse(text: &str, base: u64) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let exponent = match &text[digits.len()..] {
        "" => 0,
        "K" | "k" => 1,
        "M" | "m" => 2,
        "G" | "g" => 3,
        "T" | "t" => 4,
        _ => return Err("use a number with K, M, G or T, such as 256M".into()),
    };
    let number: f64 = digits
        .replace('_', "")
        .parse()
        .map_err(|_| "use a number such as 2G or 256M".to_owned())?;
    let value = number * (base as f64).powi(exponent);
    if !(1.0..9e18).contains(&value) {
        return Err("use a number from 1 to 9 * 10^18".into());
    }
    Ok(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_scale() {
        assert_eq!(parse_count("2G"), Ok(2_000_000_000));
        assert_eq!(parse_bytes("256M"), Ok(256 << 20));
        assert_eq!(parse_bytes("1MiB"), Ok(1 << 20));
        assert_eq!(parse_count("1.5k"), Ok(1500));
        assert_eq!(parse_count("20_000"), Ok(20_000));
    }

    #[test]
    fn a_part_is_more_than_nothing() {
        assert_eq!((parse_part("0.2"), parse_part("1")), (Ok(0.2), Ok(1.0)));
        for text in ["0", "-0.1", "1.5", "nan", "x"] {
            assert!(parse_part(text).is_err(), "{text}");
        }
    }

    #[test]
    fn time_spans_have_units() {
        for (text, seconds) in
            [("45s", 45), ("90m", 5_400), ("1.5h", 5_400), ("30d", 2_592_000), ("2w", 1_209_600)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "30", "d", "-1d", "1y", "1 d", "nand", "infd", "1e300d"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_integer_of_a_json_object_is_exact_or_refused() {
        let object = parse_object(r#"{"a": [18446744073709551615], "b": -1, "c": 0.5}"#).unwrap();
        assert_eq!((&object["a"][0], &object["c"]), (&u64::MAX.into(), &0.5.into()));
        let wide = r#"{"a": {"b": [18446744073709551616]}}"#;
        let why = "the integer 18446744073709551616 does not fit in 64 bits";
        assert!(parse_object(wide).is_err_and(|error| error.contains(why)));
        for text in ["1", "[]", "{", "{\"a\": NaN}", "{\"a\": 1e400}"] {
            assert!(parse_object(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "G", "2X", "-1", "0", "nan", "1e400"] {
            assert!(parse_count(text).is_err(), "{text}");
        }
    }
}
