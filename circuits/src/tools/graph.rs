//! Boxes and arrows, and the two languages that others draw them from.

use std::fmt::Write;

use crate::tools::svg;

/// Boxes and arrows with labels: of a [`Tree`](crate::tools::Tree), or of what fires
/// what to whom. It is drawn here as SVG, or by others from DOT or Mermaid.
///
/// Labels may have any text in them: whatever would end a line or cannot be shown is
/// written as an escape (`\n`), and what means something in the format is quoted.
///
/// # Examples
///
/// ```
/// # use circuits::prelude::*;
/// use circuits::tools::Tree;
///
/// # #[component]
/// # #[derive(Default)]
/// # struct Worker;
/// # #[component]
/// # impl Worker {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// system.supervise(Worker::default).named("w1").await?;
///
/// let graph = Tree::of(&system).await.graph();
/// let dot = r#"digraph circuits {
///     rankdir=LR;
///     node [shape=box, style=rounded];
///     n0 [label="System"];
///     n1 [label="w1\nWorker/*"];
///     n0 -> n1;
/// }
/// "#;
/// assert_eq!(graph.to_dot(), dot);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    pub(crate) boxes: Vec<Lines>,
    pub(crate) arrows: Vec<Arrow>,
}

/// A label: its lines, each of them one.
pub(crate) type Lines = Vec<String>;

/// An arrow from one box to another, by their places in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrow {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) label: Lines,
}

impl Graph {
    /// Adds a box; returns its place.
    pub(crate) fn add_box(&mut self, label: Vec<String>) -> usize {
        self.boxes.push(lines(&label));
        self.boxes.len() - 1
    }

    /// Adds an arrow between two boxes.
    pub(crate) fn add_arrow(&mut self, from: usize, to: usize, label: &[String]) {
        let label = lines(label);
        self.arrows.push(Arrow { from, to, label });
    }

    /// Writes the graph in DOT, the language of Graphviz.
    pub fn to_dot(&self) -> String {
        let mut dot = String::from(
            "digraph circuits {\n    rankdir=LR;\n    node [shape=box, style=rounded];\n",
        );
        for (place, label) in self.boxes.iter().enumerate() {
            let label = join(label, "\\n", dot_escape);
            line(&mut dot, format_args!("n{place} [label=\"{label}\"];"));
        }
        for Arrow { from, to, label } in &self.arrows {
            if label.is_empty() {
                line(&mut dot, format_args!("n{from} -> n{to};"));
            } else {
                let label = join(label, "\\n", dot_escape);
                line(
                    &mut dot,
                    format_args!("n{from} -> n{to} [label=\"{label}\"];"),
                );
            }
        }
        dot + "}\n"
    }

    /// Writes the graph as a Mermaid flowchart.
    pub fn to_mermaid(&self) -> String {
        let mut chart = String::from("flowchart LR\n");
        for (place, label) in self.boxes.iter().enumerate() {
            let label = join(label, "<br/>", mermaid_escape);
            line(&mut chart, format_args!("n{place}[\"{label}\"]"));
        }
        for Arrow { from, to, label } in &self.arrows {
            if label.is_empty() {
                line(&mut chart, format_args!("n{from} --> n{to}"));
            } else {
                let label = join(label, "<br/>", mermaid_escape);
                line(&mut chart, format_args!("n{from} -->|\"{label}\"| n{to}"));
            }
        }
        chart
    }

    /// Draws the graph as SVG: a document of its own, on a white ground.
    ///
    /// Boxes without an arrow to them stand on the left, and each other box one column
    /// right of the nearest that has an arrow to it.
    pub fn to_svg(&self) -> String {
        svg::draw(self)
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // A string takes whatever is written to it.
    let _ = writeln!(text, "    {line}");
}

fn lines(label: &[String]) -> Lines {
    label.iter().map(|line| one_line(line)).collect()
}

/// Writes as escapes what cannot be shown on a line, or in any XML.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars() {
        let turns = matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() || turns || matches!(character, '\u{fffe}' | '\u{ffff}') {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

/// Joins the lines of a label, each character written as the format wants it.
pub(crate) fn join(label: &Lines, between: &str, escape: fn(&mut String, char)) -> String {
    let escaped = label.iter().map(|line| {
        let mut text = String::new();
        line.chars().for_each(|it| escape(&mut text, it));
        text
    });
    escaped.collect::<Vec<_>>().join(between)
}

/// In a label `\N` and `&lt;` mean something.
fn dot_escape(text: &mut String, character: char) {
    match character {
        '"' => text.push_str("\\\""),
        '\\' => text.push_str("\\\\"),
        '&' => text.push_str("&amp;"),
        _ => text.push(character),
    }
}

/// Whatever is not plain is written by its number: quotes, tags, Markdown.
fn mermaid_escape(text: &mut String, character: char) {
    let is_plain = !character.is_ascii() || character.is_ascii_alphanumeric();
    if is_plain || " _-/.:,()".contains(character) {
        text.push(character);
    } else {
        let _ = write!(text, "#{};", u32::from(character));
    }
}
