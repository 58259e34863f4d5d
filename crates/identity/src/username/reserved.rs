//! Usernames that would pass for somebody who speaks for the school.

/// Roles, teams and addresses of every school.
const RESERVED: [&str; 58] = [
    "abuse",
    "account",
    "accounts",
    "admin",
    "administrator",
    "admins",
    "all",
    "anonymous",
    "api",
    "billing",
    "bot",
    "channel",
    "everyone",
    "help",
    "helpdesk",
    "here",
    "hostmaster",
    "info",
    "instructor",
    "legal",
    "mail",
    "me",
    "mod",
    "moderation",
    "moderator",
    "moderators",
    "mods",
    "news",
    "noreply",
    "notifications",
    "nobody",
    "null",
    "official",
    "operator",
    "owner",
    "palestra",
    "payment",
    "payments",
    "postmaster",
    "press",
    "privacy",
    "refunds",
    "root",
    "sales",
    "school",
    "security",
    "service",
    "staff",
    "superuser",
    "support",
    "sysadmin",
    "system",
    "team",
    "trainer",
    "trainers",
    "undefined",
    "user",
    "webmaster",
];

/// Whether a username reads like one of them, also with underscores or with digits for letters.
pub(super) fn is_reserved(username: &str) -> bool {
    let bare: String = username.chars().filter(|c| *c != '_').collect();
    let read: String = bare.chars().map(letter).collect();
    [bare.as_str(), read.as_str()].iter().any(|name| RESERVED.contains(name))
}

fn letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::is_reserved;

    #[test]
    fn names_of_roles_are_reserved() {
        for name in
            ["admin", "_admin_", "ad_min", "adm1n", "support", "pal3stra", "moderator", "trainer", "n0_reply"]
        {
            assert!(is_reserved(name), "{name}");
        }
        for name in ["lena", "coach_elena", "admiral", "trainer_marco", "users_guide"] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
