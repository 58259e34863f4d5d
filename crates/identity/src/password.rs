use std::{
    collections::HashSet,
    sync::{
        Arc, LazyLock,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::Duration,
};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use kernel::{Code, Error, FieldError, Result};
use thread_priority::ThreadPriority;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// A lane that had nothing to do for so long gives its memory back.
const IDLE: Duration = Duration::from_secs(5);

/// The cost of a hash, and how much of the machine hashing may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HasherSettings {
    /// KiB of memory a hash. 19,456 is OWASP's minimum with two passes.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Hashes at once; each has a thread and its memory.
    pub threads: usize,
    /// How many may wait before the next one is turned away with 503.
    pub queue: usize,
}

/// The lane in which passwords are hashed: a few threads of low priority behind a bounded queue, so that a flood of
/// logins slows nobody else, and memory that is kept and used again.
#[derive(Clone)]
pub struct Hasher {
    queue: Sender<Job>,
    places: Arc<Semaphore>,
    settings: HasherSettings,
    /// Verified in place of an account that does not exist.
    dummy: Arc<str>,
}

/// A place in the lane. Whoever has one is not turned away.
pub struct Place {
    hasher: Hasher,
    _permit: OwnedSemaphorePermit,
}

enum Job {
    Hash {
        password: String,
        salt: [u8; 16],
        reply: oneshot::Sender<Result<String>>,
    },
    Verify {
        password: String,
        hash: String,
        reply: oneshot::Sender<Result<bool>>,
    },
}

impl Hasher {
    /// Starts the lane.
    ///
    /// # Errors
    /// Where the parameters are outside argon2's range, or no thread can be started.
    pub fn start(settings: HasherSettings) -> Result<Self> {
        let params = Params::new(settings.memory_kib, settings.passes, 1, Some(32))
            .map_err(|error| Error::internal(format!("argon2 parameters: {error}")))?;
        let (queue, jobs) = channel();
        let jobs = Arc::new(std::sync::Mutex::new(jobs));
        let threads = settings.threads.max(1);
        for index in 0..threads {
            let (jobs, params) = (jobs.clone(), params.clone());
            let lane = std::thread::Builder::new().name(format!("hash-{index}"));
            lane.spawn(move || hash_forever(&jobs, &params))
                .map_err(Error::internal)?;
        }
        let dummy = phc(&params, &[0; 16], &[0; 32]).into();
        Ok(Self {
            queue,
            places: Arc::new(Semaphore::new(threads + settings.queue)),
            settings,
            dummy,
        })
    }

    /// Takes a place in the lane. To be done before any other work, so that turning away costs next to nothing.
    ///
    /// # Errors
    /// [`Code::Overloaded`] where too many wait already.
    pub fn enter(&self) -> Result<Place> {
        let busy = |_| {
            Error::new(Code::Overloaded)
                .detail("Too many people are logging in at once.")
                .retry_after(Duration::from_secs(2))
        };
        Ok(Place {
            _permit: self.places.clone().try_acquire_owned().map_err(busy)?,
            hasher: self.clone(),
        })
    }

    /// Whether a stored hash was made with other parameters than today's.
    #[must_use]
    pub fn is_outdated(&self, hash: &str) -> bool {
        let today = format!(
            "$argon2id$v=19$m={},t={},p=1$",
            self.settings.memory_kib, self.settings.passes
        );
        !hash.starts_with(&today)
    }
}

impl Place {
    /// Hashes a new password, in PHC format with its parameters and salt.
    ///
    /// # Errors
    /// Where argon2 refuses.
    pub async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Job::Hash {
            password,
            salt,
            reply,
        })?;
        answer.await.map_err(Error::internal)?
    }

    /// Whether this is the password of this hash. `None` costs the same and is always `false`.
    ///
    /// # Errors
    /// Where the stored hash cannot be read.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        let known = hash.is_some();
        let (reply, answer) = oneshot::channel();
        let hash = hash.unwrap_or_else(|| self.hasher.dummy.to_string());
        self.enqueue(Job::Verify {
            password,
            hash,
            reply,
        })?;
        Ok(answer.await.map_err(Error::internal)?? && known)
    }

    fn enqueue(&self, job: Job) -> Result<()> {
        self.hasher.queue.send(job).map_err(Error::internal)
    }
}

