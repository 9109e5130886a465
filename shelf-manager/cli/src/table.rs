//! Columns that line up.

/// Rows of cells; each column is as wide as its widest cell, and nothing follows the last one.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    indent: usize,
}

impl Table {
    /// Without heading.
    pub(crate) fn plain() -> Self {
        Self::default()
    }

    /// With a heading.
    pub(crate) fn headed<const N: usize>(heading: [&str; N]) -> Self {
        let mut table = Self::plain();
        table.row(heading);
        table
    }

    /// Moves the whole table to the right.
    pub(crate) fn indented(mut self, columns: usize) -> Self {
        self.indent = columns;
        self
    }

    /// Adds a row; an empty cell is shown as `-`.
    pub(crate) fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let shown = |cell: S| match cell.as_ref() {
            "" => "-".to_owned(),
            text => printable(text),
        };
        self.rows.push(cells.into_iter().map(shown).collect());
    }

    /// The lines.
    pub(crate) fn text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = " ".repeat(self.indent);
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(&format!("{cell:<width$}  "));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Lines without control characters: whatever is printed goes through here.
pub(crate) fn printable_lines(text: &str) -> String {
    let lines = text.lines().map(|line| printable(line) + "\n");
    lines.collect()
}

/// The text without control characters: names come from hardware, and must not drive a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}
