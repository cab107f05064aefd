//! What was measured, as bar charts in SVG.
//!
//! ```text
//! workload
//!   by hand           ########|           100 ns
//!   circuits          #####   |            62 ns  0.62
//!                             └ the baseline is 1 in each group
//! ```

use std::fmt::Write;

use crate::case::{Row, Theme};
use crate::harness::On;

const WIDTH: f64 = 760.0;
/// Where bars begin, and how long one is that fills the chart.
const LEFT: f64 = 150.0;
const LONGEST: f64 = 460.0;
const BAR: f64 = 15.0;
const GAP: f64 = 30.0;
const TOP: f64 = 64.0;

/// No bar is drawn longer than so many baselines, so that one slow peer does not
/// make all others look alike; such a bar ends in an arrow.
const MOST: f64 = 5.0;

/// One chart: all rows of a theme on a runtime. Nothing if there are none.
pub(crate) fn svg(rows: &[Row], theme: Theme, on: On) -> Option<String> {
    let rows: Vec<&Row> = rows
        .iter()
        .filter(|row| row.theme == theme && row.on == on)
        .collect();
    let ratios = rows
        .iter()
        .flat_map(|row| &row.cells)
        .map(|cell| cell.ratio);
    let longest = ratios.reduce(f64::max)?.clamp(1.0, MOST);
    let unit = LONGEST / longest;
    let one = LEFT + unit;
    let mut body = String::new();
    let mut y = TOP;
    for row in rows {
        text(&mut body, [10.0, y], "w", &row.workload);
        y += 6.0;
        let top = y;
        let mut labels = String::new();
        for cell in &row.cells {
            let class = match cell.name {
                "by hand" => "h",
                name if name.starts_with("circuits") => "c",
                _ => "p",
            };
            let length = cell.ratio.min(longest) * unit;
            let _ = writeln!(
                body,
                r#"<rect class="{class}" x="{LEFT}" y="{:.1}" width="{length:.1}" height="{:.1}"/>"#,
                y + 2.0,
                BAR - 3.0
            );
            let beyond = if cell.ratio > longest { "▶ " } else { "" };
            let label = format!("{beyond}{}  ×{:.2}", time(cell.nanoseconds), cell.ratio);
            text(&mut labels, [LEFT - 6.0, y + BAR - 4.0], "n", cell.name);
            text(
                &mut labels,
                [LEFT + length + 5.0, y + BAR - 4.0],
                "v",
                &label,
            );
            y += BAR;
        }
        // Over the bars, and under what is written.
        let _ = write!(
            body,
            "<line x1=\"{one:.1}\" y1=\"{top:.1}\" x2=\"{one:.1}\" y2=\"{y:.1}\"/>\n{labels}"
        );
        y += GAP;
    }
    let height = y - GAP + 14.0;
    let title = format!("{}, {}", theme.title(), on.label());
    Some(format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0}" width="{WIDTH}" height="{height:.0}" role="img" aria-label="{title}">
<style>
text {{ font-family: sans-serif; font-size: 11px; fill: #333 }}
.t {{ font-size: 16px; font-weight: bold }} .w {{ font-size: 12px; font-weight: bold }} .n {{ text-anchor: end }}
.v {{ stroke: white; stroke-width: 3px; paint-order: stroke }}
.h {{ fill: #888 }} .c {{ fill: #1b7f5c }} .p {{ fill: #b9c4d6 }} line {{ stroke: #888; stroke-dasharray: 3 2 }}
</style>
<rect width="100%" height="100%" fill="white"/>
<text class="t" x="10" y="22">{title}</text>
<text x="10" y="40">Time of an operation; shorter is better. The dashed line is the actor that is written by hand.</text>
{body}</svg>
"#
    ))
}

/// Writes a line of text; none of ours has a character that XML keeps for itself.
fn text(body: &mut String, [x, y]: [f64; 2], class: &str, content: &str) {
    let _ = writeln!(
        body,
        r#"<text class="{class}" x="{x:.1}" y="{y:.1}">{content}</text>"#
    );
}

fn time(nanoseconds: f64) -> String {
    if nanoseconds < 1_000.0 {
        format!("{nanoseconds:.0} ns")
    } else {
        format!("{:.1} µs", nanoseconds / 1_000.0)
    }
}
