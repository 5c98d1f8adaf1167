//! What each row and file is, and in which version of its form.
//!
//! Invariant: a reader rejects an unknown kind or version by name. Only rows without a schema,
//! written by earlier versions or by others, are recognised by their fields.

use serde::{Serialize, Serializer};

/// The field that states a row's schema; it is the first of the row.
pub const FIELD: &str = "schema";
/// Every schema of this program starts with this.
const OURS: &str = "tgsand/";

/// The kind of a row or file and the version of its form, written as `tgsand/<kind>/<version>`.
///
/// A field that readers may ignore keeps the version; anything else raises it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowSchema {
    pub kind: &'static str,
    pub version: u32,
}

/// A row of an output file, which states its schema.
pub trait Row: Serialize {
    const SCHEMA: RowSchema;
}

/// A row with its schema before its own fields.
#[derive(Serialize)]
struct Stamped<'a, T> {
    schema: RowSchema,
    #[serde(flatten)]
    row: &'a T,
}

impl RowSchema {
    /// The schema of rows of this kind in this version of their form.
    pub const fn new(kind: &'static str, version: u32) -> Self {
        Self { kind, version }
    }
}

impl std::fmt::Display for RowSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{OURS}{}/{}", self.kind, self.version)
    }
}

impl Serialize for RowSchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The row as one line of JSON that states its schema.
pub fn line<T: Row>(row: &T) -> String {
    serde_json::to_string(&Stamped { schema: T::SCHEMA, row }).expect("a row is plain data")
}

/// The row as an indented JSON object that states its schema.
pub fn object<T: Row>(row: &T) -> String {
    serde_json::to_string_pretty(&Stamped { schema: T::SCHEMA, row }).expect("a row is plain data")
}

/// The schema that the field of a row states, which is one of `known`, or `None` if it states none of this program's.
///
/// An unknown kind and a newer version are errors that name it.
pub fn of(stated: Option<&str>, known: &[RowSchema]) -> Result<Option<RowSchema>, String> {
    let Some(stated) = stated else { return Ok(None) };
    let Some((kind, version)) = stated.strip_prefix(OURS).and_then(|rest| rest.split_once('/'))
    else {
        return Ok(None);
    };
    let of_kind = known.iter().filter(|schema| schema.kind == kind);
    let Some(newest) = of_kind.clone().max_by_key(|schema| schema.version) else {
        let is_newest = |schema: &&RowSchema| {
            !known.iter().any(|it| it.kind == schema.kind && it.version > schema.version)
        };
        let kinds: Vec<String> = known.iter().filter(is_newest).map(RowSchema::to_string).collect();
        let expected = match kinds.as_slice() {
            [] => "a row that is not of tgsand".to_owned(),
            [kind] => kind.clone(),
            kinds => format!("one of {}", kinds.join(", ")),
        };
        return Err(format!("the row is {stated:?}; expected {expected}"));
    };
    match version.parse::<u32>() {
        Ok(version) if version > newest.version => Err(format!(
            "the row is {stated:?}; this version of tgsand reads up to {newest}, so a newer one is needed"
        )),
        Ok(version) if let Some(schema) = of_kind.clone().find(|it| it.version == version) => {
            Ok(Some(*schema))
        }
        Ok(_) | Err(_) => Err(format!(
            "the row is {stated:?}, which no version of tgsand writes; expected {newest}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Point {
        x: u8,
    }

    impl Row for Point {
        const SCHEMA: RowSchema = RowSchema::new("point", 2);
    }

    fn read(stated: &str) -> Result<Option<RowSchema>, String> {
        of(Some(stated), &[Point::SCHEMA, RowSchema::new("line", 1), RowSchema::new("line", 3)])
    }

    #[test]
    fn a_row_states_its_schema_first() {
        assert_eq!(line(&Point { x: 1 }), r#"{"schema":"tgsand/point/2","x":1}"#);
    }

    #[test]
    fn a_known_schema_is_read_and_no_schema_or_another_projects_is_none() {
        assert_eq!(read("tgsand/point/2"), Ok(Some(Point::SCHEMA)));
        assert_eq!(read("tgsand/line/1"), Ok(Some(RowSchema::new("line", 1))));
        assert_eq!(read("tgsand/line/3"), Ok(Some(RowSchema::new("line", 3))));
        assert_eq!(read("CREATE TABLE t"), Ok(None));
        assert_eq!(of(None, &[Point::SCHEMA]), Ok(None));
    }

    #[test]
    fn an_unknown_kind_and_a_newer_version_are_refused_by_name() {
        for (stated, words) in [
            ("tgsand/plane/1", "expected one of tgsand/point/2, tgsand/line/3"),
            ("tgsand/point/3", "a newer one is needed"),
            ("tgsand/line/2", "which no version of tgsand writes"),
            ("tgsand/point/0", "which no version of tgsand writes"),
            ("tgsand/point/x", "which no version of tgsand writes"),
        ] {
            let error = read(stated).unwrap_err();
            assert!(error.contains(stated) && error.contains(words), "{error}");
        }
    }
}
