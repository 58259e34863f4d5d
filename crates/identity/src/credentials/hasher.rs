//! Hashing of passwords with argon2id, on threads of its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use kernel::{Code, Error, Result};
use thread_priority::ThreadPriority;
use tokio::sync::oneshot;
use unicode_normalization::UnicodeNormalization;

use super::lane::Lane;
use crate::client::Share;

/// A thread that had nothing to do for so long frees its memory.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// What a hash costs, and how much of the machine hashing may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HasherSettings {
    /// The memory of one hash in KiB. OWASP's minimum with two passes is 19,456.
    pub memory_kib: u32,
    /// How many passes are made over that memory.
    pub passes: u32,
    /// How many hashes are computed at once; each has a thread and its memory.
    pub threads: usize,
    /// How many requests may wait before the next one is refused with 503.
    pub queue: usize,
}

/// Hashes passwords on a few threads of low priority behind a bounded queue, so that a flood of logins slows no other request, and
/// whoever floods waits behind themselves. Each thread keeps its memory and uses it again.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    lane: Arc<Lane<Job>>,
    settings: HasherSettings,
    /// Verified where an account does not exist, so that it takes the same time.
    dummy: String,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.lane.close();
    }
}

/// A place in the queue. Its holder gives way only to others who have less of it.
pub struct HashingSlot {
    hasher: Hasher,
    share: Share,
    /// Whether the place was given to somebody else.
    is_lost: AtomicBool,
}

impl Drop for HashingSlot {
    fn drop(&mut self) {
        if !self.is_lost.load(Ordering::SeqCst) {
            self.hasher.0.lane.leave(self.share);
        }
    }
}

/// Whether a password is the one of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It is another one.
    Wrong,
    /// It is, in the form in which passwords are hashed.
    Right,
    /// It is, as it was typed here or elsewhere: the hash is from before passwords had one form.
    AsTyped,
}

/// What a thread does, and whom it answers: nothing, where the place was given to somebody else.
enum Job {
    Hash { password: String, salt: [u8; 16], reply: oneshot::Sender<Option<Result<String>>> },
    Verify { forms: Vec<String>, hash: String, reply: oneshot::Sender<Option<Result<Option<usize>>>> },
}

impl Job {
    /// Whether nobody waits for the reply any more.
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Hash { reply, .. } => reply.is_closed(),
            Self::Verify { reply, .. } => reply.is_closed(),
        }
    }

    /// Answers one whose place was given to somebody else. Nobody waits where the client has gone away.
    fn give_way(self) {
        match self {
            Self::Hash { reply, .. } => drop(reply.send(None)),
            Self::Verify { reply, .. } => drop(reply.send(None)),
        }
    }
}

fn busy() -> Error {
    Error::new(Code::Overloaded)
        .detail("Too many people are logging in at once.")
        .retry_after(Duration::from_secs(2))
}

/// The form in which passwords are hashed: devices type the same letters in other bytes (NIST SP 800-63B, NFKC).
pub(crate) fn normal_form(password: &str) -> String {
    password.nfkc().collect()
}

