//! What Mux reports about a video, by a webhook or when it is asked, and what follows from it.
//!
//! Webhooks arrive in any order and any number of times. So each of them only moves a video forward in one order of stages,
//! and fills in ids that are missing: whatever the order, the result is the same.

use database::{Tx, inbox, outbox};
use entity::enums::VideoStatus;
use kernel::{Error, Result, VideoAssetId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::asset::{self, model::VideoAsset, store};

/// The name of Mux in the table of received events.
pub const MUX: &str = "mux";
/// The outbox message with a [`VideoUpdate`].
pub(crate) const VIDEO_UPDATE: &str = "video.told";
/// The problem of a video that Mux has deleted: nothing changes it any more.
const DELETED: &str = "deleted_at_mux";

/// An event as Mux sends it; members that are not needed here are ignored.
#[derive(Debug, Deserialize)]
pub struct MuxEvent {
    /// The event's id, the same in each delivery.
    pub id: String,
    /// What happened, such as `video.asset.ready`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The upload or asset to which it happened.
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

/// What Mux reports about a video: the payload of an outbox message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VideoUpdate {
    /// Our id, which Mux returns as `passthrough`.
    pub(crate) video_asset_id: Option<VideoAssetId>,
    pub(crate) stage: Stage,
    pub(crate) upload_id: Option<String>,
    pub(crate) asset_id: Option<String>,
    pub(crate) playback_id: Option<String>,
    pub(crate) duration_seconds: Option<f64>,
    /// The size of the picture in pixels.
    #[serde(default)]
    pub(crate) width: Option<i64>,
    #[serde(default)]
    pub(crate) height: Option<i64>,
    pub(crate) problem: Option<String>,
}

/// Notes an event once, for the worker to apply. Doing it again, or an event of another kind, changes nothing.
///
/// # Errors
/// What the database answers.
pub async fn note_event(tx: &Tx, event: &MuxEvent) -> Result<()> {
    let Some(update) = VideoUpdate::of_event(event) else {
        return Ok(());
    };
    if inbox::note(tx, MUX, &event.id, &event.kind).await? {
        let payload = serde_json::to_value(update).map_err(Error::internal)?;
        outbox::send(tx, VIDEO_UPDATE, payload).await?;
    }
    Ok(())
}

/// Applies an update; answers whether the video that it is about was found.
pub(crate) async fn apply(tx: &Tx, update: &VideoUpdate) -> Result<bool> {
    let found = match update.video_asset_id {
        Some(id) => store::lock(tx, id).await?,
        None => store::lock_by_mux_id(tx, update.upload_id.as_deref(), update.asset_id.as_deref()).await?,
    };
    let Some(before) = found else { return Ok(false) };
    if let Some(after) = update.apply_to(&before)
        && after != before
    {
        asset::advance(tx, &before, after).await?;
    }
    Ok(true)
}

impl VideoUpdate {
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
            video_asset_id: our_id(data.pointer("/new_asset_settings/passthrough")),
            stage,
            upload_id: mux_id(data.get("id")),
            asset_id: mux_id(data.get("asset_id")),
            playback_id: None,
            duration_seconds: None,
            width: None,
            height: None,
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
        let playback_id = mux_id(signed.and_then(|playback| playback.get("id")));
        let tracks = data.get("tracks").and_then(Value::as_array);
        let is = |track: &&Value, kind: &str| track.get("type").is_some_and(|value| value == kind);
        let picture = tracks.into_iter().flatten().find(|track| is(track, "video"));
        let is_sound_alone =
            picture.is_none() && tracks.into_iter().flatten().any(|track| is(&track, "audio"));
        let side = |name: &str| picture.and_then(|track| track.get(name)).and_then(Value::as_i64);
        // Without a signed playback anybody, or nobody, could watch it.
        let (stage, problem) = match stage {
            Stage::Ready if playback_id.is_none() => (Stage::Errored, Some("no_signed_playback")),
            Stage::Ready if is_sound_alone => (Stage::Errored, Some("no_video_track")),
            Stage::Errored => (Stage::Errored, Some("not_processable")),
            Stage::Deleted => (Stage::Deleted, Some(DELETED)),
            stage => (stage, None),
        };
        let duration = data.get("duration").and_then(Value::as_f64);
        Self {
            video_asset_id: our_id(data.get("passthrough")),
            stage,
            upload_id: mux_id(data.get("upload_id")),
            asset_id: mux_id(data.get("id")),
            playback_id,
            duration_seconds: duration.filter(|seconds| seconds.is_finite() && *seconds >= 0.0),
            width: side("max_width").filter(|pixels| *pixels > 0),
            height: side("max_height").filter(|pixels| *pixels > 0),
            problem: problem.map(str::to_owned),
        }
    }

    /// From Mux's asset, at the stage that the asset says.
    pub(crate) fn of_current_asset(data: &Value) -> Self {
        let stage = match data.get("status").and_then(Value::as_str) {
            Some("ready") => Stage::Ready,
            Some("errored") => Stage::Errored,
            _ => Stage::Preparing,
        };
        Self::of_asset(data, stage)
    }

    /// For an asset that Mux does not know any more.
    pub(crate) fn deleted() -> Self {
        Self::of_asset(&Value::Null, Stage::Deleted)
    }

    /// The video as it is after this update; `None` where the update is about another upload or asset.
    fn apply_to(&self, before: &VideoAsset) -> Option<VideoAsset> {
        let differ = |known: &Option<String>, reported: &Option<String>| {
            known.is_some() && reported.is_some() && known != reported
        };
        if differ(&before.upload_id, &self.upload_id) || differ(&before.asset_id, &self.asset_id) {
            return None;
        }
        let mut after = before.clone();
        after.upload_id = after.upload_id.or_else(|| self.upload_id.clone());
        after.asset_id = after.asset_id.or_else(|| self.asset_id.clone());
        after.playback_id = after.playback_id.or_else(|| self.playback_id.clone());
        after.duration_seconds = after.duration_seconds.or(self.duration_seconds);
        after.width = after.width.or(self.width);
        after.height = after.height.or(self.height);
        let (status, stage_rank) = match self.stage {
            Stage::Preparing => (VideoStatus::Preparing, 1),
            Stage::Errored => (VideoStatus::Errored, 2),
            Stage::Ready => (VideoStatus::Ready, 3),
            Stage::Deleted => (VideoStatus::Errored, 4),
        };
        if stage_rank > rank(before) {
            after.status = status;
            after.problem.clone_from(&self.problem);
        }
        Some(after)
    }
}

