//! Reads a file of components: all of it is judged before any of it counts.

use std::collections::HashSet;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Table};

use crate::loader::catalog::Config;
use crate::loader::{Catalog, Entry, Fault, Mistake};
use crate::supervisor::ChildSpec;
use crate::{Restart, Shutdown};

const KEYS: &[&str] = &["name", "type", "channel", "restart", "shutdown", "config"];

/// A component that can be started.
pub(crate) struct Described {
    pub(crate) entry: Entry,
    pub(crate) spec: ChildSpec,
}

/// Reads the components of a file, or all that is wrong with it.
pub(crate) fn read(text: &str, catalog: &Catalog) -> Result<Vec<Described>, Vec<Fault>> {
    let mut reader = Reader {
        catalog,
        lines: text.match_indices('\n').map(|(at, _)| at).collect(),
        faults: Vec::new(),
    };
    let described = reader.read(text);
    if reader.faults.is_empty() {
        Ok(described)
    } else {
        Err(reader.faults)
    }
}

struct Reader<'a> {
    catalog: &'a Catalog,
    /// Where each line ends.
    lines: Vec<usize>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn read(&mut self, text: &str) -> Vec<Described> {
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().unwrap_or_default();
            self.fault(&at, Mistake::Syntax(error));
        }
        if !self.faults.is_empty() {
            // What could be read of a broken file may not be what is meant.
            return Vec::new();
        }
        let mut described = Vec::new();
        for (key, value) in document.into_inner() {
            match (key.get_ref().as_ref(), value.into_inner()) {
                ("component", DeValue::Array(list)) => {
                    let components = list.into_iter().filter_map(|table| self.component(table));
                    described.extend(components);
                }
                ("component", _) => self.fault(
                    &key.span(),
                    Mistake::BadValue {
                        key: "component",
                        expected: "tables: write `[[component]]`",
                    },
                ),
                (unknown, _) => {
                    let key_text = unknown.to_owned();
                    self.unknown_key(&key.span(), key_text, &["component"]);
                }
            }
        }
        self.check_names(&described);
        described
            .into_iter()
            .map(|(_, described)| described)
            .collect()
    }

    /// Reads one component; `None` where it could not be described.
    fn component(&mut self, table: Spanned<DeValue<'_>>) -> Option<(Range<usize>, Described)> {
        let place = table.span();
        let DeValue::Table(table) = table.into_inner() else {
            let key = "component";
            let expected = "tables: write `[[component]]`";
            self.fault(&place, Mistake::BadValue { key, expected });
            return None;
        };
        let before = self.faults.len();
        let mut fields = Fields::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => fields.name = self.text("name", value),
                "type" => fields.kind = self.text("type", value),
                "channel" => fields.channel = self.text("channel", value),
                "restart" => fields.restart = self.value("restart", &value, restart),
                "shutdown" => fields.shutdown = self.value("shutdown", &value, shutdown),
                "config" => fields.config = self.config(value),
                unknown => {
                    let unknown = unknown.to_owned();
                    self.unknown_key(&key.span(), unknown, KEYS);
                }
            }
        }
        if self.faults.len() > before {
            return None;
        }
        let [Some(name), Some(kind)] = [("name", fields.name), ("type", fields.kind)]
            .map(|(key, value)| self.required(&place, key, value))
        else {
            return None;
        };
        let mut entry = Entry::new(name.get_ref(), kind.get_ref());
        entry = entry.restart(fields.restart.unwrap_or_default());
        if let Some(channel) = &fields.channel {
            entry = entry.channel(channel.get_ref());
        }
        if let Some(shutdown) = fields.shutdown {
            entry = entry.shutdown(shutdown);
        }
        let (config, table) = fields.config.unzip();
        if let Some(table) = table {
            entry = entry.config(table);
        }
        let config_place = config.as_ref().map_or(place.clone(), Spanned::span);
        let keys = config.as_ref().map(|config| places(config.get_ref()));
        match entry.describe(
            self.catalog,
            Some(config.map_or(Config::Missing, Config::Written)),
        ) {
            Ok(spec) => Some((name.span(), Described { entry, spec })),
            Err(faults) => {
                for fault in faults {
                    let at = match fault.mistake() {
                        Mistake::BadConfig { error, .. } => {
                            error.span().unwrap_or(config_place.clone())
                        }
                        Mistake::UnknownSetting { key, .. } => keys
                            .iter()
                            .flatten()
                            .find(|(known, _)| key.split('.').next() == Some(known))
                            .map_or(config_place.clone(), |(_, place)| place.clone()),
                        Mistake::UnknownType { .. } => kind.span(),
                        Mistake::BadChannel(_) => {
                            fields.channel.as_ref().map_or(place.clone(), Spanned::span)
                        }
                        _ => name.span(),
                    };
                    let line = self.line(&at);
                    self.faults.push(fault.at(line));
                }
                None
            }
        }
    }

    fn required<T>(
        &mut self,
        place: &Range<usize>,
        key: &'static str,
        value: Option<T>,
    ) -> Option<T> {
        if value.is_none() {
            self.fault(place, Mistake::MissingKey(key));
        }
        value
    }

    fn text(&mut self, key: &'static str, value: Spanned<DeValue<'_>>) -> Option<Spanned<String>> {
        let text = self.value(key, &value, |text| Ok(text.to_owned()))?;
        Some(Spanned::new(value.span(), text))
    }

    /// Reads a text by a function that says what it expects.
    fn value<T>(
        &mut self,
        key: &'static str,
        value: &Spanned<DeValue<'_>>,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let read = match value.get_ref() {
            DeValue::String(text) => read(text),
            _ => Err("text in quotes"),
        };
        let mistake = |expected| Mistake::BadValue { key, expected };
        read.map_err(|expected| self.fault(&value.span(), mistake(expected)))
            .ok()
    }

    /// Reads a configuration twice: with its places, and as what is compared.
    fn config<'i>(&mut self, value: Spanned<DeValue<'i>>) -> Option<(Spanned<DeValue<'i>>, Table)> {
        let place = value.span();
        if !value.get_ref().is_table() {
            let (key, expected) = ("config", "a table: write `[component.config]`");
            self.fault(&place, Mistake::BadValue { key, expected });
            return None;
        }
        match Table::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(table) => Some((value, table)),
            Err(error) => {
                let at = error.span().unwrap_or(place);
                self.fault(&at, Mistake::Syntax(error));
                None
            }
        }
    }

    fn check_names(&mut self, described: &[(Range<usize>, Described)]) {
        let mut names = HashSet::new();
        for (place, described) in described {
            let name = described.entry.name();
            if !names.insert(name) {
                self.fault(place, Mistake::DuplicateName(name.to_owned()));
            }
        }
    }

    fn unknown_key(&mut self, at: &Range<usize>, key: String, known: &'static [&'static str]) {
        self.fault(at, Mistake::UnknownKey { key, known });
    }

    fn fault(&mut self, at: &Range<usize>, mistake: Mistake) {
        let line = self.line(at);
        self.faults.push(Fault::from(mistake).at(line));
    }

    fn line(&self, at: &Range<usize>) -> usize {
        self.lines.partition_point(|end| *end < at.start) + 1
    }
}

