//! Who fires what to whom: what a recorder notes, and its bounds.

use circuits::prelude::*;
use circuits::tools::{Inspection, Peer, Recorder};

use crate::support::{settle, within};

#[derive(Event, Debug)]
struct Pay;

#[derive(Event, Debug)]
struct Sold;

#[derive(Event, Debug)]
struct Lost;

#[derive(Event, Debug)]
struct Hang;

#[component(channel = "till")]
struct Till;

#[component]
impl Till {
    #[handler("pay")]
    fn pay(&mut self, _event: &Pay, cx: &Context<Self>) {
        cx.on("diary").fire(Sold);
        cx.on("nowhere").fire(Lost);
    }

    #[handler("hang")]
    async fn hang(&mut self, _event: &Hang) {
        std::future::pending::<()>().await;
    }

    #[handler("lost")]
    fn lost(&mut self) -> circuits::Result<()> {
        Err(Error::new("two\nlines"))
    }
}

#[component(channel = "diary")]
struct Diary;

#[component]
impl Diary {
    #[handler("sold")]
    fn sold(&mut self) {}
}

async fn shop() -> (System, Address<Till>) {
    let system = System::new();
    let till = system.supervise(|| Till).named("till").await.unwrap();
    system
        .supervise(|| Diary)
        .named("the \"<diary>\"")
        .await
        .unwrap();
    (system, till)
}

#[tokio::test(start_paused = true)]
async fn core_142_a_recorder_notes_who_fires_what_to_whom() {
    let (system, till) = shop().await;
    system.on("till").fire(Pay);
    settle().await;
    let recorder = Recorder::on(&system);
    system.on("till").fire(Pay);
    settle().await;
    system.to(&till).fire(Pay);
    settle().await;
    let flow = recorder.flow();
    let expected = "outside
 -> till: pay × 2
till
 -> nobody: lost × 2
 -> the \"<diary>\": sold × 2
";
    assert_eq!(flow.to_string(), expected);
    assert_eq!(flow.left_out(), 0);
    let edge = &flow.edges()[0];
    let name = "till".into();
    assert_eq!(
        (&edge.from, &*edge.event, edge.count),
        (&Peer::Outside, "pay", 2)
    );
    assert_eq!(
        edge.to,
        Peer::Component {
            id: till.id(),
            name
        }
    );

    let graph = flow.graph();
    let chart = "flowchart LR
    n0[\"outside\"]
    n1[\"till\"]
    n2[\"nobody\"]
    n3[\"the #34;#60;diary#62;#34;\"]
    n0 -->|\"pay × 2\"| n1
    n1 -->|\"lost × 2\"| n2
    n1 -->|\"sold × 2\"| n3
";
    assert_eq!(graph.to_mermaid(), chart);
    assert!(graph.to_dot().contains("n1 -> n3 [label=\"sold × 2\"];"));
    assert!(graph.to_svg().contains(">the \"&lt;diary&gt;\"</text>"));

    let mut flow = recorder.flow();
    flow.retain(|edge| edge.to != Peer::Nobody && edge.from != Peer::Outside);
    assert_eq!(flow.to_string(), "till\n -> the \"<diary>\": sold × 2\n");

    recorder.clear();
    assert_eq!(recorder.flow().to_string(), "");
    drop(recorder);
    system.on("till").fire(Pay);
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_recorder_keeps_so_many_edges_and_counts_what_it_leaves_out() {
    let (system, _) = shop().await;
    let recorder = Recorder::with_limit(&system, 2);
    for _ in 0..3 {
        system.on("till").fire(Pay);
        settle().await;
    }
    let flow = recorder.flow();
    assert_eq!((flow.edges().len(), flow.left_out()), (2, 3));
    assert!(flow.to_string().ends_with("(3 left out)\n"));
    recorder.clear();
    system.on("diary").fire(Sold);
    settle().await;
    assert_eq!(
        recorder.flow().to_string(),
        "outside\n -> the \"<diary>\": sold × 1\n"
    );
    assert_eq!(recorder.flow().left_out(), 0);
}

#[tokio::test(start_paused = true)]
async fn core_141_an_inspection_tells_what_runs_and_for_how_long() {
    let (system, till) = shop().await;
    let recorder = Recorder::on(&system);
    system.on("till").fire(Pay);
    system.on("till").fire(Lost);
    settle().await;
    system.on("till").fire(Hang);
    tokio::time::sleep(Duration::from_secs(3)).await;
    drop(recorder);
    let inspection = within(Inspection::of(&till)).await;
    let running = &inspection.activity.running[0];
    assert_eq!((running.handler, &*running.event), ("hang", "hang"));
    let text = inspection.to_string();
    let lines = [
        " Handled: 2, 1 of them failed\n",
        " Running: hang(hang) for 3s\n",
        " Last error: lost: two\\nlines, 3.001s ago\n",
    ];
    for line in lines {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn core_142_labels_of_the_svg_do_not_lie_on_each_other() {
    let (system, till) = shop().await;
    for number in 0..3 {
        let diary = system.supervise(|| Diary).named(format!("diary {number}"));
        diary.await.unwrap();
    }
    let recorder = Recorder::on(&system);
    system.on("till").fire(Pay);
    system.on("till").fire(Lost);
    system.on("diary").fire(Sold);
    settle().await;
    system.to(&till).fire(Hang);
    settle().await;
    let svg = recorder.flow().graph().to_svg();
    let number = |line: &str, key: &str| -> usize {
        let (_, rest) = line.split_once(&format!(" {key}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    let texts = svg.lines().filter(|line| line.starts_with("<text"));
    let points: Vec<_> = texts
        .map(|line| ["x", "y"].map(|key| number(line, key)))
        .collect();
    assert!(points.len() > 15, "{svg}");
    for (at, [x, y]) in points.iter().enumerate() {
        for [other_x, other_y] in &points[at + 1..] {
            let apart = x.abs_diff(*other_x) > 40 || y.abs_diff(*other_y) >= 12;
            assert!(apart, "{svg}");
        }
    }
}
