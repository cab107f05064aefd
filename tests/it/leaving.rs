//! Components that end or move themselves, and each other, from their handlers.

use std::sync::mpsc;

use circuits::event::{PrepareUnregister, Unregistered};
use circuits::prelude::*;
use circuits::{Address, StartError};
use tokio::sync::oneshot;

use crate::support::{Log, settle, within};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Stop,
    Drain,
    Unregister,
}

/// Asks a component to leave from its own exclusive handler.
#[derive(Event)]
struct Leave(Way);

/// From its own reader on its own task.
#[derive(Event)]
struct LeaveBeside(Way);

/// From its own reader on another thread.
#[derive(Event)]
struct LeaveParallel(Way);

/// From a task of its own.
#[derive(Event)]
struct LeaveByTask(Way);

/// Moves it below another from its own handler.
#[derive(Event)]
#[event(reply = bool)]
struct Settle(Address<Leaver>);

#[component(channel = "leaver", shutdown = "1h")]
struct Leaver(Log);

async fn leave(cx: &Context<Leaver>, way: Way) {
    let address = cx.address();
    match way {
        Way::Stop => address.stop().await,
        Way::Drain => address.drain().await,
        Way::Unregister => address.unregister().await,
    }
}

#[component]
impl Leaver {
    #[handler("leave")]
    async fn leave(&mut self, event: &Leave, cx: &Context<Self>) {
        leave(cx, event.0).await;
        self.0.add("handled");
    }

    #[handler("leave_beside")]
    async fn leave_beside(&self, event: &LeaveBeside, cx: &Context<Self>) {
        leave(cx, event.0).await;
        self.0.add("handled");
    }

    #[handler("leave_parallel", parallel)]
    async fn leave_parallel(&self, event: &LeaveParallel, cx: &Context<Self>) {
        leave(cx, event.0).await;
        self.0.add("handled");
    }

    #[handler("leave_by_task")]
    fn leave_by_task(&mut self, event: &LeaveByTask, cx: &Context<Self>) {
        let (address, way) = (cx.address(), event.0);
        cx.spawn(async move {
            match way {
                Way::Stop => address.stop().await,
                Way::Drain => address.drain().await,
                Way::Unregister => address.unregister().await,
            }
        });
        self.0.add("handled");
    }

    #[handler("settle")]
    async fn settle(&mut self, event: &Settle, cx: &Context<Self>) -> bool {
        cx.address().move_to(&event.0).await.is_ok()
    }

    #[handler("prepare_unregister")]
    fn prepare(&mut self, _event: &PrepareUnregister) {
        self.0.add("prepares");
    }

    #[handler("unregistered")]
    fn unregistered(&mut self, _event: &Unregistered) {
        self.0.add("unregistered");
    }
}

async fn check<E: Event>(make: fn(Way) -> E)
where
    Leaver: circuits::component::Handles<E>,
{
    for way in [Way::Stop, Way::Drain, Way::Unregister] {
        let (system, log) = (System::new(), Log::default());
        let leaver = system.register(Leaver(log.clone())).await.unwrap();
        let mut heard = system.on("leaver").wait::<Unregistered>();
        system.to(&leaver).fire(make(way)).await;
        within(async {
            while !leaver.is_gone() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let expected: &[&str] = match way {
            Way::Stop | Way::Drain => &["handled"],
            Way::Unregister => &["handled", "prepares", "unregistered"],
        };
        assert_eq!(log.take(), expected, "{way:?}");
        if way == Way::Unregister {
            within(&mut heard).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_component_ends_itself_without_waiting_for_itself() {
    check(Leave).await;
    check(LeaveBeside).await;
    check(LeaveParallel).await;
    check(LeaveByTask).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_ends_itself_on_many_threads() {
    check(Leave).await;
    check(LeaveBeside).await;
    check(LeaveParallel).await;
    check(LeaveByTask).await;
}

#[tokio::test(start_paused = true)]
async fn unregistering_goes_on_where_nobody_waits_for_it_any_more() {
    let (system, log) = (System::new(), Log::default());
    let leaver = system.register(Leaver(log.clone())).await.unwrap();
    let _ = tokio::time::timeout(Duration::ZERO, leaver.unregister()).await;
    settle().await;
    assert!(leaver.is_gone());
    assert_eq!(log.take(), ["prepares", "unregistered"]);
}

#[tokio::test(start_paused = true)]
async fn a_component_moves_itself() {
    let (system, log) = (System::new(), Log::default());
    let one = system.register(Leaver(log.clone())).await.unwrap();
    let two = system.register(Leaver(log.clone())).await.unwrap();
    let moved = within(system.to(&one).call(Settle(two.clone()))).await;
    assert!(moved.unwrap());
    assert_eq!(one.parent(), two.id());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_move_below_each_other_stay_on_the_tree() {
    let (system, log) = (System::new(), Log::default());
    for _ in 0..50 {
        let one = system.register(Leaver(log.clone())).await.unwrap();
        let two = system.register(Leaver(log.clone())).await.unwrap();
        let (first, second) = tokio::join!(one.move_to(&two), two.move_to(&one));
        let refused = [first, second]
            .into_iter()
            .filter(|it| matches!(it, Err(StartError::OwnDescendant)));
        assert_eq!(refused.count(), 1);
        assert!(one.parent() != two.id() || two.parent() != one.id());
    }
    system.stop();
    within(system.join()).await.unwrap();
}

#[derive(Event)]
struct Crash;

#[derive(Event)]
struct Block;

#[component(channel = "blocking")]
struct Blocking {
    begun: mpsc::SyncSender<()>,
    release: std::sync::Arc<std::sync::Mutex<Option<mpsc::Receiver<()>>>>,
}

#[component]
impl Blocking {
    #[handler("block", parallel)]
    fn block(&self, _event: &Block) {
        let release = self.release.lock().unwrap().take();
        self.begun.send(()).unwrap();
        let _ = release.map(|release| release.recv());
    }

    #[handler("crash", parallel)]
    fn crash(&self, _event: &Crash) {
        panic!("crashed beside the one who blocks");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_restart_waits_for_a_blocked_reader_and_its_supervisor_does_not() {
    let system = System::new();
    let (begun, begins) = mpsc::sync_channel(1);
    let (released, release) = mpsc::sync_channel::<()>(1);
    let release = std::sync::Arc::new(std::sync::Mutex::new(Some(release)));
    let make = move || Blocking {
        begun: begun.clone(),
        release: release.clone(),
    };
    let blocking = within(system.supervise(make)).await.unwrap();
    system.to(&blocking).fire(Block);
    let begins = tokio::task::spawn_blocking(move || begins.recv());
    within(begins).await.unwrap().unwrap();
    let crashed = within(system.to(&blocking).call(Crash)).await;
    assert!(crashed.is_err());
    let other = within(system.register(Leaver(Log::default())))
        .await
        .unwrap();
    within(other.stop()).await;
    assert_eq!((blocking.life(), system.restarts()), (1, 0));
    drop(released);
    let (answer, restarted) = oneshot::channel();
    tokio::spawn(async move {
        while blocking.life() == 1 {
            tokio::task::yield_now().await;
        }
        let _ = answer.send(());
    });
    within(restarted).await.unwrap();
}
