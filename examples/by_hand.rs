//! Everything that the macros write, written by hand.
//!
//! It names public items only and uses no macro of circuits, so it builds
//! without the feature `macros` too. Each part says which attribute stands for it.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin by_hand
//! The greeter has started.
//! Hello, world! You are number 1.
//! Hello, circuits! You are number 2.
//! 2 greeted.
//! ```

use std::fmt;

use circuits::component::{Added, Component, Declare, Handler, Handles, Options, Ran, Shared};
use circuits::event::{AnyEvent, Event, Inline};
use circuits::mailbox::{Message, Mode};
use circuits::reply::{Answer, Envelope, Letter, Notice};
use circuits::{Context, Error, System};

#[derive(Debug)]
struct Hello {
    name: String,
}

// #[derive(Event)] #[event(reply = String)]
impl Event for Hello {
    type Reply = String;
    type Slot = Inline<Self>; // `Boxed<Self>` for one of more than 48 bytes
    const NAME: &'static str = "hello";

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

struct Count;

// #[derive(Event)] #[event(reply = u64)]
impl Event for Count {
    type Reply = u64;
    type Slot = Inline<Self>;
    const NAME: &'static str = "count";
}

#[derive(Default)]
struct Greeter {
    greeted: u64,
}

// The methods under #[handler] stay as they are.
impl Greeter {
    fn started(&mut self) {
        println!("The greeter has started.");
    }

    fn hello(&mut self, event: &Hello, _cx: &Context<Self>) -> String {
        self.greeted += 1;
        format!("Hello, {}! You are number {}.", event.name, self.greeted)
    }

    async fn count(&self, _event: &Count) -> Option<u64> {
        Some(self.greeted)
    }
}

// #[component(channel = "greeter")] on the struct
impl Declare for Greeter {
    const OPTIONS: Options = Options::new().channel("greeter");
}

// #[component] on the impl block writes all that follows: what the mailbox holds,
enum GreeterMessage {
    Started(Notice), // without an event parameter: its name is all that comes
    Hello(Envelope<Hello>),
    Count(Envelope<Count>),
    Added(Added<Greeter>), // for handlers that are added while it runs
}

impl Message for GreeterMessage {
    fn mode(&self) -> Mode {
        match self {
            Self::Started(_) | Self::Hello(_) | Self::Added(_) => Mode::Exclusive,
            Self::Count(_) => Mode::Shared, // `Mode::Parallel` with the key `parallel`
        }
    }

    fn handler(&self) -> &'static str {
        match self {
            Self::Started(_) => "started",
            Self::Hello(_) => "hello",
            Self::Count(_) => "count",
            Self::Added(added) => added.handler(),
        }
    }

    fn letter(&self) -> &dyn Letter {
        match self {
            Self::Started(envelope) => envelope,
            Self::Hello(envelope) => envelope,
            Self::Count(envelope) => envelope,
            Self::Added(added) => added.letter(),
        }
    }

    fn share(self) -> (AnyEvent, Self) {
        match self {
            Self::Started(envelope) => envelope.share(Self::Started),
            Self::Hello(envelope) => envelope.share(Self::Hello),
            Self::Count(envelope) => envelope.share(Self::Count),
            Self::Added(added) => added.share(Self::Added),
        }
    }
}

impl From<Added<Greeter>> for GreeterMessage {
    fn from(added: Added<Greeter>) -> Self {
        Self::Added(added)
    }
}

// the table of handlers and the calls into them,
impl Component for Greeter {
    type Message = GreeterMessage;
    type State = Shared<Self>; // `Owned<Self>` if all handlers take `&mut self`
    const NAME: &'static str = "Greeter";
    const HANDLERS: &'static [Handler<Self>] = &[
        Handler::named("started", "started", GreeterMessage::Started),
        Handler::event::<Hello>("hello", "hello"),
        Handler::event::<Count>("count", "count"),
    ];

    // The handlers that are plain functions; they take no future.
    fn now(&mut self, message: &GreeterMessage, cx: &mut Context<Self>) -> Ran {
        match message {
            GreeterMessage::Started(envelope) => {
                if let Some(ran) = cx.begin("started", envelope) {
                    return ran;
                }
                self.started();
                Ran::Done(envelope.answer(Answer::Nothing))
            }
            GreeterMessage::Hello(envelope) => {
                if let Some(ran) = cx.begin("hello", envelope) {
                    return ran;
                }
                let reply = self.hello(envelope.event(), cx);
                Ran::of(envelope.answer(Answer::reply(reply)), envelope)
            }
            GreeterMessage::Added(added) => {
                if let Some(ran) = cx.begin(added.handler(), added.letter()) {
                    return ran;
                }
                Ran::Done(added.run(self, cx))
            }
            GreeterMessage::Count(_) => Ran::Later, // takes a future
        }
    }

    // The `&mut self` handlers that take a future: here there are none.
    async fn exclusive<'a>(
        &'a mut self,
        _message: &'a GreeterMessage,
        _cx: &'a mut Context<Self>,
    ) -> Ran {
        Ran::Later
    }

    async fn shared<'a>(
        &'a self,
        message: &'a GreeterMessage,
        _cx: &'a Context<Self>,
    ) -> Result<(), Error> {
        match message {
            GreeterMessage::Count(envelope) => {
                envelope.answer(Answer::reply(self.count(envelope.event()).await))
            }
            _ => Ok(()),
        }
    }
}

// and for each type of event the numbers of its handlers in the table.
impl Handles<Hello> for Greeter {
    const HANDLERS: &'static [u16] = &[1];

    fn wrap(_handler: u16, envelope: Envelope<Hello>) -> GreeterMessage {
        GreeterMessage::Hello(envelope)
    }
}

impl Handles<Count> for Greeter {
    const HANDLERS: &'static [u16] = &[2];

    fn wrap(_handler: u16, envelope: Envelope<Count>) -> GreeterMessage {
        GreeterMessage::Count(envelope)
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    system.supervise(Greeter::default).await?;
    let greeter = system.on("greeter");
    for name in ["world", "circuits"] {
        let name = name.into();
        println!("{}", greeter.call(Hello { name }).await?);
    }
    println!("{} greeted.", greeter.call(Count).await?);
    system.drain();
    system.run().await
}
