//! What other services tell. Only a signature decides whether it is believed.

mod mux;
mod stripe;

use crate::http::routing::Operations;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn configure(config: &mut impl Operations) {
    config.configure(mux::configure).configure(stripe::configure);
}

/// That a hook has arrived.
#[derive(Serialize, ToSchema)]
struct HookReceipt {
    /// Always true: what was not noted is refused.
    received: bool,
}
