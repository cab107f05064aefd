//! Events as one line of text.

use circuits::prelude::*;

use crate::support::{Log, settle};

#[derive(Event, Debug)]
struct Hello {
    #[expect(dead_code, reason = "it is shown")]
    name: &'static str,
}

#[derive(Event)]
struct Mute;

struct Lines;

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("one\ntwo\r\tthree \u{1b}[31m é")
    }
}

#[derive(Event, Debug)]
struct Ugly(Lines);

#[component]
struct Printer(Log);

#[component]
impl Printer {
    #[handler("*", channel = "*")]
    fn any(&mut self, event: &AnyEvent) {
        self.0.add(event);
    }

    #[handler("hello", channel = "here")]
    fn hello(&mut self, _: &Hello) {}
}

#[tokio::test(start_paused = true)]
async fn core_004_an_event_is_one_line_with_its_name_and_channels() {
    let (system, log) = (System::new(), Log::default());
    let printer = system.register(Printer(log.clone())).await.unwrap();
    settle().await;
    log.take();
    system.on("greeter").fire(Hello { name: "world" });
    system.fire(Mute);
    system.on_all(&["a", "b"]).fire(Mute);
    system.on("x\ny").fire(Ugly(Lines));
    system.to(&printer).fire(Hello { name: "you" });
    settle().await;
    let expected = [
        r#"hello[greeter] Hello { name: "world" }"#,
        "mute[*] mute",
        "mute[a,b] mute",
        r"ugly[x\ny] Ugly(one\ntwo\r\tthree \u{1b}[31m é)",
        r#"hello[] Hello { name: "you" }"#,
    ];
    assert_eq!(log.take(), expected);
}
