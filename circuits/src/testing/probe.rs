//! The probe: a component that writes down what it hears, and the handle of the
//! test.

use std::fmt;
use std::sync::Arc;

use crate::component::Handle;
use crate::event::{Event, Registered, Started, Stopped};
use crate::testing::crash::Crash;
use crate::testing::record::Record;
use crate::testing::{Expect, ExpectNone};
use crate::{AnyEvent, ComponentId, Context, StartError, component, handler};

/// Writes down the events that are fired on a channel.
///
/// It is a component like others, so it hears an event when its turn has come:
/// await an expectation, or [`settle`](crate::testing::settle()), before looking
/// at what it has. It stays until its system ends. Clones are the same probe.
///
/// To the system it is one more handler of every event, of priority 0, with no
/// opinion. An event that only the probe hears is no dead letter, a call that
/// only the probe hears gets `CallError::NoReply`, and an `exception` on its
/// channel counts as handled, so it is not logged. What a handler of higher
/// priority stops does not get to it, and neither does what is addressed to one
/// component. It does not write down its own start and end.
///
/// # Bounds
/// It remembers the last 1,024 events, or as many as [`Probe::with_capacity`]
/// says; of more, the oldest are forgotten and counted ([`Probe::forgotten`]).
/// Each is a share of the event, which lives as long. Until it has written them
/// down, up to 1,024 wait in its mailbox; then whoever fires is held back, as by
/// any component.
#[derive(Clone)]
pub struct Probe {
    record: Arc<Record>,
}

impl Probe {
    const CAPACITY: usize = 1024;

    /// Adds a probe to the root of a system's tree; `"*"` hears all channels.
    ///
    /// # Errors
    /// The channel's name is empty or too long, or the system has stopped.
    pub async fn on(system: &Handle, channel: &str) -> Result<Self, StartError> {
        Self::with_capacity(system, channel, Self::CAPACITY).await
    }

    /// Adds a probe that remembers so many events, at least one.
    ///
    /// # Errors
    /// The channel's name is empty or too long, or the system has stopped.
    pub async fn with_capacity(
        system: &Handle,
        channel: &str,
        capacity: usize,
    ) -> Result<Self, StartError> {
        let record = Arc::new(Record::new(capacity));
        let recorder = Recorder {
            record: record.clone(),
        };
        system.register(recorder).channel(channel).await?;
        Ok(Self { record })
    }

    /// Expects an event of this type; see [`Expect`].
    pub fn expect<E: Event>(&self) -> Expect<'_, E> {
        Expect::new(&self.record)
    }

    /// Expects that no event of this type comes; see [`ExpectNone`].
    pub fn none<E: Event>(&self) -> ExpectNone<'_, E> {
        ExpectNone::new(&self.record)
    }

    /// Returns the events that it remembers, in the order in which it heard them,
    /// whether or not an expectation took them.
    ///
    /// Each knows its name, its channel and, by `{:?}`, its text.
    pub fn events(&self) -> Vec<AnyEvent> {
        self.record.events()
    }

    /// Returns the names of the events that it remembers, in order.
    pub fn names(&self) -> Vec<String> {
        let events = self.events();
        events.iter().map(|event| event.name().to_owned()).collect()
    }

    /// Returns the events of one type that it remembers, in order.
    pub fn all<E: Event>(&self) -> Vec<Arc<E>> {
        self.events()
            .iter()
            .filter_map(AnyEvent::downcast)
            .collect()
    }

    /// Forgets all events so far, and begins to count anew.
    pub fn clear(&self) {
        self.record.clear();
    }

    /// Returns how many events it forgot for want of room since it was cleared.
    pub fn forgotten(&self) -> u64 {
        self.record.forgotten()
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.events()).finish()
    }
}

/// The component of a probe.
#[component(crate = crate)]
struct Recorder {
    record: Arc<Record>,
}

#[component(crate = crate)]
impl Recorder {
    #[handler("*")]
    fn hear(&mut self, event: &AnyEvent, cx: &Context<Self>) {
        if !is_about(event, cx.id()) && !event.is::<Crash>() {
            self.record.add(event.clone());
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.record.end();
    }
}

/// Tells whether an event is about the start or the end of this component.
fn is_about(event: &AnyEvent, id: ComponentId) -> bool {
    let registered = event.downcast_ref().map(|it: &Registered| it.component);
    let started = event.downcast_ref().map(|it: &Started| it.component);
    let stopped = event.downcast_ref().map(|it: &Stopped| it.component);
    registered.or(started).or(stopped) == Some(id)
}
