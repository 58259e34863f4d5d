//! Mail that does not go: refused for good, refused for now, or held up by a slow server. On both databases, because lanes are claimed
//! there.

use serde_json::json;

use crate::support::{App, DatabaseKind, PASSWORD, SmtpDouble, dump_database, eventually};
use test_macros::both_databases;

async fn start(database: DatabaseKind) -> (App, SmtpDouble) {
    let smtp = SmtpDouble::start().await;
    let app = App::start_with(database, &[("PALESTRA_SMTP_URL", &smtp.url())]).await;
    (app, smtp)
}

async fn register(app: &App, email: &str) {
    app.post("/auth/register", json!({ "email": email, "password": PASSWORD })).await.expect(201);
}

/// Waits until the worker says that a mail ended so.
async fn wait_for(app: &App, outcome: &str) {
    let line = format!("palestra_outbox_messages_total{{kind=\"mail.verify_email\",outcome=\"{outcome}\"}} ");
    eventually(&line, || async { app.get("//metrics").await.text.contains(&line).then_some(()) }).await;
}

#[both_databases]
async fn one_slow_recipient_holds_nobody_up(database: DatabaseKind) {
    let (app, smtp) = start(database).await;
    for slow in ["slow1@example.com", "slow2@example.com", "slow3@example.com"] {
        register(&app, slow).await;
        eventually("a mail that hangs", || async { (smtp.tries(slow) == 1).then_some(()) }).await;
    }
    register(&app, "lena@example.com").await;
    eventually("the mail of another", || async {
        smtp.mails().iter().any(|mail| mail.contains("To: lena@example.com")).then_some(())
    })
    .await;
}

#[both_databases]
async fn slow_letters_hold_up_no_other_work(database: DatabaseKind) {
    let (app, smtp) = start(database).await;
    register(&app, "slow@example.com").await;
    eventually("a mail that hangs", || async { (smtp.tries("slow@") == 1).then_some(()) }).await;
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>Well done</p>").await;
    eventually("a notification", || async {
        let list = app.get_as(&lena, "/me/notifications").await.expect(200);
        list.json().pointer("/data/0").map(drop)
    })
    .await;
}

#[both_databases]
async fn what_is_refused_for_good_is_not_tried_again(database: DatabaseKind) {
    let (app, smtp) = start(database).await;
    register(&app, "gone@example.com").await;
    wait_for(&app, "refused").await;
    assert!(dump_database(&app).await.contains("mail_refused"), "it is put aside with its reason");
    app.clock.advance(chrono::Duration::hours(2));
    // Later mails go, and the refused one does not.
    register(&app, "lena@example.com").await;
    eventually("a later mail", || async { (smtp.mails().len() == 1).then_some(()) }).await;
    assert_eq!(smtp.tries("gone@"), 1);
}

#[both_databases]
async fn what_is_refused_for_now_is_tried_again(database: DatabaseKind) {
    let (app, smtp) = start(database).await;
    register(&app, "full@example.com").await;
    wait_for(&app, "failed").await;
    app.clock.advance(chrono::Duration::seconds(10));
    eventually("another try", || async { (smtp.tries("full@") > 1).then_some(()) }).await;
}

#[both_databases]
async fn every_mail_says_that_a_program_wrote_it(database: DatabaseKind) {
    let (app, smtp) = start(database).await;
    for email in ["lena@example.com", "tom@example.com"] {
        register(&app, email).await;
    }
    let mails =
        eventually("two mails", || async { Some(smtp.mails()).filter(|mails| mails.len() == 2) }).await;
    let header = |mail: &str, name: &str| {
        let found: Vec<String> = mail
            .lines()
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned))
            .collect();
        assert_eq!(found.len(), 1, "{name} in {mail}");
        found[0].clone()
    };
    for mail in &mails {
        assert_eq!(header(mail, "MIME-Version"), "1.0");
        assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
        assert!(chrono::DateTime::parse_from_rfc2822(&header(mail, "Date")).is_ok());
        assert!(header(mail, "Message-ID").ends_with("@palestra.invalid>"));
    }
    assert_ne!(header(&mails[0], "Message-ID"), header(&mails[1], "Message-ID"));
}

#[both_databases]
async fn an_international_domain_is_named_in_ascii_to_the_mail_server(database: DatabaseKind) {
    let (app, smtp) = start(database).await;
    register(&app, "lena@bücher.example").await;
    eventually("the mail", || async { (smtp.mails().len() == 1).then_some(()) }).await;
    assert_eq!(smtp.tries("<lena@xn--bcher-kva.example>"), 1);
}
