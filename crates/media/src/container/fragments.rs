//! How long a fragmented MPEG-4 file is: cameras of browsers and streaming software write it piece by piece, and no header says
//! the sum.

use kernel::Result;

use super::{
    boxes::{Mp4Box, children, descend, number},
    film::seconds,
    track::Track,
};
use crate::storage::Reader;

/// The duration in seconds: as the movie says it, as an index says it, or as the fragments add up.
pub(super) async fn duration(
    reader: &mut Reader<'_>,
    moov: &Mp4Box,
    timescale: u64,
    track: &Track,
    top: &Fragments,
) -> Result<Option<f64>> {
    if let Some(head) = descend(reader, moov, &[b"mvex", b"mehd"]).await? {
        let bytes = reader.read(head.content, 12).await?;
        let length = if bytes.first() == Some(&1) { number(bytes, 4, 8) } else { number(bytes, 4, 4) };
        if let Some(length) = length.and_then(|length| seconds(length, timescale)) {
            return Ok(Some(length));
        }
    }
    let added = add_up(reader, moov, track, &top.moofs).await?;
    match added {
        Some(length) => Ok(Some(length)),
        None => index_length(reader, &top.indexes).await,
    }
}

/// What stands beside the movie at the top of a fragmented file.
#[derive(Default)]
pub(super) struct Fragments {
    pub(super) moofs: Vec<Mp4Box>,
    pub(super) indexes: Vec<Mp4Box>,
}

/// The sum over the segments of an index (`sidx`).
async fn index_length(reader: &mut Reader<'_>, indexes: &[Mp4Box]) -> Result<Option<f64>> {
    let Some(index) = indexes.first() else { return Ok(None) };
    let head = reader.read(index.content, 32).await?;
    let count_at = if head.first() == Some(&1) { 30 } else { 22 };
    let (Some(scale), Some(count)) = (number(head, 8, 4), number(head, count_at, 2)) else {
        return Ok(None);
    };
    let mut sum = 0;
    for segment in 0..count {
        let at = index.content + count_at as u64 + 2 + segment * 12;
        sum += reader.number(at + 4, 4).await?.unwrap_or_default();
    }
    Ok(seconds(sum, scale))
}

/// From the beginning of the first fragment to the end of the last.
async fn add_up(
    reader: &mut Reader<'_>,
    moov: &Mp4Box,
    track: &Track,
    moofs: &[Mp4Box],
) -> Result<Option<f64>> {
    let usual = usual_duration(reader, moov, track.id).await?;
    let (mut first, mut last) = (None, 0);
    for moof in moofs {
        for traf in children(reader, moof.content, moof.end).await? {
            if !traf.is(b"traf") {
                continue;
            }
            let Some((begin, length)) = read_fragment(reader, &traf, track.id, usual).await? else {
                continue;
            };
            let begin = begin.unwrap_or(last);
            first.get_or_insert(begin);
            last = last.max(begin.saturating_add(length));
        }
    }
    Ok(first.and_then(|first| seconds(last.saturating_sub(first), track.timescale)))
}

/// The duration of a sample where a fragment says none.
async fn usual_duration(reader: &mut Reader<'_>, moov: &Mp4Box, track: u64) -> Result<u64> {
    let Some(mvex) = descend(reader, moov, &[b"mvex"]).await? else { return Ok(0) };
    for trex in children(reader, mvex.content, mvex.end).await? {
        if trex.is(b"trex") && reader.number(trex.content + 4, 4).await? == Some(track) {
            return Ok(reader.number(trex.content + 12, 4).await?.unwrap_or_default());
        }
    }
    Ok(0)
}

/// When a fragment begins, where it says so, and how long its samples are; `None` for one of another track.
async fn read_fragment(
    reader: &mut Reader<'_>,
    traf: &Mp4Box,
    track: u64,
    usual: u64,
) -> Result<Option<(Option<u64>, u64)>> {
    let (mut begin, mut usual, mut length) = (None, usual, 0_u64);
    for part in children(reader, traf.content, traf.end).await? {
        let head = reader.read(part.content, 28).await?;
        let flags = number(head, 1, 3).unwrap_or_default();
        match &part.name {
            b"tfhd" => {
                if number(head, 4, 4) != Some(track) {
                    return Ok(None);
                }
                let at = 8 + if flags & 1 > 0 { 8 } else { 0 } + if flags & 2 > 0 { 4 } else { 0 };
                if flags & 8 > 0 {
                    usual = number(head, at, 4).unwrap_or(usual);
                }
            }
            b"tfdt" => {
                begin = if head.first() == Some(&1) { number(head, 4, 8) } else { number(head, 4, 4) };
            }
            b"trun" => {
                let count = number(head, 4, 4).unwrap_or_default();
                length = length.saturating_add(run_length(reader, &part, flags, count, usual).await?);
            }
            _ => {}
        }
    }
    Ok(Some((begin, length)))
}

/// How long the samples of a run are together.
async fn run_length(
    reader: &mut Reader<'_>,
    trun: &Mp4Box,
    flags: u64,
    count: u64,
    usual: u64,
) -> Result<u64> {
    if flags & 0x100 == 0 {
        return Ok(count.saturating_mul(usual));
    }
    let begin = trun.content + 8 + if flags & 1 > 0 { 4 } else { 0 } + if flags & 4 > 0 { 4 } else { 0 };
    let width = 4 * u64::from((flags & 0xf00).count_ones());
    let mut sum = 0_u64;
    for sample in 0..count {
        let at = begin + sample * width;
        if at + width > trun.end {
            break;
        }
        sum = sum.saturating_add(reader.number(at, 4).await?.unwrap_or_default());
    }
    Ok(sum)
}
