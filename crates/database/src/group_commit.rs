//! Group commit for one kind of small write: what arrives while a commit is on its way to the disk becomes the next one.
//!
//! There is one flusher and no timer: a lone item is written at once, and under load a batch is as large as what came
//! during the commit before it. Nobody is answered before the commit that carries their item has returned.

use std::{future::Future, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use kernel::{Code, Error, Result};
use tokio::sync::{mpsc, oneshot};

/// How the items of a batch are written.
pub trait Flush<T, R>: Send + 'static {
    /// Writes them in one commit where it can, and answers each in the order of the batch.
    fn flush(&mut self, batch: Vec<T>) -> impl Future<Output = Vec<Result<R>>> + Send;
}

/// The queue before one flusher. Cheap to clone.
pub struct GroupCommit<T, R> {
    queue: mpsc::Sender<(T, oneshot::Sender<Result<R>>)>,
}

impl<T, R> Clone for GroupCommit<T, R> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<T: Send + 'static, R: Send + 'static> GroupCommit<T, R> {
    /// Starts the flusher: at most `batch_size` items a batch, and `queue_capacity` that wait. It ends when the last handle is gone.
    #[must_use]
    pub fn start(flusher: impl Flush<T, R>, batch_size: usize, queue_capacity: usize) -> Self {
        let (queue, items) = mpsc::channel(queue_capacity.max(1));
        tokio::spawn(work(flusher, items, batch_size.max(1)));
        Self { queue }
    }

    /// Submits an item for which nobody waits.
    ///
    /// # Errors
    /// [`Code::Overloaded`] where no room is left.
    pub fn post(&self, item: T) -> Result<()> {
        self.queue.try_send((item, oneshot::channel().0)).map_err(|_| Code::Overloaded.into())
    }

    /// Submits an item, and waits until the commit that carries it has returned.
    ///
    /// # Errors
    /// [`Code::Overloaded`] where no room is left, [`Code::OutcomeUnknown`] where the flusher broke, and what it answers.
    pub async fn submit(&self, item: T) -> Result<R> {
        let (reply, answer) = oneshot::channel();
        self.queue
            .try_send((item, reply))
            .map_err(|_| Error::new(Code::Overloaded).retry_after(Duration::from_secs(1)))?;
        answer.await.map_err(|_| Error::new(Code::OutcomeUnknown).retry_after(Duration::from_secs(1)))?
    }
}

type Waiting<R> = oneshot::Sender<Result<R>>;

async fn work<T, R>(mut flusher: impl Flush<T, R>, mut items: mpsc::Receiver<(T, Waiting<R>)>, most: usize) {
    let mut batched = Vec::with_capacity(most.min(256));
    while items.recv_many(&mut batched, most).await > 0 {
        let (batch, waiting): (Vec<T>, Vec<Waiting<R>>) = batched.drain(..).unzip();
        // A panic costs this batch, whose callers learn that the outcome is unknown.
        let flushed = AssertUnwindSafe(flusher.flush(batch)).catch_unwind().await;
        for (reply, answer) in waiting.into_iter().zip(flushed.unwrap_or_default()) {
            // Nobody listens any more where the request was cancelled; its item is written all the same.
            drop(reply.send(answer));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::sync::Semaphore;

    use super::*;

    /// Waits for a permit before each batch, refuses 13, panics at 99.
    struct Slow(Arc<Semaphore>, Arc<Mutex<Vec<usize>>>);

    impl Flush<u32, u32> for Slow {
        async fn flush(&mut self, batch: Vec<u32>) -> Vec<Result<u32>> {
            self.1.lock().unwrap().push(batch.len());
            self.0.acquire().await.unwrap().forget();
            assert!(!batch.contains(&99), "a planted defect");
            let answer = |item| match item {
                13 => Err(Code::NotFound.into()),
                item => Ok(item * 2),
            };
            batch.into_iter().map(answer).collect()
        }
    }

    #[tokio::test]
    async fn what_arrives_during_a_commit_is_one_batch_and_what_finds_no_room_is_refused() {
        let (gate, sizes) = (Arc::new(Semaphore::new(0)), Arc::new(Mutex::new(Vec::new())));
        let group_commit = GroupCommit::start(Slow(gate.clone(), sizes.clone()), 3, 4);
        let submit = |item| {
            let group_commit = group_commit.clone();
            tokio::spawn(async move { group_commit.submit(item).await })
        };
        let first = submit(1);
        // The first is taken at once and waits at the gate; four more find room, the sixth does not.
        while sizes.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let rest: Vec<_> = [2, 13, 4, 5].map(submit).into_iter().collect();
        while group_commit.queue.capacity() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(group_commit.submit(6).await.unwrap_err().code(), Code::Overloaded);
        gate.add_permits(10);
        assert_eq!(first.await.unwrap().unwrap(), 2);
        let mut answers = Vec::new();
        for task in rest {
            answers.push(task.await.unwrap().map_err(|error| error.code()));
        }
        assert_eq!(answers, [Ok(4), Err(Code::NotFound), Ok(8), Ok(10)]);
        assert_eq!(*sizes.lock().unwrap(), [1, 3, 1]);
        // After a panic the flusher goes on.
        assert_eq!(group_commit.submit(99).await.unwrap_err().code(), Code::OutcomeUnknown);
        assert_eq!(group_commit.submit(7).await.unwrap(), 14);
    }
}
