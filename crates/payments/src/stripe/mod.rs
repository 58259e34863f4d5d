//! Stripe: a thin client of its API, and its signatures on hooks.

mod amount;
mod call;
mod facts;
mod hook;
mod shape;
#[cfg(test)]
mod tests;

use http_client::{Service, form};
use kernel::{Environment, PaymentId, Result, Timestamp, UserId, hash_token, hex};
use serde::de::DeserializeOwned;

use self::{
    amount::to_stripe,
    call::{Form, away, refused, segment},
    shape::{Dispute, Expandable, Intent, List, Named, PAYMENT, REFUND, Refund, Session, USER},
};
use crate::{Charge, Event, Fact, Method, Provider, ProviderName, Reference, RefundOrder, Started, Told};

/// Pages of refunds or disputes that are read of one payment, of a hundred each.
const PAGES: u32 = 10;
/// The longest value that metadata take.
const METADATA_LENGTH: usize = 500;

/// What Stripe gave for us to identify each other.
#[derive(Clone)]
pub struct StripeSettings {
    /// `sk_…` or `rk_…`; it says itself whether money is real.
    pub secret_key: String,
    /// What hooks are signed with: two while one is replaced.
    pub webhook_secrets: Vec<String>,
    /// Where its API is.
    pub base_url: String,
}

/// Stripe, as this installation's account sees it.
pub struct Stripe {
    service: Service,
    secret_key: String,
    webhook_secrets: Vec<String>,
    base_url: String,
    live: bool,
    environment: Environment,
}

impl Stripe {
    /// A client; nothing is asked yet.
    ///
    /// # Errors
    /// In words, where the settings cannot be those of an account.
    pub fn new(settings: StripeSettings, environment: Environment) -> Result<Self, String> {
        let key = settings.secret_key.trim();
        let live =
            match key.splitn(3, '_').collect::<Vec<_>>().as_slice() {
                ["sk" | "rk", "live", rest] if !rest.is_empty() => true,
                ["sk" | "rk", "test", rest] if !rest.is_empty() => false,
                _ => return Err(
                    "PALESTRA_STRIPE_SECRET_KEY has to begin with sk_live_, sk_test_, rk_live_ or rk_test_"
                        .to_owned(),
                ),
            };
        if settings.webhook_secrets.is_empty()
            || settings
                .webhook_secrets
                .iter()
                .any(|secret| secret.trim().is_empty())
        {
            return Err(
                "PALESTRA_STRIPE_WEBHOOK_SECRETS is empty: hooks could not be told from forged ones"
                    .to_owned(),
            );
        }
        let service = Service::new("Stripe", environment.clone())?;
        Ok(Self {
            service,
            secret_key: key.to_owned(),
            webhook_secrets: settings.webhook_secrets,
            base_url: settings.base_url.trim_end_matches('/').to_owned(),
            live,
            environment,
        })
    }

