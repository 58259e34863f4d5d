//! What a client should know about something that was done nevertheless.

/// Something that is different from what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A JSON Pointer (RFC 6901) into the body.
    pub pointer: String,
    /// A stable code, such as `image_removed`.
    pub code: &'static str,
    /// What is different, in words.
    pub detail: String,
}

impl Warning {
    /// A warning at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }
}

/// What was written, with what is different from what was sent.
#[derive(Clone, Debug)]
pub struct Written<T> {
    /// What was written.
    pub value: T,
    /// The differences; empty where there are none.
    pub warnings: Vec<Warning>,
}

impl<T> Written<T> {
    /// Something that was written as it was sent.
    pub fn as_sent(value: T) -> Self {
        Self { value, warnings: Vec::new() }
    }
}
