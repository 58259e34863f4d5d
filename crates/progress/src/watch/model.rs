//! What a heartbeat changes in what is known of a user and a video: pure arithmetic, no database.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use kernel::{Error, FieldError, Result, Timestamp, Uuid};

use super::{
    passes::Passes,
    ranges::{self, Ranges},
};

/// The longest video whose watching is followed, in seconds: a day.
pub const MAX_VIDEO_SECONDS: u32 = 86_400;

/// The first and the last heartbeat where there was none: what a minimum and a maximum begin with. The first comes after the last
/// exactly where there was no heartbeat.
pub const UNHEARD: (Timestamp, Timestamp) = (YEAR_3000, Timestamp::UNIX_EPOCH);

const YEAR_3000: Timestamp = match Timestamp::from_timestamp(32_503_680_000, 0) {
    Some(at) => at,
    None => Timestamp::MAX_UTC,
};

/// How repeated runs a set keeps: players make a handful, and every answer carries all of them.
pub const MAX_RUNS: usize = 1_000;

/// What may be credited, and when a video counts as seen.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Seconds of video that an hour of the wall clock may credit at most, in per cent of that hour: who plays at double speed
    /// needs 200.
    pub rate_percent: u32,
    /// Seconds that are credited beyond that, once for a user and a video: what was watched before the first heartbeat.
    pub slack_seconds: u32,
    /// From which `watchTimePercent` on it is complete.
    pub completion_percent: u32,
}

/// What a player reports. Nothing of it is trusted: the server's own clock bounds what is credited.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claim {
    /// Seconds of the video that were played, each `from` before `to`.
    pub ranges: Vec<(f64, f64)>,
    /// For players that know no more: everything up to this part of the video, 0 to 100.
    pub percent: Option<f64>,
    /// Where the player stands, in seconds.
    pub position: Option<f64>,
    /// When, by the device's clock. It orders positions and says on which day it was watched; no credit depends on it.
    pub played_at: Option<Timestamp>,
    /// The playback, by an id that the player made.
    pub session_id: Option<Uuid>,
}

impl Claim {
    /// Refuses what makes no sense, for all reasons at once, each below `pointer`.
    ///
    /// # Errors
    /// [`kernel::Code::ValidationFailed`].
    pub fn check(&self, pointer: &str, length: Option<u32>) -> Result<()> {
        let mut reasons = Vec::new();
        let mut refuse = |place: String, code, detail: &str| {
            reasons.push(FieldError::new(format!("{pointer}{place}"), code, detail));
        };
        let inside = |second: f64| (0.0..=f64::from(MAX_VIDEO_SECONDS)).contains(&second);
        for (index, &(from, to)) in self.ranges.iter().enumerate() {
            if !inside(from) || !inside(to) {
                refuse(format!("/ranges/{index}"), "out_of_range", "Within a day.");
            } else if from > to {
                refuse(format!("/ranges/{index}"), "reversed", "It ends before it begins.");
            }
        }
        if let Some(percent) = self.percent {
            if !(0.0..=100.0).contains(&percent) {
                refuse("/percent".into(), "out_of_range", "0 to 100.");
            } else if length.is_none() {
                refuse(
                    "/percent".into(),
                    "duration_unknown",
                    "Nobody knows how long this video is: send ranges.",
                );
            }
        }
        if self.position.is_some_and(|position| !inside(position)) {
            refuse("/positionSeconds".into(), "out_of_range", "Within a day.");
        }
        if reasons.is_empty() { Ok(()) } else { Err(Error::invalid(reasons)) }
    }
}

/// Where a player was in a video.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// When, by the device's clock, but never later than the server received it.
    pub at: Timestamp,
    /// Seconds from the beginning of the video.
    pub seconds: f64,
    /// The playback that reported it.
    pub session_id: Option<Uuid>,
}

impl Position {
    /// The later one; of two at one instant the one further on, so that the order of arrival does not matter.
    fn later(self, other: Self) -> Self {
        let order = self
            .at
            .cmp(&other.at)
            .then(self.seconds.total_cmp(&other.seconds))
            .then(self.session_id.cmp(&other.session_id));
        if order.is_ge() { self } else { other }
    }
}