    /// Whether real money moves.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live
    }

    async fn start_session(&self, charge: &Charge) -> Result<Started> {
        let payment = charge.payment_id.to_string();
        let price = "line_items[0][price_data]";
        let fields = fields(&[
            ("mode", "payment"),
            ("client_reference_id", &payment),
            ("customer", &charge.customer),
            ("line_items[0][quantity]", "1"),
            (&format!("{price}[currency]"), &currency(charge)),
            (
                &format!("{price}[unit_amount]"),
                &to_stripe(charge.amount)?.to_string(),
            ),
            (&format!("{price}[product_data][name]"), &charge.title),
            (&format!("metadata[{PAYMENT}]"), &payment),
            (&format!("payment_intent_data[metadata][{PAYMENT}]"), &payment),
            ("expires_at", &charge.expires_at.timestamp().to_string()),
            ("success_url", &charge.success_url),
            ("cancel_url", &charge.cancel_url),
            // What was quoted is what is charged, in that currency.
            ("adaptive_pricing[enabled]", "false"),
        ]);
        let session: Session = self
            .post("checkout/sessions", &fields, &format!("start-{payment}"))
            .await?;
        let payment_id = session.intent_name();
        Ok(Started {
            session_id: Some(session.id),
            payment_id,
            url: session.url,
            client_secret: None,
        })
    }

    async fn start_intent(&self, charge: &Charge) -> Result<Started> {
        let payment = charge.payment_id.to_string();
        let title: String = charge.title.chars().take(METADATA_LENGTH).collect();
        // Which methods the buyer is offered is decided in Stripe's dashboard: automatic methods are the default.
        let fields = fields(&[
            ("amount", &to_stripe(charge.amount)?.to_string()),
            ("currency", &currency(charge)),
            ("customer", &charge.customer),
            (&format!("metadata[{PAYMENT}]"), &payment),
            ("metadata[title]", &title),
        ]);
        let intent: Intent = self
            .post("payment_intents", &fields, &format!("start-{payment}"))
            .await?;
        Ok(Started {
            session_id: None,
            payment_id: Some(intent.id),
            url: None,
            client_secret: intent.client_secret,
        })
    }

    async fn session(&self, name: &str) -> Result<Option<Session>> {
        let expand = "expand[]=payment_intent.latest_charge";
        self.get(&format!("checkout/sessions/{}?{expand}", segment(name)))
            .await
    }

    async fn intent(&self, name: &str) -> Result<Option<Intent>> {
        self.get(&format!(
            "payment_intents/{}?expand[]=latest_charge",
            segment(name)
        ))
        .await
    }

    /// Refunds or disputes of a payment, all of them.
    async fn list<T: DeserializeOwned>(
        &self,
        of: &str,
        intent: &str,
        name: fn(&T) -> &str,
    ) -> Result<Vec<T>> {
        let mut found: Vec<T> = Vec::new();
        for _ in 0..PAGES {
            let after = found
                .last()
                .map(|last| format!("&starting_after={}", segment(name(last))));
            let query = format!(
                "payment_intent={}&limit=100{}",
                segment(intent),
                after.unwrap_or_default()
            );
            let page: Option<List<T>> = self.get(&format!("{of}?{query}")).await?;
            let Some(page) = page else { break };
            let more = page.has_more && !page.data.is_empty();
            found.extend(page.data);
            if !more {
                break;
            }
        }
        Ok(found)
    }

    /// What became of the money after it was taken.
    async fn aftermath(&self, intent: &Intent) -> Result<Vec<Fact>> {
        let Some(charge) = &intent.latest_charge else {
            return Ok(Vec::new());
        };
        let refunds: Vec<Refund> = self
            .list("refunds", &intent.id, |refund: &Refund| &refund.id)
            .await?;
        let mut facts: Vec<Fact> = refunds.iter().map(facts::of_refund).collect();
        // Most payments are never disputed: their charge says so.
        if charge.whole().is_none_or(|charge| charge.disputed == Some(true)) {
            let disputes: Vec<Dispute> = self
                .list("disputes", &intent.id, |dispute: &Dispute| &dispute.id)
                .await?;
            facts.extend(disputes.iter().filter_map(facts::of_dispute));
        }
        Ok(facts)
    }

    /// Ends something that can be ended only while it waits. Each call has a key of its own: Stripe would answer a later
    /// one with the refusal of an earlier.
    async fn end(&self, path: &str, payment: PaymentId) -> Result<Option<kernel::Error>> {
        let key = format!("stop-{payment}-{}", self.environment.new_id());
        let answer = self.try_post::<Named>(path, &Vec::new(), &key).await?;
        Ok(answer.err().map(|(status, problem)| refused(status, &problem)))
    }
}

#[async_trait::async_trait]
impl Provider for Stripe {
    fn name(&self) -> ProviderName {
        ProviderName::Stripe
    }

    async fn customer(&self, user_id: UserId, email: &str, name: Option<&str>) -> Result<String> {
        let user = user_id.to_string();
        let metadata = format!("metadata[{USER}]");
        let mut given = vec![(metadata.as_str(), user.as_str()), ("email", email)];
        given.extend(name.map(|name| ("name", name)));
        let fields = fields(&given);
        // With the values in it: Stripe refuses a key that comes back with others, and people change their address.
        let digest = hex(&hash_token(form(&fields).as_bytes()));
        let key = format!("customer-{user}-{}", digest.get(..16).unwrap_or_default());
        let customer: Named = self.post("customers", &fields, &key).await?;
        Ok(customer.id)
    }

