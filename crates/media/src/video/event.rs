//! What Mux tells of a video, by a hook or when it is asked, and what follows from it.
//!
//! Hooks arrive in any order and any number of times. So each of them only moves a video forward in one order of states,
//! and fills in names that are missing: whatever the order, the end is the same.

use database::{Tx, inbox, outbox};
use kernel::{Result, UserId, Uuid, VideoAssetId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{VideoAsset, VideoStatus, store};

/// Mux's name in the table of events.
pub const MUX: &str = "mux";
/// The outbox message that says what Mux told of a video.
pub(crate) const TOLD: &str = "video.told";
/// Why a video that Mux no longer has cannot be played. The last word about it.
const DELETED: &str = "deleted_at_mux";

/// An event as Mux sends it; what is not needed here is ignored.
#[derive(Debug, Deserialize)]
pub struct MuxEvent {
    /// Its name, the same in each delivery.
    pub id: String,
    /// What happened, such as `video.asset.ready`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The upload or asset it happened to.
    #[serde(default)]
    pub data: Value,
}

/// How far Mux is with a video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    Preparing,
    Ready,
    Errored,
    Deleted,
}

/// What Mux told of a video: what an outbox message carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    /// Ours, which Mux hands back.
    pub(crate) video_asset_id: Option<VideoAssetId>,
    pub(crate) stage: Stage,
    pub(crate) upload_id: Option<String>,
    pub(crate) asset_id: Option<String>,
    pub(crate) playback_id: Option<String>,
    pub(crate) duration_seconds: Option<f64>,
    pub(crate) problem: Option<String>,
}

/// Writes an event down, once, for the worker to act on. Doing it again, or an event of another kind, changes nothing.
///
/// # Errors
/// What the database answers.
pub async fn note_event(tx: &Tx, event: &MuxEvent) -> Result<()> {
    let Some(told) = Told::of_event(event) else {
        return Ok(());
    };
    if inbox::note(tx, MUX, &event.id, &event.kind).await? {
        let payload = serde_json::to_value(told).map_err(kernel::Error::internal)?;
        outbox::send(tx, TOLD, payload).await?;
    }
    Ok(())
}

/// Acts on what was told; answers whether a video was found that it is about.
pub(crate) async fn apply(tx: &Tx, told: &Told) -> Result<bool> {
    let found = match told.video_asset_id {
        Some(id) => store::asset(tx, id, true).await?,
        None => store::asset_at_mux(tx, told.upload_id.as_deref(), told.asset_id.as_deref()).await?,
    };
    let Some(before) = found else { return Ok(false) };
    if let Some(after) = told.moves(&before)
        && after != before
    {
        store::advance(tx, &before, &after).await?;
    }
    Ok(true)
}

impl Told {
    fn of_event(event: &MuxEvent) -> Option<Self> {
        let data = &event.data;
        match event.kind.as_str() {
            "video.asset.created" => Some(Self::of_asset(data, Stage::Preparing)),
            "video.asset.ready" => Some(Self::of_asset(data, Stage::Ready)),
            "video.asset.errored" => Some(Self::of_asset(data, Stage::Errored)),
            "video.asset.deleted" => Some(Self::of_asset(data, Stage::Deleted)),
            "video.upload.asset_created" => Some(Self::of_upload(data, Stage::Preparing, None)),
            "video.upload.errored" => Some(Self::of_upload(data, Stage::Errored, Some("upload_failed"))),
            "video.upload.cancelled" => Some(Self::of_upload(data, Stage::Errored, Some("upload_cancelled"))),
            "video.upload.timed_out" => Some(Self::of_upload(data, Stage::Errored, Some("upload_timed_out"))),
            _ => None,
        }
    }

    /// From Mux's upload.
    pub(crate) fn of_upload(data: &Value, stage: Stage, problem: Option<&str>) -> Self {
        Self {
            video_asset_id: ours(data.pointer("/new_asset_settings/passthrough")),
            stage,
            upload_id: name(data.get("id")),
            asset_id: name(data.get("asset_id")),
            playback_id: None,
            duration_seconds: None,
            problem: problem.map(str::to_owned),
        }
    }

    /// From Mux's asset.
    pub(crate) fn of_asset(data: &Value, stage: Stage) -> Self {
        let playbacks = data.get("playback_ids").and_then(Value::as_array);
        let signed = playbacks
            .into_iter()
            .flatten()
            .find(|playback| playback.get("policy").is_some_and(|policy| policy == "signed"));
        let playback_id = name(signed.and_then(|playback| playback.get("id")));
        // Without a signed playback anybody, or nobody, could watch it.
        let (stage, problem) = match stage {
            Stage::Ready if playback_id.is_none() => (Stage::Errored, Some("no_signed_playback")),
            Stage::Errored => (Stage::Errored, Some("not_processable")),
            Stage::Deleted => (Stage::Deleted, Some(DELETED)),
            stage => (stage, None),
        };
        let duration = data.get("duration").and_then(Value::as_f64);
        Self {
            video_asset_id: ours(data.get("passthrough")),
            stage,
            upload_id: name(data.get("upload_id")),
            asset_id: name(data.get("id")),
            playback_id,
            duration_seconds: duration.filter(|seconds| seconds.is_finite() && *seconds >= 0.0),
            problem: problem.map(str::to_owned),
        }
    }