#[derive(Default)]
struct Fields<'i> {
    name: Option<Spanned<String>>,
    kind: Option<Spanned<String>>,
    channel: Option<Spanned<String>>,
    restart: Option<Restart>,
    shutdown: Option<Shutdown>,
    config: Option<(Spanned<DeValue<'i>>, Table)>,
}

/// The settings of a configuration, and where they stand.
fn places(config: &DeValue<'_>) -> Vec<(String, Range<usize>)> {
    let keys = config.as_table().into_iter().flatten();
    keys.map(|(key, _)| (key.get_ref().to_string(), key.span()))
        .collect()
}

fn restart(text: &str) -> Result<Restart, &'static str> {
    match text {
        "permanent" => Ok(Restart::Permanent),
        "transient" => Ok(Restart::Transient),
        "temporary" => Ok(Restart::Temporary),
        _ => Err("\"permanent\", \"transient\" or \"temporary\""),
    }
}

fn shutdown(text: &str) -> Result<Shutdown, &'static str> {
    match text {
        "brutal" => Ok(Shutdown::Brutal),
        "infinite" => Ok(Shutdown::Infinite),
        _ => duration(text).map(Shutdown::After).ok_or(
            "a whole number and a unit, such as \"500ms\", \"5s\", \"2m\" or \"1h\", or \
             \"brutal\" or \"infinite\"",
        ),
    }
}

fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        "h" => Some(Duration::from_secs(number.checked_mul(60 * 60)?)),
        _ => None,
    }
}
