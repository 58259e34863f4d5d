//! What the sandbox plays.

use payments::DisputeStatus;

use crate::routes::shared::prelude::*;

/// What the buyer's bank reports.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SandboxDispute {
    /// The state of the dispute: `OPEN` first, then `WON` or `LOST`.
    #[serde(default = "open")]
    #[schema(value_type = schema::DisputeStatus, default = "OPEN")]
    pub(super) status: DisputeStatus,
}

fn open() -> DisputeStatus {
    DisputeStatus::Open
}
