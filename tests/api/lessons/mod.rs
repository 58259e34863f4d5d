//! `/lessons`.

mod content;
mod get;
mod moving;
mod playback;
mod watch;
mod watch_access;
mod watch_writes;
