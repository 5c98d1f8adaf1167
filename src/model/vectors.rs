//! Reads the vectors of texts that a server sends, and writes them for the cache.
//!
//! Invariant: a vector that was read has a length other than 0 and finite numbers, and all of a reply have as many.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::reply::{self, Completion, Finish, Problem, Usage};
use crate::json::Json;

/// The vector of one text, as the protocol has it.
#[derive(Deserialize)]
struct Entry {
    index: usize,
    embedding: Vec<f64>,
}

/// Reads the body of a good reply to a request of this many texts; the texts of the completions are their vectors, in order.
pub(super) fn parse(body: &[u8], texts: usize) -> Result<Vec<Completion>, Problem> {
    let body = reply::json(body).map_err(Problem::Form)?;
    if let Some(status) = reply::field(&body, "error").and_then(reply::hidden_status) {
        return Err(Problem::Status(status));
    }
    let Some(Json::List(entries)) = reply::field(&body, "data") else {
        return Err(Problem::Form("it has no list of embeddings".into()));
    };
    let mut vectors: Vec<Option<Vec<f32>>> = vec![None; texts];
    for entry in entries {
        let Entry { index, embedding } = entry.typed().map_err(|error| {
            Problem::Form(format!("an embedding is not an index with a list of numbers: {error}"))
        })?;
        let place = vectors.get_mut(index).ok_or_else(|| {
            Problem::Form(format!("it has an embedding {index}, and {texts} texts were sent"))
        })?;
        if place.is_some() {
            return Err(Problem::Form(format!("it has two embeddings {index}")));
        }
        let vector: Vec<f32> = embedding.into_iter().map(|number| number as f32).collect();
        if let Some(fault) = fault(&vector) {
            return Err(Problem::Form(format!("embedding {index} {fault}")));
        }
        *place = Some(vector);
    }
    let usage = reply::field(&body, "usage").map(Usage::read).unwrap_or_default();
    let first = vectors.first().and_then(|vector| vector.as_ref().map(Vec::len));
    let of = texts as u64;
    let read = (0..).zip(vectors).map(|(index, vector): (u64, _)| {
        let Some(vector) = vector else {
            return Err(Problem::Form(format!("it has no embedding {index}")));
        };
        if Some(vector.len()) != first {
            let lengths = format!("{} and {}", first.unwrap_or_default(), vector.len());
            return Err(Problem::Form(format!("its embeddings have {lengths} numbers")));
        }
        Ok(Completion {
            text: written(&vector),
            reasoning: None,
            finish: Finish::Stop,
            usage: usage.share(index, of),
            system_fingerprint: None,
        })
    });
    read.collect()
}

/// Why a vector has no direction.
fn fault(vector: &[f32]) -> Option<&'static str> {
    if vector.is_empty() {
        Some("has no numbers")
    } else if vector.iter().any(|number| !number.is_finite()) {
        Some("has a number that is not finite")
    } else if vector.iter().all(|&number| number == 0.0) {
        Some("is zero")
    } else {
        None
    }
}

/// A vector as the cache keeps it: its numbers in 4 bytes each, in base64.
fn written(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

/// Reads what [`parse`] has written.
pub(super) fn read(text: &str) -> Option<Vec<f32>> {
    let bytes = STANDARD.decode(text).ok()?;
    let (numbers, []) = bytes.as_chunks::<4>() else { return None };
    let vector: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
    fault(&vector).is_none().then_some(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(data: &str, texts: usize) -> Result<Vec<Vec<f32>>, Problem> {
        let body = format!(r#"{{"data":{data},"usage":{{"prompt_tokens":7,"total_tokens":7}}}}"#);
        let replies = parse(body.as_bytes(), texts)?;
        assert_eq!(replies.iter().map(|reply| reply.usage.prompt_tokens).sum::<u64>(), 7);
        Ok(replies.iter().map(|reply| read(&reply.text).unwrap()).collect())
    }

    #[test]
    fn vectors_come_by_their_index_and_are_kept_bit_for_bit() {
        let data = r#"[{"index":1,"embedding":[3,-0.1]},{"index":0,"embedding":[1e-9,2],"object":"embedding"}]"#;
        assert_eq!(vectors(data, 2), Ok(vec![vec![1e-9, 2.0], vec![3.0, -0.1]]));
    }

    #[test]
    fn what_is_not_one_vector_for_each_text_says_what_is_wrong() {
        let one = r#"{"index":0,"embedding":[1,2]}"#;
        for (data, texts, expected) in [
            ("7".to_owned(), 1, "it has no list of embeddings"),
            ("[]".to_owned(), 1, "it has no embedding 0"),
            (format!("[{one}]"), 2, "it has no embedding 1"),
            (format!("[{one},{one}]"), 2, "it has two embeddings 0"),
            (
                format!("[{one},{{\"index\":2,\"embedding\":[1,2]}}]"),
                2,
                "it has an embedding 2, and 2 texts were sent",
            ),
            (
                format!("[{one},{{\"index\":1,\"embedding\":[1]}}]"),
                2,
                "its embeddings have 2 and 1 numbers",
            ),
            (r#"[{"index":0,"embedding":[0,-0.0]}]"#.to_owned(), 1, "embedding 0 is zero"),
            (r#"[{"index":0,"embedding":[]}]"#.to_owned(), 1, "embedding 0 has no numbers"),
            (
                r#"[{"index":0,"embedding":[1,1e39]}]"#.to_owned(),
                1,
                "embedding 0 has a number that is not finite",
            ),
        ] {
            assert_eq!(vectors(&data, texts), Err(Problem::Form(expected.into())), "{data}");
        }
        let unread = [
            r#"[{"embedding":[1]}]"#,
            r#"[{"index":-1,"embedding":[1]}]"#,
            r#"[{"index":0,"embedding":"AACAPw=="}]"#,
            r#"[{"index":0,"embedding":[null]}]"#,
            r#"[{"index":0,"embedding":[NaN]}]"#,
            "[[1,2]]",
        ];
        for data in unread {
            assert!(matches!(vectors(data, 1), Err(Problem::Form(_))), "{data}");
        }
    }

    #[test]
    fn an_error_with_a_good_status_is_that_error() {
        let body = br#"{"error":{"code":503,"message":"loading"}}"#;
        assert_eq!(parse(body, 1), Err(Problem::Status(503)));
    }

    #[test]
    fn what_is_kept_is_read_again_unless_it_is_damaged() {
        assert_eq!(read(&written(&[1.5, -2.0])), Some(vec![1.5, -2.0]));
        for text in ["", "x", "AAAA", "AAAAAA==", "AADAfw=="] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