    /// From Mux's asset, by its own word about how far it is.
    pub(crate) fn of_asset_now(data: &Value) -> Self {
        let stage = match data.get("status").and_then(Value::as_str) {
            Some("ready") => Stage::Ready,
            Some("errored") => Stage::Errored,
            _ => Stage::Preparing,
        };
        Self::of_asset(data, stage)
    }

    /// Mux does not know it any more.
    pub(crate) fn gone() -> Self {
        Self::of_asset(&Value::Null, Stage::Deleted)
    }

    /// The video as it is after this was told; `None` where it is about another upload or asset.
    fn moves(&self, before: &VideoAsset) -> Option<VideoAsset> {
        let another = |known: &Option<String>, told: &Option<String>| {
            known.is_some() && told.is_some() && known != told
        };
        if another(&before.upload_id, &self.upload_id) || another(&before.asset_id, &self.asset_id) {
            return None;
        }
        let mut after = before.clone();
        after.upload_id = after.upload_id.or_else(|| self.upload_id.clone());
        after.asset_id = after.asset_id.or_else(|| self.asset_id.clone());
        after.playback_id = after.playback_id.or_else(|| self.playback_id.clone());
        after.duration_seconds = after.duration_seconds.or(self.duration_seconds);
        let (status, rank) = match self.stage {
            Stage::Preparing => (VideoStatus::Preparing, 1),
            Stage::Errored => (VideoStatus::Errored, 2),
            Stage::Ready => (VideoStatus::Ready, 3),
            Stage::Deleted => (VideoStatus::Errored, 4),
        };
        if rank > rank_of(before) {
            after.status = status;
            after.problem.clone_from(&self.problem);
        }
        Some(after)
    }
}

/// The one order of states. What could be played once is not undone by an error that was told late.
fn rank_of(asset: &VideoAsset) -> u8 {
    match asset.status {
        VideoStatus::Waiting => 0,
        VideoStatus::Preparing => 1,
        VideoStatus::Errored if asset.problem.as_deref() == Some(DELETED) => 4,
        VideoStatus::Errored => 2,
        VideoStatus::Ready => 3,
    }
}

/// A name of Mux's that may stand in an address.
fn name(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    let legal = (1..=255).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    legal.then(|| text.to_owned())
}

fn ours(value: Option<&Value>) -> Option<VideoAssetId> {
    value?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{super::VideoProvider, *};
    use serde_json::json;

    fn waiting() -> VideoAsset {
        VideoAsset {
            id: VideoAssetId::nil(),
            owner_id: UserId(Uuid::nil()),
            provider: VideoProvider::Mux,
            status: VideoStatus::Waiting,
            file_id: None,
            content_type: None,
            upload_id: Some("up".to_owned()),
            asset_id: None,
            playback_id: None,
            duration_seconds: None,
            problem: None,
            created_at: chrono::DateTime::UNIX_EPOCH,
            updated_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    fn told(kind: &str) -> Told {
        let data = if kind.starts_with("video.upload") {
            json!({ "id": "up", "asset_id": "as" })
        } else {
            json!({ "id": "as", "upload_id": "up", "duration": 12.5, "playback_ids": [{ "id": "pl", "policy": "signed" }] })
        };
        let event = MuxEvent {
            id: "e".to_owned(),
            kind: kind.to_owned(),
            data,
        };
        Told::of_event(&event).unwrap()
    }

    fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
        if items.is_empty() {
            return vec![Vec::new()];
        }
        let mut all = Vec::new();
        for index in 0..items.len() {
            let mut rest = items.to_vec();
            let first = rest.remove(index);
            all.extend(permutations(&rest).into_iter().map(|mut tail| {
                tail.insert(0, first.clone());
                tail
            }));
        }
        all
    }

    #[test]
    fn every_order_and_repetition_ends_alike() {
        let kinds = [
            "video.upload.asset_created",
            "video.asset.created",
            "video.asset.errored",
            "video.asset.ready",
            "video.asset.deleted",
        ];
        // Every subset, in every order, each event once and twice.
        for subset in 1..(1 << kinds.len()) {
            let chosen: Vec<Told> = (0..kinds.len())
                .filter(|bit| subset & (1 << bit) != 0)
                .map(|bit| told(kinds[bit]))
                .collect();
            let mut ends: Vec<VideoAsset> = Vec::new();
            for order in permutations(&chosen) {
                for repeated in [1, 2] {
                    let mut asset = waiting();
                    for told in order.iter().flat_map(|told| std::iter::repeat_n(told, repeated)) {
                        asset = told.moves(&asset).unwrap();
                    }
                    ends.push(asset);
                }
            }
            assert!(ends.iter().all(|end| end == &ends[0]), "{subset:b}");
        }
    }

    #[test]
    fn what_is_about_another_asset_changes_nothing() {
        let mut asset = waiting();
        asset.asset_id = Some("other".to_owned());
        assert!(told("video.asset.ready").moves(&asset).is_none());
    }

    #[test]
    fn an_asset_that_anybody_could_watch_is_not_ready() {
        let data = json!({ "id": "as", "playback_ids": [{ "id": "pl", "policy": "public" }] });
        let told = Told::of_asset(&data, Stage::Ready);
        assert_eq!((told.stage, told.playback_id), (Stage::Errored, None));
        assert_eq!(name(Some(&json!("../assets"))), None);
    }
}
