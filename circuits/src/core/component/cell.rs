//! What stays of a component over its lives: its address, its mailbox, its links.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering, fence};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, MutexGuard};

use crate::core::component::added::Additions;
use crate::core::component::flow::Debts;
use crate::core::component::keyed::KeyedTimers;
use crate::core::component::watch::Watches;
use crate::core::component::{
    Body, Command, Component, Control, Fate, Inbox, OnRestart, Options, Shutdown, discard,
};
use crate::core::event::{End, Reason};
use crate::core::id::{Channel, ComponentId};
use crate::core::mailbox::Mailbox;
use crate::core::reply::{CallError, Edges, Party};
use crate::core::route::{Hub, Rooms, Telling};
use crate::core::runtime::{self, Tasks};
use crate::core::tap::{Activity, ActivityLog, Member};

/// The lasting part of a component. Its value is not here: that belongs to one
/// life, and to the task of that life.
pub(crate) struct Cell<C: Component> {
    id: ComponentId,
    hub: Arc<Hub>,
    /// Made when it is asked for, where none was given.
    name: OnceLock<Arc<str>>,
    channel: Channel,
    mailbox: Mailbox<C::Message>,
    control: Control,
    life: AtomicU64,
    place: AtomicU64,
    writer_waiting: AtomicBool,
    started: AtomicBool,
    retired: AtomicBool,
    /// How far the current life is: one of the constants below, which only
    /// grows until the next life begins.
    phase: AtomicU8,
    drops_mailbox: AtomicBool,
    links: Mutex<Links>,
    cold: OnceLock<Box<Cold>>,
}

/// It lives, or has not begun.
const LIVES: u8 = 0;
/// It has ended.
const OVER: u8 = 1;
/// Its watchers have been told so, and another one will begin.
const TOLD: u8 = 2;
/// Its watchers have been told that it was the last.
const GONE: u8 = 3;

struct Links {
    parent: Arc<Inbox>,
    children: Option<Arc<Inbox>>,
}

/// What most components never need.
#[derive(Default)]
struct Cold {
    tasks: Tasks,
    debts: Debts,
    edges: Edges,
    additions: Additions,
    keyed: KeyedTimers,
    watches: Watches,
    activity: OnceLock<Arc<ActivityLog>>,
    /// Whether anything was ever sent to one life only.
    addressed: AtomicBool,
    /// How its children are supervised, if not as its type says.
    supervision: Mutex<Option<Options>>,
    /// How a life failed last.
    failure: Mutex<Option<End>>,
    /// The names of events that its handlers do not hear on its channel; set
    /// before it is in the routes.
    except: OnceLock<Box<[String]>>,
}

