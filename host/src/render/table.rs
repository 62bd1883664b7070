//! Renders text in aligned columns. Every cell and title is escaped, because names are untrusted
//! text.

use infisical_skill_policy::text::escape_capped;

/// The maximum length of a cell, in characters.
const MAX_CELL: usize = 120;

/// Renders rows of cells under column titles.
pub fn table<const N: usize>(titles: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let titles = titles.map(|title| escape_capped(title, MAX_CELL));
    let rows = rows.into_iter().map(|row| row.map(|cell| escape_capped(&cell, MAX_CELL)));
    columns(titles.each_ref().map(String::as_str), rows)
}

/// Like [`table`], for cells that are already escaped and cut.
pub fn columns<const N: usize>(titles: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = std::iter::once(titles.map(str::to_owned)).chain(rows).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut out = String::new();
    for row in &rows {
        let line: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        out.push_str(line.join("  ").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_cells_escaped() {
        let rows = [["A".to_owned(), "1".to_owned()], ["LONG\u{1b}[31m\nNAME".to_owned(), String::new()]];
        assert_eq!(
            table(["NAME", "V"], rows),
            "NAME                  V\nA                     1\nLONG\\u{1b}[31m\\nNAME\n"
        );
    }

    #[test]
    fn a_name_in_the_place_of_a_title_is_escaped_too() {
        assert_eq!(table(["SECRET", "A\u{1b}[2J\n"], []), "SECRET  A\\u{1b}[2J\\n\n");
    }

    #[test]
    fn an_endless_cell_is_cut() {
        assert!(table(["NAME"], [["x".repeat(10_000)]]).len() < 300);
    }
}
