//! What a loader can be asked, and what it tells.

use crate::loader::{Entry, Fault};
use crate::supervisor::ChildState;
use crate::{ComponentId, Event};

/// Loads a component; the reply comes when it has started.
///
/// Refused are a name that is taken, a type that is unknown, and a configuration that
/// does not fit: all of it is told, and nothing has changed.
#[derive(Event, Clone, Debug, PartialEq)]
#[event(crate = crate, reply = ComponentId, boxed)]
pub struct Load(
    /// What is loaded.
    pub Entry,
);

/// Ends a component that was loaded, in order, and forgets it.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
pub struct Unload(
    /// The name of the component.
    pub String,
);

/// Replaces a component by another of the same name, in the same place of the order.
///
/// The old one ends, then the new one starts; if it does not, the old one is started
/// again as it was. One of the same type on the same channel keeps its address.
#[derive(Event, Clone, Debug, PartialEq)]
#[event(crate = crate, reply = ComponentId, boxed)]
pub struct Replace(
    /// What comes in the place of the one with its name.
    pub Entry,
);

/// Reads the file again and does what has changed, as after a change of the file.
#[derive(Event, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[event(crate = crate, reply = Changes)]
pub struct Reload;

/// Lists what is loaded, in the order loaded.
#[derive(Event, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[event(crate = crate, name = "list_loaded", reply = Vec<Listed>)]
pub struct List;

/// A component has been loaded, or has replaced one of its name; fired by the loader.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Loaded {
    /// The name of the component.
    pub name: String,
    /// The name of its type.
    pub kind: String,
    /// The component.
    pub component: ComponentId,
}

/// A component has been unloaded; fired by the loader.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Unloaded {
    /// The name of the component.
    pub name: String,
}

/// Something was not loaded; fired by the loader. What ran goes on running.
#[derive(Event, Clone, Debug)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct LoadFailed {
    /// All that is wrong.
    pub errors: Vec<Fault>,
}

/// What a reload has done, by the names of the components.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// Those that are new, in the order of their start.
    pub added: Vec<String>,
    /// Those that were replaced, in the order of the file.
    pub replaced: Vec<String>,
    /// Those that are gone, in the order of their end.
    pub removed: Vec<String>,
    /// Those that were left alone.
    pub kept: Vec<String>,
}

/// One component that is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// The name of its type.
    pub kind: String,
    /// How far it is; none where it has ended and is forgotten, as a temporary one.
    pub state: Option<ChildState>,
    /// Which life it lives; 0 where it has no state.
    pub life: u64,
}

/// Something in the folder of the file has changed.
#[derive(Event, Debug)]
#[event(crate = crate)]
pub(crate) struct FileTouched;

/// Nothing has changed for a while.
#[derive(Event, Debug)]
#[event(crate = crate)]
pub(crate) struct FileSettled;