impl<C: Component> Cell<C> {
    pub(crate) fn new(
        hub: Arc<Hub>,
        parent: Arc<Inbox>,
        name: Option<String>,
        channel: Channel,
    ) -> Arc<Self> {
        let id = hub.next_id();
        let name = name.map_or_else(OnceLock::new, |name| OnceLock::from(Arc::from(name)));
        Arc::new(Self {
            id,
            hub,
            name,
            channel,
            mailbox: Mailbox::new(C::OPTIONS.mailbox, C::OPTIONS.overflow),
            control: Control::new(),
            life: AtomicU64::new(0),
            place: AtomicU64::new(0),
            writer_waiting: AtomicBool::new(false),
            started: AtomicBool::new(false),
            retired: AtomicBool::new(true),
            phase: AtomicU8::new(LIVES),
            drops_mailbox: AtomicBool::new(false),
            links: Mutex::new(Links {
                parent,
                children: None,
            }),
            cold: OnceLock::new(),
        })
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    pub(crate) fn mailbox(&self) -> &Mailbox<C::Message> {
        &self.mailbox
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.cold().tasks
    }

    pub(crate) fn additions(&self) -> &Additions {
        &self.cold().additions
    }

    pub(crate) fn made_additions(&self) -> Option<&Additions> {
        self.cold.get().map(|cold| &cold.additions)
    }

    pub(crate) fn keyed(&self) -> &KeyedTimers {
        &self.cold().keyed
    }

    pub(crate) fn activity_log(&self) -> &Arc<ActivityLog> {
        self.cold().activity.get_or_init(Arc::default)
    }

    pub(crate) fn all_watches(&self) -> &Watches {
        &self.cold().watches
    }

    pub(crate) fn made_watches(&self) -> Option<&Watches> {
        self.cold.get().map(|cold| &cold.watches)
    }

    pub(crate) fn begin_life(&self, life: u64) {
        self.control.reset();
        self.started.store(false, Ordering::SeqCst);
        self.life.store(life, Ordering::SeqCst);
        // Last: `is_current` reads it first.
        self.phase.store(LIVES, Ordering::SeqCst);
    }

    /// Tells whether a life is the current one, and has not ended.
    pub(crate) fn is_current(&self, life: u64) -> bool {
        self.phase.load(Ordering::SeqCst) == LIVES && self.life.load(Ordering::SeqCst) == life
    }

    /// Tells whether the watchers of a life, or of the component, have been told.
    pub(crate) fn was_told(&self, life: Option<u64>) -> bool {
        let phase = self.phase.load(Ordering::SeqCst);
        match life {
            Some(life) => phase >= TOLD || self.life.load(Ordering::SeqCst) != life,
            None => phase == GONE,
        }
    }

    /// Says that events are sent to one life only, which have to be looked for
    /// when it ends; see whether it has ended after this, and after the push.
    pub(crate) fn set_addressed(&self) {
        self.cold().addressed.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// Ends what one life armed: timers, tasks, debts; others can no longer give
    /// it children. Waits until all that the tasks owned has been dropped, so that
    /// the next life can take it.
    pub(crate) async fn end_life(&self) {
        self.phase.fetch_max(OVER, Ordering::SeqCst);
        self.started.store(false, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if let Some(cold) = self.cold.get() {
            cold.tasks.end().await;
            cold.debts.forgive();
            cold.keyed.clear();
            cold.watches.withdraw();
            if cold.addressed.load(Ordering::SeqCst) {
                self.bury_missed();
            }
        }
        self.set_writer_waiting(false);
    }

    /// Puts the handlers into the routes.
    pub(crate) fn enlist(self: &Arc<Self>) {
        if self.retired.swap(false, Ordering::AcqRel) {
            self.mailbox.open();
            self.enter_routes();
        }
    }

    /// Leaves the handlers of events of these names out of the routes.
    pub(crate) fn set_except(&self, names: &[String]) {
        if !names.is_empty() {
            // A child that is described anew is not the same with other names.
            self.cold().except.get_or_init(|| names.into());
        }
    }

    pub(crate) fn except(&self) -> &[String] {
        let names = self.cold.get().and_then(|cold| cold.except.get());
        names.map_or(&[], |names| names)
    }

    /// Notes full mailboxes that the component fired into without awaiting.
    pub(crate) fn owe(&self, rooms: Rooms) {
        if !rooms.is_empty() {
            self.cold().debts.add(rooms);
        }
    }

    pub(crate) fn debts(&self) -> Option<&Debts> {
        self.cold
            .get()
            .map(|cold| &cold.debts)
            .filter(|debts| debts.are_open())
    }

    /// Sets what becomes of the events that wait when a life ends; `None` is
    /// what the type says.
    pub(crate) fn set_on_restart(&self, said: Option<OnRestart>) {
        let on_restart = said.unwrap_or(C::OPTIONS.on_restart);
        let drops = on_restart == OnRestart::DropMailbox;
        self.drops_mailbox.store(drops, Ordering::Release);
    }

    pub(crate) fn drops_mailbox(&self) -> bool {
        self.drops_mailbox.load(Ordering::Acquire)
    }

    /// Says that this life handles events now.
    pub(crate) fn set_started(&self) {
        self.started.store(true, Ordering::SeqCst);
    }

    /// Says how the children of this life are supervised.
    pub(crate) fn set_supervision(&self, options: Options) {
        *self.supervision() = Some(options);
    }

    pub(crate) fn last_failure(&self) -> Option<End> {
        let failure = &self.cold.get()?.failure;
        let failure = failure.lock();
        failure.clone()
    }

    fn set_last_failure(&self, end: &End) {
        let failure = &self.cold().failure;
        let mut failure = failure.lock();
        let before = failure.replace(end.clone());
        // The error is the user's: it is dropped without the lock.
        drop(failure);
        discard(before, "an error");
    }

    fn supervision(&self) -> MutexGuard<'_, Option<Options>> {
        let supervision = &self.cold().supervision;
        supervision.lock()
    }

    pub(crate) fn set_writer_waiting(&self, waiting: bool) {
        self.writer_waiting.store(waiting, Ordering::SeqCst);
    }

    /// Returns the supervisor of this component's children, opened if need be.
    pub(crate) fn open_children(self: &Arc<Self>) -> Arc<Inbox> {
        self.find_children(|| !self.is_retired())
    }

    /// Returns the supervisor of this component's children to somebody else, who
    /// cannot open it while `started` may still say how they are supervised, nor
    /// between two lives: neither of them would ever end those children.
    pub(crate) fn lend_children(self: &Arc<Self>) -> Arc<Inbox> {
        let inside = self.is_inside();
        self.find_children(|| !self.is_retired() && (inside || self.has_started()))
    }

    /// Whether it may be opened is asked with the lock, which the end of a life
    /// takes as well once nothing may be opened any more.
    fn find_children(self: &Arc<Self>, may_open: impl FnOnce() -> bool) -> Arc<Inbox> {
        let mut links = self.links();
        match &links.children {
            Some(inbox) if !inbox.is_closed() => inbox.clone(),
            _ => {
                let nursery = links.parent.nursery().clone();
                if !may_open() {
                    let inbox = Inbox::new(nursery, Some(self.clone()));
                    inbox.close();
                    return Arc::new(inbox);
                }
                let options = match self.cold.get() {
                    Some(_) => self.supervision().unwrap_or(C::OPTIONS),
                    None => C::OPTIONS,
                };
                let inbox = nursery.open(&self.hub, self.clone(), options);
                links.children = Some(inbox.clone());
                inbox
            }
        }
    }

    fn cold(&self) -> &Cold {
        self.cold.get_or_init(Box::default)
    }

    fn links(&self) -> MutexGuard<'_, Links> {
        self.links.lock()
    }
}

impl<C: Component> Party for Cell<C> {
    fn id(&self) -> ComponentId {
        self.id
    }

