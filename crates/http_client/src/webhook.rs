//! The signature of webhooks that Stripe and Mux share.

use aws_lc_rs::hmac;
use kernel::{Code, Error, Result, Timestamp};

/// How old a signature may be, and how far ahead the sender's clock. An older one may be a replay.
const TOLERANCE: chrono::TimeDelta = chrono::TimeDelta::seconds(300);
/// How many signatures are verified: a service sends two while a secret is replaced.
const MAX_SIGNATURES: usize = 8;
const SIGNATURE_BYTES: usize = 32;

/// Verifies that `header` signs this very body with one of the secrets, at about `now`.
///
/// The header is `t=SECONDS,v1=HEX`, with several `v1` while a secret is replaced; a signature is HMAC-SHA-256 over the time, a dot and
/// the body.
///
/// # Errors
/// [`Code::HookSignatureInvalid`].
pub fn verify_webhook<S: AsRef<str>>(secrets: &[S], header: &str, body: &[u8], now: Timestamp) -> Result<()> {
    let invalid = |detail: &str| Error::new(Code::HookSignatureInvalid).detail(detail);
    let time = fields(header, "t").next();
    let time = time.ok_or_else(|| invalid("The signature has no time."))?;
    let seconds: i64 = time.parse().map_err(|_| invalid("The signature's time cannot be read."))?;
    let signed = [time.as_bytes(), b".", body].concat();
    let is_valid = fields(header, "v1")
        .take(MAX_SIGNATURES)
        .filter_map(decode_hex)
        .any(|signature| secrets.iter().any(|secret| signs(secret.as_ref(), &signed, &signature)));
    if !is_valid {
        return Err(invalid("No signature fits the body."));
    }
    let signed_at = chrono::DateTime::from_timestamp(seconds, 0);
    if signed_at.is_none_or(|at| (now - at).abs() > TOLERANCE) {
        return Err(invalid("The signature is too old, or from the future."));
    }
    Ok(())
}

/// The values of this name in a header of `name=value` fields.
fn fields<'a>(header: &'a str, name: &'static str) -> impl Iterator<Item = &'a str> {
    header
        .split(',')
        .filter_map(|field| field.trim().split_once('='))
        .filter(move |(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// In constant time.
fn signs(secret: &str, signed: &[u8], signature: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, signed, signature).is_ok()
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 2 * SIGNATURE_BYTES || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
