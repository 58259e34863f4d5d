//! How much somebody watched by day, on which days they learnt, and their streaks.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, TimeZone};
use chrono_tz::Tz;
use database::Tx;
use kernel::{Error, FieldError, Result, Timestamp};

use crate::{
    reading,
    watch::{QUARTER, store},
};

/// What somebody learnt on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub on: NaiveDate,
    /// The seconds that were watched, for the first time or again.
    pub watched_seconds: u64,
    /// Whether they watched or read anything.
    pub is_active: bool,
}

/// How much somebody watched, by days in their own time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// The seconds that were watched over all days, for the first time or again.
    pub watched_seconds: u64,
    /// How many active days in a row, up to today, or to yesterday where today is not active yet.
    pub current_streak_days: u32,
    /// The most active days in a row that there ever were.
    pub longest_streak_days: u32,
    /// The latest days up to today, the oldest first.
    pub days: Vec<Day>,
}

/// What the caller learnt in the last `days` days, and their streaks, by the days of the time zone `zone` (a name of the IANA
/// database).
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer` for a time zone that does not exist.
pub async fn stats(tx: &Tx, zone: &str, days: u32, pointer: &str) -> Result<Stats> {
    let zone: Tz = zone.parse().map_err(|_| {
        let detail = "No time zone of the IANA database, such as Europe/Berlin.";
        Error::invalid(vec![FieldError::new(pointer, "unknown_timezone", detail)])
    })?;
    let mut spent = store::spent(tx, tx.user_id()?).await?;
    for quarter in reading::quarters_of(tx, tx.user_id()?).await? {
        spent.entry(quarter).or_default();
    }
    Ok(by_days(&spent, zone, tx.now(), days))
}

/// By the quarters of an hour in which somebody was active, with the seconds that they watched.
fn by_days(spent: &BTreeMap<u32, u32>, zone: Tz, now: Timestamp, days: u32) -> Stats {
    let mut by_day: BTreeMap<NaiveDate, u64> = BTreeMap::new();
    for (&quarter, &seconds) in spent {
        if let Some(at) = Timestamp::from_timestamp(i64::from(quarter) * QUARTER, 0) {
            let day = zone.from_utc_datetime(&at.naive_utc()).date_naive();
            *by_day.entry(day).or_default() += u64::from(seconds);
        }
    }
    let today = zone.from_utc_datetime(&now.naive_utc()).date_naive();
    let (mut longest, mut run, mut before) = (0, 0, None::<NaiveDate>);
    for &day in by_day.keys() {
        run = if before.and_then(|before| before.succ_opt()) == Some(day) { run + 1 } else { 1 };
        longest = longest.max(run);
        before = Some(day);
    }
    let goes_on = before.is_some_and(|last| last == today || last.succ_opt() == Some(today));
    let shown = (0..days).rev().filter_map(|ago| today.checked_sub_days(Days::new(ago.into())));
    Stats {
        watched_seconds: by_day.values().sum(),
        current_streak_days: if goes_on { run } else { 0 },
        longest_streak_days: longest,
        days: shown
            .map(|on| {
                let watched = by_day.get(&on).copied();
                Day { on, watched_seconds: watched.unwrap_or(0), is_active: watched.is_some() }
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn spent(times: &[&str]) -> BTreeMap<u32, u32> {
        let quarter = |time: &&str| u32::try_from(at(time).timestamp() / QUARTER).unwrap();
        times.iter().map(|time| (quarter(time), 60)).collect()
    }

    #[test]
    fn days_are_those_of_the_learner() {
        let spent = spent(&["2026-11-20T23:15:00Z", "2026-11-21T22:45:00Z", "2026-11-19T12:00:00Z"]);
        let now = at("2026-11-22T10:00:00Z");
        let utc = by_days(&spent, Tz::UTC, now, 4);
        let seconds = |stats: &Stats| stats.days.iter().map(|day| day.watched_seconds).collect::<Vec<_>>();
        assert_eq!(seconds(&utc), [60, 60, 60, 0]);
        assert_eq!((utc.current_streak_days, utc.longest_streak_days, utc.watched_seconds), (3, 3, 180));
        assert_eq!(utc.days.iter().map(|day| day.is_active).collect::<Vec<_>>(), [true, true, true, false]);
        // In Kathmandu, five hours and three quarters ahead, two of them were a day later.
        let kathmandu = by_days(&spent, Tz::Asia__Kathmandu, now, 4);
        assert_eq!(seconds(&kathmandu), [60, 0, 60, 60]);
        assert_eq!((kathmandu.current_streak_days, kathmandu.longest_streak_days), (2, 2));
        // Two days later nothing goes on.
        let later = by_days(&spent, Tz::UTC, at("2026-11-23T00:00:00Z"), 1);
        assert_eq!((later.current_streak_days, later.longest_streak_days), (0, 3));
        assert_eq!(by_days(&BTreeMap::new(), Tz::UTC, now, 1).longest_streak_days, 0);
    }
}