    async fn start(&self, charge: &Charge) -> Result<Started> {
        let started = match charge.method {
            Method::CheckoutSession => self.start_session(charge).await?,
            Method::PaymentIntent => self.start_intent(charge).await?,
            Method::None => return Err(kernel::Error::internal("there is nothing to pay at Stripe")),
        };
        if started.url.is_none() && started.client_secret.is_none() {
            return Err(away("Stripe's answer has no way to pay".to_owned()));
        }
        Ok(started)
    }

    async fn stop(&self, payment: &Reference) -> Result<()> {
        if let Some(name) = &payment.session_id {
            let path = format!("checkout/sessions/{}/expire", segment(name));
            if let Some(refusal) = self.end(&path, payment.payment_id).await? {
                let session = self.session(name).await?;
                if session.is_some_and(|session| session.status.as_deref() == Some("open")) {
                    return Err(refusal);
                }
            }
            return Ok(());
        }
        if let Some(name) = &payment.provider_payment_id {
            let path = format!("payment_intents/{}/cancel", segment(name));
            if let Some(refusal) = self.end(&path, payment.payment_id).await? {
                let over = |status: &str| matches!(status, "succeeded" | "canceled" | "processing");
                let intent = self.intent(name).await?;
                if intent.is_some_and(|intent| !intent.status.as_deref().is_some_and(over)) {
                    return Err(refusal);
                }
            }
        }
        Ok(())
    }

    async fn ask(&self, payment: &Reference) -> Result<Told> {
        let mut told = Told {
            payment_id: Some(payment.payment_id),
            session_id: payment.session_id.clone(),
            provider_payment_id: payment.provider_payment_id.clone(),
            facts: Vec::new(),
        };
        let session = match &payment.session_id {
            Some(name) => self.session(name).await?,
            None => None,
        };
        let named = session.as_ref().and_then(Session::intent_name);
        told.provider_payment_id = named.or(told.provider_payment_id);
        let of_session = session.as_ref().and_then(facts::of_session);
        let complete = session.as_ref().and_then(|session| session.status.as_deref()) == Some("complete");
        let expanded = session.and_then(|session| session.payment_intent);
        let intent = match (expanded, &told.provider_payment_id) {
            (Some(Expandable::Whole(intent)), _) => Some(*intent),
            (_, Some(name)) => self.intent(name).await?,
            (_, None) => None,
        };
        let of_intent = intent.as_ref().and_then(facts::of_intent);
        // The intent knows better how much was received.
        let captured = matches!(of_intent, Some(Fact::Captured { .. }));
        told.facts.extend(of_session.filter(|_| !captured));
        told.facts.extend(of_intent);
        let working = intent.as_ref().and_then(|intent| intent.status.as_deref()) == Some("processing");
        if told.facts.is_empty() && (complete || working) {
            told.facts.push(Fact::OnItsWay);
        }
        if let Some(intent) = &intent {
            told.facts.extend(self.aftermath(intent).await?);
        }
        Ok(told)
    }

    async fn whose(&self, provider_payment_id: &str) -> Result<Option<PaymentId>> {
        let intent = self.intent(provider_payment_id).await?;
        Ok(intent.and_then(|intent| intent.metadata.id(PAYMENT)))
    }

    async fn refund(&self, order: &RefundOrder) -> Result<Fact> {
        let refund_id = order.refund_id.to_string();
        let metadata = format!("metadata[{REFUND}]");
        let amount = to_stripe(order.amount)?.to_string();
        let mut given = vec![
            ("payment_intent", order.provider_payment_id.as_str()),
            ("amount", amount.as_str()),
            (metadata.as_str(), refund_id.as_str()),
        ];
        match order.reason.as_str() {
            "REQUESTED_BY_CUSTOMER" => given.push(("reason", "requested_by_customer")),
            "DUPLICATE" => given.push(("reason", "duplicate")),
            "FRAUDULENT" => given.push(("reason", "fraudulent")),
            // Stripe knows no others.
            _ => {}
        }
        let key = format!("refund-{refund_id}");
        let refund: Refund = self.post("refunds", &fields(&given), &key).await?;
        Ok(facts::of_refund(&refund))
    }

    fn read_hook(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<Event> {
        http_client::verify_hook(&self.webhook_secrets, signature, body, now)?;
        hook::read(body, self.live)
    }
}

fn fields(given: &[(&str, &str)]) -> Form {
    given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn currency(charge: &Charge) -> String {
    charge.amount.currency.as_str().to_ascii_lowercase()
}