/// What is known of one user and one video.
///
/// Everything but [`Watch::spent`] and [`Watch::passes`] is a union, a minimum or a maximum over the heartbeats, so that their order and their
/// repetition do not matter (as long as nothing has more than [`MAX_RUNS`] runs). The credit follows from it:
/// `min(claimed, (last heartbeat - first heartbeat) × rate + slack)`. What was claimed beyond that stays on record, and is credited as the
/// clock allows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// What was claimed, within the video.
    pub claimed: Ranges,
    /// When the server received the first heartbeat.
    pub first_heard_at: Timestamp,
    /// When the server received the last heartbeat.
    pub last_heard_at: Timestamp,
    /// The credited seconds; they never fall.
    pub watched_seconds: u32,
    /// The credited part of the video, 0 to 100; it never falls.
    pub percent: f64,
    /// Where to resume.
    pub position: Option<Position>,
    /// When it was watched, what was watched again included: seconds by quarter of an hour since 1970.
    pub spent: BTreeMap<u32, u32>,
    /// What the latest playbacks have played, so that a heartbeat that comes twice is no second watching.
    pub passes: Passes,
}

impl Watch {
    /// Before the first heartbeat, which starts the clock.
    #[must_use]
    pub fn new() -> Self {
        Self {
            claimed: Ranges::default(),
            first_heard_at: UNHEARD.0,
            last_heard_at: UNHEARD.1,
            watched_seconds: 0,
            percent: 0.0,
            position: None,
            spent: BTreeMap::new(),
            passes: Passes::default(),
        }
    }

    /// When the last heartbeat came; `None` before the first, and after a trainer has reset it.
    #[must_use]
    pub fn heard_at(&self) -> Option<Timestamp> {
        Some(self.last_heard_at).filter(|last| *last >= self.first_heard_at)
    }

    /// Records a claim that the server received at `now`, about a video of `length` seconds (`None`: nobody knows).
    pub fn record(&mut self, claim: &Claim, length: Option<u32>, now: Timestamp, rules: &Rules) {
        let end = length.unwrap_or(MAX_VIDEO_SECONDS);
        let mut played = Ranges::default();
        for &(from, to) in &claim.ranges {
            played.add(second(from).min(end), second(to).min(end));
        }
        let mut reached = None;
        if let (Some(percent), Some(length)) = (claim.percent, length) {
            reached = Some(second(percent / 100.0 * f64::from(length)).min(length));
        }
        let claimed_before = self.claimed.clone();
        self.claimed.unite(&played);
        self.claimed.add(0, reached.unwrap_or(0));
        self.claimed.close_gaps(MAX_RUNS);
        self.first_heard_at = self.first_heard_at.min(now);
        self.last_heard_at = self.last_heard_at.max(now);
        self.move_position(claim, length, now);
        let watched_before = self.watched_seconds;
        self.credit(length, rules);
        // A device that was offline reports when it was, within what the server can know: since the first heartbeat.
        let when = claim.played_at.unwrap_or(now).clamp(self.first_heard_at, now);
        let new = self.watched_seconds - watched_before;
        let fresh = self.passes.play((claim.session_id, when), played, reached);
        let again = fresh.common_seconds(&claimed_before);
        let booked = self.spent.values().fold(new, |sum, seconds| sum.saturating_add(*seconds));
        // What is watched again runs against the same clock.
        let again = again.min(self.allowed_seconds(rules).saturating_sub(booked));
        // Who plays is active, also where the clock credits nothing.
        if new > 0 || !fresh.is_empty() {
            let spent = self.spent.entry(quarter(when)).or_default();
            *spent = spent.saturating_add(new + again);
        }
    }

    fn move_position(&mut self, claim: &Claim, length: Option<u32>, now: Timestamp) {
        let seconds = match (claim.position, claim.percent, length) {
            (Some(position), ..) => position,
            (None, Some(percent), Some(length)) => percent / 100.0 * f64::from(length),
            _ => return,
        };
        let position = Position {
            at: claim.played_at.unwrap_or(now).clamp(Timestamp::UNIX_EPOCH, now),
            seconds: seconds.clamp(0.0, f64::from(length.unwrap_or(MAX_VIDEO_SECONDS))),
            session_id: claim.session_id,
        };
        self.position = Some(self.position.map_or(position, |known| known.later(position)));
    }

