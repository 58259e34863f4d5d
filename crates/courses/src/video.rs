use database::Tx;
use kernel::{Result, Uuid};

/// Whether an uploaded video can be watched.
pub(crate) async fn is_ready(tx: &Tx, id: Uuid) -> Result<bool> {
    // Filled in with the media crate.
    let sql = "SELECT count(*) FROM video_assets WHERE id = ? AND status = 'READY'";
    Ok(tx.count(sql, [id.into()]).await? > 0)
}
