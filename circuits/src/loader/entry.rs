//! One component that is, or shall be, loaded.

use serde::Serialize;
use toml::Table;

use crate::loader::catalog::{Config, Unfit};
use crate::loader::{Catalog, Fault, Mistake};
use crate::supervisor::ChildSpec;
use crate::{Channel, Restart, Shutdown};

/// What is loaded under a name: a type from the [`Catalog`], its configuration, and
/// how it is supervised.
///
/// # Examples
///
/// ```
/// use circuits::Restart;
/// use circuits::loader::Entry;
///
/// # fn main() -> circuits::Result<()> {
/// let config = toml::toml! { prefix = ">" };
/// let entry = Entry::new("front", "echo")
///     .channel("front")
///     .restart(Restart::Transient)
///     .config(config);
/// assert_eq!((entry.name(), entry.kind()), ("front", "echo"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an entry loads nothing by itself"]
pub struct Entry {
    name: String,
    kind: String,
    channel: Option<String>,
    restart: Restart,
    shutdown: Option<Shutdown>,
    config: Option<Table>,
}

impl Entry {
    /// Describes a component: its name among those loaded, and its type.
    pub fn new(name: impl Into<String>, kind: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: kind.into(),
            channel: None,
            restart: Restart::Permanent,
            shutdown: None,
            config: None,
        }
    }

    /// Puts it on another channel than its type says.
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// Sets when it is started again; always, unless said.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Sets how long it may take to end; what its type says, unless said.
    pub fn shutdown(mut self, limit: impl Into<Shutdown>) -> Self {
        self.shutdown = Some(limit.into());
        self
    }

    /// Sets its configuration.
    pub fn config(mut self, config: Table) -> Self {
        self.config = Some(config);
        self
    }

    /// Sets its configuration to what a value is as TOML.
    ///
    /// # Errors
    /// The value is no table, or has what TOML cannot say.
    pub fn config_from(self, config: &impl Serialize) -> Result<Self, toml::ser::Error> {
        Ok(self.config(Table::try_from(config)?))
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name of its type.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Describes the component to its supervisor; from a file, `written` is its
    /// configuration with its places.
    pub(crate) fn describe(
        &self,
        catalog: &Catalog,
        written: Option<Config<'_>>,
    ) -> Result<ChildSpec, Vec<Fault>> {
        let mut faults = Vec::new();
        if self.name.is_empty() {
            faults.push(Mistake::BadValue {
                key: "name",
                expected: "at least one character",
            });
        }
        if let Some(Err(error)) = self.channel.as_deref().map(Channel::new) {
            faults.push(Mistake::BadChannel(error));
        }
        let config = written.unwrap_or_else(|| {
            let given = self.config.as_ref();
            given.map_or(Config::Missing, Config::Given)
        });
        let described = match catalog.kind(&self.kind) {
            Some(kind) => kind.describe(&self.name, config),
            None => Err(Unfit::Unlisted),
        };
        let spec = described.map_err(|unfit| faults.extend(self.mistakes(unfit, catalog)));
        match spec {
            Ok(spec) if faults.is_empty() => Ok(self.supervised(spec)),
            _ => Err(faults.into_iter().map(Fault::from).collect()),
        }
    }

    fn mistakes(&self, unfit: Unfit, catalog: &Catalog) -> Vec<Mistake> {
        let kind = || self.kind.clone();
        match unfit {
            Unfit::Unlisted => vec![Mistake::UnknownType {
                kind: kind(),
                known: catalog.names().map(str::to_owned).collect(),
            }],
            Unfit::Wrong(error) => vec![Mistake::BadConfig {
                name: self.name.clone(),
                error,
            }],
            Unfit::Unknown(keys) => {
                let unknown = keys.into_iter();
                unknown
                    .map(|key| Mistake::UnknownSetting { kind: kind(), key })
                    .collect()
            }
        }
    }

    fn supervised(&self, spec: ChildSpec) -> ChildSpec {
        let mut spec = spec.restart(self.restart);
        if let Some(channel) = &self.channel {
            spec = spec.channel(channel);
        }
        if let Some(shutdown) = self.shutdown {
            spec = spec.shutdown(shutdown);
        }
        spec
    }
}
