//! What the people of the demo school have written to one another.

use std::time::Duration;

use community::{
    ConversationKind, MessagesFrom, Messaging, NewConversation, NewMessage, conversation, message,
};
use database::Db;
use kernel::{Actor, ConversationId, Error, Result};
use serde::Deserialize;

use super::cast::Cast;

/// A conversation; the first of its members opens it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DemoConversation {
    members: Vec<String>,
    title: Option<String>,
    messages: Vec<(String, String)>,
    read: Vec<(String, i64)>,
}

/// The school's people have known one another for long.
const MESSAGING: Messaging = Messaging {
    messages_from: MessagesFrom::Shared,
    edit_window: Duration::ZERO,
    new_account: Duration::ZERO,
    new_account_conversations: 0,
    new_account_messages: 0,
};

/// Loads what they have written; of a load that was interrupted it may be there twice, in another group.
pub(super) async fn load(db: &Db, cast: Cast<'_>) -> Result<()> {
    let all: Vec<DemoConversation> =
        serde_json::from_str(include_str!("conversations.json")).map_err(Error::internal)?;
    for demo in all {
        let members: Vec<Actor> = demo.members.iter().map(|name| cast.person(name)).collect::<Result<_>>()?;
        let Some((opener, others)) = members.split_first() else {
            continue;
        };
        let new = NewConversation {
            kind: if demo.title.is_some() { ConversationKind::Group } else { ConversationKind::Direct },
            member_ids: others.iter().filter_map(Actor::user_id).collect(),
            title: demo.title,
        };
        let open = move |tx| async move { conversation::open(&tx, &MESSAGING, new).await };
        let id = db.run(*opener, open).await?.0.id;
        for (name, content) in demo.messages {
            send(db, cast.person(&name)?, id, content).await?;
        }
        for (name, number) in demo.read {
            let read = move |tx| async move { conversation::read(&tx, id, number).await };
            db.run(cast.person(&name)?, read).await?;
        }
    }
    Ok(())
}

async fn send(db: &Db, sender: Actor, conversation: ConversationId, content: String) -> Result<()> {
    let new = NewMessage { client_message_id: db.environment().new_id(), content };
    let work = move |tx| async move { message::send(&tx, &MESSAGING, conversation, new).await };
    db.run(sender, work).await.map(drop)
}
