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
