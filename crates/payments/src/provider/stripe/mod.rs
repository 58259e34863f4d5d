//! Stripe: a thin client of its API, and the signatures of its webhooks.
//!
//! Written here rather than taken from `async-stripe`, whose version 1.0 is not released: a dozen calls and objects are needed.

mod amount;
mod client;
mod facts;
mod objects;
#[cfg(test)]
mod tests;
mod webhook;

use std::sync::OnceLock;

use entity::enums::{PaymentMethod, ProviderName, RefundReason, RefundStatus};
use http_client::{encode_form, percent_encode, verify_webhook};
use kernel::{Code, Environment, Error, PaymentId, Result, Timestamp, UserId, hash_token, hex};
use serde::de::DeserializeOwned;

use self::{
    amount::to_stripe,
    client::{Form, Refusal, StripeClient, refused, unavailable},
    objects::{
        Dispute, Expandable, Identified, Intent, List, PAYMENT_ID, REFUND_ID, Refund, Session, USER_ID,
    },
};
use super::{
    Provider,
    model::{Charge, Fact, PaymentSession, ProviderReference, ProviderUpdate, RefundRequest, WebhookEvent},
};

/// How many pages of refunds or disputes are read of one payment, of a hundred each.
const MAX_PAGES: u32 = 10;
/// The longest name of a customer, in characters.
const MAX_NAME_LENGTH: usize = 256;
/// The longest value in metadata, in characters.
const MAX_METADATA_LENGTH: usize = 500;

/// The keys of a Stripe account.
#[derive(Clone)]
pub struct StripeSettings {
    /// `sk_…` or `rk_…`; the key says whether it is of the live or the test mode.
    pub secret_key: String,
    /// The secrets that webhooks are signed with: two while one is replaced.
    pub webhook_secrets: Vec<String>,
    /// The address of the API.
    pub base_url: String,
}

/// A Stripe account.
pub struct Stripe {
    client: StripeClient,
    webhook_secrets: Vec<String>,
    is_live: bool,
    /// The id of the account, as soon as Stripe has told it; `None` in it where the key may not ask.
    account_id: OnceLock<Option<String>>,
    environment: Environment,
}

impl Stripe {
    /// A client of the account. Nothing is asked yet.
    ///
    /// # Errors
    /// Says why the settings cannot be those of an account, for the log.
    pub fn new(settings: StripeSettings, environment: Environment) -> Result<Self, String> {
        let key = settings.secret_key.trim();
        let is_live =
            match key.splitn(3, '_').collect::<Vec<_>>().as_slice() {
                ["sk" | "rk", "live", rest] if !rest.is_empty() => true,
                ["sk" | "rk", "test", rest] if !rest.is_empty() => false,
                _ => return Err(
                    "PALESTRA_STRIPE_SECRET_KEY has to begin with sk_live_, sk_test_, rk_live_ or rk_test_"
                        .to_owned(),
                ),
            };
        if settings.webhook_secrets.is_empty()
            || settings.webhook_secrets.iter().any(|secret| secret.trim().is_empty())
        {
            return Err("PALESTRA_STRIPE_WEBHOOK_SECRETS is empty: forged webhooks could not be recognised"
                .to_owned());
        }
        Ok(Self {
            client: StripeClient::new(key, &settings.base_url, environment.clone())?,
            webhook_secrets: settings.webhook_secrets,
            is_live,
            account_id: OnceLock::new(),
            environment,
        })
    }

