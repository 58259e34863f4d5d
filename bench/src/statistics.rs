//! Medians and quantiles.

use std::time::Duration;

use crate::milliseconds;

/// The middle of the values, or the mean of the two in the middle. Zero of none.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = values.get(half).copied().unwrap_or_default();
    if values.len() % 2 == 1 {
        return upper;
    }
    half.checked_sub(1)
        .and_then(|below| values.get(below))
        .map_or(upper, |lower| f64::midpoint(*lower, upper))
}

/// The smallest and the largest.
pub fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| {
        (least.min(*value), most.max(*value))
    })
}

/// Latencies of many requests.
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// In any order.
    pub fn new(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        Self(all)
    }

    /// In milliseconds: the smallest one that so many percent do not exceed. Zero of none.
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().map(milliseconds).unwrap_or_default()
    }

    /// How many.
    pub const fn count(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[7.0]), 7.0);
        assert_eq!(median(&[]), 0.0);
        assert_eq!(range(&[3.0, 1.0, 2.0]), (1.0, 3.0));
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let latencies = Latencies::new((1..=200).rev().map(Duration::from_millis).collect());
        assert_eq!(latencies.percentile(50), 100.0);
        assert_eq!(latencies.percentile(99), 198.0);
        assert_eq!(latencies.percentile(100), 200.0);
        assert_eq!(Latencies::new(vec![Duration::from_millis(4)]).percentile(99), 4.0);
        assert_eq!(Latencies::new(Vec::new()).percentile(99), 0.0);
    }
}
