//! Timers by key: at most one of each key.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use crate::core::component::timer::Aim;
use crate::core::component::{Cell, Component, Context, Handles, TimerHandle, timer};
use crate::core::event::Event;
use crate::core::reply::Stamp;
use crate::core::runtime::TaskId;

/// So many keys are kept before those whose timers are over are looked for.
const FEW: usize = 16;

/// The timer of one key; starting it replaces the one before.
///
/// Made by [`Context::timer`]. An event that the timer before has fired already,
/// and that still waits in the component's mailbox, is void: the component does
/// not handle it. All timers end with the life that started them.
///
/// Keys cost memory only as long as their timers run.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
///
/// #[derive(Event)]
/// struct Input;
///
/// #[derive(Event)]
/// struct Idle;
///
/// #[component]
/// struct Session;
///
/// #[component]
/// impl Session {
///     #[handler("input")]
///     fn input(&mut self, _event: &Input, cx: &Context<Self>) {
///         // Each input begins the wait anew.
///         cx.timer("idle").after(Duration::from_secs(60), Idle);
///     }
///
///     #[handler("idle")]
///     fn idle(&mut self, _event: &Idle, cx: &Context<Self>) {
///         cx.stop();
///     }
/// }
/// ```
pub struct Timer<'a, C: Component> {
    cx: &'a Context<C>,
    key: &'a str,
    channel: Option<&'a str>,
}

impl<'a, C: Component> Timer<'a, C> {
    pub(crate) fn new(cx: &'a Context<C>, key: &'a str) -> Self {
        Self {
            cx,
            key,
            channel: None,
        }
    }

    /// Makes the timer fire on a channel, as [`Context::on`].
    pub fn on(mut self, channel: &'a str) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Fires an event once, after a delay, as [`Context::after`].
    pub fn after<E: Event>(&self, delay: Duration, event: E) {
        let cell = self.cx.cell();
        self.start(false, |stamp| {
            timer::after(cell, self.aim(stamp), delay, event)
        });
    }

    /// Fires an event once, after a delay, at this component alone, as
    /// [`Context::to`]; on whatever channel it listens.
    pub fn after_to_self<E: Event>(&self, delay: Duration, event: E)
    where
        C: Handles<E>,
    {
        let cell = self.cx.cell();
        self.start(false, |stamp| {
            timer::after_to_self(cell, stamp, delay, event)
        });
    }

    /// Fires an event again and again, as [`Context::every`].
    pub fn every<E: Event + Clone>(&self, period: Duration, event: E) {
        let cell = self.cx.cell();
        self.start(true, |stamp| {
            timer::every(cell, self.aim(stamp), period, event)
        });
    }

    /// Ends the timer; `false` if none was active.
    pub fn cancel(&self) -> bool {
        let armed = self.keys().by_key.remove(self.key);
        armed.is_some_and(|armed| armed.end(self.cx.cell()))
    }

    /// Tells whether the timer will fire, or has fired an event that waits
    /// to be handled.
    pub fn is_active(&self) -> bool {
        let keys = self.keys();
        keys.by_key.get(self.key).is_some_and(Armed::is_active)
    }

    fn start(&self, repeats: bool, start: impl FnOnce(Arc<Stamp>) -> TimerHandle) {
        let cell = self.cx.cell();
        let stamp = self.cx.stamp();
        let armed = Armed {
            stamp: Arc::downgrade(&stamp),
            task: None,
            repeats,
        };
        let before = self.keys().add(self.key, armed);
        if let Some(before) = before {
            before.end(cell);
        }
        let weak = Arc::downgrade(&stamp);
        let task = start(stamp).task();
        let mut keys = self.keys();
        match keys.by_key.get_mut(self.key) {
            Some(armed) if armed.stamp.ptr_eq(&weak) => armed.task = task,
            // Another handler has replaced or ended it meanwhile.
            _ => {
                drop(keys);
                abort(cell, task);
            }
        }
    }

    fn aim(&self, stamp: Arc<Stamp>) -> Aim {
        let channel = self.channel.map(Box::from);
        Aim { stamp, channel }
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.cx.cell().keyed().lock()
    }
}

impl<C: Component> fmt::Debug for Timer<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timer({})", self.key)
    }
}

/// The timers of one life, by key.
#[derive(Default)]
pub(crate) struct KeyedTimers(Mutex<Keys>);

#[derive(Default)]
struct Keys {
    by_key: BTreeMap<Box<str>, Armed>,
    /// With so many keys, those whose timers are over are forgotten.
    tidy_at: usize,
}

struct Armed {
    /// Held by the task of the timer, and by what it has fired.
    stamp: Weak<Stamp>,
    task: Option<TaskId>,
    repeats: bool,
}

impl KeyedTimers {
    pub(crate) fn clear(&self) {
        drop(std::mem::take(&mut *self.lock()));
    }

    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.0.lock()
    }
}

impl Keys {
    fn add(&mut self, key: &str, armed: Armed) -> Option<Armed> {
        if self.by_key.len() >= self.tidy_at.max(FEW) {
            self.by_key.retain(|_, armed| armed.is_active());
            self.tidy_at = self.by_key.len() * 2;
        }
        self.by_key.insert(key.into(), armed)
    }
}

impl Armed {
    fn is_active(&self) -> bool {
        self.stamp.upgrade().is_some_and(|stamp| {
            if self.repeats {
                !stamp.is_revoked()
            } else {
                stamp.is_waiting()
            }
        })
    }

    /// Ends the timer; tells whether it was active.
    fn end<C: Component>(&self, cell: &Arc<Cell<C>>) -> bool {
        let active = self.is_active();
        if let Some(stamp) = self.stamp.upgrade() {
            stamp.revoke();
        }
        abort(cell, self.task);
        active
    }
}

fn abort<C: Component>(cell: &Arc<Cell<C>>, task: Option<TaskId>) {
    if let Some(task) = task {
        cell.tasks().abort(task);
    }
}
