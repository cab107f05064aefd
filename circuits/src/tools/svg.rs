//! A graph drawn as SVG.
//!
//! ```text
//! column 0      column 1     a box without an arrow to it stands in column 0, each
//! ┌────────┐    ┌───────┐    other one column right of the first that leads to it;
//! │ system ├───►│ pool  │    what it leads to first stands beside it, centered
//! └────────┘    └───────┘
//! ```

use std::collections::VecDeque;
use std::fmt::Write;

use crate::tools::Graph;
use crate::tools::graph::{Arrow, Lines, join};

/// All lengths are in pixels: of a letter, of a line, around a text, between boxes.
const LETTER: usize = 8;
const LINE: usize = 16;
const PADDING: usize = 8;
const GAP: usize = 12;
/// Between two columns, beside the labels of the arrows.
const AISLE: usize = 64;
/// Arrows there and back are so far from the middle of a box.
const PORT: usize = 5;

pub(crate) fn draw(graph: &Graph) -> String {
    let layout = Layout::new(graph);
    let (width, height) = layout.size();
    let mut svg = String::new();
    // A string takes whatever is written to it.
    let _ = write!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="monospace" font-size="12">
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>
<rect width="{width}" height="{height}" fill="white"/>
"##
    );
    let curves: Vec<Curve> = graph.arrows.iter().map(|it| layout.curve(it)).collect();
    for curve in &curves {
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = *curve;
        let _ = writeln!(
            svg,
            r##"<path d="M{x0} {y0}C{x1} {y1} {x2} {y2} {x3} {y3}" fill="none" stroke="#555" marker-end="url(#tip)"/>"##
        );
    }
    for (place, label) in layout.places.iter().zip(&graph.boxes) {
        let Place { x, y, .. } = place;
        let (width, height) = size(label);
        let _ = writeln!(
            svg,
            r##"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="#eef3fb" stroke="#4a6fa5"/>"##
        );
        let middle = (x + width / 2, y + height / 2);
        text(&mut svg, label, middle, r#" text-anchor="middle""#);
    }
    for (curve, arrow) in curves.iter().zip(&graph.arrows) {
        let (point, style) = layout.label(arrow, curve);
        text(&mut svg, &arrow.label, point, style);
    }
    svg + "</svg>\n"
}

