//! The link in a mail by which its recipient turns such mails off. Whoever has the link can do that and nothing else, so that it needs
//! no login and never expires.

use database::{Db, Pool, Tx};
use entity::enums::NotificationKind;
use kernel::{Actor, Code, Keyring, Result, Role, UserId, Uuid, from_base64url, to_base64url};
use sea_orm::Iterable;

use crate::preference;

const PURPOSE: &str = "unsubscribe links";
/// All kinds, in place of the number of a kind.
const ALL: u8 = u8::MAX;

/// The sealed part of a link, for one recipient and for one kind or all.
pub(super) fn link(keyring: &Keyring, user_id: UserId, kind: Option<NotificationKind>) -> String {
    let number = kind.map_or(ALL, |kind| {
        let found = NotificationKind::iter().position(|known| known == kind);
        found.and_then(|found| u8::try_from(found).ok()).unwrap_or(ALL)
    });
    let plain = [user_id.0.as_bytes().as_slice(), &[number]].concat();
    to_base64url(&keyring.seal(PURPOSE, &plain))
}

fn parse(keyring: &Keyring, link: &str) -> Option<(UserId, Option<NotificationKind>)> {
    let plain = keyring.open(PURPOSE, &from_base64url(link)?)?;
    let (number, user_id) = plain.split_last()?;
    let user_id = Uuid::from_slice(user_id).ok()?;
    let kind = NotificationKind::iter().nth(usize::from(*number));
    (kind.is_some() || *number == ALL).then_some((user_id.into(), kind))
}

/// Turns off the mails that the link is about, on behalf of its recipient, also one who is suspended. Doing it again changes nothing.
///
/// # Errors
/// [`Code::LinkInvalid`] for a link that was not made here.
pub async fn unsubscribe(db: &Db, link: &str) -> Result<()> {
    let (id, kind) = parse(db.keyring(), link).ok_or(Code::LinkInvalid)?;
    let recipient = Actor::User { id, role: Role::User, session: Uuid::nil().into() };
    let work = move |tx: Tx| async move { preference::stop_mails(&tx, kind).await };
    db.run_in(Pool::Worker, recipient, work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_recipient_and_kind_and_cannot_be_altered() {
        let ring = Keyring::new([7; 32]);
        let id = Uuid::from_bytes([3; 16]).into();
        for kind in NotificationKind::iter().map(Some).chain([None]) {
            assert_eq!(parse(&ring, &link(&ring, id, kind)), Some((id, kind)));
        }
        let mut altered = link(&ring, id, None);
        altered.replace_range(30..31, if altered.get(30..31) == Some("A") { "B" } else { "A" });
        assert_eq!(parse(&ring, &altered), None);
        assert_eq!(parse(&Keyring::new([8; 32]), &link(&ring, id, None)), None);
        assert_eq!(parse(&ring, "x"), None);
    }
}
