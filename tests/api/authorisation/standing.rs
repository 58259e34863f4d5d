//! Who may no more: the table's operations with the token of a session that has ended, and for whoever was a trainer.

use api::startup::{self, Schema};
use database::Pool;
use identity::{UserChange, UserStatus};
use kernel::{Actor, Environment, UserId};
use serde_json::json;
use test_macros::both_databases;

use super::{Scene, call_as, table};
use crate::support::{App, DatabaseKind, PASSWORD, Person, eventually};

/// How somebody's power ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Suspended,
    Demoted,
    PasswordChanged,
    PasswordReset,
    LoggedOut,
    SessionRevoked,
    OtherSessionsRevoked,
}

const ENDINGS: [Ending; 7] = [
    Ending::Suspended,
    Ending::Demoted,
    Ending::PasswordChanged,
    Ending::PasswordReset,
    Ending::LoggedOut,
    Ending::SessionRevoked,
    Ending::OtherSessionsRevoked,
];

impl Ending {
    /// Ends the session of `token`'s holder, through this server.
    async fn bring_about(self, app: &App, admin: &Person, who: &Person) {
        let account = format!("/admin/users/{}", who.id);
        let change = async |change| {
            app.patch_as(admin, &account, "*", change).await.expect(200);
        };
        match self {
            Self::Suspended => change(json!({ "status": "SUSPENDED" })).await,
            Self::Demoted => change(json!({ "role": "USER" })).await,
            Self::LoggedOut => {
                let body = json!({ "refreshToken": who.refresh_token });
                app.post("/auth/logout", body).await.expect(204);
            }
            Self::PasswordReset => {
                app.post("/auth/forgot-password", json!({ "email": who.email })).await.expect(202);
                let token = app.mail_to(&who.email, "Choose a new password").await.1;
                let body = json!({ "token": token, "newPassword": "eight green anvils" });
                app.post("/auth/reset-password", body).await.expect(204);
            }
            Self::PasswordChanged | Self::SessionRevoked | Self::OtherSessionsRevoked => {
                let elsewhere = app.login(&who.email, PASSWORD).await;
                match self {
                    Self::PasswordChanged => {
                        let body =
                            json!({ "currentPassword": PASSWORD, "newPassword": "eight green anvils" });
                        app.put_as(&elsewhere, "/me/password", body).await.expect(204);
                    }
                    Self::SessionRevoked => {
                        let sessions = app.get_as(who, "/me/sessions").await.expect(200).at("/data");
                        let mut sessions = sessions.as_array().unwrap().iter();
                        let own = sessions.find(|session| session["isCurrent"] == true).unwrap();
                        let path = format!("/me/sessions/{}", own["id"].as_str().unwrap());
                        app.delete_as(&elsewhere, &path).await.expect(204);
                    }
                    _ => {
                        app.delete_as(&elsewhere, "/me/sessions").await.expect(204);
                    }
                }
            }
        }
    }
}

/// Every operation of the table that anybody has to log in for, or may: with this person's token, which is refused by each.
async fn assert_refused_everywhere(app: &App, scene: &Scene, who: &Person, ending: Ending) {
    let mut tried = 0;
    let mut wrong = Vec::new();
    for (operation, line, body, expected) in table() {
        // What takes no token at all does not look at one.
        if expected[0] != 401 || operation == "login" || operation == "refreshSession" {
            continue;
        }
        let (method, path, body) = scene.request(line, &body);
        let reply = call_as(app, method, &path, &body, Some(who), (operation, "x")).await;
        tried += 1;
        if reply.status != 401 || reply.at("/code") != "session_revoked" {
            wrong.push(format!("{operation} ({line}): {} {}", reply.status, reply.text));
        }
    }
    assert!(tried >= 100, "only {tried} operations");
    assert!(wrong.is_empty(), "{ending:?}\n{}", wrong.join("\n"));
}

