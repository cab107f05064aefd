//! Why something was not loaded.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::sync::Arc;
use std::{fmt, io};

use crate::supervisor::ChildError;
use crate::{ChannelError, StartError};

/// Why something was not loaded: all that is wrong, in the order found.
#[derive(Clone, Debug)]
pub struct LoadError {
    faults: Vec<Fault>,
}

impl LoadError {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self { faults }
    }

    /// Returns all that is wrong; at least one.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl From<Mistake> for LoadError {
    fn from(mistake: Mistake) -> Self {
        Self::new(vec![mistake.into()])
    }
}

/// One fault after the other, each with its causes: it has no source of its own.
impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.faults.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{fault}")?;
            let mut cause = fault.source();
            while let Some(error) = cause {
                write!(f, ": {error}")?;
                cause = error.source();
            }
        }
        Ok(())
    }
}

impl StdError for LoadError {}

/// One thing that is wrong, and where.
#[derive(Clone, Debug)]
pub struct Fault {
    line: Option<usize>,
    mistake: Mistake,
}

impl Fault {
    /// Returns the line of the file, from 1; none where it is about no line.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// Returns what is wrong.
    pub fn mistake(&self) -> &Mistake {
        &self.mistake
    }

    pub(crate) fn at(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }
}

impl From<Mistake> for Fault {
    fn from(mistake: Mistake) -> Self {
        Self {
            line: None,
            mistake,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        self.mistake.fmt(f)
    }
}

impl StdError for Fault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.mistake.source()
    }
}

/// What is wrong.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Mistake {
    /// The file is no TOML.
    #[error("{}", .0.message())]
    Syntax(toml::de::Error),
    /// A key that is not known there.
    #[error("`{key}` is no key here: write one of {}", list(.known.iter()))]
    UnknownKey {
        /// The key as written.
        key: String,
        /// What could stand there.
        known: &'static [&'static str],
    },
    /// A key that must be there.
    #[error("`{0}` is missing")]
    MissingKey(&'static str),
    /// A value that does not fit its key.
    #[error("`{key}` takes {expected}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// A component type that the catalog does not have.
    #[error("no component type is named `{kind}`: the catalog has {}", list(.known.iter()))]
    UnknownType {
        /// The name as written.
        kind: String,
        /// The names that the catalog has.
        known: Vec<String>,
    },
    /// Two components have the same name.
    #[error("two components are named `{0}`: give one another name")]
    DuplicateName(String),
    /// The channel's name is empty or too long.
    #[error("the component cannot listen on this channel")]
    BadChannel(#[source] ChannelError),
    /// The configuration does not fit its type.
    #[error("the configuration of `{name}` does not fit: {}", .error.message())]
    BadConfig {
        /// The name of the component.
        name: String,
        /// Why.
        error: toml::de::Error,
    },
    /// A setting that the type of the component does not know.
    #[error("components of type `{kind}` have no setting `{key}`")]
    UnknownSetting {
        /// The name of the type.
        kind: String,
        /// The path of the setting.
        key: String,
    },
    /// A component of this name is loaded already.
    #[error("`{0}` is loaded already: unload or replace it")]
    AlreadyLoaded(String),
    /// No component of this name is loaded.
    #[error("no component named `{0}` is loaded")]
    NotLoaded(String),
    /// The component did not start.
    #[error("`{name}` did not start")]
    Start {
        /// The name of the component.
        name: String,
        /// Why.
        #[source]
        error: StartError,
    },
    /// The component could not be ended or exchanged.
    #[error("`{name}` could not be exchanged")]
    Child {
        /// The name of the component.
        name: String,
        /// Why.
        #[source]
        error: ChildError,
    },
    /// The loader was given no file to read again.
    #[error("there is no file to load: make the loader with `.file(..)`")]
    NoFile,
    /// The file cannot be read.
    #[error("the file {} cannot be read", .file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        error: Arc<io::Error>,
    },
    /// The file is larger than the limit.
    #[error("the file {} has more than {limit} bytes", .file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// The folder of the file cannot be watched.
    #[error("changes of the file {} cannot be watched", .file.display())]
    Watch {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        error: Arc<io::Error>,
    },
}

fn list(names: impl Iterator<Item = impl fmt::Display>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}
