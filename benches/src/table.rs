//! What was measured, as a table in Markdown.

use std::fmt::Write;

use crate::case::{NAMES, Row};
use crate::harness::On;

/// A table for each runtime: nanoseconds, and in brackets the ratio to by hand.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text = String::new();
    for on in On::BOTH {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.on == on).collect();
        if !rows.is_empty() {
            let _ = write!(text, "On `{}`:\n\n{}\n", on.label(), one(&rows));
        }
    }
    text
}

fn one(rows: &[&Row]) -> String {
    let mut lines = vec![header()];
    lines.extend(rows.iter().map(|row| line(row)));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..=NAMES.len())
        .map(|at| width(at).unwrap_or_default())
        .collect();
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let cell = |(column, (cell, width)): (usize, (&String, &usize))| match column {
            0 => format!("| {cell:<width$} "),
            _ => format!("| {cell:>width$} "),
        };
        let cells: String = line.iter().zip(&widths).enumerate().map(cell).collect();
        let _ = writeln!(text, "{cells}|");
        if at == 0 {
            let rules = widths.iter().enumerate().map(|(column, width)| {
                let end = if column == 0 { '-' } else { ':' };
                format!("|{}{end}", "-".repeat(width + 1))
            });
            let _ = writeln!(text, "{}|", rules.collect::<String>());
        }
    }
    text
}

fn header() -> Vec<String> {
    let names = ["an operation, ns"].into_iter().chain(NAMES);
    names.map(str::to_owned).collect()
}

fn line(row: &Row) -> Vec<String> {
    let cells = NAMES.map(|name| match row.cell(name) {
        Some(cell) => format!("{:.0} ({:.2})", cell.nanoseconds, cell.ratio),
        None => "–".to_owned(),
    });
    let mut line = vec![row.workload.clone()];
    line.extend(cells);
    line
}
