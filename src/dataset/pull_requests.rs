//! How tasks were solved in the end: the pull requests behind them.
//!
//! Invariant: only those that are asked for are held in memory, however large the file is.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use super::hub::Source;
use super::jsonl::JsonLines;
use crate::error::Result;
use crate::json::Json;

/// A pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    pub patch: String,
    /// What its author says about it; may be empty.
    pub description: String,
}

/// The fields that describe a pull request, in the order in which they are shown.
const DESCRIPTIONS: [&str; 4] = ["title", "pr_title", "description", "pr_description"];

/// Reads the pull requests of some tasks, the first of each, and counts the rows that cannot be read.
pub fn read(
    source: &Source,
    wanted: &BTreeSet<String>,
) -> Result<(BTreeMap<String, PullRequest>, u64)> {
    let (mut found, mut unreadable) = (BTreeMap::new(), 0);
    let fields = [&["instance_id", "patch"][..], &DESCRIPTIONS].concat();
    for line in JsonLines::open_fields(&source.path, &fields)? {
        let Ok(row) = line?.json else {
            unreadable += 1;
            continue;
        };
        let text = |name: &str| row.get(name).and_then(Json::as_str);
        let (Some(instance), Some(patch)) = (text("instance_id"), text("patch")) else {
            unreadable += 1;
            continue;
        };
        if wanted.contains(instance) && !found.contains_key(instance) {
            let described = DESCRIPTIONS.iter().filter_map(|name| text(name));
            let description = described.collect::<Vec<_>>().join("\n\n");
            let request = PullRequest { patch: patch.to_owned(), description };
            found.insert(instance.to_owned(), request);
        }
        if found.len() == wanted.len() {
            break;
        }
    }
    Ok((found, unreadable))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use parquet::data_type::{ByteArray, ByteArrayType};
    use parquet::file::properties::{EnabledStatistics, WriterProperties};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;
    use crate::error::Error;

    const SCHEMA: &str = "message rows {
        required binary instance_id (UTF8); required binary patch (UTF8); required binary trajectory (UTF8);
    }";
    /// What stands in the column that nobody asks for.
    const JUNK: &str = "this column is large and of no use";

    /// A file of pull requests, a row group each.
    fn file(path: &Path, instances: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        // The values stand in the pages alone, and not in the statistics at the end of the file.
        let plain = WriterProperties::builder()
            .set_statistics_enabled(EnabledStatistics::None)
            .set_offset_index_disabled(true);
        let mut file =
            SerializedFileWriter::new(&mut bytes, schema, Arc::new(plain.build())).unwrap();
        for instance in instances {
            let mut group = file.next_row_group().unwrap();
            for text in [(*instance).to_owned(), format!("+patch of {instance}"), JUNK.repeat(50)] {
                let mut column = group.next_column().unwrap().unwrap();
                let values = [ByteArray::from(text.as_str())];
                column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
                column.close().unwrap();
            }
            group.close().unwrap();
        }
        file.close().unwrap();
        std::fs::write(path, &bytes).unwrap();
        bytes
    }

    fn found(path: &Path, wanted: &[&str]) -> Result<Vec<String>> {
        let source = Source { path: path.to_owned(), name: "f".into() };
        let wanted = wanted.iter().map(|&id| id.to_owned()).collect();
        let (found, unreadable) = read(&source, &wanted)?;
        assert_eq!(unreadable, 0);
        Ok(found.into_values().map(|request| request.patch).collect())
    }

    /// The instances of all rows that can be read.
    fn read_all(path: &Path) -> Vec<String> {
        let lines = JsonLines::open_fields(path, &["instance_id", "patch"]).unwrap();
        let rows = lines.filter_map(|line| line.unwrap().json.ok());
        let id = |row: crate::json::Object| row.get("instance_id")?.as_str().map(str::to_owned);
        rows.filter_map(id).collect()
    }

    /// Overwrites all places of a text.
    fn spoil(bytes: &mut [u8], text: &[u8]) -> usize {
        let places: Vec<usize> =
            (0..bytes.len() - text.len()).filter(|at| bytes[*at..].starts_with(text)).collect();
        for at in &places {
            bytes[*at - 16..*at + text.len()].fill(0xff);
        }
        places.len()
    }

    #[test]
    fn columns_that_are_not_asked_for_and_row_groups_after_the_last_wanted_one_are_never_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prs.parquet");
        let mut bytes = file(&path, &["a", "b", "c", "d"]);
        let whole = found(&path, &["a", "c"]).unwrap();
        assert_eq!(whole, ["+patch of a", "+patch of c"]);
        // The column that nobody asks for is destroyed in every row group, pages and all.
        assert!(spoil(&mut bytes, &JUNK.as_bytes()[..20]) > 0);
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(found(&path, &["a", "c"]).unwrap(), whole);
        // So is the row group after the last wanted one.
        assert!(spoil(&mut bytes, b"+patch of d") > 0);
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(found(&path, &["a", "c"]).unwrap(), whole);
        // Whoever wants it learns that it is damaged.
        assert_eq!(read_all(&path), ["a", "b", "c"]);
    }

    #[test]
    fn a_file_without_the_fields_names_those_that_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prs.parquet");
        file(&path, &["a"]);
        let error = JsonLines::open_fields(&path, &["id", "diff"]).map(drop).unwrap_err();
        let Error::Input { source, .. } = error else { panic!("{error}") };
        let told = "no column is one of id, diff; there are instance_id, patch, trajectory";
        assert!(source.to_string().contains(told), "{source}");
    }
}
