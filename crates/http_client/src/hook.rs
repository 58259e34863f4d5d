use aws_lc_rs::hmac;
use kernel::{Code, Error, Result, Timestamp};

/// How old a hook may be, and how far ahead the sender's clock; an older one may be a recording.
const TOLERANCE: chrono::TimeDelta = chrono::TimeDelta::seconds(300);
/// Signatures that are looked at: two secrets for a time are all that a service sends.
const SIGNATURES: usize = 8;

/// Whether `header` (`t=SECONDS,v1=HEX`, several `v1` while a secret is replaced) signs this very body with one of the
/// secrets, HMAC-SHA-256 over time, dot and body, at about `now`.
///
/// # Errors
/// [`Code::HookSignatureInvalid`].
pub fn verify_hook<S: AsRef<str>>(secrets: &[S], header: &str, body: &[u8], now: Timestamp) -> Result<()> {
    let wrong = |why: &str| Error::new(Code::HookSignatureInvalid).detail(why);
    let part = |name: &'static str| {
        header
            .split(',')
            .filter_map(|part| part.trim().split_once('='))
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let time = part("t")
        .next()
        .ok_or_else(|| wrong("The signature has no time."))?;
    let seconds: i64 = time
        .parse()
        .map_err(|_| wrong("The signature's time cannot be read."))?;
    let signed = [time.as_bytes(), b".", body].concat();
    // The comparison takes the same time however much is right.
    let fits = |secret: &S, tag: &[u8]| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref().as_bytes());
        hmac::verify(&key, &signed, tag).is_ok()
    };
    let good = part("v1")
        .take(SIGNATURES)
        .filter_map(unhex)
        .any(|tag| secrets.iter().any(|secret| fits(secret, &tag)));
    if !good {
        return Err(wrong("No signature fits the body."));
    }
    let at = chrono::DateTime::from_timestamp(seconds, 0);
    if at.is_none_or(|at| (now - at).abs() > TOLERANCE) {
        return Err(wrong("The signature is too old, or from the future."));
    }
    Ok(())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}
