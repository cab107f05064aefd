//! Trees as graphs: DOT that Graphviz reads, Mermaid that keeps to its grammar, SVG that
//! is XML; whatever the names are.

use std::io::Write;
use std::process::{Command, Stdio};

use circuits::prelude::*;
use circuits::tools::{Graph, Tree};

#[component]
#[derive(Default)]
struct Leaf;

#[component]
impl Leaf {}

/// Names that mean something in one format or another, or must not be shown as they are.
const HOSTILE: [&str; 16] = [
    "\"quoted\"",
    "back\\slash \\n \\N \\",
    "two\nlines\r\n",
    "<b>bold</b> & <br/>",
    "&lt;b&gt; &#65; &amp;",
    "]]> --> |end| n0 --> n1",
    "`code` **bold** __x__",
    "#quot; #35; %% comment ; }",
    "\"]; evil [label=\"",
    "naïve Ünïcode 名前 🦀",
    "\u{202e}turned\u{2028}\u{feff}",
    "\u{0}\u{7}\u{1b}[31m\u{fffe}\u{ffff}",
    "'single' $& {{brace}} @{ shape: rect }",
    "</text><script>alert(1)</script>",
    "--",
    " ",
];

/// Runs a program on some input; returns what it prints, or why it fails.
fn run(program: &str, arguments: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}: `tests/run` installs it"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    match output.status.success() && output.stderr.is_empty() {
        true => Ok(text(output.stdout)),
        false => Err(text(output.stderr)),
    }
}

/// Lists the texts of an SVG, as a parser of XML reads them.
fn texts(svg: &str) -> Result<Vec<String>, String> {
    let script = "
import sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
assert root.tag == '{http://www.w3.org/2000/svg}svg', root.tag
for node in root.iter():
    name = node.tag.split('}')[1]
    assert name in ('svg', 'defs', 'marker', 'path', 'rect', 'text'), name
    if name == 'text':
        sys.stdout.buffer.write((node.text + '\\n').encode())
";
    let printed = run("python3", &["-c", script], svg)?;
    Ok(printed.lines().map(str::to_owned).collect())
}

/// Reads a flowchart by the part of the grammar that is written; returns its labels.
fn mermaid(chart: &str) -> Result<(Vec<String>, usize), String> {
    let mut lines = chart.lines();
    if lines.next() != Some("flowchart LR") {
        return Err("no flowchart".to_owned());
    }
    let (mut labels, mut arrows) = (Vec::new(), 0);
    for line in lines {
        let bad = || format!("not in the grammar: {line}");
        let line = line.strip_prefix("    ").ok_or_else(bad)?;
        let (from, rest) = node(line).ok_or_else(bad)?;
        if let Some(label) = rest
            .strip_prefix("[\"")
            .and_then(|it| it.strip_suffix("\"]"))
        {
            if from != labels.len() {
                return Err(bad());
            }
            labels.push(unquote(label).ok_or_else(bad)?);
            continue;
        }
        let mut rest = rest.strip_prefix(" -->").ok_or_else(bad)?;
        if let Some(labeled) = rest.strip_prefix("|\"") {
            let (label, after) = labeled.split_once("\"|").ok_or_else(bad)?;
            unquote(label).ok_or_else(bad)?;
            rest = after;
        }
        let (to, rest) = rest.strip_prefix(' ').and_then(node).ok_or_else(bad)?;
        if !rest.is_empty() || from.max(to) >= labels.len() {
            return Err(bad());
        }
        arrows += 1;
    }
    Ok((labels, arrows))
}

fn node(text: &str) -> Option<(usize, &str)> {
    let text = text.strip_prefix('n')?;
    let end = text
        .find(|it: char| !it.is_ascii_digit())
        .unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// Reads a quoted text: plain letters, numbers of others, and breaks of lines.
fn unquote(text: &str) -> Option<String> {
    let mut read = String::new();
    for line in text.split("<br/>") {
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            if let Some(entity) = rest.strip_prefix('#') {
                let (number, after) = entity.split_once(';')?;
                read.push(char::from_u32(number.parse().ok()?)?);
                rest = after;
                continue;
            }
            let plain = !first.is_ascii() || first.is_ascii_alphanumeric();
            if first.is_control() || !plain && !" _-/.:,()".contains(first) {
                return None;
            }
            read.push(first);
            rest = &rest[first.len_utf8()..];
        }
        read.push('\n');
    }
    Some(read)
}

