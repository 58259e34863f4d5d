//! Which passwords are refused.

use std::{collections::HashSet, sync::LazyLock};

use kernel::{Error, FieldError, Result};

use super::hasher::normal_form;

/// The passwords of at least ten characters among Django's 20,000 most common ones (BSD licence).
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// The fewest characters of a password. The schema of the request counts those that were sent, which may be more.
const MIN_LENGTH: usize = 10;

/// Refuses what is guessed first: a common password, or the account's own names.
pub(crate) fn check_strength(password: &str, pointer: &str, own_names: &[&str]) -> Result<()> {
    let password = normal_form(password);
    let lower = password.to_lowercase();
    let is_own_name = |name: &&str| name.len() >= 3 && lower == name.to_lowercase();
    let (code, detail) = if password.chars().count() < MIN_LENGTH {
        ("too_short", "At least 10 characters, however they are typed.")
    } else if COMMON.contains(lower.as_str()) {
        ("common_password", "This password is among the most common ones.")
    } else if own_names.iter().any(is_own_name) {
        ("password_is_name", "The password must not be the e-mail address or the username.")
    } else {
        return Ok(());
    };
    Err(Error::invalid(vec![FieldError::new(pointer, code, detail)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_passwords_and_own_names_are_refused() {
        assert!(check_strength("Qwertyuiop", "/password", &[]).is_err());
        assert!(check_strength("elena_trainer", "/password", &["elena_trainer"]).is_err());
        assert!(check_strength("u\u{308}u\u{308}u\u{308}u\u{308}u\u{308}", "/password", &[]).is_err());
        assert!(check_strength("seven purple anvils", "/password", &["elena"]).is_ok());
    }
}
