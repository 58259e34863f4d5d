//! `WebM` files.

use kernel::Result;

use super::{
    codec::{self, Support},
    ebml::{Element, element_at, plain},
    film::{Film, Inspection, plausible},
};
use crate::storage::{Reader, patch::Patch};

const SEGMENT: u64 = 0x1853_8067;
const INFO: u64 = 0x1549_a966;
const TIMESTAMP_SCALE: u64 = 0x2a_d7b1;
const DURATION: u64 = 0x4489;
const TRACKS: u64 = 0x1654_ae6b;
const TRACK: u64 = 0xae;
const CLUSTER: u64 = 0x1f43_b675;
const TIMESTAMP: u64 = 0xe7;
const SIMPLE_BLOCK: u64 = 0xa3;
const BLOCK_GROUP: u64 = 0xa0;
const BLOCK: u64 = 0xa1;
const BLOCK_DURATION: u64 = 0x9b;
/// What people and cameras wrote about the file, and files inside it.
const TAGS: u64 = 0x1254_c367;
const ATTACHMENTS: u64 = 0x1941_a469;
const VIDEO: u64 = 0xe0;

/// How many elements are read at the top.
const MAX_TOP: usize = 200_000;
/// How many elements are read inside one.
const MAX_CHILDREN: usize = 100_000;
/// How many bytes are searched at a time for the last cluster.
const SEARCHED: u64 = 256 * 1024;

/// What was read of the segment.
#[derive(Default)]
struct Segment {
    /// The nanoseconds of a tick.
    scale: u64,
    /// In ticks.
    duration: Option<f64>,
    codec: Option<String>,
    size: Option<(u32, u32)>,
    /// The nanoseconds of a frame.
    frame: u64,
    last_cluster: Option<u64>,
    is_cut: bool,
}

pub(super) async fn inspect(mut reader: Reader<'_>) -> Result<Inspection> {
    let reader = &mut reader;
    let mut private = Vec::new();
    let segment = read_segment(reader, &mut private).await?;
    let film = film(reader, segment).await?;
    Ok(Inspection { film, private })
}

