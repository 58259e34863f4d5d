//! Quiet hours and digests in somebody's time zone, where a day may have 23 or 25 hours.

use chrono::{Datelike, Days, Duration, NaiveDateTime, NaiveTime, TimeZone, Timelike};
use chrono_tz::Tz;
use entity::enums::Digest;
use kernel::Timestamp;

/// A part of the day, in minutes since midnight; it goes over midnight where it ends before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// The first quiet minute.
    pub from: u16,
    /// The first minute after the quiet ones.
    pub to: u16,
}

/// The hour of the day at which digests are due.
const DIGEST_HOUR: u32 = 8;

/// When the quiet hours end in which this instant falls; `None` outside of quiet hours.
pub(super) fn until(zone: Tz, hours: QuietHours, at: Timestamp) -> Option<Timestamp> {
    let QuietHours { from, to } = hours;
    let local = zone.from_utc_datetime(&at.naive_utc()).naive_local();
    let minute = u16::try_from(local.hour() * 60 + local.minute()).ok()?;
    let quiet = if from < to { (from..to).contains(&minute) } else { minute >= from || minute < to };
    if !quiet {
        return None;
    }
    let day = if minute < to { local.date() } else { local.date().checked_add_days(Days::new(1))? };
    let end = day.and_time(NaiveTime::MIN) + Duration::minutes(to.into());
    instant(zone, end).filter(|end| *end > at)
}

/// The morning at which the next digest is due.
pub(super) fn next_digest(zone: Tz, digest: Digest, after: Timestamp) -> Option<Timestamp> {
    let today = zone.from_utc_datetime(&after.naive_utc()).date_naive();
    let is_day = |day: &chrono::NaiveDate| match digest {
        Digest::Off => false,
        Digest::Daily => true,
        Digest::Weekly => day.weekday() == chrono::Weekday::Mon,
    };
    (0..=8)
        .filter_map(|ahead| today.checked_add_days(Days::new(ahead)))
        .filter(is_day)
        .filter_map(|day| instant(zone, day.and_hms_opt(DIGEST_HOUR, 0, 0)?))
        .find(|morning| *morning > after)
}

/// The instant of a local time: the later one where the clock shows the time twice, and the next one where the clock skips it.
fn instant(zone: Tz, local: NaiveDateTime) -> Option<Timestamp> {
    // No clock is moved forward by more than a day.
    (0..=24 * 60)
        .filter_map(|late| local.checked_add_signed(Duration::minutes(late)))
        .find_map(|local| zone.from_local_datetime(&local).latest())
        .map(|found| found.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn quiet(zone: Tz, from: u16, to: u16, now: &str) -> Option<Timestamp> {
        until(zone, QuietHours { from, to }, at(now))
    }

    const NIGHT: (u16, u16) = (22 * 60, 7 * 60);

    #[test]
    fn a_night_ends_in_the_morning_of_its_time_zone() {
        let night = |now| quiet(Tz::Europe__Berlin, NIGHT.0, NIGHT.1, now);
        assert_eq!(night("2026-11-22T20:59:59Z"), None);
        assert_eq!(night("2026-11-22T21:00:00Z"), Some(at("2026-11-23T06:00:00Z")));
        assert_eq!(night("2026-11-23T05:59:00Z"), Some(at("2026-11-23T06:00:00Z")));
        assert_eq!(night("2026-11-23T06:00:00Z"), None);
        // In Kathmandu, five hours and three quarters ahead, it is night already.
        let there = quiet(Tz::Asia__Kathmandu, NIGHT.0, NIGHT.1, "2026-11-22T16:15:00Z");
        assert_eq!(there, Some(at("2026-11-23T01:15:00Z")));
        let noon = |now| quiet(Tz::UTC, 12 * 60, 13 * 60, now);
        assert_eq!(noon("2026-11-22T12:30:00Z"), Some(at("2026-11-22T13:00:00Z")));
        assert_eq!(noon("2026-11-22T13:00:00Z"), None);
    }

    #[test]
    fn nights_in_which_the_clock_is_changed_end_when_the_clock_says_so() {
        let night = |now| quiet(Tz::Europe__Berlin, NIGHT.0, NIGHT.1, now);
        // Eight hours of sleep, and ten.
        assert_eq!(night("2026-03-28T21:00:00Z"), Some(at("2026-03-29T05:00:00Z")));
        assert_eq!(night("2026-10-24T20:00:00Z"), Some(at("2026-10-25T06:00:00Z")));
        // The end does not exist (02:30 on the 29th of March), or exists twice.
        let early = |now| quiet(Tz::Europe__Berlin, 22 * 60, 2 * 60 + 30, now);
        assert_eq!(early("2026-03-29T00:10:00Z"), Some(at("2026-03-29T01:00:00Z")));
        assert_eq!(early("2026-10-25T00:10:00Z"), Some(at("2026-10-25T01:30:00Z")));
        assert_eq!(early("2026-10-25T01:10:00Z"), Some(at("2026-10-25T01:30:00Z")));
    }

    #[test]
    fn digests_come_in_the_morning() {
        let next = |digest, now| next_digest(Tz::Europe__Berlin, digest, at(now));
        assert_eq!(next(Digest::Off, "2026-11-22T10:00:00Z"), None);
        assert_eq!(next(Digest::Daily, "2026-11-22T06:59:00Z"), Some(at("2026-11-22T07:00:00Z")));
        assert_eq!(next(Digest::Daily, "2026-11-22T07:00:00Z"), Some(at("2026-11-23T07:00:00Z")));
        // A Sunday, and the Monday itself.
        assert_eq!(next(Digest::Weekly, "2026-11-22T10:00:00Z"), Some(at("2026-11-23T07:00:00Z")));
        assert_eq!(next(Digest::Weekly, "2026-11-23T07:00:00Z"), Some(at("2026-11-30T07:00:00Z")));
    }
}
