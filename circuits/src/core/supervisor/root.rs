//! The root of a tree, which opens the supervisors below it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::core::component::{Body, Inbox, Nursery, Options, Phases};
use crate::core::route::Hub;
use crate::core::supervisor::serve::Overseer;

/// Opens the supervisors of one system, that of the root among them.
pub(crate) struct Root {
    inbox: Weak<Inbox>,
    options: Options,
    phases: Arc<dyn Phases>,
    served: AtomicBool,
}

impl Root {
    /// Makes the inbox at the root of a tree.
    pub(crate) fn open(options: Options, phases: Arc<dyn Phases>) -> Arc<Inbox> {
        Arc::new_cyclic(|inbox| {
            let root = Self {
                inbox: inbox.clone(),
                options,
                phases,
                served: AtomicBool::new(false),
            };
            Inbox::new(Arc::new(root), None)
        })
    }
}

impl Nursery for Root {
    fn open(&self, hub: &Arc<Hub>, owner: Arc<dyn Body>, options: Options) -> Arc<Inbox> {
        let nursery = self.root().nursery().clone();
        let inbox = Arc::new(Inbox::new(nursery, Some(owner.clone())));
        let supervisor = Overseer::new(hub.clone(), inbox.clone(), options, Some(owner));
        supervisor.open();
        inbox
    }

    fn serve(&self, hub: &Arc<Hub>, root: &Arc<Inbox>) {
        // Without a runtime the supervisor would be dropped, which ends the system.
        if hub.runtime().is_there() && !self.served.swap(true, Ordering::SeqCst) {
            let supervisor = Overseer::new(hub.clone(), root.clone(), self.options, None);
            self.served.store(supervisor.open(), Ordering::SeqCst);
        }
    }

    fn root(&self) -> Arc<Inbox> {
        // Whoever asks holds a component, whose parents hold the root.
        self.inbox
            .upgrade()
            .unwrap_or_else(|| Self::open(self.options, self.phases.clone()))
    }

    fn phases(&self) -> Arc<dyn Phases> {
        self.phases.clone()
    }
}
