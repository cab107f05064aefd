//! The types of jobs that a worker does, and who hears them.

use std::sync::Arc;

use crate::component::Component;
use crate::event::Event;
use crate::supervisor::ChildSpec;
use crate::worker::crew::Crew;
use crate::worker::gate::Gate;
use crate::worker::hearer::{Executor, Hearer};
use crate::worker::rivals::{Kind, claim};
use crate::{Context, Error, Shutdown};

/// Describes who hears the jobs of one type.
type Hire<X> = Arc<dyn Fn(&X) -> ChildSpec + Send + Sync>;

/// The types of jobs that a worker does by an executor of type `X`.
pub(crate) struct Jobs<X> {
    list: Vec<(Kind, Hire<X>)>,
}

impl<X: Send + Sync + 'static> Jobs<X> {
    pub(crate) fn new() -> Self {
        Self { list: Vec::new() }
    }

    /// Adds a type; `false` if it is there already.
    pub(crate) fn add<J: Event>(&mut self) -> bool
    where
        X: Executor<J>,
    {
        let kind = Kind::of::<J>();
        if self.list.iter().any(|(other, _)| *other == kind) {
            return false;
        }
        let hire = |executor: &X| {
            let executor = executor.clone();
            ChildSpec::new(J::NAME, move || Hearer::<J, X>::new(executor.clone()))
        };
        self.list.push((kind, Arc::new(hire)));
        true
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.list.iter().map(|(kind, _)| kind.name)
    }

    /// Begins to hear jobs; each child of the worker has so long to end.
    pub(crate) async fn start<C: Component, T: Send + 'static>(
        &self,
        cx: &Context<C>,
        executor: &X,
        crew: &Arc<Crew<T>>,
        shutdown: Shutdown,
    ) -> Result<(), Error> {
        let kinds = self.list.iter().map(|(kind, _)| *kind);
        claim(cx, kinds.collect()).await?;
        for (_, hire) in &self.list {
            let hearer = hire(executor).channel(cx.channel()).shutdown(shutdown);
            cx.children().start(hearer).await?;
        }
        let gate = cx.register(Gate::new(crew.clone())).named("gate");
        gate.channel(cx.channel()).shutdown(shutdown).await?;
        Ok(())
    }
}

impl<X> Clone for Jobs<X> {
    fn clone(&self) -> Self {
        let list = self.list.clone();
        Self { list }
    }
}