    /// The credit that follows from what is known.
    fn credit(&mut self, length: Option<u32>, rules: &Rules) {
        let claimed = self.claimed.seconds_before(length.unwrap_or(MAX_VIDEO_SECONDS));
        self.watched_seconds = self.watched_seconds.max(claimed.min(self.allowed_seconds(rules)));
        if let Some(length) = length.filter(|length| *length > 0) {
            let percent = f64::from(self.watched_seconds.min(length)) * 100.0 / f64::from(length);
            self.percent = self.percent.max(percent);
        }
    }

    /// What the clock allows between the first and the last heartbeat.
    fn allowed_seconds(&self, rules: &Rules) -> u32 {
        let elapsed = (self.last_heard_at - self.first_heard_at).max(TimeDelta::zero());
        let allowed = elapsed.num_milliseconds().saturating_mul(rules.rate_percent.into()) / 100_000;
        u32::try_from(allowed.saturating_add(rules.slack_seconds.into())).unwrap_or(u32::MAX)
    }

    /// For the database: the gap to each quarter of an hour and its seconds.
    #[must_use]
    pub fn pack_spent(&self) -> Vec<u8> {
        let (mut bytes, mut at) = (Vec::with_capacity(self.spent.len() * 4), 0);
        for (&quarter, &seconds) in &self.spent {
            ranges::write(&mut bytes, quarter - at);
            ranges::write(&mut bytes, seconds);
            at = quarter;
        }
        bytes
    }
}

/// What [`Watch::pack_spent`] wrote; `None` for bytes of another origin.
#[must_use]
pub fn unpack_spent(mut bytes: &[u8]) -> Option<BTreeMap<u32, u32>> {
    let (mut spent, mut at) = (BTreeMap::new(), 0_u32);
    while !bytes.is_empty() {
        at = at.checked_add(ranges::read(&mut bytes)?)?;
        spent.insert(at, ranges::read(&mut bytes)?);
    }
    Some(spent)
}

/// Seconds in a quarter of an hour: the steps in which the world's time zones differ.
pub const QUARTER: i64 = 900;

fn quarter(at: Timestamp) -> u32 {
    u32::try_from(at.timestamp().div_euclid(QUARTER)).unwrap_or(0)
}