impl Hasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// Where the parameters are outside argon2's range, or no thread can be started.
    pub fn start(settings: HasherSettings) -> Result<Self> {
        let params = Params::new(settings.memory_kib, settings.passes, 1, Some(32))
            .map_err(|error| Error::internal(format!("argon2 parameters: {error}")))?;
        let threads = settings.threads.max(1);
        let lane = Arc::new(Lane::new(threads + settings.queue));
        for index in 0..threads {
            let (lane, params) = (lane.clone(), params.clone());
            let thread = std::thread::Builder::new().name(format!("hash-{index}"));
            thread.spawn(move || hash_forever(&lane, &params)).map_err(Error::internal)?;
        }
        let dummy = phc(&params, &[0; 16], &[0; 32]);
        Ok(Self(Arc::new(Inner { lane, settings, dummy })))
    }

    /// Takes a place in the queue for the server itself.
    ///
    /// # Errors
    /// See [`Hasher::acquire_for`].
    pub fn acquire(&self) -> Result<HashingSlot> {
        self.acquire_for(Share::default())
    }

    /// Takes a place in the queue. To be done before any other work, so that a refusal costs next to nothing.
    ///
    /// # Errors
    /// [`Code::Overloaded`] where too many wait already, and nobody has more of the queue than this share.
    pub fn acquire_for(&self, share: Share) -> Result<HashingSlot> {
        if let Some(gone) = self.0.lane.enter(share).map_err(|()| busy())? {
            gone.give_way();
        }
        Ok(HashingSlot { hasher: self.clone(), share, is_lost: false.into() })
    }

    /// Whether a stored hash was made with other parameters than today's.
    #[must_use]
    pub fn is_outdated(&self, hash: &str) -> bool {
        let HasherSettings { memory_kib, passes, .. } = self.0.settings;
        let today = format!("$argon2id$v=19$m={memory_kib},t={passes},p=1$");
        !hash.starts_with(&today)
    }
}

impl HashingSlot {
    /// Hashes a new password, in PHC format with its parameters and salt.
    ///
    /// # Errors
    /// Where argon2 refuses.
    pub async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String> {
        let (reply, answer) = oneshot::channel();
        let password = normal_form(&password);
        self.enqueue(Job::Hash { password, salt, reply });
        self.answered(answer.await)
    }

    /// Whether this is the password of this hash. `None` costs the same and is always wrong.
    ///
    /// # Errors
    /// Where the stored hash cannot be read.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<Verified> {
        let known = hash.is_some();
        let (reply, answer) = oneshot::channel();
        let hash = hash.unwrap_or_else(|| self.hasher.0.dummy.clone());
        let mut forms = vec![normal_form(&password), password.nfd().collect(), password];
        forms.dedup();
        self.enqueue(Job::Verify { forms, hash, reply });
        Ok(match self.answered(answer.await)?.filter(|_| known) {
            None => Verified::Wrong,
            Some(0) => Verified::Right,
            Some(_) => Verified::AsTyped,
        })
    }

    fn enqueue(&self, job: Job) {
        self.hasher.0.lane.push(self.share, job);
    }

    fn answered<T>(&self, answer: Result<Option<Result<T>>, oneshot::error::RecvError>) -> Result<T> {
        answer.map_err(Error::internal)?.unwrap_or_else(|| {
            self.is_lost.store(true, Ordering::SeqCst);
            Err(busy())
        })
    }
}

fn hash_forever(lane: &Lane<Job>, params: &Params) {
    // Readers come first. Where the system does not allow it, hashing runs like everything else.
    drop(ThreadPriority::Min.set_for_current());
    let mut memory = Vec::new();
    loop {
        match lane.next(IDLE_TIMEOUT) {
            // The client has gone away.
            Ok(Some(job)) if job.is_abandoned() => {}
            Ok(Some(Job::Hash { password, salt, reply })) => {
                let hash = derive(params, &mut memory, password.as_bytes(), &salt);
                drop(reply.send(Some(hash.map(|hash| phc(params, &salt, &hash)))));
            }
            Ok(Some(Job::Verify { forms, hash, reply })) => {
                drop(reply.send(Some(verify(&mut memory, &forms, &hash))));
            }
            Ok(None) => memory = Vec::new(),
            Err(()) => return,
        }
    }
}

fn derive(params: &Params, memory: &mut Vec<Block>, password: &[u8], salt: &[u8]) -> Result<[u8; 32]> {
    let mut hash = [0; 32];
    if memory.len() < params.block_count() {
        memory.resize(params.block_count(), Block::default());
    }
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    argon
        .hash_password_into_with_memory(password, salt, &mut hash, memory.as_mut_slice())
        .map_err(|error| Error::internal(format!("argon2: {error}")))?;
    Ok(hash)
}