#[both_databases]
async fn a_session_that_has_ended_opens_nothing_from_that_moment_on(app: App) {
    let scene = Scene::set(&app).await;
    for ending in ENDINGS {
        let trainer = app.trainer().await;
        app.get_as(&trainer, "/me").await.expect(200);
        ending.bring_about(&app, &scene.admin, &trainer).await;
        assert_refused_everywhere(&app, &scene, &trainer, ending).await;
    }
    // What is read without logging in is refused as well to whoever shows such a token.
    let author = &scene.author;
    Ending::Suspended.bring_about(&app, &scene.admin, author).await;
    app.get_as(author, "/courses").await.expect_problem(401, "session_revoked");
    app.get_as(author, "/me/events").await.expect_problem(401, "session_revoked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_has_ended_at_one_server_opens_nothing_at_another() {
    let first = App::start(DatabaseKind::Postgres).await;
    let second = first.second_server().await;
    let scene = Scene::set(&first).await;
    for ending in ENDINGS {
        let trainer = first.trainer().await;
        second.get_as(&trainer, "/me").await.expect(200);
        // What the second remembers does not grow old by itself any more, so that nothing but the notice takes it away.
        second.clock.stop();
        second.get_as(&trainer, "/me").await.expect(200);
        ending.bring_about(&first, &scene.admin, &trainer).await;
        eventually("the other server's refusal", || async {
            (second.get_as(&trainer, "/me").await.status == 401).then_some(())
        })
        .await;
        assert_refused_everywhere(&second, &scene, &trainer, ending).await;
    }
}

#[both_databases]
async fn whoever_was_a_trainer_does_no_trainer_s_work(app: App) {
    let scene = Scene::set(&app).await;
    Ending::Demoted.bring_about(&app, &scene.admin, &scene.author).await;
    let demoted = app.login(&scene.author.email, PASSWORD).await;
    let mut tried = 0;
    let mut wrong = Vec::new();
    for (operation, line, body, [_, stranger, _, _, author, _]) in table() {
        let is_refused = |status| matches!(status, 403 | 404);
        // Conversations have members and reports a reporter, whatever their role.
        let is_personal = line.contains("{conversation}")
            || line.contains("{group}")
            || line.contains("{message}")
            || operation == "getReport";
        if !is_refused(stranger) || is_refused(author) || is_personal {
            continue;
        }
        let (method, path, body) = scene.request(line, &body);
        let reply = call_as(&app, method, &path, &body, Some(&demoted), (operation, "x")).await;
        tried += 1;
        if !is_refused(reply.status) {
            wrong.push(format!("{operation} ({line}): {} {}", reply.status, reply.text));
        }
    }
    assert!(tried >= 60, "only {tried} operations");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let own = app.get_as(&demoted, "/me/courses").await.expect(200);
    assert_eq!(own.at("/data"), json!([]));
}

/// A message of somebody whose role was taken away reaches nobody whom it reached because of that role.
#[both_databases]
async fn whoever_was_a_trainer_writes_to_no_learner_of_theirs(app: App) {
    let (elena, lena, admin) = (app.trainer().await, app.learner().await, app.admin().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    Ending::Demoted.bring_about(&app, &admin, &elena).await;
    let elena = app.login(&elena.email, PASSWORD).await;
    let two = json!({ "kind": "DIRECT", "memberIds": [lena.id] });
    app.post_as(&elena, "/conversations", two).await.expect_problem(403, "recipient_unreachable");
}

#[both_databases]
async fn an_editor_goes_on_where_the_author_was_demoted(app: App) {
    let (elena, marco, admin) = (app.trainer().await, app.trainer().await, app.admin().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    app.put_as(&elena, &format!("/courses/{course}/trainers/{}", marco.id), json!(null)).await.expect(200);
    Ending::Demoted.bring_about(&app, &admin, &elena).await;
    let path = format!("/courses/{course}");
    app.patch_as(&marco, &path, "*", json!({ "description": "Still here" })).await.expect(200);
    // A trainer again, their courses are theirs again.
    let account = format!("/admin/users/{}", elena.id);
    app.patch_as(&admin, &account, "*", json!({ "role": "TRAINER" })).await.expect(200);
    let elena = app.login(&elena.email, PASSWORD).await;
    app.patch_as(&elena, &path, "*", json!({ "description": "Back" })).await.expect(200);
}

/// What somebody may is decided by the head of a request, and again when its body is there.
#[both_databases]
async fn a_body_that_arrives_after_the_session_has_ended_is_refused(app: App) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (lena, admin) = (app.learner().await, app.admin().await);
    let address = app.base.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let before = app.db.statements();
    let head = format!(
        "POST /api/v1/posts HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 16\r\n\r\n{{ \"title\": ",
        lena.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // Whose session it is costs a statement, as long as nobody has asked.
    eventually("the head", || async { (app.db.statements() > before).then_some(()) }).await;
    Ending::Suspended.bring_about(&app, &admin, &lena).await;
    stream.write_all(b"\"x\" }").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("session_revoked"), "{answer}");
}

#[both_databases]
async fn an_answer_is_not_repeated_to_whoever_may_no_more(app: App) {
    let (elena, admin) = (app.trainer().await, app.admin().await);
    let create = || {
        let request = app.request("POST", "/courses").bearer_auth(&elena.token);
        app.send(request.header("idempotency-key", "once").json(&json!({ "title": "x" })))
    };
    create().await.expect(201);
    create().await.expect(201);
    Ending::Suspended.bring_about(&app, &admin, &elena).await;
    create().await.expect_problem(401, "session_revoked");
}

#[both_databases]
async fn a_warm_request_asks_nothing_about_its_session(app: App) {
    let lena = app.learner().await;
    app.get_as(&lena, "/me").await.expect(200);
    // The account, and nothing else.
    app.outbox_is_done().await;
    let read = async || drop(app.get_as(&lena, "/me").await.expect(200));
    assert_eq!(app.count_statements(read).await, 1);
}

#[both_databases]
async fn what_is_changed_by_hand_in_the_database_counts_after_a_minute(app: App) {
    let lena = app.learner().await;
    app.get_as(&lena, "/me").await.expect(200);
    let suspend = "UPDATE users SET status = 'SUSPENDED' \
                   WHERE id = (SELECT user_id FROM credentials WHERE email =";
    app.sql(&format!("{suspend} '{}')", lena.email)).await;
    app.clock.advance(chrono::Duration::seconds(61));
    app.get_as(&lena, "/me").await.expect_problem(401, "session_revoked");
}

/// Another process on the same file, such as `palestra user create-admin` beside the server, sends no notice: the file tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_process_does_to_the_file_counts_within_a_second() {
    let app = App::start(DatabaseKind::Sqlite).await;
    let lena = app.learner().await;
    app.get_as(&lena, "/me").await.expect(200);
    app.clock.stop();
    app.get_as(&lena, "/me").await.expect(200);
    let config = crate::support::config(&app.folder, &[]);
    let other = startup::open(&config, Environment::default(), Schema::Check).await.unwrap();
    let id: UserId = lena.id.parse().unwrap();
    let change = UserChange { status: Some(UserStatus::Suspended), ..UserChange::default() };
    let work = move |tx| async move { identity::change_user(&tx, id, |_| true, change).await };
    other.run_in(Pool::Auth, Actor::System, work).await.unwrap();
    eventually("the refusal", || async { (app.get_as(&lena, "/me").await.status == 401).then_some(()) })
        .await;
    other.close().await;
}
