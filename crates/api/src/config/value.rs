//! The types that settings have, how each is read from text, and how a text that cannot be read is refused.

use std::{net::IpAddr, path::PathBuf, str::FromStr};

use community::MessagesFrom;

/// Why the configuration was refused, in words for whoever starts the server.
#[derive(Debug)]
pub struct ConfigError(pub String);

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// How a type is read from text, and what it expects.
pub(super) trait Readable: Sized {
    const EXPECTS: &'static str;
    fn read(text: &str) -> Option<Self>;
}

macro_rules! readable {
    ($($type:ty: $expects:literal;)+) => { $(impl Readable for $type {
        const EXPECTS: &'static str = $expects;
        fn read(text: &str) -> Option<Self> { FromStr::from_str(text).ok() }
    })+ };
}

readable! {
    String: "text";
    bool: "true or false";
    u16: "a whole number up to 65535";
    u32: "a whole number";
    u64: "a whole number";
    usize: "a whole number";
    PathBuf: "a path";
    std::net::SocketAddr: "an address and a port, such as 127.0.0.1:8080";
    Mode: "development or production";
    LogFormat: "text or json";
    PaymentProvider: "auto, stripe, sandbox or off";
}

impl Readable for MessagesFrom {
    const EXPECTS: &'static str = "everyone, shared or nobody";
    fn read(text: &str) -> Option<Self> {
        text.to_uppercase().parse().ok()
    }
}

impl Readable for Option<String> {
    const EXPECTS: &'static str = "text";
    fn read(text: &str) -> Option<Self> {
        Some(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
    }
}

impl Readable for Vec<String> {
    const EXPECTS: &'static str = "a list, separated by commas";
    fn read(text: &str) -> Option<Self> {
        Some(text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect())
    }
}

impl Readable for Vec<IpAddr> {
    const EXPECTS: &'static str = "addresses, separated by commas";
    fn read(text: &str) -> Option<Self> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| part.parse().ok()).collect()
    }
}

/// What the server is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To develop against: conveniences that would be dangerous elsewhere.
    Development,
    /// To serve real people.
    Production,
}

impl FromStr for Mode {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            _ => Err(()),
        }
    }
}

/// Who takes money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentProvider {
    /// Stripe where it is configured, else the sandbox in development and nobody in production.
    Auto,
    /// Nobody: in this process, for development.
    Sandbox,
    /// Stripe.
    Stripe,
    /// Courses with a price cannot be bought.
    Off,
}

impl FromStr for PaymentProvider {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "auto" => Ok(Self::Auto),
            "sandbox" => Ok(Self::Sandbox),
            "stripe" => Ok(Self::Stripe),
            "off" => Ok(Self::Off),
            _ => Err(()),
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}
