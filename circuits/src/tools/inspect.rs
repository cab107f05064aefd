//! What one component is, has and does at one moment.

use std::fmt;

use tokio::time::Instant;

use crate::AnyAddress;
use crate::component::{Child, HandlerInfo, Handlers};
use crate::event::End;
use crate::tap::Activity;
use crate::tools::graph::one_line;

/// What one component is, has and does at one moment.
///
/// Printed, it is a page of text, each fact on a line:
///
/// ```text
/// <Greeter/greeter greeter (queued=1) [R]>
///  Path: /greeter
///  State: Running, life 1
///  Mailbox: 1 of 1024
///  Handled: 7, 2 of them failed
///  Running: greet(hello) for 1.5s
///  Last error: greet: there is no such greeting, 3s ago
///  Components: 1
///   <Log/log log (queued=0) [R]>
///  Event Handlers: 1
///   hello; 1
///    <handler[greeter][hello] (Greeter.greet)>
/// ```
///
/// What is handled, runs and failed is known while a [tap](crate::tap) hangs on the
/// system, as that of a debugger or of a [`Recorder`](crate::tools::Recorder); the
/// lines are missing where there never was one. All this is read without waiting for
/// the component, so it works for one that hangs as well.
///
/// # Examples
///
/// ```
/// # use circuits::prelude::*;
/// use circuits::tools::Inspection;
///
/// # #[component]
/// # #[derive(Default)]
/// # struct Worker;
/// # #[component]
/// # impl Worker {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// # let system = System::new();
/// let worker = system.supervise(Worker::default).named("w1").await?;
/// let inspection = Inspection::of(&worker).await;
/// let text = "<Worker/* w1 (queued=0) [R]>
///  Path: /w1
///  State: Running, life 1
///  Mailbox: 0 of 1024
///  Components: 0
///  Event Handlers: 0
/// ";
/// assert_eq!(inspection.to_string(), text);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// The component.
    pub address: AnyAddress,
    /// The names on the way to it.
    pub path: String,
    /// What its supervisor says of it; `None` where it has left for good.
    pub listed: Option<Child>,
    /// How many events wait in its mailbox.
    pub waiting: usize,
    /// How many may wait before the overflow rule applies.
    pub capacity: usize,
    /// How a life of it failed last.
    pub last_failure: Option<End>,
    /// What it has done while somebody listened in, and does.
    pub activity: Activity,
    /// Its children, in the order of their start.
    pub children: Vec<Child>,
    /// Its handlers.
    pub handlers: Handlers,
    /// When all this was read, by the clock of tokio.
    pub at: Instant,
}

impl Inspection {
    /// Inspects a component.
    pub async fn of(component: impl Into<AnyAddress>) -> Self {
        let address = component.into();
        let listed = address.listed().await.ok();
        let children = match address.children() {
            // One that ends meanwhile has none any more.
            Some(children) => children.list().await.unwrap_or_default(),
            None => Vec::new(),
        };
        Self {
            path: address.path(),
            listed,
            waiting: address.waiting(),
            capacity: address.capacity(),
            last_failure: address.last_failure(),
            activity: address.activity(),
            children,
            handlers: address.handlers(),
            address,
            at: Instant::now(),
        }
    }

    fn write_activity(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let activity = &self.activity;
        let (handled, failed) = (activity.handled, activity.failed);
        if handled > 0 {
            writeln!(f, " Handled: {handled}, {failed} of them failed")?;
        }
        for running in &activity.running {
            let (handler, event) = (running.handler, one_line(&running.event));
            let since = self.at.saturating_duration_since(running.since);
            writeln!(f, " Running: {handler}({event}) for {since:?}")?;
        }
        if let Some(last) = &activity.last_error {
            let error = one_line(&last.error.to_string());
            let ago = self.at.saturating_duration_since(last.at);
            writeln!(f, " Last error: {}: {error}, {ago:?} ago", last.handler)?;
        }
        Ok(())
    }

    fn write_handlers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&str> = Vec::new();
        for name in self.handlers.iter().flat_map(HandlerInfo::names) {
            if !names.contains(name) {
                names.push(name);
            }
        }
        writeln!(f, " Event Handlers: {}", names.len())?;
        for name in names {
            let handlers = self.handlers.iter();
            let handlers: Vec<_> = handlers.filter(|it| it.names().contains(&name)).collect();
            writeln!(f, "  {name}; {}", handlers.len())?;
            for handler in handlers {
                writeln!(f, "   {handler}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.address)?;
        writeln!(f, " Path: {}", one_line(&self.path))?;
        match &self.listed {
            Some(child) => writeln!(f, " State: {:?}, life {}", child.state, child.life)?,
            None => writeln!(f, " State: gone, life {}", self.address.life())?,
        }
        writeln!(f, " Mailbox: {} of {}", self.waiting, self.capacity)?;
        if let Some(end) = &self.last_failure {
            writeln!(f, " Last failure: {}", one_line(&end.to_string()))?;
        }
        self.write_activity(f)?;
        writeln!(f, " Components: {}", self.children.len())?;
        for child in &self.children {
            writeln!(f, "  {}", child.address)?;
        }
        self.write_handlers(f)
    }
}