/// What a name is shown as.
fn shown(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        let turns = matches!(character, '\u{2028}' | '\u{202e}');
        if character.is_control() || turns || matches!(character, '\u{fffe}' | '\u{ffff}') {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
}

async fn hostile(system: &System) -> Graph {
    for name in HOSTILE {
        let leaf = system.supervise(Leaf::default).named(name);
        // A channel may be named so as well.
        leaf.channel(name).await.unwrap();
    }
    Tree::of(system).await.graph()
}

#[tokio::test]
async fn core_142_graphviz_reads_the_dot_whatever_the_names_are() {
    let system = System::new();
    let graph = hostile(&system).await;
    let plain = run("dot", &["-Tplain"], &graph.to_dot()).unwrap();
    let count = |what: &str| plain.lines().filter(|it| it.starts_with(what)).count();
    assert_eq!(
        (count("node "), count("edge ")),
        (HOSTILE.len() + 1, HOSTILE.len())
    );

    // Graphviz shows each name as it is, on a line of its own.
    let svg = run("dot", &["-Tsvg"], &graph.to_dot()).unwrap();
    let script = "
import sys, xml.etree.ElementTree as tree
for node in tree.fromstring(sys.stdin.buffer.read()).iter('{http://www.w3.org/2000/svg}text'):
    sys.stdout.buffer.write((node.text + '\\n').encode())
";
    let read = run("python3", &["-c", script], &svg).unwrap();
    // It writes some spaces as those that do not break.
    let read: Vec<_> = read
        .lines()
        .map(|line| line.replace('\u{a0}', " "))
        .collect();
    assert_eq!(read[0], "System");
    for (name, pair) in HOSTILE.iter().zip(read[1..].chunks(2)) {
        let name = shown(name);
        assert_eq!(pair, [name.clone(), format!("Leaf/{name}")]);
    }
}

#[tokio::test]
async fn core_142_the_mermaid_keeps_to_its_grammar_whatever_the_names_are() {
    let system = System::new();
    let chart = hostile(&system).await.to_mermaid();
    let (labels, arrows) = mermaid(&chart).unwrap();
    assert_eq!((labels.len(), arrows), (HOSTILE.len() + 1, HOSTILE.len()));
    for (name, label) in HOSTILE.iter().zip(&labels[1..]) {
        let name = shown(name);
        assert_eq!(*label, format!("{name}\nLeaf/{name}\n"));
    }
    // The check refuses what is not in the grammar.
    for wrong in [
        "n0[\"a\"b\"]",
        "n0 --> n7",
        "n0[\"`a`\"]",
        "n0[\"a#b\"]",
        "end",
    ] {
        assert!(
            mermaid(&format!("flowchart LR\n    {wrong}\n")).is_err(),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn core_142_the_svg_is_xml_whatever_the_names_are() {
    let system = System::new();
    let svg = hostile(&system).await.to_svg();
    let read = texts(&svg).unwrap();
    let mut expected = vec!["System".to_owned()];
    for name in HOSTILE.map(shown) {
        expected.extend([name.clone(), format!("Leaf/{name}")]);
    }
    assert_eq!(read, expected);
    assert!(texts("<svg><text></svg>").is_err());
}

#[tokio::test]
async fn ask_35_graphs_need_no_library_and_an_empty_one_is_whole() {
    let system = System::new();
    let leaf = system.supervise(Leaf::default).await.unwrap();
    leaf.stop().await;
    let graph = Tree::below(&leaf).await.graph();
    assert_eq!(mermaid(&graph.to_mermaid()), Ok((Vec::new(), 0)));
    assert_eq!(texts(&graph.to_svg()), Ok(Vec::new()));
    assert!(
        run("dot", &["-Tplain"], &graph.to_dot())
            .unwrap()
            .starts_with("graph")
    );
}

#[tokio::test]
async fn core_142_boxes_of_the_svg_do_not_overlap() {
    let system = System::new();
    for name in ["a", "a much longer name", "c"] {
        let leaf = system.supervise(Leaf::default).named(name).await.unwrap();
        for number in 0..4 {
            let below = leaf.children();
            let below = below
                .supervise(Leaf::default)
                .named(format!("leaf {number}"));
            let below = below.await.unwrap();
            below.children().register(Leaf).await.unwrap();
        }
    }
    let svg = Tree::of(&system).await.graph().to_svg();
    let number = |line: &str, key: &str| -> f64 {
        let (_, rest) = line.split_once(&format!(" {key}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    let boxes: Vec<[f64; 4]> = svg
        .lines()
        .filter(|line| line.starts_with("<rect x="))
        .map(|line| ["x", "y", "width", "height"].map(|key| number(line, key)))
        .collect();
    assert_eq!(boxes.len(), 1 + 3 + 12 + 12);
    let page = ["width", "height"].map(|key| number(&svg, key));
    for (at, [x, y, width, height]) in boxes.iter().enumerate() {
        assert!(x + width <= page[0] && y + height <= page[1]);
        for [left, top, wide, high] in &boxes[at + 1..] {
            let beside = x + width <= *left || left + wide <= *x;
            let apart = y + height <= *top || top + high <= *y;
            assert!(beside || apart, "{svg}");
        }
    }
}
