//! Tables on a terminal.
//!
//! Invariant: the first column contains names and is aligned left; all others contain numbers and
//! are aligned right.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};

/// Draws rows of as many cells each; a table may do without a header.
pub fn table<const N: usize>(
    header: Option<[&str; N]>,
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    if let Some(header) = header {
        table.set_header(header);
    }
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> [[String; 2]; 2] {
        [["in", "1234"], ["out", "5"]].map(|row| row.map(str::to_owned))
    }

    #[test]
    fn numbers_stand_at_the_right() {
        let expected = "\
┌────────────┐
│ in    1234 │
│ out      5 │
└────────────┘";
        assert_eq!(table(None, rows()), expected);
    }

    #[test]
    fn a_header_is_set_apart() {
        let expected = "\
┌──────────────┐
│ fate   count │
╞══════════════╡
│ in      1234 │
│ out        5 │
└──────────────┘";
        assert_eq!(table(Some(["fate", "count"]), rows()), expected);
    }
}
