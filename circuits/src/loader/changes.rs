//! Does what is asked, and what has changed in the file: one component at a time.

use std::collections::HashSet;

use crate::loader::document::{self, Described};
use crate::loader::{
    Changes, Entry, Fault, Held, LoadError, Loaded, Loader, Mistake, Unloaded, file,
};
use crate::supervisor::{ChildError, ChildSpec};
use crate::{ComponentId, Context, StartError};

impl Loader {
    pub(crate) async fn load_entry(
        &mut self,
        entry: Entry,
        cx: &Context<Self>,
    ) -> Result<ComponentId, LoadError> {
        if self.position(entry.name()).is_some() {
            return Err(Mistake::AlreadyLoaded(entry.name().to_owned()).into());
        }
        let spec = entry
            .describe(&self.catalog, None)
            .map_err(LoadError::new)?;
        let held = Held {
            entry,
            by_file: false,
        };
        Ok(self.start(held, spec, cx).await?)
    }

    pub(crate) async fn unload_named(
        &mut self,
        name: &str,
        cx: &Context<Self>,
    ) -> Result<(), LoadError> {
        let Some(at) = self.position(name) else {
            return Err(Mistake::NotLoaded(name.to_owned()).into());
        };
        Ok(self.remove(at, cx).await?)
    }

    pub(crate) async fn replace_entry(
        &mut self,
        entry: Entry,
        cx: &Context<Self>,
    ) -> Result<ComponentId, LoadError> {
        let Some(at) = self.position(entry.name()) else {
            return Err(Mistake::NotLoaded(entry.name().to_owned()).into());
        };
        let spec = entry
            .describe(&self.catalog, None)
            .map_err(LoadError::new)?;
        let described = Described { entry, spec };
        self.exchange(at, described, cx)
            .await
            .map_err(LoadError::new)
    }

    /// Reads the file, whatever it was before, and does what has changed.
    pub(crate) async fn reload_file(&mut self, cx: &Context<Self>) -> Result<Changes, LoadError> {
        let Some(file) = &self.file else {
            return Err(Mistake::NoFile.into());
        };
        let (seen, text) = file::look(file, self.limit).await;
        self.seen = Some(seen);
        self.reload_text(&text?, cx).await
    }

    pub(crate) async fn reload_text(
        &mut self,
        text: &str,
        cx: &Context<Self>,
    ) -> Result<Changes, LoadError> {
        let described = document::read(text, &self.catalog).map_err(LoadError::new)?;
        let taken = described.iter().filter(|described| {
            let at = self.position(described.entry.name());
            at.is_some_and(|at| !self.held[at].by_file)
        });
        let taken: Vec<Fault> = taken
            .map(|described| Mistake::AlreadyLoaded(described.entry.name().to_owned()).into())
            .collect();
        if !taken.is_empty() {
            return Err(LoadError::new(taken));
        }
        self.apply(described, cx).await
    }

    async fn apply(
        &mut self,
        described: Vec<Described>,
        cx: &Context<Self>,
    ) -> Result<Changes, LoadError> {
        let (mut changes, mut faults) = (Changes::default(), Vec::new());
        let wanted: HashSet<String> = described
            .iter()
            .map(|described| described.entry.name().to_owned())
            .collect();
        for at in (0..self.held.len()).rev() {
            let Held { entry, by_file } = &self.held[at];
            let name = entry.name().to_owned();
            if *by_file && !wanted.contains(&name) {
                match self.remove(at, cx).await {
                    Ok(()) => changes.removed.push(name),
                    Err(mistake) => faults.push(mistake.into()),
                }
            }
        }
        for described in described {
            let name = described.entry.name().to_owned();
            match self.position(&name) {
                Some(at) if self.held[at].entry == described.entry => changes.kept.push(name),
                Some(at) => match self.exchange(at, described, cx).await {
                    Ok(_) => changes.replaced.push(name),
                    Err(mistakes) => faults.extend(mistakes),
                },
                None => {
                    let held = Held {
                        entry: described.entry,
                        by_file: true,
                    };
                    match self.start(held, described.spec, cx).await {
                        Ok(_) => changes.added.push(name),
                        Err(mistake) => faults.push(mistake.into()),
                    }
                }
            }
        }
        if faults.is_empty() {
            Ok(changes)
        } else {
            Err(LoadError::new(faults))
        }
    }

