//! Events that nobody hears: dead letters.

use circuits::event::DeadLetter;
use circuits::prelude::*;
use tokio::sync::mpsc;

#[derive(Event, Debug)]
struct Plain {
    text: &'static str,
}

#[derive(Event, Debug)]
#[event(success, complete)]
struct Watched {
    text: &'static str,
}

#[component(channel = "post")]
struct Post {
    letters: mpsc::Sender<(Option<String>, &'static str)>,
}

#[component]
impl Post {
    #[handler("dead_letter")]
    async fn letter(&mut self, letter: &DeadLetter) -> circuits::Result<()> {
        let event = &letter.event;
        let plain = event.downcast_ref::<Plain>().map(|event| event.text);
        let watched = event.downcast_ref::<Watched>().map(|event| event.text);
        let text = plain.or(watched).unwrap_or("the value is gone");
        let channel = event.channel().map(str::to_owned);
        self.letters.send((channel, text)).await?;
        Ok(())
    }
}

#[tokio::test]
async fn a_dead_letter_carries_its_event_also_where_feedback_is_asked_for() {
    let system = System::new();
    let (letters, mut read) = mpsc::channel(4);
    let make = move || Post {
        letters: letters.clone(),
    };
    system.supervise(make).await.unwrap();
    system.on("nowhere").fire(Plain { text: "plain" });
    assert_eq!(read.recv().await.unwrap().1, "plain");
    system.on("nowhere").fire(Watched { text: "watched" });
    let letter = read.recv().await.unwrap();
    assert_eq!(letter, (Some("nowhere".to_owned()), "watched"));
    assert_eq!(system.dead_letters(), 2);
}
