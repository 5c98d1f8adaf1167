//! The seconds that a problem gives a program for each test.
//!
//! Invariant: a limit that cannot be understood or that nobody would wait for is not taken; it would let a program run for hours.

use crate::json::Json;

/// The field that holds it.
pub(super) const FIELD: &str = "time_limit";

/// A limit above this many seconds is taken for one in another unit.
const MOST: f64 = 300.0;

/// A time limit in seconds: a number, a text such as `2.0 seconds` or `2000 ms`, or an object of `seconds` and `nanos`; an error
/// says why it is ignored.
pub(super) fn seconds(limit: &Json) -> Result<f64, String> {
    let seconds = match limit {
        Json::Int(_) | Json::Float(_) => limit.as_f64(),
        Json::Text(text) => of_text(text.lossy()),
        Json::Object(parts) => {
            let part = |name: &str| parts.get(name).and_then(Json::as_f64).unwrap_or_default();
            Some(part("seconds") + part("nanos") / 1e9)
        }
        Json::Null | Json::Bool(_) | Json::List(_) => None,
    };
    match seconds {
        Some(seconds) if seconds > 0.0 && seconds <= MOST => Ok(seconds),
        Some(seconds) if seconds > MOST => {
            Err(format!("field \"time_limit\" is ignored: {seconds} s is more than {MOST} s"))
        }
        Some(_) | None => Err(format!("field \"time_limit\" is ignored: {limit} is not a time")),
    }
}

/// Reads a number and the unit after it; without a unit, it is in seconds.
fn of_text(text: &str) -> Option<f64> {
    let text = text.trim().to_lowercase();
    let ends = (1..=text.len()).rev().filter(|&end| text.is_char_boundary(end));
    let mut numbers = ends.filter_map(|end| Some((text[..end].trim().parse::<f64>().ok()?, end)));
    let (number, end) = numbers.next()?;
    let unit = text[end..].split_whitespace().next().unwrap_or_default();
    let factor = match unit.trim_end_matches(['.', ',', ';']) {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => 1e-3,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        _ => return None,
    };
    Some(number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn limits_are_read_with_their_units_and_implausible_ones_are_not_taken() {
        let read = |text: &str| seconds(&json::read(text).unwrap());
        for (text, expected) in [
            ("2", 2.0),
            ("0.5", 0.5),
            (r#""2.0 seconds""#, 2.0),
            (r#""2 seconds per test""#, 2.0),
            (r#""2000 ms""#, 2.0),
            (r#""1500ms""#, 1.5),
            (r#""1s""#, 1.0),
            (r#""1 minute""#, 60.0),
            (r#"{"seconds": 2, "nanos": 500000000}"#, 2.5),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
        let too_much = "field \"time_limit\" is ignored: 2000 s is more than 300 s";
        assert_eq!(read("2000"), Err(too_much.into()));
        for text in
            [r#""1e12""#, "-1", "0", r#""soon""#, r#""2 fortnights""#, r#""inf""#, r#""é""#, "[]"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
