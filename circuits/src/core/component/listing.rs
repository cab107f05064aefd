//! The handlers of a component, described for those who look at it.

use std::fmt;
use std::ops::Deref;

use crate::core::component::any_address::write_line;
use crate::core::component::{Component, Handler, HandlerId};
use crate::core::id::Channel;

/// One handler of a component, described: its method, the names of the events
/// that it hears, on which channel, and in which order.
///
/// # Examples
///
/// ```
/// use circuits::component::Handlers;
/// use circuits::prelude::*;
///
/// #[component]
/// struct Guard;
///
/// #[component]
/// impl Guard {
///     #[handler("open", "close", priority = 10)]
///     fn watch(&mut self) {}
/// }
///
/// let handlers = Handlers::of::<Guard>();
/// assert_eq!(handlers[0].to_string(), "<handler[*][open,close][10.00] (Guard.watch)>");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HandlerInfo {
    component: &'static str,
    method: &'static str,
    names: Vec<&'static str>,
    channel: Channel,
    priority: f64,
    id: Option<HandlerId>,
}

impl HandlerInfo {
    /// Describes a handler that was added while its component runs.
    pub(crate) fn added<C: Component>(
        id: HandlerId,
        event: &'static str,
        channel: Channel,
        priority: f64,
    ) -> Self {
        Self {
            component: C::NAME,
            method: event,
            names: vec![event],
            channel,
            priority,
            id: Some(id),
        }
    }

    /// Describes one handler in the list of a type.
    pub(crate) fn listed<C: Component>(handler: &Handler<C>, own: &Channel) -> Self {
        Self {
            component: C::NAME,
            method: handler.method(),
            names: vec![handler.name()],
            channel: handler.channel_from(own),
            priority: handler.order(),
            id: None,
        }
    }

    /// Returns the name of the component's type.
    pub fn component(&self) -> &'static str {
        self.component
    }

    /// Returns the name of the method; that of its event, where it was added while
    /// the component runs.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// Returns the names of the events that it hears; `*` for every event.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Returns the channel that it listens on; `*` for all.
    pub fn channel(&self) -> &str {
        self.channel.as_str()
    }

    /// Returns its priority; 0 unless said.
    pub fn priority(&self) -> f64 {
        self.priority
    }

    /// Returns its id, where it was added while the component runs.
    pub fn id(&self) -> Option<HandlerId> {
        self.id
    }

    fn is_method_of(&self, other: &Self) -> bool {
        self.id.is_none()
            && self.method == other.method
            && self.channel == other.channel
            && self.priority.total_cmp(&other.priority).is_eq()
    }
}

/// Writes `<handler[channel][names] (Type.method)>`, and `[priority]` with two
/// decimals after the names where it is not 0; always on one line.
impl fmt::Display for HandlerInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<handler[")?;
        write_line(self.channel(), f)?;
        write!(f, "][{}]", self.names.join(","))?;
        if self.priority != 0.0 {
            write!(f, "[{:.2}]", self.priority)?;
        }
        write!(f, " ({}.{})>", self.component, self.method)
    }
}

/// The handlers of a component, or of a component type.
///
/// Of a component they are got by `address.handlers()`.
///
/// # Examples
///
/// ```
/// use circuits::component::Handlers;
/// # use circuits::prelude::*;
/// # #[derive(Event)]
/// # struct Join;
/// # #[derive(Event)]
/// # struct Part;
/// # #[component]
/// # struct Server;
/// # #[component]
/// # impl Server {
/// #     #[handler("join")]
/// #     fn join(&mut self, _event: &Join) {}
/// #     #[handler("part")]
/// #     fn part(&mut self, _event: &Part) {}
/// # }
///
/// let handlers = Handlers::of::<Server>();
/// assert_eq!(handlers.events(), ["join", "part"]);
/// assert!(handlers.handles(["part", "join"]));
/// assert!(!handlers.handles(["quit"]));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Handlers(Vec<HandlerInfo>);

impl Handlers {
    /// Lists the handlers of a type, in the order of its source. Those that name no
    /// channel are on that of the type.
    pub fn of<C: Component>() -> Self {
        Self::listed::<C>(&Channel::literal(C::OPTIONS.channel).unwrap_or(Channel::ALL))
    }

    /// Lists the handlers of a type, of a component that is on a channel.
    pub(crate) fn listed<C: Component>(own: &Channel) -> Self {
        let mut handlers: Vec<HandlerInfo> = Vec::new();
        for handler in C::HANDLERS {
            let info = HandlerInfo::listed(handler, own);
            // A method that hears several names stands in the list once for each.
            match handlers.iter_mut().find(|known| known.is_method_of(&info)) {
                Some(known) => known.names.extend(info.names),
                None => handlers.push(info),
            }
        }
        Self(handlers)
    }

    pub(crate) fn with(mut self, added: Vec<HandlerInfo>) -> Self {
        self.0.extend(added);
        self
    }

    /// Returns the names of the events that are handled, each once, in the order of
    /// the handlers; without `*`, and without those that begin with `_`, which are
    /// private by custom.
    pub fn events(&self) -> Vec<&'static str> {
        let mut events = Vec::new();
        for name in self.0.iter().flat_map(|handler| &handler.names) {
            if *name != "*" && !name.starts_with('_') && !events.contains(name) {
                events.push(name);
            }
        }
        events
    }

    /// Tells whether all events of these names are handled, on whatever channel; of
    /// no names, all are. A handler of `*` handles every event.
    pub fn handles<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        let heard = |name: &str| {
            let mut all = self.0.iter().flat_map(|handler| &handler.names);
            all.any(|known| *known == name || *known == "*")
        };
        names.into_iter().all(heard)
    }
}

impl Deref for Handlers {
    type Target = [HandlerInfo];

    fn deref(&self) -> &[HandlerInfo] {
        &self.0
    }
}

impl IntoIterator for Handlers {
    type Item = HandlerInfo;
    type IntoIter = std::vec::IntoIter<HandlerInfo>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Handlers {
    type Item = &'a HandlerInfo;
    type IntoIter = std::slice::Iter<'a, HandlerInfo>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