fn hash_forever(jobs: &std::sync::Mutex<Receiver<Job>>, params: &Params) {
    // Readers come first. Where the system does not allow it, hashing runs like everything else.
    drop(ThreadPriority::Min.set_for_current());
    let mut memory = Vec::new();
    loop {
        let job = match jobs.lock() {
            Ok(jobs) => jobs.recv_timeout(IDLE),
            Err(_) => return,
        };
        // A reply that nobody waits for belongs to a request that went away.
        match job {
            Ok(Job::Hash {
                password,
                salt,
                reply,
            }) => {
                let hash = derive(params, &mut memory, password.as_bytes(), &salt);
                drop(reply.send(hash.map(|hash| phc(params, &salt, &hash))));
            }
            Ok(Job::Verify {
                password,
                hash,
                reply,
            }) => {
                drop(reply.send(verify(&mut memory, password.as_bytes(), &hash)));
            }
            Err(RecvTimeoutError::Timeout) => memory = Vec::new(),
            Err(RecvTimeoutError::Disconnected) => return,
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

fn verify(memory: &mut Vec<Block>, password: &[u8], stored: &str) -> Result<bool> {
    let broken = || Error::internal("a stored password hash cannot be read");
    let (params, salt, expected) = parse(stored).ok_or_else(broken)?;
    let hash = derive(&params, memory, password, &salt)?;
    Ok(aws_lc_rs::constant_time::verify_slices_are_equal(&hash, &expected).is_ok())
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
    let mut cost = parts
        .next()?
        .split(',')
        .map(|part| part.split_once('=')?.1.parse::<u32>().ok());
    let (m, t, p) = (cost.next()??, cost.next()??, cost.next()??);
    let salt = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
    let hash = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
    Some((Params::new(m, t, p, Some(hash.len())).ok()?, salt, hash))
}

/// The passwords of at least ten characters among Django's 20,000 most common ones (BSD licence).
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Refuses what is guessed first: a common password, or the account's own names. The length is held at the edge.
pub(crate) fn check_strength(password: &str, pointer: &str, own: &[&str]) -> Result<()> {
    let lower = password.to_lowercase();
    let reason = if COMMON.contains(lower.as_str()) {
        Some(("common_password", "This password is among the most common ones."))
    } else if own
        .iter()
        .any(|name| name.len() >= 3 && lower == name.to_lowercase())
    {
        Some((
            "password_is_name",
            "The password must not be the e-mail address or the username.",
        ))
    } else {
        None
    };
    reason.map_or(Ok(()), |(code, detail)| {
        Err(Error::invalid(vec![FieldError::new(pointer, code, detail)]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let settings = HasherSettings {
            memory_kib: 64,
            passes: 1,
            threads: 1,
            queue: 8,
        };
        let hasher = Hasher::start(settings).unwrap();
        let place = hasher.enter().unwrap();
        let hash = place.hash("correct horse".to_owned(), [3; 16]).await.unwrap();
        assert!(
            place
                .verify("correct horse".to_owned(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !place
                .verify("correct house".to_owned(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(!place.verify("correct horse".to_owned(), None).await.unwrap());
        assert!(!hasher.is_outdated(&hash));
        let stronger = Hasher::start(HasherSettings {
            passes: 2,
            ..settings
        })
        .unwrap();
        assert!(
            stronger.is_outdated(&hash)
                && stronger
                    .enter()
                    .unwrap()
                    .verify("correct horse".to_owned(), Some(hash))
                    .await
                    .unwrap()
        );
    }

    #[tokio::test]
    async fn a_full_lane_turns_away() {
        let settings = HasherSettings {
            memory_kib: 64,
            passes: 1,
            threads: 1,
            queue: 1,
        };
        let hasher = Hasher::start(settings).unwrap();
        let (first, second) = (hasher.enter().unwrap(), hasher.enter().unwrap());
        assert!(
            hasher
                .enter()
                .is_err_and(|error| error.code() == Code::Overloaded)
        );
        drop(first);
        assert!(hasher.enter().is_ok());
        drop(second);
    }

    #[test]
    fn common_passwords_and_own_names_are_refused() {
        assert!(check_strength("Qwertyuiop", "/password", &[]).is_err());
        assert!(check_strength("elena_trainer", "/password", &["elena_trainer"]).is_err());
        assert!(check_strength("seven purple anvils", "/password", &["elena"]).is_ok());
    }
}
