//! The page that `palestra config` prints.

use super::{Config, SETTINGS};

impl Config {
    /// The documentation of every setting, as `palestra config` prints it.
    #[must_use]
    pub fn help() -> String {
        let mut page =
            "Every setting, with its name in the environment, its name in palestra.toml, and its default.\n\
                        The environment overrides the file; PALESTRA_CONFIG names another file.\n"
                .to_owned();
        for setting in SETTINGS {
            let default = if setting.default.is_empty() { "empty" } else { setting.default };
            let secret = if setting.secret { ", secret" } else { "" };
            page.push_str(&format!("\n{}  ({}; default: {default}{secret})\n", setting.env, setting.name));
            for line in wrap(setting.doc.trim(), 100) {
                page.push_str(&format!("    {line}\n"));
            }
        }
        page
    }
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + word.len() < width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
