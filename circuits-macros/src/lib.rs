//! The macros of circuits: [`macro@component`], [`macro@handler`] and
//! [`derive(Event)`](macro@Event). Use them through the `circuits` crate, whose prelude has all
//! three.
//!
//! They are sugar. Each writes constants and thin calls in terms of public traits, which can be
//! written by hand as well; the section *By hand* of each shows how.

mod bounds;
mod component;
mod duration;
mod errors;
mod event;
mod handlers;
mod keys;
mod name;
mod path;
mod place;

use proc_macro::TokenStream;

/// Makes a struct or enum a component, and an impl block the place of its handlers.
///
/// It stands twice: on the type, where its keys set the options, and on one inherent impl block
/// of the type, where it collects the methods with [`macro@handler`]. All handlers stand in that
/// one block; any other blocks are left without the attribute.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
///
/// #[derive(Event, Debug)]
/// #[event(reply = String)]
/// struct Hello {
///     name: String,
/// }
///
/// #[component(channel = "greeter", mailbox = 64)]
/// #[derive(Default)]
/// struct Greeter {
///     greeted: u64,
/// }
///
/// #[component]
/// impl Greeter {
///     #[handler("hello")]
///     fn hello(&mut self, event: &Hello) -> String {
///         self.greeted += 1;
///         format!("Hello, {}! You are number {}.", event.name, self.greeted)
///     }
/// }
/// ```
///
/// # Keys on a struct or enum
///
/// | Key | Value | Meaning |
/// |---|---|---|
/// | `channel` | `"name"`, 1 to 255 bytes | Where its handlers listen, unless they say otherwise. |
/// | `mailbox` | 1 to 1048576 | How many events wait for it at most. |
/// | `overflow` | `"wait"` | On a full mailbox, the sender waits. |
/// | | `"reject"` | On a full mailbox, the new event becomes a dead letter. |
/// | | `"drop_oldest"` | On a full mailbox, the oldest event becomes a dead letter. |
/// | | `"latest"` | Of each kind of event, the latest waits alone. |
/// | `strategy` | `"one_for_one"` | Of its children, the one that failed is restarted. |
/// | | `"one_for_all"` | All its children are restarted when one fails. |
/// | | `"rest_for_one"` | The one that failed and those started after it are restarted. |
/// | | `"dynamic"` | Many children of one kind: as `"one_for_one"`, and all are stopped at once. |
/// | `max_restarts` | a number, from 0 | How many restarts of children it bears `within` the time. |
/// | | `"unlimited"` | It never gives up. |
/// | `within` | `"5s"` | The time in which restarts are counted; not zero. |
/// | `auto_shutdown` | `"never"` | The end of significant children ends nobody else. |
/// | | `"any_significant"` | It ends when the first significant child has ended for good. |
/// | | `"all_significant"` | It ends when the last significant child has ended for good. |
/// | `shutdown` | `"5s"` | How long it may take to stop before it is killed. |
/// | | `"brutal"` | It is killed at once. |
/// | | `"infinite"` | It takes as long as it takes. |
/// | `on_error` | `"answer"` | An `Err` of a handler is an answer. |
/// | | `"restart"` | An `Err` of a handler ends this life, as a panic does. |
/// | | `"stop"` | An `Err` of a handler is an answer, and the component ends in order. |
/// | | a path | A function decides: `fn(&Error) -> Option<OnError>`; see below. |
/// | `on_link` | `"fail"` | The failure of a linked component ends this life as well. |
/// | | `"tell"` | The failure of a linked component arrives as a `down` event. |
/// | `on_restart` | `"keep_mailbox"` | What waits is handled by the next life. |
/// | | `"drop_mailbox"` | What waits when a life ends becomes dead letters. |
/// | `extends` | the name of a field | The field is a `Base<C>`: `C` handles what this component does not. |
/// | `attempts` | a number, from 1 | How many lives one event may crash before it is put aside. |
/// | `crate` | a path | Where the library is, if not at `::circuits`. |
///
/// A duration is a whole number and a unit: `"500ms"`, `"5s"`, `"2m"`, `"1h"`.
///
/// What an error does is decided by the innermost rule that has an opinion: the `on_error` of the
/// handler, then that of the component, then `"answer"`. A function that returns `None` leaves it
/// to the next. An `Error::fatal` is past all rules: it ends this life.
///
/// # Keys on an impl block
///
/// Only `crate`, as above.
///
/// # Generic components
///
/// The parameters of the impl block are those of the component. As a component is sent between
/// threads, each type parameter is taken to be `Send + 'static`, whether the block says so or not;
/// a component with `&self` handlers is shared as well, and says `Sync` itself where that needs
/// it. A block that names `Context<Self>` says `Send + 'static` itself too, as only a component has
/// a context. Lifetime parameters are refused: a component owns what it holds.
///
/// # By hand
///
/// On the type, it writes the options:
///
/// ```text
/// impl Declare for Greeter {
///     const OPTIONS: Options = Options::new().channel("greeter").mailbox(64);
/// }
/// ```
///
/// On the impl block, it writes an enum with a variant for each handler, the table of handlers,
/// one `match` for those that take `&mut self` and one for those that take `&self`, and
/// `Handles<E>` for each event type:
///
/// ```text
/// pub enum GreeterMessage {
///     Hello(Envelope<Hello>),
///     Added(Added<Greeter>),
/// }
///
/// impl Component for Greeter {
///     type Message = GreeterMessage;
///     type State = Owned<Self>;
///     const NAME: &'static str = "Greeter";
///     const HANDLERS: &'static [Handler<Self>] = &[Handler::event::<Hello>("hello", "hello")];
///
///     async fn exclusive<'a>(&'a mut self, message: &'a GreeterMessage, cx: &'a Context<Self>)
///         -> Result<(), Error>
///     {
///         match message {
///             GreeterMessage::Hello(envelope) => {
///                 let value = self.hello(envelope.event());
///                 envelope.answer(Answer::reply(value))
///             }
///             GreeterMessage::Added(added) => added.run(self, cx),
///         }
///     }
///     // and `shared`, which has nothing to do here
/// }
///
/// impl Handles<Hello> for Greeter {
///     const HANDLERS: &'static [u16] = &[0];
///
///     fn wrap(_handler: u16, envelope: Envelope<Hello>) -> GreeterMessage {
///         GreeterMessage::Hello(envelope)
///     }
/// }
/// // and `Message` and `From<Added<Greeter>>` for the enum, a `match` each
/// ```
#[proc_macro_attribute]
pub fn component(args: TokenStream, item: TokenStream) -> TokenStream {
    component::component(args.into(), item.into()).into()
}