    /// Starts a child, and keeps what it was started from.
    async fn start(
        &mut self,
        held: Held,
        spec: ChildSpec,
        cx: &Context<Self>,
    ) -> Result<ComponentId, Mistake> {
        let started = cx.children().start(spec).await;
        let component = started.map_err(|error| not_started(&held.entry, error))?;
        tell_loaded(&held.entry, component, cx);
        self.held.push(held);
        Ok(component)
    }

    /// Ends a child and forgets it.
    async fn remove(&mut self, at: usize, cx: &Context<Self>) -> Result<(), Mistake> {
        let name = self.held[at].entry.name().to_owned();
        let children = cx.children();
        let ended = match children.terminate(&*name).await {
            Ok(()) => children.delete(&*name).await,
            Err(error) => Err(error),
        };
        match ended {
            // One that is temporary, or was taken away by others, is forgotten already.
            Ok(()) | Err(ChildError::NotFound(_)) => {}
            Err(error) => return Err(Mistake::Child { name, error }),
        }
        self.held.remove(at);
        cx.fire(Unloaded { name });
        Ok(())
    }

    /// Ends a child and starts another in its place, or the old one again.
    async fn exchange(
        &mut self,
        at: usize,
        described: Described,
        cx: &Context<Self>,
    ) -> Result<ComponentId, Vec<Fault>> {
        let Described { entry, spec } = described;
        let component = match self.restart_as(&entry, spec, cx).await {
            Ok(component) => component,
            Err(mistake) => {
                let mut faults = vec![mistake.into()];
                faults.extend(self.restore(at, cx).await);
                return Err(faults);
            }
        };
        tell_loaded(&entry, component, cx);
        self.held[at].entry = entry;
        Ok(component)
    }

    /// Starts a child again as it was; what does not start is unloaded.
    async fn restore(&mut self, at: usize, cx: &Context<Self>) -> Vec<Fault> {
        let old = self.held[at].entry.clone();
        let mut faults = match old.describe(&self.catalog, None) {
            Ok(spec) => match self.restart_as(&old, spec, cx).await {
                Ok(_) => return Vec::new(),
                Err(mistake) => vec![mistake.into()],
            },
            Err(faults) => faults,
        };
        let removed = self.remove(at, cx).await;
        faults.extend(removed.err().map(Fault::from));
        faults
    }

    /// Ends the child of a name, and starts it by another specification. It keeps its
    /// place in the order, and its address where type and channel are the same.
    async fn restart_as(
        &self,
        entry: &Entry,
        spec: ChildSpec,
        cx: &Context<Self>,
    ) -> Result<ComponentId, Mistake> {
        let name = entry.name();
        let children = cx.children();
        let exchanged = async {
            match children.terminate(name).await {
                Ok(()) | Err(ChildError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
            children.update([spec]).await?;
            children.restart(name).await?;
            children.list().await
        };
        let list = exchanged.await.map_err(|error| match error {
            ChildError::Start(error) => not_started(entry, error),
            error => Mistake::Child {
                name: name.to_owned(),
                error,
            },
        })?;
        let child = list.iter().find(|child| &*child.name == name);
        child
            .map(|child| child.component)
            .ok_or_else(|| Mistake::Child {
                name: name.to_owned(),
                error: ChildError::NotFound(name.to_owned()),
            })
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.held.iter().position(|held| held.entry.name() == name)
    }
}

fn not_started(entry: &Entry, error: StartError) -> Mistake {
    Mistake::Start {
        name: entry.name().to_owned(),
        error,
    }
}

fn tell_loaded(entry: &Entry, component: ComponentId, cx: &Context<Loader>) {
    cx.fire(Loaded {
        name: entry.name().to_owned(),
        kind: entry.kind().to_owned(),
        component,
    });
}
