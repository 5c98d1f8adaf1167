//! The rows of a Parquet file as objects of JSON.
//!
//! Invariant: a damaged file ends with an error, whatever the reader does about it; no integer loses a digit.

use std::fs::File;
use std::io::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use parquet::schema::types::Type;

use crate::json::{Json, Object};

/// The rows of a file, read one by one.
pub struct ParquetRows {
    rows: RowIter<'static>,
}

impl ParquetRows {
    /// Reads how a file is made up. If fields are named, the columns of all others are never read. Row groups are read one after the
    /// other, and their columns page by page, so that a file may be larger than the memory.
    pub fn new(file: File, fields: Option<&[&str]>) -> Result<Self> {
        let rows = caught(|| {
            let reader = SerializedFileReader::new(file)?;
            let wanted = fields.map(|fields| wanted(&reader, fields)).transpose()?;
            RowIter::from_file_into(Box::new(reader)).project(wanted)
        })?;
        Ok(Self { rows: rows.map_err(Error::other)? })
    }

    /// Reads the next row: its object, or why it has none.
    pub fn next_row(&mut self) -> Result<Option<std::result::Result<Object, String>>> {
        match caught(|| self.rows.next())? {
            Some(Ok(row)) => Ok(Some(object(row))),
            Some(Err(error)) => Err(Error::other(error)),
            None => Ok(None),
        }
    }
}

/// The schema of a file with those of the fields that it has.
fn wanted(
    reader: &SerializedFileReader<File>,
    fields: &[&str],
) -> std::result::Result<Type, ParquetError> {
    let schema = reader.metadata().file_metadata().schema();
    let has = |column: &&Arc<Type>| fields.contains(&column.name());
    let columns: Vec<Arc<Type>> = schema.get_fields().iter().filter(has).cloned().collect();
    if columns.is_empty() {
        let names: Vec<&str> = schema.get_fields().iter().map(|column| column.name()).collect();
        let (fields, names) = (fields.join(", "), names.join(", "));
        return Err(ParquetError::General(format!(
            "no column is one of {fields}; there are {names}"
        )));
    }
    Type::group_type_builder(schema.name()).with_fields(columns).build()
}

/// What a reader gives that panics about some files.
fn caught<T>(read: impl FnOnce() -> T) -> Result<T> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.map_err(|_| Error::other("the file is damaged or of a kind that is not supported"))
}

fn object(row: Row) -> std::result::Result<Object, String> {
    let columns = row.into_columns().into_iter();
    let fields = columns.map(|(name, field)| {
        let value = json(&field).map_err(|why| format!("field {name:?} {why}"))?;
        Ok((name.into(), value))
    });
    Ok(Object::new(fields.collect::<std::result::Result<_, String>>()?))
}

fn json(field: &Field) -> std::result::Result<Json, String> {
    let integer = |digits: String| Ok(Json::Int(digits));
    match field {
        Field::Null => Ok(Json::Null),
        Field::Bool(value) => Ok(Json::Bool(*value)),
        Field::Byte(n) => integer(n.to_string()),
        Field::Short(n) => integer(n.to_string()),
        Field::Int(n) => integer(n.to_string()),
        Field::Long(n) => integer(n.to_string()),
        Field::UByte(n) => integer(n.to_string()),
        Field::UShort(n) => integer(n.to_string()),
        Field::UInt(n) => integer(n.to_string()),
        Field::ULong(n) => integer(n.to_string()),
        Field::Float16(x) => Ok(Json::Float(x.to_f64())),
        Field::Float(x) => Ok(Json::Float(f64::from(*x))),
        Field::Double(x) => Ok(Json::Float(*x)),
        Field::Str(text) => Ok(Json::Text(text.clone().into())),
        // Some writers do not mark texts as such.
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => Ok(Json::Text(text.to_owned().into())),
            Err(_) => Err("has bytes that are not text".into()),
        },
        Field::Decimal(_)
        | Field::Date(_)
        | Field::TimeMillis(_)
        | Field::TimeMicros(_)
        | Field::TimestampMillis(_)
        | Field::TimestampMicros(_) => Ok(Json::Text(field.to_string().into())),
        Field::Group(row) => object(row.clone()).map(Json::Object),
        Field::ListInternal(list) => {
            list.elements().iter().map(json).collect::<std::result::Result<_, _>>().map(Json::List)
        }
        Field::MapInternal(map) => {
            let entries = map.entries().iter().map(|(key, value)| match key {
                Field::Str(name) => Ok((name.clone().into(), json(value)?)),
                _ => Err("has a map whose keys are not text".to_owned()),
            });
            Ok(Json::Object(Object::new(entries.collect::<std::result::Result<_, String>>()?)))
        }
    }
}

#[cfg(test)]
mod tests {
    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    const SCHEMA: &str = "message rows {
        required binary id (UTF8);
        required int64 n (INTEGER(64, false));
        optional group tags (LIST) { repeated group list { required binary element (UTF8); } }
    }";

    /// A file of two rows.
    fn bytes() -> Vec<u8> {
        let texts =
            |texts: &[&str]| texts.iter().map(|&text| ByteArray::from(text)).collect::<Vec<_>>();
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let mut bytes = Vec::new();
        let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
        let mut group = file.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let ids = texts(&["a", "é"]);
        column.typed::<ByteArrayType>().write_batch(&ids, None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&[7, -1], None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let tags = texts(&["x", "y"]);
        let levels = (Some(&[2, 2, 0][..]), Some(&[0, 1, 0][..]));
        column.typed::<ByteArrayType>().write_batch(&tags, levels.0, levels.1).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        file.close().unwrap();
        bytes
    }

    fn read(bytes: &[u8]) -> Vec<String> {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, bytes).unwrap();
        let mut rows = match ParquetRows::new(file, None) {
            Ok(rows) => rows,
            Err(error) => return vec![format!("! {error}")],
        };
        let mut found = Vec::new();
        loop {
            match rows.next_row() {
                Ok(Some(row)) => found.push(Json::Object(row.unwrap()).to_string()),
                Ok(None) => return found,
                Err(error) => {
                    found.push(format!("! {error}"));
                    return found;
                }
            }
        }
    }

    #[test]
    fn rows_are_objects_of_json() {
        let expected = [
            r#"{"id":"a","n":7,"tags":["x","y"]}"#,
            r#"{"id":"é","n":18446744073709551615,"tags":null}"#,
        ];
        assert_eq!(read(&bytes()), expected);
    }

    #[test]
    fn a_damaged_file_ends_with_an_error() {
        let whole = bytes();
        assert_eq!(read(b"id,n\n").len(), 1);
        for at in 0..whole.len() {
            read(&whole[..at]);
            let mut changed = whole.clone();
            changed[at] ^= 0x5a;
            assert!(read(&changed).len() <= 3, "byte {at}");
        }
    }
}
