//! Sources of events that are attached to a life of a component.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use crate::core::component::life::TURN;
use crate::core::component::{
    Body, Cell, Component, Context, Errand, Sender, Target, TimerHandle, timer,
};
use crate::core::event::Event;
use crate::core::runtime;

impl<C: Component> Context<C> {
    /// Fires what a source yields, on the event's own channel or the component's,
    /// until it yields `None`.
    ///
    /// A source is a function that polls: what a stream, a channel or a socket has
    /// as `poll_next`, `poll_recv` or `poll_accept`. An event is taken from it when
    /// the receivers of the one before have room, so a source that can wait is held
    /// back, and nothing piles up. It ends with this life of the component, or by
    /// the handle; a panic in it ends this life. What it has fired is ordinary: it
    /// stays in the mailboxes, also over a restart, and is a cause of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use circuits::prelude::*;
    /// use tokio::sync::mpsc;
    ///
    /// #[derive(Event)]
    /// struct Line(String);
    ///
    /// #[component(channel = "log")]
    /// struct Reader {
    ///     lines: Option<mpsc::Receiver<String>>,
    /// }
    ///
    /// #[component]
    /// impl Reader {
    ///     #[handler("started")]
    ///     fn started(&mut self, cx: &Context<Self>) {
    ///         if let Some(mut lines) = self.lines.take() {
    ///             cx.attach(move |task| lines.poll_recv(task).map(|line| Some(Line(line?))));
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// A stream is attached as `cx.attach(move |task| stream.poll_next_unpin(task))`,
    /// with `StreamExt` of `futures`; a stream that is not `Unpin` is pinned by
    /// `Box::pin` first.
    pub fn attach<E, F>(&self, source: F) -> TimerHandle
    where
        E: Event,
        F: FnMut(&mut Task<'_>) -> Poll<Option<E>> + Send + 'static,
    {
        let fed = self.cell().clone();
        timer::spawn(
            self.cell(),
            "attach",
            async move { drain(&fed, source).await },
        )
    }

    /// Fires what a source yields, as [`Context::attach`] does, and one last event
    /// when it has ended by itself.
    pub fn attach_then<E, D, F>(&self, source: F, last: D) -> TimerHandle
    where
        E: Event,
        D: Event,
        F: FnMut(&mut Task<'_>) -> Poll<Option<E>> + Send + 'static,
    {
        let fed = self.cell().clone();
        timer::spawn(self.cell(), "attach", async move {
            drain(&fed, source).await;
            fire(&fed, last).await;
        })
    }
}

async fn drain<C, E, F>(cell: &Arc<Cell<C>>, mut source: F)
where
    C: Component,
    E: Event,
    F: FnMut(&mut Task<'_>) -> Poll<Option<E>> + Send + 'static,
{
    let mut turn = 0;
    while let Some(event) = poll_fn(&mut source).await {
        fire(cell, event).await;
        turn += 1;
        if turn >= TURN {
            // A source that is always ready leaves the thread to others as well.
            turn = 0;
            runtime::yield_now().await;
        }
    }
}

async fn fire<C: Component, E: Event>(cell: &Arc<Cell<C>>, event: E) {
    let errand = Errand {
        owner: &**cell,
        stamp: None,
    };
    let sender = Sender {
        hub: cell.hub(),
        scope: None,
        channel: cell.channel().as_str(),
        errand: Some(&errand),
    };
    Target::new(sender, None).fire(event).await;
}
