//! Who runs a use case.

use std::sync::{Arc, atomic::AtomicU64};

use kernel::Actor;

use crate::shared::Shared;

/// On whose behalf a use case runs, on which database, and where its statements are counted.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) actor: Actor,
    pub(crate) shared: Arc<Shared>,
    pub(crate) statements: Arc<AtomicU64>,
}
