//! Which passwords are refused: those that are guessed first.

use std::{collections::HashSet, sync::LazyLock};

use kernel::{Error, FieldError, Result};

use super::hasher::normal_form;

/// The passwords of at least four characters among Django's 20,000 most common ones (BSD licence). Nobody may have one of these as it is;
/// the short ones are what longer ones are made of.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// What stands beside each other on a keyboard, and in the alphabet.
const ROWS: [&str; 5] = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "01234567890", "abcdefghijklmnopqrstuvwxyz"];

/// How many characters around a common password make it no better.
const DECORATION: usize = 6;

/// The fewest characters of a password. The schema of the request counts those that were sent, which may be more.
const MIN_LENGTH: usize = 10;

/// Refuses what is guessed first: a common password, also one in disguise; a sequence or a repetition; the account's own names.
pub(crate) fn check_strength(password: &str, pointer: &str, own_names: &[&str]) -> Result<()> {
    let password = normal_form(password);
    let lower = password.to_lowercase();
    let (code, detail) = if password.chars().count() < MIN_LENGTH {
        ("too_short", "At least 10 characters, however they are typed.")
    } else if is_common(&lower) {
        (
            "common_password",
            "This password is among the most common ones, or is one of them with little added.",
        )
    } else if is_sequence(&lower) || is_repetition(&lower) {
        ("common_password", "This password is a sequence or a repetition, which is guessed first.")
    } else if own_names.iter().any(|name| is_name(&lower, &name.to_lowercase())) {
        ("password_is_name", "The password must not be the e-mail address or the username, or little more.")
    } else {
        return Ok(());
    };
    Err(Error::invalid(vec![FieldError::new(pointer, code, detail)]))
}

/// A common password as it is, in other letters, or with a few digits and signs around it.
fn is_common(lower: &str) -> bool {
    let core = core(lower);
    let is_decorated = lower.chars().count() <= core.chars().count() + DECORATION;
    [lower, &plain(lower)].iter().any(|text| COMMON.contains(text))
        || (is_decorated && [core, &plain(core)].iter().any(|text| COMMON.contains(text)))
}

/// Without the digits and signs before and behind: `p@ssw0rd` of `p@ssw0rd2024!`.
fn core(lower: &str) -> &str {
    lower.trim_matches(|c: char| !c.is_alphabetic())
}

/// With letters in place of the digits and signs that stand for them.
fn plain(lower: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    lower.chars().map(letter).collect()
}

/// Whether nearly every character is the one before, or its neighbour: `1234567890`, `qwertyuiop`, `aaaaaaaaaa`.
fn is_sequence(lower: &str) -> bool {
    let characters: Vec<char> = lower.chars().collect();
    let is_step = |pair: &&[char]| match pair {
        [a, b] => a == b || ROWS.iter().any(|row| are_neighbours(row, *a, *b)),
        _ => false,
    };
    let steps = characters.windows(2).filter(is_step).count();
    steps * 5 >= characters.len().saturating_sub(1) * 4
}

fn are_neighbours(row: &str, a: char, b: char) -> bool {
    row.chars()
        .zip(row.chars().skip(1))
        .any(|(left, right)| (left, right) == (a, b) || (left, right) == (b, a))
}

/// Whether it is a common password, or up to four characters, over and over, or has three characters at most.
fn is_repetition(lower: &str) -> bool {
    let characters: Vec<char> = lower.chars().collect();
    if characters.iter().collect::<HashSet<_>>().len() <= 3 {
        return true;
    }
    (1..=characters.len() / 2).any(|length| {
        let Some((unit, rest)) = characters.split_at_checked(length) else { return false };
        let is_repeated = rest.chunks(length).all(|chunk| unit.starts_with(chunk));
        is_repeated && (length <= 4 || COMMON.contains(unit.iter().collect::<String>().as_str()))
    })
}

/// Whether it is a name of the account, or the part of an address before the @, with little around it.
fn is_name(lower: &str, name: &str) -> bool {
    let local = name.split('@').next().unwrap_or(name);
    [name, local].iter().any(|name| {
        name.chars().count() >= 3
            && lower.contains(name)
            && lower.chars().count() <= name.chars().count() + DECORATION
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guessed_first_is_refused() {
        for password in [
            "Qwertyuiop",
            "password123",
            "P@ssw0rd2024!",
            "iloveyou1234",
            "!!football99",
            "1234567890",
            "0987654321",
            "abcdefghijkl",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "dragondragon",
            "1q1q1q1q1q1q",
            "u\u{308}u\u{308}u\u{308}u\u{308}u\u{308}",
        ] {
            assert!(check_strength(password, "/password", &[]).is_err(), "{password}");
        }
        for password in [
            "seven purple anvils",
            "plain but long enough 42",
            "correct horse battery staple",
            "Tr4ffic-lanterns",
            "жёлтый чемодан",
        ] {
            assert!(check_strength(password, "/password", &["elena"]).is_ok(), "{password}");
        }
    }

    #[test]
    fn the_accounts_own_names_are_refused() {
        let names = ["elena.petrova@example.com", "elena_trainer"];
        for password in ["elena_trainer", "Elena_Trainer1!", "elena.petrova@example.com", "elena.petrova2024"]
        {
            assert!(check_strength(password, "/password", &names).is_err(), "{password}");
        }
        assert!(check_strength("elena_trainer likes her tea", "/password", &names).is_ok());
        // A name of two letters is in many words.
        assert!(check_strength("seven purple anvils", "/password", &["se", ""]).is_ok());
    }
}
