//! Whose pages may call from a browser, and what whoever develops such a page is told where they may not.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use actix_web::{
    HttpRequest,
    http::{Method, header},
};
use kernel::{Code, Error};

use crate::{
    config::{Config, Mode},
    startup,
};

/// How many refused origins are logged, each once: the header is whatever a client writes.
const MOST_LOGGED: usize = 100;
/// As much of an origin as is shown.
const MOST_SHOWN: usize = 200;

/// The origins that may call.
pub struct Origins {
    named: Vec<String>,
    /// This server's own, whose pages need no permission.
    own: String,
    /// Whether pages of this machine may call, whatever their port.
    is_local: bool,
    logged: Mutex<HashSet<String>>,
}

impl Origins {
    /// Those that the settings name; in development also this machine and the front end of the mails.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let is_local = config.environment == Mode::Development;
        let app = is_local.then(|| startup::origin(&config.app_url));
        Self {
            named: config.cors_origins.iter().cloned().chain(app).collect(),
            own: startup::origin(&config.public_url),
            is_local,
            logged: Mutex::default(),
        }
    }

    /// Whether pages of this origin may call.
    #[must_use]
    pub fn allow(&self, origin: &str) -> bool {
        self.named.iter().any(|named| named.eq_ignore_ascii_case(origin)) || self.is_local && is_local(origin)
    }

    /// Refuses the preflight of a page that may not call, by a detail that a developer reads in the browser's tools. Of another request
    /// of such a page the browser hides the answer, so that the log alone can tell.
    ///
    /// # Errors
    /// [`Code::Forbidden`].
    pub(crate) fn admit(&self, request: &HttpRequest) -> Result<(), Error> {
        let Some(origin) = request.headers().get(header::ORIGIN) else {
            return Ok(());
        };
        let origin = String::from_utf8_lossy(origin.as_bytes());
        let host = request.connection_info().host().to_owned();
        let is_own = origin == self.own || authority(&origin) == Some(&host);
        if is_own || self.allow(&origin) {
            return Ok(());
        }
        let origin: String = origin.chars().take(MOST_SHOWN).collect();
        let advice = format!(
            "The origin {origin} may not call: name it in PALESTRA_CORS_ORIGINS (cors_origins in palestra.toml)."
        );
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.len() < MOST_LOGGED && logged.insert(origin) {
            tracing::warn!("{advice}");
        }
        let is_preflight = request.method() == Method::OPTIONS
            && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if is_preflight { Err(Error::new(Code::Forbidden).detail(advice)) } else { Ok(()) }
    }
}

/// The host and the port of an origin.
fn authority(origin: &str) -> Option<&str> {
    origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))
}

/// Whether an origin is of this machine.
fn is_local(origin: &str) -> bool {
    let Some(authority) = authority(origin) else {
        return false;
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, "80"),
    };
    port.parse::<u16>().is_ok()
        && (matches!(host, "localhost" | "127.0.0.1" | "[::1]") || host.ends_with(".localhost"))
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_this_machine_is_local() {
        for origin in [
            "http://localhost",
            "http://localhost:5173",
            "https://localhost:3000",
            "http://127.0.0.1:8081",
            "http://[::1]:4200",
            "http://[::1]",
            "http://shop.localhost:3000",
        ] {
            assert!(is_local(origin), "{origin}");
        }
        for origin in [
            "null",
            "file://",
            "http://localhost.example.com",
            "http://example.com:3000",
            "http://localhost:3000.example.com",
            "http://evil.example/localhost",
            "http://127.0.0.1.example.com:80",
            "http://notlocalhost:1",
            "ftp://localhost",
        ] {
            assert!(!is_local(origin), "{origin}");
        }
    }
}
