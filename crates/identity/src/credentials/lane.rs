//! The queue before the threads that hash passwords. Nobody is refused because of others behind the same address: each address has a
//! share of it, shares take turns, and where there is no room, the largest share gives way. Known devices go first.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kernel::network;

use crate::client::Share;

/// Jobs of several shares, up to a capacity.
pub(super) struct Lane<J> {
    capacity: usize,
    state: Mutex<State<J>>,
    arrived: Condvar,
}

struct State<J> {
    /// How many places each share has.
    places: HashMap<Option<IpAddr>, usize>,
    total: usize,
    known: Queue<J>,
    others: Queue<J>,
    is_closed: bool,
}

/// The waiting jobs, by share, and whose turn it is.
struct Queue<J> {
    jobs: HashMap<Option<IpAddr>, VecDeque<J>>,
    turns: VecDeque<Option<IpAddr>>,
}

impl<J> Queue<J> {
    fn new() -> Self {
        Self { jobs: HashMap::new(), turns: VecDeque::new() }
    }

    fn push(&mut self, share: Option<IpAddr>, job: J) {
        let waiting = self.jobs.entry(share).or_default();
        if waiting.is_empty() {
            self.turns.push_back(share);
        }
        waiting.push_back(job);
    }

    /// The oldest job of the share whose turn it is.
    fn pop(&mut self) -> Option<J> {
        let share = self.turns.pop_front()?;
        let waiting = self.jobs.get_mut(&share)?;
        let job = waiting.pop_front();
        if waiting.is_empty() {
            self.jobs.remove(&share);
        } else {
            self.turns.push_back(share);
        }
        job
    }

    /// Takes away the newest job of a share.
    fn give_way(&mut self, share: Option<IpAddr>) -> Option<J> {
        let waiting = self.jobs.get_mut(&share)?;
        let job = waiting.pop_back();
        if waiting.is_empty() {
            self.jobs.remove(&share);
            self.turns.retain(|turn| *turn != share);
        }
        job
    }
}

impl<J> Lane<J> {
    pub(super) fn new(capacity: usize) -> Self {
        let state = State {
            places: HashMap::new(),
            total: 0,
            known: Queue::new(),
            others: Queue::new(),
            is_closed: false,
        };
        Self { capacity, state: Mutex::new(state), arrived: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place; `Err` where there is none. Where the lane is full, the job that gives way is answered instead.
    pub(super) fn enter(&self, share: Share) -> Result<Option<J>, ()> {
        let mut state = self.state();
        let mut gone = None;
        if state.total >= self.capacity {
            gone = Some(state.make_room(share).ok_or(())?);
        }
        let own = share.address.map(network);
        *state.places.entry(own).or_default() += 1;
        state.total += 1;
        Ok(gone)
    }

    /// Gives a place back.
    pub(super) fn leave(&self, share: Share) {
        self.state().leave(share.address.map(network));
    }

    pub(super) fn push(&self, share: Share, job: J) {
        let mut state = self.state();
        let own = share.address.map(network);
        if share.is_known {
            state.known.push(own, job)
        } else {
            state.others.push(own, job)
        }
        drop(state);
        self.arrived.notify_one();
    }

    /// The next job; `None` where there was none for so long, `Err` where there will be none any more.
    pub(super) fn next(&self, patience: Duration) -> Result<Option<J>, ()> {
        let is_idle = |state: &mut State<J>| {
            !state.is_closed && state.known.turns.is_empty() && state.others.turns.is_empty()
        };
        let (mut state, _) = self
            .arrived
            .wait_timeout_while(self.state(), patience, is_idle)
            .unwrap_or_else(PoisonError::into_inner);
        let job = state.known.pop().or_else(|| state.others.pop());
        if job.is_none() && state.is_closed { Err(()) } else { Ok(job) }
    }

    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.arrived.notify_all();
    }
}

impl<J> State<J> {
    fn leave(&mut self, share: Option<IpAddr>) {
        if let Some(places) = self.places.get_mut(&share) {
            *places = places.saturating_sub(1);
            if *places == 0 {
                self.places.remove(&share);
            }
            self.total = self.total.saturating_sub(1);
        }
    }

    /// The job that gives way to one of this share: of the largest share, as long as that stays the larger; a known device takes the place
    /// of any other.
    fn make_room(&mut self, share: Share) -> Option<J> {
        let own = self.places.get(&share.address.map(network)).copied().unwrap_or_default();
        let places = &self.places;
        let size = |share: &&Option<IpAddr>| places.get(*share).copied().unwrap_or_default();
        let largest = *self.others.jobs.keys().max_by_key(size)?;
        if !share.is_known && own + 2 > size(&&largest) {
            return None;
        }
        let job = self.others.give_way(largest)?;
        self.leave(largest);
        Some(job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(last: u8, is_known: bool) -> Share {
        Share { address: Some(IpAddr::from([192, 0, 2, last])), is_known }
    }

    fn next(lane: &Lane<&'static str>) -> Option<&'static str> {
        lane.next(Duration::ZERO).unwrap()
    }

    #[test]
    fn shares_take_turns_and_known_devices_go_first() {
        let lane = Lane::new(10);
        for (from, is_known, job) in
            [(1, false, "a1"), (1, false, "a2"), (1, false, "a3"), (2, false, "b1"), (3, true, "c1")]
        {
            assert_eq!(lane.enter(share(from, is_known)), Ok(None));
            lane.push(share(from, is_known), job);
        }
        let order: Vec<_> = std::iter::from_fn(|| next(&lane)).collect();
        assert_eq!(order, ["c1", "a1", "b1", "a2", "a3"]);
    }

    #[test]
    fn the_largest_share_gives_way_and_no_address_is_refused_as_a_whole() {
        let lane = Lane::new(3);
        for job in ["a1", "a2", "a3"] {
            assert_eq!(lane.enter(share(1, false)), Ok(None));
            lane.push(share(1, false), job);
        }
        // One more of the same finds no room; another address does, and so does a third.
        assert_eq!(lane.enter(share(1, false)), Err(()));
        assert_eq!(lane.enter(share(2, false)), Ok(Some("a3")));
        lane.push(share(2, false), "b1");
        assert_eq!(lane.enter(share(3, false)), Ok(Some("a2")));
        lane.push(share(3, false), "c1");
        // All have one place now: the next has to come again, unless the device is known.
        assert_eq!(lane.enter(share(4, false)), Err(()));
        assert!(matches!(lane.enter(share(5, true)), Ok(Some(_))));
        lane.leave(share(5, true));
        assert_eq!(lane.enter(share(4, false)), Ok(None));
    }
}
