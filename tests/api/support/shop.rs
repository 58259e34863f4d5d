//! Buying courses.

use serde_json::{Value, json};

use super::{App, Person, Reply};

/// Buying in the sandbox.
impl App {
    /// A published course with a price: the course and its two lessons.
    pub async fn course_for_sale(&self, trainer: &Person, amount: i64) -> (String, [String; 2]) {
        let price = json!({ "price": { "amount": amount, "currency": "USD" } });
        let (course, _, lessons) = self.course(trainer, price).await;
        (course, lessons)
    }

    /// A POST with a new idempotency key.
    pub async fn post_with_new_key_as(&self, who: &Person, path: &str, body: Value) -> Reply {
        let key = self.db.environment().new_id::<kernel::Uuid>().to_string();
        self.post_with_key_as(who, path, body, &key).await
    }

    /// A POST with this idempotency key.
    pub async fn post_with_key_as(&self, who: &Person, path: &str, body: Value, key: &str) -> Reply {
        let request = self.request("POST", path).bearer_auth(&who.token);
        self.send(request.header("idempotency-key", key).json(&body)).await
    }

    pub async fn checkout(&self, who: &Person, course: &str) -> Reply {
        self.post_with_new_key_as(who, "/checkout", json!({ "courseId": course })).await
    }

    /// Buys a course in the sandbox; returns the id of the payment.
    pub async fn buy(&self, who: &Person, course: &str) -> String {
        let payment = self.checkout(who, course).await.expect(201).text_at("/payment/id");
        self.post_empty_as(who, &format!("/sandbox/payments/{payment}/complete")).await.expect(200);
        payment
    }

    /// Waits until a payment has this value; returns the payment.
    pub async fn wait_for_payment(&self, who: &Person, payment: &str, pointer: &str, value: Value) -> Reply {
        let path = format!("/payments/{payment}");
        super::eventually(&format!("{pointer} of a payment to be {value}"), || async {
            let reply = self.get_as(who, &path).await.expect(200);
            (reply.json().pointer(pointer) == Some(&value)).then_some(reply)
        })
        .await
    }

    /// The reason why this person may read the lesson, or the code of the refusal.
    pub async fn access_reason(&self, who: &Person, lesson: &str) -> String {
        let reply = self.get_as(who, &format!("/lessons/{lesson}")).await;
        if reply.status == 200 { reply.text_at("/access/reason") } else { reply.text_at("/code") }
    }
}
