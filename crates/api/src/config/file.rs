//! Settings from a file.

use std::collections::BTreeMap;

use super::{ConfigError, SETTINGS};

/// Adds what a file in TOML says, by the names of the settings.
pub(super) fn read(
    path: &str,
    text: &str,
    given: &mut BTreeMap<&'static str, (String, String)>,
) -> Result<(), ConfigError> {
    let table: toml::Table =
        text.parse().map_err(|error| ConfigError(format!("{path} is not TOML: {error}")))?;
    for (name, value) in table {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
            return Err(ConfigError(format!(
                "{path}: there is no setting {name}; `palestra config` lists them all"
            )));
        };
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Array(items) => {
                let items =
                    items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
                items.collect::<Vec<_>>().join(",")
            }
            other => other.to_string(),
        };
        given.insert(setting.name, (text, format!("{name} in {path}")));
    }
    Ok(())
}
