//! The link in a mail by which its reader wants no more of these. Whoever holds it can do that and nothing else, so that it
//! needs no login and never expires.

use database::{Db, Tx};
use kernel::{Actor, Code, Keyring, Result, Role, UserId, Uuid, from_base64url, to_base64url};

use super::Kind;
use crate::preference;

const PURPOSE: &str = "unsubscribe links";
/// No mail at all, in place of the number of a kind.
const ALL: u8 = u8::MAX;

/// The secret part of a link for one reader: of one kind, or of all.
pub(super) fn link(keyring: &Keyring, user_id: UserId, kind: Option<Kind>) -> String {
    let number = kind.map_or(ALL, |kind| {
        let found = Kind::ALL.iter().position(|known| *known == kind);
        found.and_then(|found| u8::try_from(found).ok()).unwrap_or(ALL)
    });
    let plain = [user_id.0.as_bytes().as_slice(), &[number]].concat();
    to_base64url(&keyring.seal(PURPOSE, &plain))
}

fn read(keyring: &Keyring, link: &str) -> Option<(UserId, Option<Kind>)> {
    let plain = keyring.open(PURPOSE, &from_base64url(link)?)?;
    let (number, user_id) = plain.split_last()?;
    let user_id = Uuid::from_slice(user_id).ok()?;
    let kind = Kind::ALL.get(usize::from(*number)).copied();
    (kind.is_some() || *number == ALL).then_some((user_id.into(), kind))
}

/// Does what a mail's link asks for, on behalf of its reader. Doing it again changes nothing.
///
/// # Errors
/// [`Code::LinkInvalid`] for a link that is none of ours.
pub async fn unsubscribe(db: &Db, link: &str) -> Result<()> {
    let (id, kind) = read(db.keyring(), link).ok_or(Code::LinkInvalid)?;
    let reader = Actor::User {
        id,
        role: Role::User,
        session: Uuid::nil().into(),
    };
    let work = move |tx: Tx| async move { preference::stop_mails(&tx, kind).await };
    db.run(reader, work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_who_and_what_and_cannot_be_altered() {
        let ring = Keyring::new([7; 32]);
        let id = Uuid::from_bytes([3; 16]).into();
        for kind in Kind::ALL.map(Some).into_iter().chain([None]) {
            assert_eq!(read(&ring, &link(&ring, id, kind)), Some((id, kind)));
        }
        let mut altered = link(&ring, id, None);
        altered.replace_range(
            30..31,
            if altered.get(30..31) == Some("A") {
                "B"
            } else {
                "A"
            },
        );
        assert_eq!(read(&ring, &altered), None);
        assert_eq!(read(&Keyring::new([8; 32]), &link(&ring, id, None)), None);
        assert_eq!(read(&ring, "x"), None);
    }
}