/// The position of a video in the one order of stages. A video that could be played once is not undone by an error that
/// arrives late.
fn rank(asset: &VideoAsset) -> u8 {
    match asset.status {
        VideoStatus::Waiting => 0,
        VideoStatus::Preparing => 1,
        VideoStatus::Errored if asset.problem.as_deref() == Some(DELETED) => 4,
        VideoStatus::Errored => 2,
        VideoStatus::Ready => 3,
    }
}

/// An id of Mux's that may stand in a URL.
fn mux_id(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    let legal = (1..=255).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    legal.then(|| text.to_owned())
}

fn our_id(value: Option<&Value>) -> Option<VideoAssetId> {
    value?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use entity::enums::VideoProvider;
    use kernel::{UserId, Uuid};
    use serde_json::json;

    use super::*;

    fn waiting() -> VideoAsset {
        VideoAsset {
            id: VideoAssetId(Uuid::nil()),
            owner_id: UserId(Uuid::nil()),
            provider: VideoProvider::Mux,
            status: VideoStatus::Waiting,
            file_id: None,
            content_type: None,
            upload_id: Some("up".to_owned()),
            asset_id: None,
            playback_id: None,
            duration_seconds: None,
            codec: None,
            width: None,
            height: None,
            warnings: json!([]),
            problem: None,
            created_at: chrono::DateTime::UNIX_EPOCH,
            updated_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    fn update(kind: &str) -> VideoUpdate {
        let data = if kind.starts_with("video.upload") {
            json!({ "id": "up", "asset_id": "as" })
        } else {
            json!({ "id": "as", "upload_id": "up", "duration": 12.5, "playback_ids": [{ "id": "pl", "policy": "signed" }] })
        };
        let event = MuxEvent { id: "e".to_owned(), kind: kind.to_owned(), data };
        VideoUpdate::of_event(&event).unwrap()
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
    fn every_order_and_repetition_has_the_same_result() {
        let kinds = [
            "video.upload.asset_created",
            "video.asset.created",
            "video.asset.errored",
            "video.asset.ready",
            "video.asset.deleted",
        ];
        // Every subset, in every order, each event once and twice.
        for subset in 1..(1 << kinds.len()) {
            let chosen: Vec<VideoUpdate> = (0..kinds.len())
                .filter(|bit| subset & (1 << bit) != 0)
                .map(|bit| update(kinds[bit]))
                .collect();
            let mut results: Vec<VideoAsset> = Vec::new();
            for order in permutations(&chosen) {
                for repeated in [1, 2] {
                    let mut asset = waiting();
                    for update in order.iter().flat_map(|update| std::iter::repeat_n(update, repeated)) {
                        asset = update.apply_to(&asset).unwrap();
                    }
                    results.push(asset);
                }
            }
            assert!(results.iter().all(|result| result == &results[0]), "{subset:b}");
        }
    }

    #[test]
    fn what_is_about_another_asset_changes_nothing() {
        let mut asset = waiting();
        asset.asset_id = Some("other".to_owned());
        assert!(update("video.asset.ready").apply_to(&asset).is_none());
    }

    #[test]
    fn an_asset_that_anybody_could_watch_is_not_ready() {
        let data = json!({ "id": "as", "playback_ids": [{ "id": "pl", "policy": "public" }] });
        let update = VideoUpdate::of_asset(&data, Stage::Ready);
        assert_eq!((update.stage, update.playback_id), (Stage::Errored, None));
        assert_eq!(mux_id(Some(&json!("../assets"))), None);
    }
}
