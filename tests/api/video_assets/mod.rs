//! `/video-assets` and `/video-uploads`.

mod local;
mod mux;