/// Makes a method of a [`macro@component`] hear events.
///
/// # Names
///
/// - `#[handler]` hears the event named as the method.
/// - `#[handler("hello")]` hears the event of that name.
/// - `#[handler("a", "b")]` hears several. As a type of event has one name, such a handler takes
///   no event, or `&AnyEvent`.
/// - `#[handler("*")]` hears every event, as `&AnyEvent`.
///
/// With an event parameter, the name and the type must agree, which the compiler checks; a
/// `&Named<P>` goes with any name. Without one, the handler hears every event of the name,
/// whatever its type.
///
/// # The method
///
/// It is a `fn` or an `async fn`, not generic, and takes, in this order:
///
/// 1. `&mut self`, to run alone, or `&self`, to run beside other `&self` handlers;
/// 2. the event, if wanted: `&E`, or `&AnyEvent` for events of any type;
/// 3. where the event comes from, if wanted: `&Origin`;
/// 4. the context, if wanted: `&Context<Self>`.
///
/// It returns the event's reply `R`, `Option<R>` (`None`: no opinion), nothing, or a `Result` of
/// one of these with any error that becomes a `circuits::Error`. Without a typed event it returns
/// nothing or `Result<(), E>`. Return types are known by their last name: an alias of `Result` is
/// called `Result` as well, and its first parameter is the value.
///
/// # Keys
///
/// | Key | Value | Meaning |
/// |---|---|---|
/// | `channel` | `"name"`, 1 to 255 bytes | Where it listens; `"*"` for all channels. |
/// | `priority` | `10`, `-1`, `2.5` | Higher ones run first; 0 unless said. |
/// | `timeout` | `"5s"` | How long an `async` handler may take; not zero. |
/// | `parallel` | | Runs a `&self` handler on another thread. |
/// | `on_error` | a word or a path | What its errors do, as on the component, which comes next. |
/// | `also` | | Hears its event beside the component that its own `extends`, not in its place. |
///
/// Two handlers that hear the same event on the same channel have different priorities.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
///
/// #[derive(Event)]
/// #[event(reply = u32)]
/// struct Sum(Vec<u32>);
///
/// #[component]
/// #[derive(Default)]
/// struct Calculator {
///     heard: usize,
/// }
///
/// #[component]
/// impl Calculator {
///     #[handler("sum", timeout = "5s")]
///     async fn sum(&self, event: &Sum) -> Option<u32> {
///         event.0.iter().copied().reduce(u32::saturating_add)
///     }
///
///     #[handler]
///     fn started(&mut self, _cx: &Context<Self>) {
///         self.heard = 0;
///     }
///
///     #[handler("*", channel = "*", priority = 100)]
///     fn count(&mut self, _event: &AnyEvent) {
///         self.heard += 1;
///     }
/// }
/// ```
///
/// # By hand
///
/// [`macro@component`] takes this attribute away and writes the handler's part of the component;
/// see there. An attribute that is left over is an error.
#[proc_macro_attribute]
pub fn handler(_args: TokenStream, item: TokenStream) -> TokenStream {
    handlers::stray(item.into()).into()
}

