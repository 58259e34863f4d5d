//! `GET /payments/{payment}/receipt`.

use std::collections::BTreeSet;

use chrono::Duration;
use futures_util::future::join_all;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn receipts_are_numbered_without_gaps(app: App) {
    let (elena, greta) = (app.trainer().await, app.trainer().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let (hers, _) = app.course_for_sale(&greta, 900).await;
    let buyers = join_all((0..12).map(|_| app.learner())).await;
    let payments = join_all(buyers.iter().map(|buyer| app.buy(buyer, &course))).await;
    let mut numbers = BTreeSet::new();
    for (buyer, payment) in buyers.iter().zip(&payments) {
        let receipt = app.get_as(buyer, &format!("/payments/{payment}/receipt")).await.expect(200);
        numbers.insert(receipt.text_at("/number").split_once('-').unwrap().1.to_owned());
    }
    let expected: BTreeSet<String> = (1..=12).map(|n| format!("{n:06}")).collect();
    assert_eq!(numbers, expected);
    // Everybody counts for themselves, and every year from the beginning.
    let payment = app.buy(&buyers[0], &hers).await;
    let receipt = app.get_as(&buyers[0], &format!("/payments/{payment}/receipt")).await.expect(200);
    assert!(receipt.text_at("/number").ends_with("-000001"));
    app.clock.advance(Duration::days(366));
    let lena = app.learner().await;
    let payment = app.buy(&lena, &course).await;
    let receipt = app.get_as(&lena, &format!("/payments/{payment}/receipt")).await.expect(200);
    assert!(receipt.text_at("/number").ends_with("-000001"), "{}", receipt.text);
}

#[both_databases]
async fn the_document_of_a_receipt(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let payment = app.buy(&lena, &course).await;
    let receipt = app.get_as(&lena, &format!("/payments/{payment}/receipt")).await.expect(200);
    let mut document = receipt.document();
    // The number begins with the year.
    let number = document["number"].as_str().unwrap().to_owned();
    assert!(number.ends_with("-000001"), "{number}");
    document["number"] = "[number]".into();
    insta::assert_json_snapshot!("receipt", document);
}

#[both_databases]
async fn a_receipt_names_who_gave_no_name(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let (second, _) = app.course_for_sale(&elena, 4900).await;
    app.sql("UPDATE users SET name = NULL").await;
    let mut names = BTreeSet::new();
    for course in [&course, &second] {
        let payment = app.buy(&lena, course).await;
        let receipt = app.get_as(&lena, &format!("/payments/{payment}/receipt")).await.expect(200);
        names.insert((receipt.text_at("/issuerName"), receipt.text_at("/buyerName")));
    }
    assert_eq!(names.len(), 1, "the same on each of their receipts");
    let (issuer, buyer) = names.pop_first().unwrap();
    assert!(issuer.starts_with("Seller ") && buyer.starts_with("Customer "), "{issuer}, {buyer}");
    // Neither learns the other's address.
    assert!(!buyer.contains('@') && !issuer.contains('@'));
}

#[both_databases]
async fn a_receipt_names_a_username_where_there_is_no_name(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    app.sql("UPDATE users SET name = ' '").await;
    app.patch_as(&lena, "/me", "*", serde_json::json!({ "username": "ada_lifts" })).await.expect(200);
    let payment = app.buy(&lena, &course).await;
    let receipt = app.get_as(&lena, &format!("/payments/{payment}/receipt")).await.expect(200);
    assert_eq!(receipt.text_at("/buyerName"), "ada_lifts");
}

#[both_databases]
async fn a_receipt_that_was_issued_without_names_has_them(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let payment = app.buy(&lena, &course).await;
    app.sql("UPDATE receipts SET buyer_name = '', issuer_name = ''").await;
    let receipt = app.get_as(&elena, &format!("/payments/{payment}/receipt")).await.expect(200);
    assert_eq!(
        (receipt.text_at("/issuerName"), receipt.text_at("/buyerName")),
        ("Somebody".into(), "Somebody".into())
    );
}