async fn film(reader: &mut Reader<'_>, segment: Segment) -> Result<std::result::Result<Film, &'static str>> {
    let Some(id) = segment.codec else { return Ok(Err("no_video_track")) };
    let (Some(last), false) = (segment.last_cluster, segment.is_cut) else {
        return Ok(Err("video_incomplete"));
    };
    let (codec, support) = codec::of_matroska(&id);
    let warnings = match support {
        Support::Limited => vec!["codec_limited"],
        Support::Unknown => vec!["codec_unknown"],
        _ => Vec::new(),
    };
    let ticks = match segment.duration.filter(|ticks| *ticks > 0.0) {
        Some(ticks) => ticks,
        None => cluster_end(reader, last, &segment.frame, segment.scale).await?,
    };
    #[expect(clippy::cast_precision_loss, reason = "a scale is a million at most")]
    let seconds = plausible(ticks * segment.scale as f64 / 1e9);
    Ok(seconds.map(|seconds| Film { seconds, codec, size: segment.size, warnings }).ok_or("video_incomplete"))
}

async fn read_segment(reader: &mut Reader<'_>, private: &mut Vec<Patch>) -> Result<Segment> {
    let mut segment = Segment { scale: 1_000_000, ..Segment::default() };
    let size = reader.size();
    let Some(head) = element_at(reader, 0).await? else { return Ok(segment) };
    let Some(body) = element_at(reader, head.end.unwrap_or(size)).await? else { return Ok(segment) };
    if body.id != SEGMENT {
        return Ok(segment);
    }
    segment.is_cut = body.end.is_some_and(|end| end > size);
    let (mut at, end) = (body.content, body.end.unwrap_or(size).min(size));
    for _ in 0..MAX_TOP {
        if at >= end {
            break;
        }
        let Some(found) = element_at(reader, at).await? else { break };
        match found.id {
            INFO => read_info(reader, &found, &mut segment).await?,
            TRACKS => read_tracks(reader, &found, &mut segment).await?,
            CLUSTER => segment.last_cluster = Some(found.start),
            TAGS | ATTACHMENTS if found.end.is_some_and(|end| end <= size) => found.erase(private),
            TAGS | ATTACHMENTS => segment.is_cut = true,
            _ => {}
        }
        match found.end {
            Some(end) => at = end,
            // A live recording: the sizes of its clusters were never written. The last is found from the end.
            None => {
                segment.last_cluster = last_cluster(reader, at).await?.or(segment.last_cluster);
                break;
            }
        }
    }
    Ok(segment)
}

async fn children(reader: &mut Reader<'_>, parent: &Element) -> Result<Vec<Element>> {
    let (mut found, mut at) = (Vec::new(), parent.content);
    let end = parent.end.unwrap_or(reader.size()).min(reader.size());
    while at < end && found.len() < MAX_CHILDREN {
        match element_at(reader, at).await? {
            Some(child @ Element { end: Some(next), .. }) => {
                // A cluster of unknown size ends where the next element of the segment begins: those have ids of four bytes.
                if parent.end.is_none() && child.id > 0xff_ffff {
                    break;
                }
                at = next;
                found.push(child);
            }
            _ => break,
        }
    }
    Ok(found)
}

async fn unsigned(reader: &mut Reader<'_>, element: &Element) -> Result<u64> {
    let length = element.end.unwrap_or_default().saturating_sub(element.content).min(8);
    Ok(reader.number(element.content, length as usize).await?.unwrap_or_default())
}

async fn read_info(reader: &mut Reader<'_>, info: &Element, segment: &mut Segment) -> Result<()> {
    for part in children(reader, info).await? {
        match part.id {
            TIMESTAMP_SCALE => segment.scale = unsigned(reader, &part).await?.max(1),
            DURATION => {
                let length = part.end.unwrap_or_default() - part.content;
                let bits = unsigned(reader, &part).await?;
                segment.duration = match length {
                    4 => u32::try_from(bits).ok().map(|bits| f64::from(f32::from_bits(bits))),
                    8 => Some(f64::from_bits(bits)),
                    _ => None,
                };
                segment.duration = segment.duration.filter(|ticks| ticks.is_finite());
            }
            _ => {}
        }
    }
    Ok(())
}

async fn read_tracks(reader: &mut Reader<'_>, tracks: &Element, segment: &mut Segment) -> Result<()> {
    for track in children(reader, tracks).await? {
        if track.id != TRACK || segment.codec.is_some() {
            continue;
        }
        let (mut kind, mut codec, mut frame, mut size) = (0, String::new(), 0, [0; 4]);
        for part in children(reader, &track).await? {
            match part.id {
                0x83 => kind = unsigned(reader, &part).await?,
                0x86 => {
                    let length = part.end.unwrap_or_default().saturating_sub(part.content).min(64);
                    let bytes = reader.read(part.content, length as usize).await?;
                    codec = String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
                }
                0x23_e383 => frame = unsigned(reader, &part).await?,
                VIDEO => size = read_size(reader, &part).await?,
                _ => {}
            }
        }
        if kind == 1 {
            let [width, height, shown_width, shown_height] = size;
            let shown = if shown_width > 0 && shown_height > 0 {
                (shown_width, shown_height)
            } else {
                (width, height)
            };
            segment.size = Some(shown).filter(|(width, height)| *width > 0 && *height > 0);
            (segment.codec, segment.frame) = (Some(codec), frame);
        }
    }
    Ok(())
}

/// Width and height: of the pixels, and as they are shown where that is in pixels too.
async fn read_size(reader: &mut Reader<'_>, video: &Element) -> Result<[u32; 4]> {
    let (mut size, mut unit) = ([0; 4], 0);
    for part in children(reader, video).await? {
        let value = u32::try_from(unsigned(reader, &part).await?).unwrap_or_default();
        match part.id {
            0xb0 => size[0] = value,
            0xba => size[1] = value,
            0x54b0 => size[2] = value,
            0x54ba => size[3] = value,
            0x54b2 => unit = value,
            _ => {}
        }
    }
    if unit != 0 {
        (size[2], size[3]) = (0, 0);
    }
    Ok(size)
}

/// The last cluster after `from`, searched from the end of the file.
async fn last_cluster(reader: &mut Reader<'_>, from: u64) -> Result<Option<u64>> {
    let mut end = reader.size();
    while end > from {
        let begin = end.saturating_sub(SEARCHED).max(from);
        // A few bytes more, for an id across the border.
        let bytes = reader.read(begin, (end - begin) as usize + 16).await?.to_vec();
        let ids = bytes.windows(4).enumerate().rev().filter(|(_, id)| *id == 0x1f43_b675_u32.to_be_bytes());
        for (at, _) in ids {
            let at = begin + at as u64;
            // Frames may have these bytes by chance; after them there is no time.
            let cluster = element_at(reader, at).await?;
            let first = match cluster {
                Some(cluster) => element_at(reader, cluster.content).await?,
                None => None,
            };
            if first.is_some_and(|first| first.id == TIMESTAMP) {
                return Ok(Some(at));
            }
        }
        end = begin;
    }
    Ok(None)
}

/// When the last frame of a cluster ends, in ticks.
async fn cluster_end(reader: &mut Reader<'_>, at: u64, frame: &u64, scale: u64) -> Result<f64> {
    let Some(cluster) = element_at(reader, at).await? else { return Ok(0.0) };
    let (mut base, mut times, mut end) = (0, Vec::new(), 0);
    for part in children(reader, &cluster).await? {
        match part.id {
            TIMESTAMP => base = unsigned(reader, &part).await?,
            SIMPLE_BLOCK => times.extend(block_time(reader, &part, base).await?),
            BLOCK_GROUP => {
                let (mut time, mut length) = (None, 0);
                for inner in children(reader, &part).await? {
                    match inner.id {
                        BLOCK => time = block_time(reader, &inner, base).await?,
                        BLOCK_DURATION => length = unsigned(reader, &inner).await?,
                        _ => {}
                    }
                }
                if let Some((_, time)) = time {
                    end = end.max(time + length);
                }
                times.extend(time);
            }
            _ => {}
        }
    }
    // The last frame is shown as long as frames are, or as long as the one before it on its track.
    let last = times.iter().copied().max_by_key(|(_, time)| *time).unwrap_or_default();
    let earlier =
        times.iter().filter(|(track, time)| *track == last.0 && *time < last.1).map(|(_, time)| *time).max();
    let shown = match (frame / scale, earlier) {
        (0, Some(earlier)) => last.1 - earlier,
        (0, None) => 33_000_000 / scale,
        (length, _) => length,
    };
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    Ok(end.max(last.1 + shown) as f64)
}

/// The track of a block, and when it begins.
async fn block_time(reader: &mut Reader<'_>, block: &Element, base: u64) -> Result<Option<(u64, u64)>> {
    let bytes = reader.read(block.content, 12).await?;
    let Some((track, length)) = plain(bytes) else { return Ok(None) };
    let Some(Ok(relative)) = bytes.get(length..length + 2).map(<[u8; 2]>::try_from) else {
        return Ok(None);
    };
    Ok(Some((track, base.saturating_add_signed(i64::from(i16::from_be_bytes(relative))))))
}
