//! The component that another one extends.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::core::component::recipient::{Locate, OneLife};
use crate::core::component::{Address, Cell, Component, Context, Handler, Recipient, StartError};

/// A component that another one holds and extends: what that one does not handle,
/// this one does.
///
/// It stands in a field that `#[component(extends = field)]` names, and is started
/// with each life of the component that holds it, as its first child, before its
/// `registered` and `started` handlers run. So it has all that a component has: a
/// supervisor, children, timers, and a mailbox of its own.
///
/// - It listens on the channel of the one that holds it, whatever its type says.
/// - A handler of the holder *overrides*: the base does not hear events of that
///   name there, unless the handler says `also`; then both hear them, and their
///   priorities decide who is first. That goes by name, not by type.
/// - All other events go straight from the sender to the base.
/// - Overridden handlers can still be reached by address: `cx.to(&self.base)`.
/// - Nothing is overridden by, or in, handlers with a `channel` of their own or those
///   that are added while the component runs; and the events of their lives
///   (`started`, `stopped`, ..) concern each of them alone.
/// - It fails as a child does: it is restarted under the supervision options of its
///   holder. A new life of the holder has a new base.
/// - It ends as a child does: before the `stopped` handler of its holder. In a
///   drain it ends first, and a handler that calls it after that gets
///   `CallError::Stopped`.
///
/// A base may extend another one: what overrides it overrides them all. An address of the holder takes the events that the
/// holder handles; for those of the base, fire on the channel.
///
/// # Examples
///
/// ```
/// use circuits::Base;
/// use circuits::prelude::*;
///
/// #[derive(Event, Clone)]
/// #[event(reply = String)]
/// struct Hello;
///
/// #[derive(Event)]
/// #[event(reply = String)]
/// struct Bye;
///
/// #[component]
/// struct Greeter;
///
/// #[component]
/// impl Greeter {
///     #[handler("hello")]
///     fn hello(&mut self, _event: &Hello) -> String {
///         "Hello.".into()
///     }
///
///     #[handler("bye")]
///     fn bye(&mut self, _event: &Bye) -> String {
///         "Bye.".into()
///     }
/// }
///
/// #[component(channel = "door", extends = base)]
/// struct Polite {
///     base: Base<Greeter>,
/// }
///
/// #[component]
/// impl Polite {
///     #[handler("hello")]
///     async fn hello(&mut self, event: &Hello, cx: &Context<Self>) -> Result<String, Error> {
///         let plain = cx.to(&self.base).call(event.clone()).await?;
///         Ok(format!("{plain} Nice to see you."))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// system.supervise(|| Polite { base: Base::new(|| Greeter) }).await?;
/// let door = system.on("door");
/// assert_eq!(door.call(Hello).await?, "Hello. Nice to see you.");
/// assert_eq!(door.call(Bye).await?, "Bye.");
/// # Ok(())
/// # }
/// ```
pub struct Base<C: Component> {
    make: Arc<dyn Fn() -> C + Send + Sync>,
    address: Option<Address<C>>,
}

/// A base that is being started.
pub type StartBase<'a> = Pin<Box<dyn Future<Output = Result<(), StartError>> + Send + 'a>>;

impl<C: Component> Base<C> {
    /// Makes a base of what a factory makes, which is called for each of its lives.
    pub fn new(make: impl Fn() -> C + Send + Sync + 'static) -> Self {
        Self {
            make: Arc::new(make),
            address: None,
        }
    }

    /// Starts it as a child of the component that holds it, when this is awaited;
    /// what `extends` on a component writes. Done again, it changes nothing.
    ///
    /// # Errors
    /// It does not start; see [`StartError`].
    pub fn start<'a, D: Component>(&'a mut self, cx: &'a Context<D>) -> StartBase<'a> {
        Box::pin(self.start_below(cx))
    }

    async fn start_below<D: Component>(&mut self, cx: &Context<D>) -> Result<(), StartError> {
        if self.address.is_some() {
            return Ok(());
        }
        let make = self.make.clone();
        // What overrides a component overrides all that it extends.
        let child = cx
            .supervise(move || make())
            .channel(cx.channel())
            .except(D::HANDLERS.iter().filter_map(Handler::overrides))
            .except(cx.cell().except());
        self.address = Some(child.await?);
        Ok(())
    }

    /// Returns its address.
    ///
    /// # Panics
    /// It was not started: no `extends` on the component names this field.
    pub fn address(&self) -> &Address<C> {
        let address = self.address.as_ref();
        address.expect("a base is started by `#[component(extends = ..)]`, which names its field")
    }
}

/// # Panics
/// As [`Base::address`].
#[diagnostic::do_not_recommend]
impl<C: Component> Recipient for Base<C> {
    type Component = C;
}

#[diagnostic::do_not_recommend]
impl<C: Component> Locate<C> for Base<C> {
    fn cell(&self) -> &Arc<Cell<C>> {
        self.address().cell()
    }

    fn one_life(&self) -> OneLife {
        None
    }
}

impl<C: Component> fmt::Debug for Base<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Some(address) => write!(f, "Base({} {})", address.name(), address.id()),
            None => write!(f, "Base({}, not started)", C::NAME),
        }
    }
}