/// Writes the lines of a label around a point.
fn text(svg: &mut String, label: &Lines, (x, y): (usize, usize), style: &str) {
    let top = (y + LINE * 3 / 4).saturating_sub(label.len() * LINE / 2);
    for (number, line) in label.iter().enumerate() {
        let y = top + number * LINE;
        let line = join(&vec![line.clone()], "", escape);
        let _ = writeln!(svg, r#"<text x="{x}" y="{y}"{style}>{line}</text>"#);
    }
}

fn escape(text: &mut String, character: char) {
    match character {
        '&' => text.push_str("&amp;"),
        '<' => text.push_str("&lt;"),
        '>' => text.push_str("&gt;"),
        _ => text.push(character),
    }
}

/// How wide and high a label is, with what is around it.
fn size(label: &Lines) -> (usize, usize) {
    (
        columns(label) * LETTER + 2 * PADDING,
        label.len().max(1) * LINE + 2 * PADDING,
    )
}

/// How many letters the longest line is wide; most of those beyond U+1100 take two.
fn columns(label: &Lines) -> usize {
    let wide = |character: char| 1 + usize::from(character >= '\u{1100}');
    let lines = label.iter().map(|line| line.chars().map(wide).sum());
    lines.max().unwrap_or(0)
}

/// Where one box stands.
#[derive(Clone, Copy, Default)]
struct Place {
    column: usize,
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

struct Layout {
    places: Vec<Place>,
    parents: Vec<Option<usize>>,
    width: usize,
}

/// The four points of a curve.
type Curve = [(usize, usize); 4];

impl Layout {
    fn new(graph: &Graph) -> Self {
        let forest = Forest::new(graph);
        let count = graph.boxes.len();
        let mut places = vec![Place::default(); count];
        let mut widths = Vec::new();
        for &number in &forest.order {
            let (width, height) = size(&graph.boxes[number]);
            let column = forest.parents[number].map_or(0, |parent| places[parent].column + 1);
            places[number] = Place {
                column,
                width,
                height,
                ..Place::default()
            };
            widths.resize(widths.len().max(column + 1), 0);
            widths[column] = width.max(widths[column]);
        }
        let mut aisles = vec![AISLE; widths.len()];
        for arrow in &graph.arrows {
            // An arrow leaves into the aisle behind the nearer of its boxes.
            let column = places[arrow.from].column.min(places[arrow.to].column);
            let label = columns(&arrow.label) * LETTER;
            aisles[column] = aisles[column].max(AISLE + label);
        }
        let mut lefts = vec![GAP];
        for (width, aisle) in widths.iter().zip(&aisles) {
            lefts.push(lefts[lefts.len() - 1] + width + aisle);
        }
        for place in &mut places {
            place.x = lefts[place.column];
        }
        let mut labels = vec![0; count];
        for arrow in &graph.arrows {
            labels[arrow.to] = arrow.label.len().max(labels[arrow.to]);
        }
        forest.stack(&mut places, &labels);
        Self {
            places,
            parents: forest.parents,
            width: lefts[lefts.len() - 1],
        }
    }

    /// How wide and high the whole is, with the aisle behind the last column.
    fn size(&self) -> (usize, usize) {
        let bottom = self.places.iter().map(|it| it.y + it.height).max();
        (self.width, bottom.unwrap_or(0) + GAP)
    }

    /// Where the label of an arrow stands, and how: near to the end of the arrow
    /// that a box stands where it does for, and else nearer to the start, so that
    /// the labels of arrows that cross do not meet.
    fn label(&self, arrow: &Arrow, curve: &Curve) -> ((usize, usize), &'static str) {
        const HALO: &str =
            r#" text-anchor="middle" stroke="white" stroke-width="3" paint-order="stroke""#;
        const BESIDE: &str = r#" stroke="white" stroke-width="3" paint-order="stroke""#;
        let [p0, p1, p2, p3] = *curve;
        if self.places[arrow.from].column == self.places[arrow.to].column {
            let bend = (p1.0.max(p2.0) * 3 + p0.0.max(p3.0)) / 4;
            return ((bend + PADDING, usize::midpoint(p0.1, p3.1)), BESIDE);
        }
        let points = match self.parents[arrow.to] == Some(arrow.from) {
            true => [p3, p2, p1, p0],
            false => [p0, p1, p2, p3],
        };
        // The point at 3/8 of the way.
        let mix = |[p0, p1, p2, p3]: [usize; 4]| (p0 * 125 + p1 * 225 + p2 * 135 + p3 * 27) / 512;
        let point = (mix(points.map(|it| it.0)), mix(points.map(|it| it.1)));
        (point, HALO)
    }

    fn curve(&self, arrow: &Arrow) -> Curve {
        let (from, to) = (&self.places[arrow.from], &self.places[arrow.to]);
        let right = |place: &Place| place.x + place.width;
        let middle = |place: &Place| place.y + place.height / 2;
        let reach = AISLE * 2 / 3;
        if from.column < to.column {
            let (start, end) = (right(from), to.x);
            let (y0, y3) = (middle(from) - PORT, middle(to) - PORT);
            let bend = (end - start) / 2;
            return [(start, y0), (start + bend, y0), (end - bend, y3), (end, y3)];
        }
        if from.column > to.column {
            let (start, end) = (from.x, right(to));
            let (y0, y3) = (middle(from) + PORT, middle(to) + PORT);
            let bend = (start - end) / 2;
            return [(start, y0), (start - bend, y0), (end + bend, y3), (end, y3)];
        }
        // Around the right side, also back to the same box.
        let (y0, y3) = (middle(from) - PORT, middle(to) + PORT);
        let (start, end) = (right(from), right(to));
        [
            (start, y0),
            (start + reach, y0),
            (end + reach, y3),
            (end, y3),
        ]
    }
}

/// Which box leads to each box first; without the arrows that close a ring.
struct Forest {
    /// All boxes, those on the left first.
    order: Vec<usize>,
    parents: Vec<Option<usize>>,
}

impl Forest {
    fn new(graph: &Graph) -> Self {
        let count = graph.boxes.len();
        let mut targets = vec![Vec::new(); count];
        let mut is_target = vec![false; count];
        for arrow in graph.arrows.iter().filter(|it| it.from != it.to) {
            targets[arrow.from].push(arrow.to);
            is_target[arrow.to] = true;
        }
        let mut forest = Self {
            order: Vec::with_capacity(count),
            parents: vec![None; count],
        };
        let mut found = vec![false; count];
        let (heads, rest): (Vec<_>, Vec<_>) = (0..count).partition(|it| !is_target[*it]);
        forest.spread(heads, &targets, &mut found);
        for number in rest {
            // One of a ring that nothing outside of it leads to.
            forest.spread(vec![number], &targets, &mut found);
        }
        forest
    }

    /// Finds what can be reached from some boxes, the nearest first.
    fn spread(&mut self, heads: Vec<usize>, targets: &[Vec<usize>], found: &mut [bool]) {
        let mut open: VecDeque<usize> = VecDeque::new();
        for head in heads {
            if !std::mem::replace(&mut found[head], true) {
                open.push_back(head);
            }
        }
        while let Some(number) = open.pop_front() {
            self.order.push(number);
            for &target in &targets[number] {
                if !std::mem::replace(&mut found[target], true) {
                    self.parents[target] = Some(number);
                    open.push_back(target);
                }
            }
        }
    }

    /// Stacks the boxes of each column: every box has the room that all behind it need,
    /// and the lines of the labels of arrows to it.
    fn stack(&self, places: &mut [Place], labels: &[usize]) {
        let mut behind = vec![0; places.len()];
        let mut rooms = vec![0; places.len()];
        for &number in self.order.iter().rev() {
            let own = places[number].height.max(labels[number] * LINE * 3 / 2);
            rooms[number] = behind[number].max(own + GAP);
            if let Some(parent) = self.parents[number] {
                behind[parent] += rooms[number];
            }
        }
        // Where the next box goes: behind each box, and in the first column.
        let mut next = vec![0; places.len()];
        let mut first = GAP / 2;
        for &number in &self.order {
            let top = match self.parents[number] {
                Some(parent) => &mut next[parent],
                None => &mut first,
            };
            let start = *top;
            *top += rooms[number];
            next[number] = start + (rooms[number] - behind[number]) / 2;
            places[number].y = start + (rooms[number] - places[number].height) / 2;
        }
    }
}
