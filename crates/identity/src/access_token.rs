//! Access tokens: signed JWTs that name the user, the session and the role.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use database::{Db, Pool, Tx};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use kernel::{
    Actor, Code, Error, Result, Role, SessionId, Timestamp, UserId, Uuid, from_base64url, hash_token,
    to_base64url,
};
use serde::{Deserialize, Serialize};

use crate::signing_key::{self, PublicKey, SigningKey};

/// How many verified tokens are cached. Verifying one costs about 100 µs, as much as a whole request.
const CACHED_TOKENS: usize = 20_000;
/// By how many seconds the clocks of different machines may differ.
const CLOCK_LEEWAY: i64 = 5;
/// The least number of seconds between two readings of the keys that an unknown `kid` causes.
const KEY_RELOAD_INTERVAL: i64 = 5;

/// What the tokens say about their issuer, and how long they are valid.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// The claim `iss`: the public address of this installation.
    pub issuer: String,
    /// The claim `aud`: who the tokens are for.
    pub audience: String,
    /// How long an access token is valid.
    pub lifetime: Duration,
}

/// The claims of an access token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    jti: Uuid,
    role: Role,
    /// The hash of the refresh token that it came with, where that continues a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rth: Option<String>,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Claims {
    /// The caller that the token stands for.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::User { id: self.sub, role: self.role, session: self.sid }
    }

    /// The hash of the refresh token that it came with, where that continues a session.
    pub(crate) fn came_with(&self) -> Option<Vec<u8>> {
        from_base64url(self.rth.as_deref()?)
    }
}

/// Signs and verifies access tokens: EdDSA only, `typ: at+jwt`.
pub struct Tokens {
    settings: TokenSettings,
    keys: RwLock<Arc<Keys>>,
    verified: Mutex<VerifiedTokens>,
}

struct Keys {
    signing: Vec<(Timestamp, String, EncodingKey)>,
    verifying: HashMap<String, (DecodingKey, Option<Timestamp>)>,
    public: Vec<PublicKey>,
    loaded_at: Timestamp,
}

/// The claims of verified tokens by the hash of the token, in two generations: when the newer is full it becomes the older, and
/// what was the older is dropped.
#[derive(Default)]
struct VerifiedTokens {
    newer: HashMap<Vec<u8>, Arc<Claims>>,
    older: HashMap<Vec<u8>, Arc<Claims>>,
}

impl Tokens {
    /// Reads the keys, and makes the first one where there is none.
    ///
    /// # Errors
    /// What the database answers, and a master key that does not open the keys.
    pub async fn load(db: &Db, settings: TokenSettings) -> Result<Self> {
        db.run_in(Pool::Auth, Actor::System, |tx| async move { signing_key::ensure_signing_key(&tx).await })
            .await?;
        let keys = Arc::new(load(db).await?);
        Ok(Self { settings, keys: RwLock::new(keys), verified: Mutex::default() })
    }

    /// Reads the keys again: another process may have rotated them.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn reload(&self, db: &Db) -> Result<()> {
        let keys = Arc::new(load(db).await?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// The keys that verify, for `/.well-known/jwks.json`.
    #[must_use]
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.keys().public.clone()
    }

