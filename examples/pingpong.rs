//! Two components play ping-pong, 10,000 strokes or as many as its argument says.
//! How many a second that is goes to stderr; `--release` shows what it can do.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin pingpong
//! ping: stroke 1
//! pong: stroke 2
//! pong: stroke 2500
//! pong: stroke 5000
//! pong: stroke 7500
//! pong: stroke 10000
//! ```

use std::time::Instant;

use circuits::prelude::*;

#[derive(Event)]
struct Ball {
    stroke: u64,
}

#[component]
struct Player {
    other: &'static str,
    strokes: u64,
}

#[component]
impl Player {
    #[handler("ball")]
    fn ball(&mut self, event: &Ball, cx: &Context<Self>) {
        let stroke = event.stroke;
        if stroke <= 2 || stroke.is_multiple_of(self.strokes / 4) {
            println!("{}: stroke {stroke}", cx.channel());
        }
        if stroke == self.strokes {
            cx.system().drain();
        } else {
            let stroke = stroke + 1;
            cx.on(self.other).fire(Ball { stroke });
        }
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let strokes = match std::env::args().nth(1) {
        Some(number) => number.parse::<u64>()?.max(4),
        None => 10_000,
    };
    let system = System::new();
    for (name, other) in [("ping", "pong"), ("pong", "ping")] {
        let player = move || Player { other, strokes };
        system.supervise(player).channel(name).await?;
    }
    let begun = Instant::now();
    system.on("ping").fire(Ball { stroke: 1 });
    system.run().await?;
    let rate = strokes as f64 / begun.elapsed().as_secs_f64();
    eprintln!("{rate:.0} strokes a second");
    Ok(())
}
