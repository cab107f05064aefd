//! Components that are made of others, and groups of them.

use circuits::prelude::*;

use crate::support::within;

#[derive(Event)]
#[event(reply = u32)]
struct Count;

/// A connection of one of several servers: `read` is heard on its group's channel.
#[component]
#[derive(Default)]
struct Reader {
    read: u32,
}

#[component]
impl Reader {
    #[handler("count")]
    fn count(&mut self, _event: &Count) -> u32 {
        self.read += 1;
        self.read
    }
}

/// Made of smaller components, which it starts on its own channel.
#[component]
struct Server;

#[component]
impl Server {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        cx.supervise(Reader::default)
            .named("reader")
            .channel(cx.channel())
            .await?;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn core_055_each_parent_owns_the_children_that_its_type_has() {
    let system = System::new();
    let first = system.supervise(|| Server).channel("first").await.unwrap();
    let second = system.supervise(|| Server).channel("second").await.unwrap();
    let mut readers = Vec::new();
    for parent in [&first, &second] {
        let reader: Address<Reader> = parent.children().find("reader").await.unwrap();
        assert_eq!(reader.parent(), parent.id());
        readers.push(reader.id());
    }
    assert_ne!(readers[0], readers[1]);
    within(first.stop()).await;
    assert_eq!(second.children().count().await.unwrap().active, 1);
}

#[tokio::test(start_paused = true)]
async fn core_058_two_groups_made_of_the_same_components_do_not_hear_each_other() {
    let system = System::new();
    system.supervise(|| Server).channel("first").await.unwrap();
    system.supervise(|| Server).channel("second").await.unwrap();
    for expected in [1, 2] {
        assert_eq!(system.on("first").call(Count).await.unwrap(), expected);
    }
    assert_eq!(system.on("second").call(Count).await.unwrap(), 1);
}