    /// Whether real money moves.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    async fn create_checkout_session(&self, charge: &Charge) -> Result<PaymentSession> {
        let payment = charge.payment_id.to_string();
        let price = "line_items[0][price_data]";
        let fields = fields(&[
            ("mode", "payment"),
            ("client_reference_id", &payment),
            ("customer", &charge.customer_id),
            ("line_items[0][quantity]", "1"),
            (&format!("{price}[currency]"), &currency(charge)),
            (&format!("{price}[unit_amount]"), &to_stripe(charge.amount)?.to_string()),
            (&format!("{price}[product_data][name]"), &charge.title),
            (&format!("metadata[{PAYMENT_ID}]"), &payment),
            (&format!("payment_intent_data[metadata][{PAYMENT_ID}]"), &payment),
            ("expires_at", &charge.expires_at.timestamp().to_string()),
            ("success_url", &charge.success_url),
            ("cancel_url", &charge.cancel_url),
            // The buyer is charged what was quoted, in that currency.
            ("adaptive_pricing[enabled]", "false"),
        ]);
        let session: Session = self.client.post("checkout/sessions", &fields, &session_key(charge)).await?;
        let provider_payment_id = session.intent_id();
        Ok(PaymentSession {
            session_id: Some(session.id),
            provider_payment_id,
            url: session.url,
            client_secret: None,
        })
    }

    async fn post_customer(
        &self,
        user_id: UserId,
        email: Option<&str>,
        name: Option<&str>,
        replaced: Option<&str>,
    ) -> Result<std::result::Result<Identified, Refusal>> {
        let user = user_id.to_string();
        let metadata = format!("metadata[{USER_ID}]");
        let name: Option<String> = name.map(|name| name.chars().take(MAX_NAME_LENGTH).collect());
        let mut given = vec![(metadata.as_str(), user.as_str())];
        given.extend(email.map(|email| ("email", email)));
        given.extend(name.as_deref().map(|name| ("name", name)));
        let fields = fields(&given);
        // The key contains the values, since Stripe refuses one that comes back with others and people change their address; and what
        // is replaced, since Stripe would answer with the customer that is gone.
        let made_from =
            [encode_form(&fields), self.account().await?, replaced.unwrap_or_default().to_owned()];
        let digest = hex(&hash_token(made_from.join("\n").as_bytes()));
        let key = format!("customer-{user}-{}", digest.get(..16).unwrap_or_default());
        self.client.try_post("customers", &fields, &key).await
    }

    async fn create_intent(&self, charge: &Charge) -> Result<PaymentSession> {
        let payment = charge.payment_id.to_string();
        let title: String = charge.title.chars().take(MAX_METADATA_LENGTH).collect();
        // Stripe's dashboard decides which payment methods the buyer is offered: automatic methods are the default.
        let fields = fields(&[
            ("amount", &to_stripe(charge.amount)?.to_string()),
            ("currency", &currency(charge)),
            ("customer", &charge.customer_id),
            (&format!("metadata[{PAYMENT_ID}]"), &payment),
            ("metadata[title]", &title),
        ]);
        let intent: Intent = self.client.post("payment_intents", &fields, &session_key(charge)).await?;
        Ok(PaymentSession {
            session_id: None,
            provider_payment_id: Some(intent.id),
            url: None,
            client_secret: intent.client_secret,
        })
    }

    async fn session(&self, id: &str) -> Result<Option<Session>> {
        let expand = "expand[]=payment_intent.latest_charge";
        self.client.get(&format!("checkout/sessions/{}?{expand}", percent_encode(id))).await
    }

    async fn intent(&self, id: &str) -> Result<Option<Intent>> {
        self.client.get(&format!("payment_intents/{}?expand[]=latest_charge", percent_encode(id))).await
    }

    /// Refunds or disputes of a payment, all of them.
    async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        intent_id: &str,
        id: fn(&T) -> &str,
    ) -> Result<Vec<T>> {
        let mut found: Vec<T> = Vec::new();
        for _ in 0..MAX_PAGES {
            let after = found.last().map(|last| format!("&starting_after={}", percent_encode(id(last))));
            let query = format!(
                "payment_intent={}&limit=100{}",
                percent_encode(intent_id),
                after.unwrap_or_default()
            );
            let page: Option<List<T>> = self.client.get(&format!("{path}?{query}")).await?;
            let Some(page) = page else { break };
            let has_more = page.has_more && !page.data.is_empty();
            found.extend(page.data);
            if !has_more {
                break;
            }
        }
        Ok(found)
    }

    /// The refunds of a payment, and the disputes about it.
    async fn refunds_and_disputes(&self, intent: &Intent) -> Result<Vec<Fact>> {
        let Some(charge) = &intent.latest_charge else {
            return Ok(Vec::new());
        };
        let refunds: Vec<Refund> = self.list("refunds", &intent.id, |refund: &Refund| &refund.id).await?;
        let mut facts: Vec<Fact> = refunds.iter().map(facts::of_refund).collect();
        // Most payments are never disputed, and their charge says so.
        if charge.object().is_none_or(|charge| charge.disputed == Some(true)) {
            let disputes: Vec<Dispute> =
                self.list("disputes", &intent.id, |dispute: &Dispute| &dispute.id).await?;
            facts.extend(disputes.iter().filter_map(facts::of_dispute));
        }
        Ok(facts)
    }

    /// Closes a session or an intent; answers with the refusal where Stripe refuses. Each call has an idempotency key of its own:
    /// Stripe would repeat an earlier refusal otherwise.
    async fn close(&self, path: &str, payment_id: PaymentId) -> Result<Option<Error>> {
        let key = format!("stop-{payment_id}-{}", self.environment.new_id::<kernel::Uuid>());
        let response = self.client.try_post::<Identified>(path, &Vec::new(), &key).await?;
        Ok(response.err().map(|(status, error)| refused(status, &error)))
    }

    async fn expire_session(&self, payment_id: PaymentId, session_id: &str) -> Result<()> {
        let path = format!("checkout/sessions/{}/expire", percent_encode(session_id));
        let Some(refusal) = self.close(&path, payment_id).await? else {
            return Ok(());
        };
        let session = self.session(session_id).await?;
        if session.is_some_and(|session| session.status.as_deref() == Some("open")) {
            return Err(refusal);
        }
        Ok(())
    }

    async fn cancel_intent(&self, payment_id: PaymentId, intent_id: &str) -> Result<()> {
        let path = format!("payment_intents/{}/cancel", percent_encode(intent_id));
        let Some(refusal) = self.close(&path, payment_id).await? else {
            return Ok(());
        };
        let is_final = |status: &str| matches!(status, "succeeded" | "canceled" | "processing");
        let intent = self.intent(intent_id).await?;
        if intent.is_some_and(|intent| !intent.status.as_deref().is_some_and(is_final)) {
            return Err(refusal);
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Provider for Stripe {
    fn name(&self) -> ProviderName {
        ProviderName::Stripe
    }

    async fn account(&self) -> Result<String> {
        let known = match self.account_id.get() {
            Some(known) => known.clone(),
            None => {
                let told = self.client.account_id().await?;
                self.account_id.get_or_init(|| told).clone()
            }
        };
        let mode = if self.is_live { "live" } else { "test" };
        Ok(known.map_or_else(|| mode.to_owned(), |id| format!("{mode}:{id}")))
    }

    async fn create_customer(
        &self,
        user_id: UserId,
        email: &str,
        name: Option<&str>,
        replaced: Option<&str>,
    ) -> Result<String> {
        let email = acceptable_email(email);
        let email = email.as_deref();
        let created = match self.post_customer(user_id, email, name, replaced).await? {
            // Stripe's own rules about addresses are not all documented. Its page asks for one where a customer has none.
            Err((_, error)) if email.is_some() && error.param.as_deref() == Some("email") => {
                self.post_customer(user_id, None, name, replaced).await?
            }
            created => created,
        };
        created.map(|customer| customer.id).map_err(|(status, error)| refused(status, &error))
    }

    async fn knows(&self, payment: &ProviderReference) -> Result<bool> {
        if let Some(id) = &payment.session_id {
            Ok(self.session(id).await?.is_some())
        } else if let Some(id) = &payment.provider_payment_id {
            Ok(self.intent(id).await?.is_some())
        } else {
            Ok(true)
        }
    }

    async fn create_session(&self, charge: &Charge) -> Result<PaymentSession> {
        let session = match charge.method {
            PaymentMethod::CheckoutSession => self.create_checkout_session(charge).await?,
            PaymentMethod::PaymentIntent => self.create_intent(charge).await?,
            PaymentMethod::None => return Err(Error::internal("there is nothing to pay at Stripe")),
        };
        if session.url.is_none() && session.client_secret.is_none() {
            return Err(unavailable("Stripe's session has no way to pay".to_owned()));
        }
        Ok(session)
    }

    async fn cancel(&self, payment: &ProviderReference) -> Result<()> {
        if let Some(id) = &payment.session_id {
            self.expire_session(payment.payment_id, id).await
        } else if let Some(id) = &payment.provider_payment_id {
            self.cancel_intent(payment.payment_id, id).await
        } else {
            Ok(())
        }
    }

    async fn fetch_update(&self, payment: &ProviderReference) -> Result<ProviderUpdate> {
        let session = match &payment.session_id {
            Some(id) => self.session(id).await?,
            None => None,
        };
        let intent_id = session.as_ref().and_then(Session::intent_id);
        let provider_payment_id = intent_id.or_else(|| payment.provider_payment_id.clone());
        let of_session = session.as_ref().and_then(facts::of_session);
        let expanded = session.and_then(|session| session.payment_intent);
        let intent = match (expanded, &provider_payment_id) {
            (Some(Expandable::Object(intent)), _) => Some(*intent),
            (_, Some(id)) => self.intent(id).await?,
            (_, None) => None,
        };
        let of_intent = intent.as_ref().and_then(facts::of_intent);
        // The intent knows better how much was received.
        let is_captured = matches!(of_intent, Some(Fact::Captured { .. }));
        let mut facts: Vec<Fact> = of_session.filter(|_| !is_captured).into_iter().collect();
        facts.extend(of_intent);
        if let Some(intent) = &intent {
            facts.extend(self.refunds_and_disputes(intent).await?);
        }
        Ok(ProviderUpdate {
            payment_id: Some(payment.payment_id),
            session_id: payment.session_id.clone(),
            provider_payment_id,
            facts,
        })
    }

    async fn find_payment_id(&self, provider_payment_id: &str) -> Result<Option<PaymentId>> {
        let intent = self.intent(provider_payment_id).await?;
        Ok(intent.and_then(|intent| intent.metadata.id(PAYMENT_ID)))
    }

    async fn refund(&self, request: &RefundRequest) -> Result<Fact> {
        let refund_id = request.refund_id.to_string();
        let metadata = format!("metadata[{REFUND_ID}]");
        let amount = to_stripe(request.amount)?.to_string();
        let mut given = vec![
            ("payment_intent", request.provider_payment_id.as_str()),
            ("amount", amount.as_str()),
            (metadata.as_str(), refund_id.as_str()),
        ];
        let reason = match request.reason {
            RefundReason::RequestedByCustomer => Some("requested_by_customer"),
            RefundReason::Duplicate => Some("duplicate"),
            RefundReason::Fraudulent => Some("fraudulent"),
            // Stripe knows no other.
            RefundReason::Other => None,
        };
        given.extend(reason.map(|reason| ("reason", reason)));
        let key = format!("refund-{refund_id}");
        match self.client.try_post::<Refund>("refunds", &fields(&given), &key).await? {
            Ok(refund) => Ok(facts::of_refund(&refund)),
            Err((status, error)) => {
                let refusal = refused(status, &error);
                if refusal.code() != Code::PaymentRefused {
                    return Err(refusal);
                }
                tracing::warn!(refund = refund_id, error = %refusal, "Stripe refuses a refund");
                Ok(Fact::Refund {
                    id: refund_id,
                    refund_id: Some(request.refund_id),
                    amount: request.amount.amount,
                    status: RefundStatus::Failed,
                    code: Some(error.code_or_kind().to_owned()),
                })
            }
        }
    }

    fn read_webhook(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<WebhookEvent> {
        verify_webhook(&self.webhook_secrets, signature, body, now)?;
        webhook::read(body, self.is_live)
    }
}

/// The idempotency key of a session: of this payment, for this customer, in place of what Stripe does not know any more.
fn session_key(charge: &Charge) -> String {
    let replaced = charge.replaced_session_id.as_deref().unwrap_or_default();
    format!("start-{}-{}-{replaced}", charge.payment_id, charge.customer_id)
}

/// An address as Stripe takes it: ASCII, at a domain that mail reaches from anywhere. Who has another one is asked on Stripe's page.
fn acceptable_email(email: &str) -> Option<String> {
    let (local, domain) = email.rsplit_once('@')?;
    // The domain of an address in its other form (RFC 5891), as it is in the domain name system.
    let url = reqwest::Url::parse(&format!("http://{domain}")).ok()?;
    let domain = url.domain().filter(|domain| domain.contains('.') && !domain.ends_with('.'))?;
    let is_plain = !local.is_empty() && local.bytes().all(|byte| byte.is_ascii_graphic());
    is_plain.then(|| format!("{local}@{domain}"))
}

fn fields(given: &[(&str, &str)]) -> Form {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn currency(charge: &Charge) -> String {
    charge.amount.currency.as_str().to_ascii_lowercase()
}
