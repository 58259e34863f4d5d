#![doc = include_str!("../README.md")]

pub mod enums;
// Generated code is held to be safe, not to be documented.
#[expect(missing_docs, reason = "generated from the schema; the migrations document it")]
mod generated;

pub use generated::*;