/// The first of these forms of a password that is the one of a hash.
fn verify(memory: &mut Vec<Block>, forms: &[String], stored: &str) -> Result<Option<usize>> {
    let broken = || Error::internal("a stored password hash cannot be read");
    let (params, salt, expected) = parse(stored).ok_or_else(broken)?;
    for (index, form) in forms.iter().enumerate() {
        let hash = derive(&params, memory, form.as_bytes(), &salt)?;
        if aws_lc_rs::constant_time::verify_slices_are_equal(&hash, &expected).is_ok() {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// The PHC string format: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
fn phc(params: &Params, salt: &[u8], hash: &[u8]) -> String {
    let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
    format!(
        "$argon2id$v=19$m={m},t={t},p={p}${}${}",
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(hash)
    )
}

fn parse(stored: &str) -> Option<(Params, Vec<u8>, Vec<u8>)> {
    let mut parts = stored.strip_prefix("$argon2id$v=19$")?.split('$');
    let mut cost = parts.next()?.split(',').map(|part| part.split_once('=')?.1.parse::<u32>().ok());
    let (m, t, p) = (cost.next()??, cost.next()??, cost.next()??);
    let salt = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
    let hash = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
    Some((Params::new(m, t, p, Some(hash.len())).ok()?, salt, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let settings = HasherSettings { memory_kib: 64, passes: 1, threads: 1, queue: 8 };
        let hasher = Hasher::start(settings).unwrap();
        let slot = hasher.acquire().unwrap();
        let hash = slot.hash("correct horse".to_owned(), [3; 16]).await.unwrap();
        let verified = async |password: &str, hash: Option<&String>| {
            slot.verify(password.to_owned(), hash.cloned()).await.unwrap()
        };
        assert_eq!(verified("correct horse", Some(&hash)).await, Verified::Right);
        assert_eq!(verified("correct house", Some(&hash)).await, Verified::Wrong);
        assert_eq!(verified("correct horse", None).await, Verified::Wrong);
        assert!(!hasher.is_outdated(&hash));
        let stronger = Hasher::start(HasherSettings { passes: 2, ..settings }).unwrap();
        assert!(stronger.is_outdated(&hash));
        let slot = stronger.acquire().unwrap();
        let verified = slot.verify("correct horse".to_owned(), Some(hash)).await.unwrap();
        assert_eq!(verified, Verified::Right);
    }

    #[tokio::test]
    async fn a_password_is_the_same_however_its_letters_are_typed() {
        let settings = HasherSettings { memory_kib: 64, passes: 1, threads: 1, queue: 8 };
        let hasher = Hasher::start(settings).unwrap();
        let slot = hasher.acquire().unwrap();
        let (composed, decomposed) = ("Größe-Möbel-Übung", "Gro\u{308}ße-Mo\u{308}bel-U\u{308}bung");
        let hash = slot.hash(decomposed.to_owned(), [3; 16]).await.unwrap();
        for typed in [composed, decomposed] {
            let verified = slot.verify(typed.to_owned(), Some(hash.clone())).await.unwrap();
            assert_eq!(verified, Verified::Right, "{typed}");
        }
        let params = Params::new(64, 1, 1, Some(32)).unwrap();
        let raw = derive(&params, &mut Vec::new(), decomposed.as_bytes(), &[3; 16]).unwrap();
        let old = Some(phc(&params, &[3; 16], &raw));
        for typed in [composed, decomposed] {
            let verified = slot.verify(typed.to_owned(), old.clone()).await.unwrap();
            assert_eq!(verified, Verified::AsTyped, "{typed}");
        }
        assert_eq!(slot.verify("another one".to_owned(), old).await.unwrap(), Verified::Wrong);
    }

    #[tokio::test]
    async fn a_full_queue_refuses() {
        let settings = HasherSettings { memory_kib: 64, passes: 1, threads: 1, queue: 1 };
        let hasher = Hasher::start(settings).unwrap();
        let (first, second) = (hasher.acquire().unwrap(), hasher.acquire().unwrap());
        assert!(hasher.acquire().is_err_and(|error| error.code() == Code::Overloaded));
        drop(first);
        assert!(hasher.acquire().is_ok());
        drop(second);
    }
}
