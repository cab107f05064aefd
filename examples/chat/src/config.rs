//! The configuration: a TOML file, each setting of which has a default.

use std::io;
use std::path::Path;

use serde::Deserialize;

/// What can be set. A setting that is not known is an error, so that no typing mistake
/// goes unnoticed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Where the service listens.
    pub(crate) listen: String,
    /// What a new member reads first.
    pub(crate) greeting: String,
    /// So many members may be here at a time.
    pub(crate) max_members: usize,
    /// The longest line, in bytes.
    pub(crate) max_line: usize,
    /// Who says nothing for so many seconds has to leave.
    pub(crate) idle_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7777".to_owned(),
            greeting: "Welcome! /nick NAME, /join ROOM, /who, /quit. All else is said.".to_owned(),
            max_members: 256,
            max_line: 1024,
            idle_seconds: 3600,
        }
    }
}

/// Why there is no configuration. Each tells the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {0}: {1}")]
    Unreadable(String, io::Error),
    /// It is not TOML, or has what is no setting. The cause shows the place.
    #[error("{0}: {1}")]
    Malformed(String, toml::de::Error),
    /// A setting has a value that makes no sense.
    #[error("{0}: {1} must be at least {2}")]
    TooSmall(String, &'static str, u64),
}

impl Config {
    /// Reads a file; one that is not there is an error.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => return Err(ConfigError::Unreadable(name, error)),
        };
        let config: Self = match toml::from_str(&text) {
            Ok(config) => config,
            Err(error) => return Err(ConfigError::Malformed(name, error)),
        };
        let (setting, least) = match config {
            Self { max_members: 0, .. } => ("max_members", 1),
            Self { max_line: ..16, .. } => ("max_line", 16),
            Self {
                idle_seconds: 0, ..
            } => ("idle_seconds", 1),
            _ => return Ok(config),
        };
        Err(ConfigError::TooSmall(name, setting, least))
    }
}
