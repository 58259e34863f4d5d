//! Stripe's double, and how its events reach a server under test.

use serde_json::Value;

use super::{App, Reply};

#[path = "../../stripe/mod.rs"]
mod double;

pub use double::{Fault, SECRET, StripeDouble, Switches, sign};

impl StripeDouble {
    /// Delivers an event, signed at the time of this Stripe.
    pub async fn deliver(&self, app: &App, event: &Value) -> Reply {
        let (body, signature) = self.signed(event);
        Self::send(app, &body, &signature).await
    }

    /// Delivers all events since the last call, in order; each has to be acknowledged.
    pub async fn deliver_all(&self, app: &App) {
        for event in self.events() {
            self.deliver(app, &event).await.expect(200);
        }
    }

    pub async fn send(app: &App, body: &str, signature: &str) -> Reply {
        let request = app
            .request("POST", "/hooks/stripe")
            .header("content-type", "application/json")
            .header("stripe-signature", signature)
            .body(body.to_owned());
        app.send(request).await
    }
}
