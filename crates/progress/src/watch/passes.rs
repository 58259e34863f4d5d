//! What the latest playbacks of a video have played: it tells watching again from a heartbeat that comes twice.

use chrono::TimeDelta;
use kernel::{Timestamp, Uuid};

use super::ranges::{self, Ranges};

/// How many playbacks are remembered: two devices in turn, and some that went before.
const MOST: usize = 4;
/// After so long without a heartbeat, a player that goes on plays anew.
const GAP: TimeDelta = TimeDelta::hours(4);
/// How many runs a playback keeps.
const MAX_RUNS: usize = 100;

/// One playback.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// The id that the player made; nil where it made none.
    session: Uuid,
    /// When it played last, in seconds since 1970.
    last_at: i64,
    /// What it has played.
    played: Ranges,
    /// How far it came, by the word of a player that knows no more.
    reached: Option<u32>,
}

impl Pass {
    /// Adds what was played, or how far a player came that knows no more; answers what of it is new in this playback. The first such
    /// word says where the playback began.
    fn play(&mut self, mut played: Ranges, reached: Option<u32>) -> Ranges {
        if let Some(reached) = reached {
            let before = self.reached.replace(reached);
            if played.is_empty() {
                played.add(before.unwrap_or(reached), reached);
            }
        }
        let fresh = played.without(&self.played);
        self.played.unite(&played);
        self.played.close_gaps(MAX_RUNS);
        fresh
    }
}

/// The latest playbacks, the one that played last at the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Passes(Vec<Pass>);

impl Passes {
    /// Adds what the playback of this id played around `at`; answers what of it is new there.
    pub fn play(
        &mut self,
        (session, at): (Option<Uuid>, Timestamp),
        played: Ranges,
        reached: Option<u32>,
    ) -> Ranges {
        let (session, at) = (session.unwrap_or_default(), at.timestamp());
        let is_this = |pass: &Pass| pass.session == session && (pass.last_at - at).abs() < GAP.num_seconds();
        let mut pass = match self.0.iter().position(is_this) {
            Some(index) => self.0.remove(index),
            None => Pass { session, last_at: at, played: Ranges::default(), reached: None },
        };
        pass.last_at = pass.last_at.max(at);
        let fresh = pass.play(played, reached);
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push(pass);
        fresh
    }

    /// For the database: of each playback its id, its time, one more than how far it came, the length of its runs and these.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for Pass { session, last_at, played, reached } in &self.0 {
            let runs = played.pack();
            bytes.extend(session.as_bytes());
            bytes.extend(last_at.to_be_bytes());
            ranges::write(&mut bytes, reached.map_or(0, |reached| reached + 1));
            ranges::write(&mut bytes, u32::try_from(runs.len()).unwrap_or_default());
            bytes.extend(runs);
        }
        bytes
    }

    /// What [`Passes::pack`] wrote; `None` for bytes of another origin.
    #[must_use]
    pub fn unpack(mut bytes: &[u8]) -> Option<Self> {
        let mut passes = Vec::new();
        while !bytes.is_empty() {
            let (session, rest) = bytes.split_first_chunk::<16>()?;
            let (last_at, mut rest) = rest.split_first_chunk::<8>()?;
            let reached = ranges::read(&mut rest)?.checked_sub(1);
            let length = usize::try_from(ranges::read(&mut rest)?).ok()?;
            let (runs, rest) = rest.split_at_checked(length)?;
            passes.push(Pass {
                session: Uuid::from_bytes(*session),
                last_at: i64::from_be_bytes(*last_at),
                played: Ranges::unpack(runs)?,
                reached,
            });
            bytes = rest;
        }
        Some(Self(passes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn range(from: u32, to: u32) -> Ranges {
        let mut ranges = Ranges::default();
        ranges.add(from, to);
        ranges
    }

    #[test]
    fn a_playback_plays_a_second_once_and_the_next_one_again() {
        let session = Some(Uuid::from_u128(1));
        let mut passes = Passes::default();
        assert_eq!(passes.play((session, at(0)), range(0, 10), None), range(0, 10));
        assert_eq!(passes.play((session, at(5)), range(5, 15), None), range(10, 15));
        assert_eq!(passes.play((None, at(6)), range(0, 10), None), range(0, 10));
        assert_eq!(passes.play((session, at(7)), range(0, 15), None), Ranges::default());
        // A tab that stayed open over night plays anew.
        assert_eq!(passes.play((session, at(40_000)), range(0, 15), None), range(0, 15));
    }

    #[test]
    fn they_are_written_and_read_and_only_the_latest_stay() {
        let mut passes = Passes::default();
        for session in 0..9_u32 {
            let playback = (Some(Uuid::from_u128(session.into())), at(session.into()));
            passes.play(playback, range(session, 100), Some(session));
        }
        assert_eq!(passes.0.len(), MOST);
        assert_eq!(Passes::unpack(&passes.pack()), Some(passes));
        assert_eq!(Passes::unpack(&[]), Some(Passes::default()));
        assert_eq!(Passes::unpack(&[1, 2, 3]), None);
    }
}