    fn label(&self) -> String {
        self.name().to_string()
    }

    fn edges(&self) -> &Edges {
        &self.cold().edges
    }

    fn open_edges(&self) -> Option<&Edges> {
        self.cold.get().map(|cold| &cold.edges)
    }

    fn has_writer_waiting(&self) -> bool {
        self.writer_waiting.load(Ordering::SeqCst)
    }
}

impl<C: Component> Body for Cell<C> {
    fn name(&self) -> &Arc<str> {
        self.name
            .get_or_init(|| format!("{}{}", C::NAME, self.id).into())
    }

    fn channel(&self) -> &Channel {
        &self.channel
    }

    fn shutdown(&self) -> Shutdown {
        C::OPTIONS.shutdown
    }

    fn control(&self) -> &Control {
        &self.control
    }

    fn life(&self) -> u64 {
        self.life.load(Ordering::Acquire)
    }

    fn member(&self) -> Member {
        Member::new(self.id, self.name().clone(), C::NAME, self.life())
    }

    fn activity(&self) -> Activity {
        let log = self.cold.get().and_then(|cold| cold.activity.get());
        log.map(|log| log.read()).unwrap_or_default()
    }

    fn parent(&self) -> Arc<Inbox> {
        self.links().parent.clone()
    }

    fn place(&self) -> u64 {
        self.place.load(Ordering::Acquire)
    }

    fn set_place(&self, place: u64) {
        self.place.store(place, Ordering::Release);
    }

    fn set_parent(&self, parent: Arc<Inbox>) {
        self.links().parent = parent;
    }

    fn children(&self) -> Option<Arc<Inbox>> {
        self.links()
            .children
            .clone()
            .filter(|inbox| !inbox.is_closed())
    }

    fn announce(&self) {
        let registered = self.registered();
        let is_own = self.push_own(&registered, None);
        let channels = [self.channel.as_str()];
        let telling = Telling::on(&channels).quietly(is_own);
        self.hub.tell(telling, || registered);
    }

    fn seal(&self) {
        self.mailbox.seal();
    }

    fn retire(&self) {
        if !self.retired.swap(true, Ordering::AcqRel) {
            self.leave_routes();
            if let Some(cold) = self.cold.get() {
                cold.additions.clear(&self.hub);
                // Those of a life that is stuck, and abandoned.
                cold.tasks.abort_all();
                cold.watches.withdraw();
            }
        }
        // Children that are still there belong to a life that never came to
        // its end, or were moved here between two lives. The inbox holds this
        // component, so it must not be kept either.
        let children = self.links().children.take();
        if let Some(children) = children {
            children.shut_down(Command::Kill);
        }
        let (queue, suspect) = self.mailbox.close();
        if let Some(message) = suspect {
            self.bury(message, Reason::Crashed, CallError::Crashed);
        }
        for message in queue {
            self.bury_waiting(message);
        }
    }

    fn has_started(&self) -> bool {
        self.started.load(Ordering::SeqCst)
    }

    fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    fn is_inside(&self) -> bool {
        let tasks = self.cold.get().map(|cold| &cold.tasks);
        runtime::here().is_some_and(|here| {
            self.control.is_task(here) || tasks.is_some_and(|tasks| tasks.are_here(here))
        })
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn tell_watchers(&self, life: u64, end: &End, fate: Fate) {
        if self.life() <= life {
            let told = if fate == Fate::Gone { GONE } else { TOLD };
            self.phase.fetch_max(told, Ordering::SeqCst);
        }
        match (end, fate) {
            // Whoever ends many of them at once pays nothing for each.
            (End::Killed, Fate::Gone) => {}
            (End::Failed(_) | End::Killed, _) => self.set_last_failure(end),
            _ => {}
        }
        // Pairs with the one in `watch::enter`.
        fence(Ordering::SeqCst);
        if let Some(watches) = self.made_watches() {
            watches.tell(self, life, end, fate);
        }
    }
}

impl<C: Component> fmt::Debug for Cell<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name(), self.id)
    }
}
