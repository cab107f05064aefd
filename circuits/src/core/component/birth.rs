//! Who makes the lives of a component: a factory, again and again, or once.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::core::component::life::live;
use crate::core::component::{Birth, Body, Cell, Component};

/// Makes lives with a factory.
pub(crate) struct Factory<C: Component, F> {
    cell: Arc<Cell<C>>,
    make: F,
}

impl<C: Component, F> Factory<C, F> {
    pub(crate) fn new(cell: Arc<Cell<C>>, make: F) -> Self {
        Self { cell, make }
    }
}

impl<C, F> Birth for Factory<C, F>
where
    C: Component,
    F: Fn() -> C + Send + Sync + 'static,
{
    fn body(&self) -> Arc<dyn Body> {
        self.cell.clone()
    }

    fn begin(self: Arc<Self>, life: u64) -> bool {
        let cell = self.cell.clone();
        begin(&cell, life, move || (self.make)())
    }

    fn is_repeatable(&self) -> bool {
        true
    }
}

/// Makes one life, and keeps nothing for another.
pub(crate) struct Once<C: Component, F> {
    cell: Arc<Cell<C>>,
    make: Mutex<Option<F>>,
}

impl<C: Component, F> Once<C, F> {
    pub(crate) fn new(cell: Arc<Cell<C>>, make: F) -> Self {
        Self {
            cell,
            make: Mutex::new(Some(make)),
        }
    }
}

impl<C, F> Birth for Once<C, F>
where
    C: Component,
    F: FnOnce() -> C + Send + 'static,
{
    fn body(&self) -> Arc<dyn Body> {
        self.cell.clone()
    }

    fn begin(self: Arc<Self>, life: u64) -> bool {
        let make = self.make.lock().take();
        match make {
            Some(make) => begin(&self.cell, life, make),
            None => false,
        }
    }

    fn is_repeatable(&self) -> bool {
        false
    }
}

fn begin<C: Component>(
    cell: &Arc<Cell<C>>,
    life: u64,
    make: impl FnOnce() -> C + Send + 'static,
) -> bool {
    cell.begin_life(life);
    cell.enlist();
    let life = Box::pin(live(cell.clone(), life, make));
    cell.hub().runtime().spawn(life).is_some()
}
