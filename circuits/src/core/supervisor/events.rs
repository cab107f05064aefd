//! What a supervisor is asked by event, where code that asks has no handle.

use std::fmt;

use parking_lot::Mutex;

use crate::core::component::{Child, ChildCount, ChildSpec};
use crate::core::event::{Boxed, Event, Inline};
use crate::core::id::ComponentId;

/// Asks for the list of children; what `Children::list` does.
///
/// Like all of these, it is heard by [`Supervisor`](super::Supervisor) and
/// [`Dynamic`](super::Dynamic): send it to their address, or on their channel,
/// which is `supervisor` unless they are put on another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WhichChildren;

/// Asks how many children there are; what `Children::count` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountChildren;

/// Ends the child of this name; what `Children::terminate` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminateChild(pub String);

/// Starts the child of this name again, which stands stopped; what
/// `Children::restart` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartChild(pub String);

/// Forgets the child of this name, which stands stopped; what
/// `Children::delete` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteChild(pub String);

macro_rules! question {
    ($type:ident, $name:literal -> $reply:ty) => {
        #[diagnostic::do_not_recommend]
        impl Event for $type {
            type Reply = $reply;
            type Slot = Inline<Self>;
            const NAME: &'static str = $name;

            fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
    };
}

question!(WhichChildren, "which_children" -> Vec<Child>);
question!(CountChildren, "count_children" -> ChildCount);
question!(TerminateChild, "terminate_child" -> ());
question!(RestartChild, "restart_child" -> ());
question!(DeleteChild, "delete_child" -> ());

/// Adds a child to a [`Supervisor`](super::Supervisor); what `Children::start`
/// does. The first to hear it takes the specification.
///
/// Heard on the channel `supervisor`, unless it is put on another.
pub struct StartChild {
    name: String,
    spec: Mutex<Option<ChildSpec>>,
}

impl StartChild {
    /// Asks for this child.
    pub fn new(spec: ChildSpec) -> Self {
        Self {
            name: spec.name().to_owned(),
            spec: Mutex::new(Some(spec)),
        }
    }

    pub(crate) fn take(&self) -> Option<ChildSpec> {
        let mut spec = self.spec.lock();
        spec.take()
    }
}

#[diagnostic::do_not_recommend]
impl Event for StartChild {
    type Reply = ComponentId;
    type Slot = Boxed<Self>;
    const NAME: &'static str = "start_child";

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl fmt::Debug for StartChild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StartChild({})", self.name)
    }
}
