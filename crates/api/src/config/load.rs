//! Reading the configuration from the environment and from the file.

use std::{collections::BTreeMap, path::PathBuf};

use super::{Config, ConfigError, SETTINGS, file};

impl Config {
    /// Reads the environment and the file that `PALESTRA_CONFIG` names (`palestra.toml` where it exists).
    ///
    /// # Errors
    /// In words: which setting, where it comes from, and what it expects.
    pub fn load(environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let environment: BTreeMap<String, String> = environment.collect();
        let named = environment.get("PALESTRA_CONFIG").map(PathBuf::from);
        let path = named.clone().unwrap_or_else(|| PathBuf::from("palestra.toml"));
        let mut given = BTreeMap::new();
        match std::fs::read_to_string(&path) {
            Ok(text) => file::read(&path.display().to_string(), &text, &mut given)?,
            Err(error) if named.is_some() => {
                return Err(ConfigError(format!(
                    "PALESTRA_CONFIG names {}, which cannot be read: {error}",
                    path.display()
                )));
            }
            Err(_) => {}
        }
        for (name, text) in &environment {
            if let Some(setting) = SETTINGS.iter().find(|setting| setting.env == name) {
                given.insert(setting.name, (text.clone(), name.clone()));
            } else if name.starts_with("PALESTRA_") && !is_no_setting(name) {
                return Err(ConfigError(format!(
                    "there is no setting {name}; `palestra config` lists them all"
                )));
            }
        }
        let config = Self::read(&given)?;
        config.check()?;
        Ok(config)
    }
}

/// Variables with our prefix that are no settings: where the file is, and what the tests read.
fn is_no_setting(name: &str) -> bool {
    name == "PALESTRA_CONFIG" || name.starts_with("PALESTRA_TEST_")
}