/// Makes a struct or enum an event.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
///
/// #[derive(Event, Debug)]
/// struct Tick;
///
/// #[derive(Event, Debug)]
/// #[event(name = "lookup", reply = Option<String>, success)]
/// struct Find {
///     key: String,
/// }
///
/// assert_eq!(Tick::NAME, "tick");
/// assert_eq!(Find::NAME, "lookup");
/// # let _ = Find { key: String::new() }.key;
/// ```
///
/// # Keys of `#[event(..)]`
///
/// | Key | Value | Meaning |
/// |---|---|---|
/// | `name` | `"hello"`, 1 to 64 bytes | What handlers call it; else the type's name in snake case. |
/// | `channel` | `"web"`, 1 to 255 bytes | Where it is fired if the sender names no channel. |
/// | `priority` | a whole number | Its priority if the sender names none; 0 unless said. |
/// | `reply` | a type | What its handlers may answer; `()` unless said. |
/// | `success` | | Fires `Success<Self>` when all handlers are done and none failed. |
/// | `failure` | | Fires `Failure<Self>` for each handler that failed. |
/// | `complete` | | Fires `Complete<Self>` when it and all that it caused is done. |
/// | | `"audit"` | Each of these three may name a channel; else they are fired on the event's own. |
/// | `boxed` | | Waits in a mailbox behind a pointer, whatever its size. |
/// | `crate` | a path | Where the library is, if not at `::circuits`. |
///
/// A name has no whitespace and is not `*`. An event of more than 48 bytes waits behind a
/// pointer in any case. A generic one waits in place, unless `boxed`.
///
/// `Success` tells what the handlers replied where the reply is `Clone` and the event not generic.
///
/// An event is shown in logs by its `Debug` if it has one and is not generic, else by its name.
///
/// # Generic events
///
/// An event is sent and shared, so each type parameter is taken to be `Send + Sync + 'static`,
/// whether the type says so or not. Lifetime parameters are refused: an event owns what it holds.
///
/// # By hand
///
/// ```text
/// impl Event for Find {
///     type Reply = Option<String>;
///     type Slot = Inline<Self>;
///     const NAME: &'static str = "lookup";
///     const FEEDBACK: Feedback = Feedback::NONE.success();
/// }
/// ```
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(item: TokenStream) -> TokenStream {
    event::derive(item.into()).into()
}
