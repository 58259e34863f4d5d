//! `/video-assets` and `/video-uploads`.

mod files;
mod local;
mod mux;
