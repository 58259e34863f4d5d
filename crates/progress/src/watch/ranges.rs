//! The seconds of a video that somebody says they have seen.

/// A set of whole seconds, as sorted runs `[from, to)` that neither overlap nor touch.
///
/// There is exactly one form of every set, and uniting is commutative, associative and idempotent: that makes the order of
/// heartbeats, their repetition and their delay irrelevant. Runs are what a player's loop makes few of (a handful, a few
/// bytes each); a bitmap would cost an hour 450 bytes from the first second on, in every write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u32, u32)>);

impl Ranges {
    /// Adds the seconds `[from, to)`; nothing where that is empty.
    pub fn add(&mut self, from: u32, to: u32) {
        if from >= to {
            return;
        }
        // All runs that overlap or touch the new one become one with it.
        let begin = self.0.partition_point(|&(_, end)| end < from);
        let end = self.0.partition_point(|&(start, _)| start <= to);
        let touched = self.0.get(begin..end).unwrap_or_default();
        let from = touched.first().map_or(from, |&(start, _)| start.min(from));
        let to = touched.last().map_or(to, |&(_, end)| end.max(to));
        self.0.splice(begin..end.max(begin), [(from, to)]);
    }

    /// Adds all seconds of another set.
    pub fn unite(&mut self, other: &Self) {
        for &(from, to) in &other.0 {
            self.add(from, to);
        }
    }

    /// Its seconds that are not in another set.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut rest = Self::default();
        for &(from, to) in &self.0 {
            let mut at = from;
            for &(start, end) in other.0.iter().filter(|&&(start, end)| start < to && end > from) {
                rest.add(at, start);
                at = at.max(end);
            }
            rest.add(at, to);
        }
        rest
    }

    /// How many of its seconds are in another set, too.
    #[must_use]
    pub fn common_seconds(&self, other: &Self) -> u32 {
        self.seconds_before(u32::MAX) - self.without(other).seconds_before(u32::MAX)
    }

    /// Whether it has no second.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Closes the shortest gaps, the first of equal ones, until there are at most so many runs.
    pub fn close_gaps(&mut self, most: usize) {
        let surplus = self.0.len().saturating_sub(most.max(1));
        if surplus == 0 {
            return;
        }
        let gap = |pair: &[(u32, u32)]| match pair {
            [(_, end), (start, _)] => start - end,
            _ => 0,
        };
        let mut gaps: Vec<(u32, usize)> = self.0.windows(2).map(gap).zip(1..).collect();
        gaps.sort_unstable();
        let mut closed: Vec<usize> = gaps.iter().take(surplus).map(|&(_, run)| run).collect();
        closed.sort_unstable();
        let runs = std::mem::take(&mut self.0);
        for (index, run) in runs.into_iter().enumerate() {
            match self.0.last_mut() {
                Some(last) if closed.binary_search(&index).is_ok() => last.1 = run.1,
                _ => self.0.push(run),
            }
        }
    }

    /// Its first seconds, so many.
    #[must_use]
    pub fn first(&self, mut seconds: u32) -> Self {
        let mut first = Self::default();
        for &(from, to) in &self.0 {
            let length = (to - from).min(seconds);
            first.add(from, from + length);
            seconds -= length;
        }
        first
    }

    /// The runs in their order.
    #[must_use]
    pub fn runs(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// How many of its seconds come before `end`.
    #[must_use]
    pub fn seconds_before(&self, end: u32) -> u32 {
        let within = self.0.iter().take_while(|&&(from, _)| from < end);
        within.map(|&(from, to)| to.min(end) - from).sum()
    }

    /// For the database: the gap before each run and its length, in variable-length integers.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 3);
        let mut at = 0;
        for &(from, to) in &self.0 {
            write(&mut bytes, from - at);
            write(&mut bytes, to - from);
            at = to;
        }
        bytes
    }

    /// What [`Ranges::pack`] wrote; `None` for bytes of another origin.
    #[must_use]
    pub fn unpack(mut bytes: &[u8]) -> Option<Self> {
        let (mut ranges, mut at) = (Self::default(), 0_u32);
        while !bytes.is_empty() {
            let from = at.checked_add(read(&mut bytes)?)?;
            at = from.checked_add(read(&mut bytes)?)?;
            ranges.add(from, at);
        }
        Some(ranges)
    }
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
pub(crate) fn write(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push((value & 0x7f) as u8);
}

