//! What a use case may do on its connection.

/// What a use case may do on its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Read. Each statement is a transaction of its own, and the server refuses one that writes.
    Read,
    /// Run one statement, which is committed with itself.
    Autocommit,
    /// Read and write in one transaction.
    Write,
}
