//! People who use the server: learners, trainers, admins.

use std::sync::atomic::{AtomicU32, Ordering};

use database::Pool;
use identity::Registration;
use kernel::{Actor, Role};
use serde_json::json;

use super::{App, Reply};

pub const PASSWORD: &str = "seven purple anvils";

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A person who is logged in.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    pub email: String,
    pub token: String,
    pub refresh_token: String,
}

impl Person {
    pub fn from_reply(reply: &Reply) -> Self {
        Self {
            id: reply.text_at("/user/id"),
            email: reply.text_at("/user/email"),
            token: reply.text_at("/accessToken"),
            refresh_token: reply.text_at("/refreshToken"),
        }
    }
}

impl App {
    pub async fn learner(&self) -> Person {
        self.person_with_role(Role::User).await
    }

    pub async fn trainer(&self) -> Person {
        self.person_with_role(Role::Trainer).await
    }

    pub async fn admin(&self) -> Person {
        self.person_with_role(Role::Admin).await
    }

    /// A new account with this role. Registration gives no role, so the account is created by the use case.
    async fn person_with_role(&self, role: Role) -> Person {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let email = format!("{}{number}@example.com", role.as_str().to_lowercase());
        // The same cheap hash as in `config`.
        let settings = identity::HasherSettings { memory_kib: 64, passes: 1, threads: 1, queue: 4 };
        let hasher = identity::Hasher::start(settings).unwrap();
        let password_hash = hasher.acquire().unwrap().hash(PASSWORD.to_owned(), [1; 16]).await.unwrap();
        let registration = Registration {
            email: email.clone(),
            password_hash,
            username: None,
            name: Some("Somebody".into()),
        };
        let work = move |tx| async move { identity::create_account(&tx, registration, role).await };
        self.db.run_in(Pool::Auth, Actor::System, work).await.unwrap();
        self.login(&email, PASSWORD).await
    }

    pub async fn login(&self, email: &str, password: &str) -> Person {
        let reply =
            self.post("/auth/login", json!({ "email": email, "password": password })).await.expect(200);
        Person::from_reply(&reply)
    }
}