/// What [`write`] wrote, taken off the front.
pub(crate) fn read(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0_u32;
    for shift in [0, 7, 14, 21, 28] {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u32::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(runs: &[(u32, u32)]) -> Ranges {
        let mut ranges = Ranges::default();
        for &(from, to) in runs {
            ranges.add(from, to);
        }
        ranges
    }

    #[test]
    fn overlapping_and_touching_runs_are_one() {
        assert_eq!(of(&[(10, 20), (30, 40), (20, 30)]).runs(), [(10, 40)]);
        assert_eq!(of(&[(0, 5), (3, 9), (100, 101)]).runs(), [(0, 9), (100, 101)]);
        assert_eq!(of(&[(50, 60), (0, 100)]).runs(), [(0, 100)]);
        assert_eq!(of(&[(0, 100), (50, 60), (70, 70), (9, 3)]).runs(), [(0, 100)]);
        assert_eq!(of(&[(5, 6), (1, 2), (3, 4)]).runs(), [(1, 2), (3, 4), (5, 6)]);
    }

    #[test]
    fn it_is_the_set_of_its_seconds() {
        // Compared with the plainest set there is, over every pair of runs in a small world.
        for (a, b, c, d) in (0..8_u32)
            .flat_map(|a| (0..8_u32).flat_map(move |b| (0..8_u32).map(move |c| (a, b, c, (a * 3 + c) % 8))))
        {
            let seen: std::collections::BTreeSet<u32> = (a..b).chain(c..d).collect();
            let without = of(&[(a, b)]).without(&of(&[(c, d)]));
            let rest: Vec<u32> = without.runs().iter().flat_map(|&(from, to)| from..to).collect();
            assert_eq!(rest, (a..b).filter(|second| !(c..d).contains(second)).collect::<Vec<_>>());
            let ranges = of(&[(a, b), (c, d)]);
            let runs: Vec<u32> = ranges.runs().iter().flat_map(|&(from, to)| from..to).collect();
            assert_eq!(runs, seen.iter().copied().collect::<Vec<_>>());
            assert_eq!(ranges.seconds_before(5) as usize, seen.range(..5).count());
        }
    }

    #[test]
    fn the_shortest_gaps_are_closed() {
        let mut ranges = of(&[(0, 5), (6, 9), (20, 21), (23, 30), (31, 40)]);
        ranges.close_gaps(5);
        assert_eq!(ranges.runs().len(), 5);
        ranges.close_gaps(3);
        assert_eq!(ranges.runs(), [(0, 9), (20, 21), (23, 40)]);
        ranges.close_gaps(0);
        assert_eq!(ranges.runs(), [(0, 40)]);
        Ranges::default().close_gaps(3);
    }

    #[test]
    fn the_first_seconds_are_the_front_of_it() {
        let ranges = of(&[(10, 20), (30, 40)]);
        assert_eq!(ranges.first(15).runs(), [(10, 20), (30, 35)]);
        assert_eq!((ranges.first(0), ranges.first(99)), (of(&[]), ranges));
    }

    #[test]
    fn bytes_come_back_as_they_were() {
        for ranges in [of(&[]), of(&[(0, 1)]), of(&[(1, 127), (300, 86_400)]), of(&[(0, u32::MAX)])] {
            assert_eq!(Ranges::unpack(&ranges.pack()), Some(ranges));
        }
        assert_eq!(of(&[(10, 3_000)]).pack().len(), 3);
        assert_eq!(Ranges::unpack(&[0x80]), None);
        assert_eq!(Ranges::unpack(&[1]), None);
        assert_eq!(Ranges::unpack(&[0xff; 6]), None);
    }
}