/// The nearest whole second: neighbouring ranges that share an end still meet.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, and held within a day")]
fn second(seconds: f64) -> u32 {
    seconds.round().clamp(0.0, f64::from(MAX_VIDEO_SECONDS)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { rate_percent: 200, slack_seconds: 30, completion_percent: 90 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn range(from: f64, to: f64) -> Claim {
        Claim { ranges: vec![(from, to)], ..Claim::default() }
    }

    fn watch_after(beats: &[(i64, Claim)], length: Option<u32>) -> Watch {
        let mut watch = Watch::new();
        for (when, claim) in beats {
            watch.record(claim, length, at(*when), &RULES);
        }
        watch
    }

    /// A small generator with a seed, so that a failure can be had again.
    struct Rng(u64);

    impl Rng {
        fn below(&mut self, end: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % end as u64) as usize
        }
    }

    #[test]
    fn ten_thousand_permutations_repetitions_and_delays_of_a_trace_end_alike() {
        // Two devices in turn, with seeks, over an hour; what arrives when is the network's choice.
        let mut trace = Vec::new();
        for beat in 0..60_u32 {
            let from = f64::from(beat * 7 % 59) * 10.3;
            let session = Uuid::from_u128(u128::from(beat / 20 % 2) + 1);
            trace.push(Claim {
                ranges: vec![(from, from + 10.3), (from / 2.0, from / 2.0 + 1.2)],
                position: Some(from + 10.3),
                percent: (beat % 9 == 0).then(|| f64::from(beat) / 9.0),
                played_at: Some(at(i64::from(beat) * 10)),
                session_id: Some(session),
            });
        }
        let mut rng = Rng(0x5eed_1234_5678_9abc);
        let mut ends = Vec::new();
        for round in 0..10_000 {
            let mut order: Vec<usize> = (0..trace.len()).collect();
            // Some come twice or three times.
            for _ in 0..rng.below(40) {
                order.push(rng.below(trace.len()));
            }
            for last in (1..order.len()).rev() {
                order.swap(last, rng.below(last + 1));
            }
            // The player opens the video, and what it says arrives later, until an hour after that.
            let mut watch = watch_after(&[(0, Claim::default())], Some(620));
            let arrivals = order.len() as i64 - 1;
            let mut before = 0.0;
            for (index, beat) in order.iter().enumerate() {
                let when = 600 + 3_000 * index as i64 / arrivals;
                watch.record(&trace[*beat], Some(620), at(when), &RULES);
                assert!(watch.percent >= before, "watchTimePercent fell in round {round}");
                before = watch.percent;
            }
            assert!(watch.spent.values().sum::<u32>() >= watch.watched_seconds);
            // When it was watched is attributed as it arrives, and what was watched again with it.
            watch.spent.clear();
            watch.passes = Passes::default();
            ends.push(watch);
        }
        assert!(ends.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn watching_again_counts_for_its_day_and_a_heartbeat_that_comes_twice_does_not() {
        const DAY: i64 = 86_400;
        let opened = Claim::default();
        let first = watch_after(&[(0, opened.clone()), (600, range(0.0, 600.0))], Some(600));
        assert_eq!(first.spent.values().sum::<u32>(), 600);
        // The same request, as somebody sends it who did not hear the answer.
        let mut again = first.clone();
        again.record(&range(0.0, 600.0), Some(600), at(602), &RULES);
        assert_eq!(again.spent, first.spent);
        // The next day it is another playback: by its time, or by its id.
        again.record(&opened, Some(600), at(DAY), &RULES);
        assert_eq!(again.spent, first.spent, "who only opens has not watched");
        again.record(&range(0.0, 600.0), Some(600), at(DAY + 600), &RULES);
        assert_eq!(
            (again.spent[&quarter(at(DAY + 600))], again.watched_seconds, again.percent),
            (600, 600, 100.0)
        );
        let session = |n: u128, to: f64| Claim { session_id: Some(Uuid::from_u128(n)), ..range(0.0, to) };
        let twice =
            [(0, opened), (600, session(1, 600.0)), (1_200, session(2, 600.0)), (1_201, session(2, 600.0))];
        assert_eq!(watch_after(&twice, Some(600)).spent.values().sum::<u32>(), 1_200);
    }

    #[test]
    fn a_percentage_counts_again_from_where_its_playback_began() {
        let percent = |percent: f64| Claim { percent: Some(percent), ..Claim::default() };
        let mut watch = watch_after(&[(0, percent(0.0)), (600, percent(100.0))], Some(600));
        assert_eq!(watch.spent.values().sum::<u32>(), 600);
        for (second, part) in [(86_400, 50.0), (86_460, 60.0)] {
            watch.record(&percent(part), Some(600), at(second), &RULES);
        }
        assert_eq!(watch.spent.values().sum::<u32>(), 660);
    }

    #[test]
    fn watching_again_runs_against_the_same_clock() {
        let all = |session: u128| Claim { session_id: Some(Uuid::from_u128(session)), ..range(0.0, 600.0) };
        let mut watch = watch_after(&[(0, Claim::default()), (600, all(1))], Some(600));
        for session in 2..50 {
            watch.record(&all(session), Some(600), at(700), &RULES);
        }
        assert_eq!(watch.spent.values().sum::<u32>(), 700 * 2 + 30);
    }

    #[test]
    fn of_two_devices_the_later_word_is_where_to_go_on_whichever_arrives_first() {
        let at_position = |played: i64, seconds: f64, session: u128| Claim {
            position: Some(seconds),
            played_at: Some(at(played)),
            session_id: Some(Uuid::from_u128(session)),
            ..Claim::default()
        };
        let (phone, tablet) = (at_position(10, 1_200.0, 1), at_position(500, 300.0, 2));
        let one = watch_after(&[(600, phone.clone()), (601, tablet.clone())], None);
        let two = watch_after(&[(600, tablet.clone()), (601, phone), (602, tablet)], None);
        assert_eq!(one.position, two.position);
        assert_eq!(one.position.unwrap().seconds, 300.0);
        // A clock a year ahead is recorded at the server's own instant, so that it does not pin the position for a year.
        let ahead = watch_after(&[(0, at_position(31_536_000, 5.0, 1)), (10, at_position(9, 70.0, 2))], None);
        assert_eq!(ahead.position.unwrap().seconds, 70.0);
        // One a year behind loses against devices whose clocks are right, and alone it is believed.
        let behind = watch_after(
            &[(0, at_position(-31_536_000, 5.0, 1)), (10, at_position(-31_535_990, 15.0, 1))],
            None,
        );
        assert_eq!(behind.position.unwrap().seconds, 15.0);
    }

    #[test]
    fn who_claims_an_hour_in_a_second_is_credited_the_slack_whatever_it_tries() {
        let all = range(0.0, 3_600.0);
        assert_eq!(watch_after(&[(0, all.clone())], Some(3_600)).watched_seconds, 30);
        let mut repeated = Vec::new();
        for session in 0..500_u128 {
            let session_id = Some(Uuid::from_u128(session));
            repeated.push((
                0,
                Claim { session_id, played_at: Some(at(-31_536_000)), percent: Some(100.0), ..all.clone() },
            ));
        }
        assert_eq!(watch_after(&repeated, Some(3_600)).watched_seconds, 30);
        // A second later it is two seconds more, at double speed.
        repeated.push((1, all));
        assert_eq!(watch_after(&repeated, Some(3_600)).watched_seconds, 32);
    }

    #[test]
    fn an_hour_watched_offline_is_credited_wholly_when_it_comes() {
        let opened = Claim { position: Some(0.0), ..Claim::default() };
        let watch = watch_after(&[(0, opened), (3_600, range(0.0, 3_600.0))], Some(3_600));
        assert_eq!((watch.watched_seconds, watch.percent), (3_600, 100.0));
        // What nobody opened before is credited as the clock goes on, without being sent again.
        let mut late = watch_after(&[(0, range(0.0, 600.0))], Some(600));
        assert_eq!(late.watched_seconds, 30);
        late.record(&Claim::default(), Some(600), at(100), &RULES);
        assert_eq!(late.watched_seconds, 230);
        late.record(&Claim::default(), Some(600), at(400), &RULES);
        assert_eq!((late.watched_seconds, late.percent), (600, 100.0));
    }

    #[test]
    fn a_length_that_nobody_knows_is_no_percentage() {
        let unknown = watch_after(&[(0, range(0.0, 50.0)), (100, Claim::default())], None);
        assert_eq!((unknown.watched_seconds, unknown.percent), (50, 0.0));
        // Once it is known, it counts.
        let mut known = unknown;
        known.record(&Claim::default(), Some(100), at(101), &RULES);
        assert_eq!(known.percent, 50.0);
        // A shorter video that takes its place takes nothing away, and what lies beyond it does not count.
        known.record(&range(90.0, 100.0), Some(40), at(102), &RULES);
        assert_eq!((known.percent, known.watched_seconds), (100.0, 50));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_for_all_reasons() {
        let claim = Claim {
            ranges: vec![(5.0, 1.0), (-1.0, 4.0), (f64::NAN, 2.0), (0.0, 1e308), (1.0, 2.0)],
            percent: Some(1e308),
            position: Some(f64::INFINITY),
            ..Claim::default()
        };
        let refused = claim.check("/items/3", Some(10)).unwrap_err();
        let refused: Vec<_> =
            refused.reasons().iter().map(|reason| (reason.pointer.as_str(), reason.code)).collect();
        assert_eq!(
            refused,
            [
                ("/items/3/ranges/0", "reversed"),
                ("/items/3/ranges/1", "out_of_range"),
                ("/items/3/ranges/2", "out_of_range"),
                ("/items/3/ranges/3", "out_of_range"),
                ("/items/3/percent", "out_of_range"),
                ("/items/3/positionSeconds", "out_of_range"),
            ]
        );
        let percent = Claim { percent: Some(10.0), ..Claim::default() };
        assert_eq!(percent.check("", None).unwrap_err().reasons()[0].code, "duration_unknown");
    }

    #[test]
    fn what_was_watched_offline_belongs_to_its_day_within_what_the_server_can_know() {
        let opened = Claim::default();
        let yesterday = Claim { played_at: Some(at(1_000)), ..range(0.0, 300.0) };
        let watch = watch_after(&[(0, opened.clone()), (90_000, yesterday)], Some(600));
        assert_eq!(watch.spent, BTreeMap::from([(quarter(at(1_000)), 300)]));
        let made_up = Claim { played_at: Some(at(-90_000)), ..range(0.0, 300.0) };
        let watch = watch_after(&[(0, opened), (90_000, made_up)], Some(600));
        assert_eq!(watch.spent, BTreeMap::from([(quarter(at(0)), 300)]));
        assert_eq!(unpack_spent(&watch.pack_spent()), Some(watch.spent));
    }
}
