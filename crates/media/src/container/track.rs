//! One track of an MPEG-4 or QuickTime file: what it is, how it is coded, and where its samples are.

use kernel::Result;

use super::boxes::{Mp4Box, box_at, children, descend, number};
use crate::storage::{Reader, patch::Patch};

/// How many samples of a track that records places are erased.
const MAX_SAMPLES: u64 = 1_000_000;

/// A track.
#[derive(Debug, Default)]
pub(super) struct Track {
    pub(super) id: u64,
    /// What it is for: `vide`, `soun`, `meta` and so on.
    pub(super) handler: [u8; 4],
    /// How it is coded.
    pub(super) code: [u8; 4],
    /// The ticks of its clock in a second, and its duration in them.
    pub(super) timescale: u64,
    pub(super) duration: u64,
    /// The size in pixels, as it is shown.
    pub(super) size: Option<(u32, u32)>,
    /// The profile of H.264.
    pub(super) profile: Option<u64>,
    pub(super) samples: u64,
    /// Where its last chunk of samples begins.
    pub(super) last_chunk: Option<u64>,
    table: Option<Mp4Box>,
}

/// Reads a track; what it does not say stays as it is in an empty one.
pub(super) async fn read(reader: &mut Reader<'_>, trak: &Mp4Box) -> Result<Track> {
    let mut track = Track::default();
    let mut is_turned = false;
    if let Some(head) = descend(reader, trak, &[b"tkhd"]).await? {
        let bytes = reader.read(head.content, 96).await?;
        let (id, matrix) = if bytes.first() == Some(&1) { (20, 52) } else { (12, 40) };
        track.id = number(bytes, id, 4).unwrap_or_default();
        // Turned by a quarter, the picture is as wide as it was high.
        is_turned =
            number(bytes, matrix, 4) == Some(0) && number(bytes, matrix + 4, 4).is_some_and(|b| b != 0);
    }
    let Some(mdia) = descend(reader, trak, &[b"mdia"]).await? else {
        return Ok(track);
    };
    if let Some(head) = descend(reader, &mdia, &[b"mdhd"]).await? {
        let bytes = reader.read(head.content, 32).await?;
        (track.timescale, track.duration) = clock(bytes).unwrap_or_default();
    }
    if let Some(handler) = descend(reader, &mdia, &[b"hdlr"]).await? {
        let bytes = reader.read(handler.content + 8, 4).await?;
        track.handler = bytes.try_into().unwrap_or_default();
    }
    track.table = descend(reader, &mdia, &[b"minf", b"stbl"]).await?;
    if let Some(table) = track.table {
        read_table(reader, &table, &mut track).await?;
    }
    if let (Some((width, height)), true) = (track.size, is_turned) {
        track.size = Some((height, width));
    }
    Ok(track)
}

/// The ticks in a second and the duration, from a header of a movie or of its media.
pub(super) fn clock(header: &[u8]) -> Option<(u64, u64)> {
    let (scale, length, unknown) = match header.first()? {
        0 => (number(header, 12, 4)?, number(header, 16, 4)?, u64::from(u32::MAX)),
        1 => (number(header, 20, 4)?, number(header, 24, 8)?, u64::MAX),
        _ => return None,
    };
    Some((scale, if length == unknown { 0 } else { length }))
}

async fn read_table(reader: &mut Reader<'_>, table: &Mp4Box, track: &mut Track) -> Result<()> {
    for part in children(reader, table.content, table.end).await? {
        match &part.name {
            b"stsd" => read_description(reader, &part, track).await?,
            b"stsz" => track.samples = reader.number(part.content + 8, 4).await?.unwrap_or_default(),
            b"stz2" => track.samples = reader.number(part.content + 8, 4).await?.unwrap_or_default(),
            b"stco" | b"co64" => {
                let width = if part.is(b"stco") { 4 } else { 8 };
                let count = reader.number(part.content + 4, 4).await?.unwrap_or_default();
                if let Some(last) = count.checked_sub(1) {
                    track.last_chunk = reader.number(part.content + 8 + last * width, width as usize).await?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The first description of how samples are coded.
async fn read_description(reader: &mut Reader<'_>, stsd: &Mp4Box, track: &mut Track) -> Result<()> {
    let Some(entry) = box_at(reader, stsd.content + 8, stsd.end).await? else {
        return Ok(());
    };
    track.code = entry.name;
    if track.handler != *b"vide" {
        return Ok(());
    }
    let size = reader.number(entry.start + 32, 4).await?.unwrap_or_default();
    let side = |bits: u64| u32::try_from(bits & 0xffff).unwrap_or_default();
    track.size = Some((side(size >> 16), side(size))).filter(|(width, height)| *width > 0 && *height > 0);
    for part in children(reader, entry.start + 86, entry.end).await? {
        if part.is(b"avcC") {
            track.profile = reader.number(part.content + 1, 1).await?;
        }
    }
    Ok(())
}

/// Erases the samples of a track, wherever they are among those of the others.
pub(super) async fn erase_samples(
    reader: &mut Reader<'_>,
    track: &Track,
    patches: &mut Vec<Patch>,
) -> Result<()> {
    let Some(table) = track.table else { return Ok(()) };
    let parts = children(reader, table.content, table.end).await?;
    let part =
        |names: [&[u8; 4]; 2]| parts.iter().find(|part| names.iter().any(|name| part.is(name))).copied();
    let (Some(sizes), Some(runs), Some(chunks)) =
        (part([b"stsz", b"stsz"]), part([b"stsc", b"stsc"]), part([b"stco", b"co64"]))
    else {
        return Ok(());
    };
    let width = if chunks.is(b"stco") { 4 } else { 8 };
    let fixed = reader.number(sizes.content + 4, 4).await?.unwrap_or_default();
    let count = reader.number(sizes.content + 8, 4).await?.unwrap_or_default().min(MAX_SAMPLES);
    let chunk_count = reader.number(chunks.content + 4, 4).await?.unwrap_or_default();
    let run_count = reader.number(runs.content + 4, 4).await?.unwrap_or_default();
    let (mut sample, mut run, mut per_chunk) = (0, 0, 0);
    // Chunks do not overlap: together they are no longer than the file.
    let mut left = reader.size();
    for chunk in 0..chunk_count {
        if run < run_count && reader.number(runs.content + 8 + run * 12, 4).await? == Some(chunk + 1) {
            per_chunk = reader.number(runs.content + 12 + run * 12, 4).await?.unwrap_or_default();
            run += 1;
        }
        let Some(mut at) = reader.number(chunks.content + 8 + chunk * width, width as usize).await? else {
            break;
        };
        let begin = at;
        for _ in 0..per_chunk {
            if sample >= count {
                break;
            }
            let size = if fixed > 0 {
                Some(fixed)
            } else {
                reader.number(sizes.content + 12 + sample * 4, 4).await?
            };
            at = at.saturating_add(size.unwrap_or_default());
            sample += 1;
        }
        if at <= reader.size() && at > begin {
            let Some(rest) = left.checked_sub(at - begin) else { break };
            left = rest;
            patches.push(Patch::zeros(begin, at - begin));
        }
    }
    Ok(())
}