    /// How long an access token is valid.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.settings.lifetime
    }

    /// Signs an access token for a session that begins.
    ///
    /// # Errors
    /// [`Code::Internal`] where there is no key, which the start makes sure of.
    pub fn issue(&self, tx: &Tx, user: UserId, role: Role, session: SessionId) -> Result<String> {
        self.issue_with(tx, user, role, session, None)
    }

    /// Signs an access token for a session; `came_with` is the hash of the refresh token of the same answer, where the session goes on.
    pub(crate) fn issue_with(
        &self,
        tx: &Tx,
        user: UserId,
        role: Role,
        session: SessionId,
        came_with: Option<&[u8]>,
    ) -> Result<String> {
        let keys = self.keys();
        let active = keys.signing.iter().find(|(activates_at, ..)| *activates_at <= tx.now());
        // None is active yet where the clock was ahead when the key was made: better a token by it than nobody logged in.
        let active = active.or(keys.signing.first());
        let (_, kid, key) = active.ok_or_else(|| Error::internal("there is no signing key"))?;
        let now = tx.now().timestamp();
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: user,
            sid: session,
            jti: tx.new_id(),
            role,
            rth: came_with.map(to_base64url),
            iat: now,
            nbf: now,
            exp: now + i64::try_from(self.settings.lifetime.as_secs()).unwrap_or(0),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(kid.clone());
        encode(&header, &claims, key).map_err(Error::internal)
    }

    /// Verifies an access token. One that was verified before costs a lookup. Answers also whether this process sees it for the first time.
    ///
    /// # Errors
    /// [`Code::TokenExpired`], and [`Code::TokenInvalid`] for everything else.
    pub(crate) async fn verify(&self, db: &Db, token: &str) -> Result<(Arc<Claims>, bool)> {
        let now = db.environment().now();
        let fingerprint = hash_token(token.as_bytes());
        if let Some(claims) = self.cached(&fingerprint) {
            return Ok((check_times(claims, now)?, false));
        }
        let header = decode_header(token).map_err(|_| Error::new(Code::TokenInvalid))?;
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some("at+jwt") {
            return Err(Code::TokenInvalid.into());
        }
        let kid = header.kid.ok_or(Code::TokenInvalid)?;
        let stale = {
            let keys = self.keys();
            !keys.verifying.contains_key(&kid) && (now - keys.loaded_at).num_seconds() >= KEY_RELOAD_INTERVAL
        };
        if stale {
            self.reload(db).await?;
        }
        let keys = self.keys();
        let (key, retires_at) = keys.verifying.get(&kid).ok_or(Code::TokenInvalid)?;
        if retires_at.is_some_and(|at| at <= now) {
            return Err(Code::TokenInvalid.into());
        }
        let claims =
            decode::<Claims>(token, key, &self.validation()).map_err(|_| Error::new(Code::TokenInvalid))?;
        let claims = check_times(Arc::new(claims.claims), now)?;
        self.cache(fingerprint, &claims);
        Ok((claims, true))
    }

    /// Times are compared with the injected clock by [`check_times`], everything else here.
    fn validation(&self) -> Validation {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation
    }

    fn keys(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn cached(&self, fingerprint: &[u8]) -> Option<Arc<Claims>> {
        let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        verified.newer.get(fingerprint).or_else(|| verified.older.get(fingerprint)).cloned()
    }

    fn cache(&self, fingerprint: Vec<u8>, claims: &Arc<Claims>) {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.newer.len() >= CACHED_TOKENS / 2 {
            verified.older = mem::take(&mut verified.newer);
        }
        verified.newer.insert(fingerprint, claims.clone());
    }
}

fn check_times(claims: Arc<Claims>, now: Timestamp) -> Result<Arc<Claims>> {
    if claims.exp + CLOCK_LEEWAY <= now.timestamp() {
        return Err(Code::TokenExpired.into());
    }
    if claims.nbf - CLOCK_LEEWAY > now.timestamp() {
        return Err(Code::TokenInvalid.into());
    }
    Ok(claims)
}

async fn load(db: &Db) -> Result<Keys> {
    let keys =
        db.read_in(Pool::Auth, Actor::System, |tx| async move { signing_key::load(&tx).await }).await?;
    let decoding = |key: &SigningKey| DecodingKey::from_ed_components(&to_base64url(&key.public.bytes));
    let mut verifying = HashMap::new();
    for key in &keys {
        verifying.insert(key.public.kid.clone(), (decoding(key).map_err(Error::internal)?, key.retires_at));
    }
    Ok(Keys {
        public: keys.iter().map(|key| key.public.clone()).collect(),
        signing: keys
            .into_iter()
            .map(|key| (key.activates_at, key.public.kid, EncodingKey::from_ed_der(&key.pkcs8)))
            .collect(),
        verifying,
        loaded_at: db.environment().now(),
    })
}
