//! The types of components that can be loaded, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::value::UnitDeserializer;
use serde::de::{DeserializeOwned, Deserializer};
use toml::de::{DeValue, Error, ValueDeserializer};
use toml::{Spanned, Table};

use crate::component::Component;
use crate::supervisor::ChildSpec;

/// The component types that a [`Loader`](super::Loader) can build, each under a name.
///
/// A name stands for a function from a configuration to a component. The
/// configuration is any type with serde's `Deserialize`, or `()` where there is none.
/// The function is the factory of the component: it is called again for each of its
/// lives, and a panic in it is a life that did not start.
///
/// # Examples
///
/// ```
/// use circuits::loader::Catalog;
/// # use circuits::prelude::*;
/// # #[derive(Clone, serde::Deserialize)]
/// # struct EchoConfig { prefix: String }
/// # #[component]
/// # struct Echo { config: EchoConfig }
/// # #[component]
/// # impl Echo {}
/// # #[component]
/// # #[derive(Default)]
/// # struct Clock;
/// # #[component]
/// # impl Clock {}
///
/// let catalog = Catalog::new()
///     .component("echo", |config: EchoConfig| Echo { config })
///     .component("clock", |(): ()| Clock::default());
/// assert_eq!(catalog.names().collect::<Vec<_>>(), ["clock", "echo"]);
/// ```
#[derive(Clone, Default)]
#[must_use = "a catalog builds nothing by itself"]
pub struct Catalog {
    kinds: BTreeMap<String, Arc<dyn Kind>>,
}

impl Catalog {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a type of component; one that has the name already is replaced.
    pub fn component<T, C, F>(mut self, name: impl Into<String>, make: F) -> Self
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
        C: Component,
        F: Fn(T) -> C + Send + Sync + 'static,
    {
        let made = Made {
            make: Arc::new(make),
            kind: PhantomData::<fn(T) -> C>,
        };
        self.kinds.insert(name.into(), Arc::new(made));
        self
    }

    /// Returns the names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.kinds.keys().map(String::as_str)
    }

    pub(crate) fn kind(&self, name: &str) -> Option<&dyn Kind> {
        self.kinds.get(name).map(|kind| &**kind)
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.kinds.keys()).finish()
    }
}

/// A configuration that is still to be read.
pub(crate) enum Config<'a> {
    Missing,
    /// From a file, with its places.
    Written(Spanned<DeValue<'a>>),
    /// From code.
    Given(&'a Table),
}

/// Why a component cannot be described.
pub(crate) enum Unfit {
    /// The catalog does not have its type.
    Unlisted,
    /// Its configuration cannot be read.
    Wrong(Error),
    /// The configuration has settings that its type does not know, by their paths.
    Unknown(Vec<String>),
}

/// One type of component.
pub(crate) trait Kind: Send + Sync {
    /// Describes a component of this type.
    fn describe(&self, name: &str, config: Config<'_>) -> Result<ChildSpec, Unfit>;
}

struct Made<T, C, F> {
    make: Arc<F>,
    kind: PhantomData<fn(T) -> C>,
}

impl<T, C, F> Kind for Made<T, C, F>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
    C: Component,
    F: Fn(T) -> C + Send + Sync + 'static,
{
    fn describe(&self, name: &str, config: Config<'_>) -> Result<ChildSpec, Unfit> {
        let config: T = match config {
            // Nothing fits a type without settings, and one whose settings have defaults.
            Config::Missing => match T::deserialize(UnitDeserializer::<Error>::new()) {
                Ok(config) => config,
                Err(_) => read(Table::new())?,
            },
            Config::Written(value) => read(ValueDeserializer::from(value))?,
            Config::Given(table) => read(table.clone())?,
        };
        let make = self.make.clone();
        Ok(ChildSpec::new(name, move || make(config.clone())))
    }
}

/// Reads a configuration, all of it.
fn read<'de, T, D>(from: D) -> Result<T, Unfit>
where
    T: DeserializeOwned,
    D: Deserializer<'de, Error = Error>,
{
    let mut unknown = Vec::new();
    let config = serde_ignored::deserialize(from, |path| unknown.push(path.to_string()));
    match config {
        Ok(config) if unknown.is_empty() => Ok(config),
        Ok(_) => Err(Unfit::Unknown(unknown)),
        Err(error) => Err(Unfit::Wrong(error)),
    }
}
