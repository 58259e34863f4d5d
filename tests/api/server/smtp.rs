//! Mail over SMTP, to a real server.

use std::{net::TcpListener, process::Stdio};

use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::support::{App, DatabaseKind, PASSWORD, dump_database};

/// aiosmtpd on a free port; it prints what it receives.
async fn catcher() -> (Child, u16) {
    let python = std::env::var("PALESTRA_TEST_PYTHON")
        .expect("PALESTRA_TEST_PYTHON names a Python with aiosmtpd; `make test` sets it");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let arguments = [
        "-u",
        "-m",
        "aiosmtpd",
        "-n",
        "-l",
        &format!("127.0.0.1:{port}"),
        "-c",
        "aiosmtpd.handlers.Debugging",
        "stdout",
    ];
    let child = Command::new(python)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    (child, port)
}

/// The first mail that it prints.
async fn first_mail(child: &mut Child) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut mail = String::new();
    let read = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            mail.push_str(&line);
            mail.push('\n');
            if line.contains("END MESSAGE") {
                break;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), read)
        .await
        .expect("a mail within twenty seconds");
    mail
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_goes_through_smtp_and_its_link_works() {
    let (mut child, port) = catcher().await;
    // Registered before the server listens perhaps: the worker tries again.
    let url = format!("smtp://127.0.0.1:{port}");
    let app = App::start_with(
        DatabaseKind::Sqlite,
        &[("PALESTRA_SMTP_URL", &url), ("PALESTRA_APP_URL", "https://app.example.com/")],
    )
    .await;
    let body = json!({ "email": "lena@example.com", "password": PASSWORD, "name": "Lena" });
    app.post("/auth/register", body).await.expect(201);
    let mail = first_mail(&mut child).await;
    assert!(
        mail.contains("To: lena@example.com") && mail.contains("Hello,") && !mail.contains("Lena"),
        "{mail}"
    );
    let mail = mail.replace("=\n", "").replace("=3D", "=");
    let token = mail
        .split("https://app.example.com/verify-email?token=")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    app.post("/auth/verify-email", json!({ "token": token })).await.expect(204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_waits_for_a_server_that_is_away() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("smtp://127.0.0.1:{port}");
    let app = App::start_with(DatabaseKind::Sqlite, &[("PALESTRA_SMTP_URL", &url)]).await;
    app.post("/auth/register", json!({ "email": "lena@example.com", "password": PASSWORD }))
        .await
        .expect(201);
    let metrics = crate::support::eventually("a failed try", || async {
        let metrics = app.get("//metrics").await.text;
        metrics
            .contains("palestra_outbox_messages_total{kind=\"mail.verify_email\",outcome=\"failed\"}")
            .then_some(metrics)
    });
    metrics.await;
    let everything = dump_database(&app).await;
    assert!(everything.contains("mail_undelivered"), "the message is kept with its reason");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_goes_through_smtp_with_its_way_out() {
    let (mut child, port) = catcher().await;
    let url = format!("smtp://127.0.0.1:{port}");
    let app = App::start_with(DatabaseKind::Sqlite, &[("PALESTRA_SMTP_URL", &url)]).await;
    let (lena, tom) = (app.learner().await, app.learner().await);
    app.set_notification_preferences(&lena, json!({ "channels": { "comment": { "email": true } } })).await;
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>Well done</p>").await;
    let mail = first_mail(&mut child).await;
    assert!(
        mail.contains("Subject: Somebody commented on your post") && mail.contains("> Well done"),
        "{mail}"
    );
    assert!(mail.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{mail}");
    let link = mail.split("List-Unsubscribe: <").nth(1).unwrap();
    let (_, path) = link.split('>').next().unwrap().split_once("/api/v1").unwrap();
    app.send(app.request("POST", path)).await.expect(204);
    let shown = app.get_as(&lena, "/me/notification-preferences").await.expect(200);
    assert_eq!(shown.at("/channels/comment/email"), false);
}
