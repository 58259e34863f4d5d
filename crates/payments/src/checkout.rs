use std::time::Duration;

use database::{Db, Pool, Tx, audit};
use kernel::{Actor, Code, CourseId, Error, Money, PaymentId, Result, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Charge, Fact, Method, Payment, PaymentStatus, Payments, ProviderName, Quote, Started, coupon, quote,
    sandbox,
    settle::{self, settle},
    store,
};

/// What seals where a buyer pays.
const HANDOVER: &str = "payment handover";
/// One that waits no longer than this is not handed out again.
const SPARE: Duration = Duration::from_secs(600);
/// One for which the provider has made nothing ready yet needs more: Stripe makes no page that ends within half an hour.
const FRESH: Duration = Duration::from_secs(1830);

/// What somebody wants to buy, and how.
#[derive(Clone, Debug)]
pub struct CheckoutRequest {
    /// Which course.
    pub course_id: CourseId,
    /// A coupon's code.
    pub coupon_code: Option<String>,
    /// On the provider's page, or inside the client.
    pub method: Method,
    /// Where the provider's page sends the buyer who has paid; `{paymentId}` in it is replaced. A checkout that goes on keeps
    /// the addresses it began with.
    pub success_url: String,
    /// Where it sends who has not.
    pub cancel_url: String,
}

/// Where the provider's page sends the buyer afterwards.
#[derive(Serialize, Deserialize)]
struct Pages {
    success_url: String,
    cancel_url: String,
}

/// What is kept with a payment, sealed: what its first asker named, and, as soon as the provider has made ready, how the buyer
/// pays. Whoever asks the provider asks for the same, so that of many at once, or after a lost answer, there is one page.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Kept {
    Asked(Pages),
    Started(Started),
}

/// A checkout that has begun, or is over already where there was nothing to pay.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// The payment.
    pub payment: Payment,
    /// Where and how the buyer pays; `None` where there is nothing to pay.
    pub handover: Option<Started>,
}

impl Payments {
    /// Begins to buy a course. The price is frozen into a payment first; then the provider is asked, outside any transaction and
    /// with the payment's id as the idempotency key. Whatever breaks in between, asking again goes on with the same payment.
    ///
    /// # Errors
    /// See [`quote`]; [`Code::ProviderUnavailable`], [`Code::PaymentRefused`], [`Code::CheckoutSuperseded`] where another checkout
    /// of the same course took the place of this one meanwhile.
    pub async fn checkout(&self, db: &Db, actor: Actor, request: CheckoutRequest) -> Result<Checkout> {
        let till = self.clone();
        let payment = db
            .run_in(Pool::Worker, actor, move |tx| async move {
                till.begin(&tx, &request).await
            })
            .await?;
        self.go_on(db, actor, payment).await
    }

    /// The first half of [`Payments::checkout`]: freezes what is to be paid. Where that is nothing the course is bought already.
    /// Runs as the worker's role.
    ///
    /// # Errors
    /// See [`quote`].
    pub async fn begin(&self, tx: &Tx, request: &CheckoutRequest) -> Result<Payment> {
        begin(tx, request, self.provider()?.name(), self.lifetime).await
    }

    /// The second half of [`Payments::checkout`]: has the provider make ready, unless there is nothing to pay.
    ///
    /// # Errors
    /// See [`Payments::checkout`].
    pub async fn go_on(&self, db: &Db, actor: Actor, payment: Payment) -> Result<Checkout> {
        if payment.provider == ProviderName::None {
            return Ok(Checkout {
                payment,
                handover: None,
            });
        }
        let id = payment.id;
        let work = move |tx| async move { kept(&tx, id).await };
        let started = match db.read_in(Pool::Worker, actor, work).await? {
            Some(Kept::Started(started)) => started,
            Some(Kept::Asked(pages)) => self.start(db, actor, &payment, &pages).await?,
            None => return Err(Error::internal("a checkout has lost its pages")),
        };
        let payment = db
            .read_in(Pool::Worker, actor, move |tx| async move {
                store::payment::find(&tx, id).await
            })
            .await?
            .ok_or(Code::NotFound)?;
        Ok(Checkout {
            payment,
            handover: Some(started),
        })
    }

    /// Has the provider make ready, and writes down where the buyer pays.
    async fn start(&self, db: &Db, actor: Actor, payment: &Payment, pages: &Pages) -> Result<Started> {
        let customer = self.customer(db, actor).await?;
        let url = |url: &str| url.replace("{paymentId}", &payment.id.to_string());
        let charge = Charge {
            payment_id: payment.id,
            method: payment.method,
            amount: Money {
                amount: payment.amount,
                currency: coupon::currency(&payment.currency)?,
            },
            title: payment.course_title.clone(),
            customer,
            success_url: url(&pages.success_url),
            cancel_url: url(&pages.cancel_url),
            expires_at: payment.expires_at,
        };
        let id = payment.id;
        let started = match self.provider()?.start(&charge).await {
            Ok(started) => started,
            Err(error) => {
                // Another request may have made the same payment ready meanwhile: then it is neither refused nor unreachable.
                let refused = error.code() == Code::PaymentRefused;
                let ready = db
                    .run_in(Pool::Worker, Actor::System, move |tx| async move {
                        not_started(&tx, id, refused).await
                    })
                    .await?;
                return ready.ok_or(error);
            }
        };
        let written = started.clone();
        let waits = db
            .run_in(Pool::Worker, actor, move |tx| async move {
                hand_over(&tx, id, &written).await
            })
            .await?;
        if waits {
            return Ok(started);
        }
        // Over while the provider was asked: nobody should pay there any more.
        self.provider()?
            .stop(&crate::Reference {
                payment_id: id,
                session_id: started.session_id,
                provider_payment_id: started.payment_id,
            })
            .await?;
        Err(Code::CheckoutSuperseded.into())
    }

    /// Who the caller is at the provider; made there when they first pay.
    async fn customer(&self, db: &Db, actor: Actor) -> Result<String> {
        let provider = self.provider()?;
        let name = provider.name();
        let known = db
            .read(actor, move |tx| async move {
                store::customer::find(&tx, tx.user_id()?, name).await
            })
            .await?;
        if let Some(known) = known {
            return Ok(known);
        }
        let account = db
            .read(actor, |tx| async move { identity::account(&tx).await })
            .await?;
        let made = provider
            .customer(account.id, &account.email, account.name.as_deref())
            .await?;
        db.run_in(Pool::Worker, actor, move |tx| async move {
            store::customer::insert(&tx, tx.user_id()?, name, &made).await
        })
        .await
    }

    pub(crate) async fn settle(&self, db: &Db, told: crate::Told) -> Result<bool> {
        db.run_in(Pool::Worker, Actor::System, move |tx| async move {
            settle(&tx, &told).await
        })
        .await
    }
}

/// Freezes what is to be paid. A checkout that still waits on the same terms goes on; one on other terms makes room.
async fn begin(
    tx: &Tx,
    request: &CheckoutRequest,
    provider: ProviderName,
    lifetime: Duration,
) -> Result<Payment> {
    let user_id = tx.user_id()?;
    settle::stand_in_line(tx, user_id, request.course_id).await?;
    let waiting = store::payment::waiting(tx, user_id, request.course_id).await?;
    // The place that a waiting checkout holds in a quota is no reason to refuse the same buyer: it is kept, or given back first.
    if let Some(waiting) = waiting {
        let kept = kept(tx, waiting.id).await?;
        let is_ready = matches!(kept, Some(Kept::Started(_)));
        if waits_on_these_terms(tx, &waiting, is_ready, request, provider).await? {
            if kept.is_none() {
                // Begun by a server that kept no pages yet.
                keep_pages(tx, waiting.id, request).await?;
            }
            return Ok(waiting);
        }
        let over = Fact::Over {
            code: "superseded".to_owned(),
        };
        settle(tx, &settle::of(waiting.id, vec![over])).await?;
    }
    let quote = quote::quote(tx, request.course_id, request.coupon_code.as_deref()).await?;
    let payment = payment(tx, user_id, &quote, request.method, provider, tx.now() + lifetime);
    store::payment::insert(tx, &payment).await?;
    if let Some(coupon) = &quote.coupon {
        coupon::reserve(tx, coupon, payment.id).await?;
    }
    let detail =
        json!({ "courseId": payment.course_id, "amount": payment.amount, "currency": payment.currency });
    audit::record(tx, "payment.begin", payment.id, detail).await?;
    if payment.amount > 0 {
        keep_pages(tx, payment.id, request).await?;
        return Ok(payment);
    }
    let paid = Fact::Captured {
        provider_payment_id: payment.id.to_string(),
        amount: 0,
        currency: payment.currency.clone(),
    };
    settle(tx, &settle::of(payment.id, vec![paid])).await?;
    store::payment::find(tx, payment.id)
        .await?
        .ok_or_else(|| Code::NotFound.into())
}

/// Whether a checkout can go on: the same price and coupon as a new one would have, and time enough.
async fn waits_on_these_terms(
    tx: &Tx,
    waiting: &Payment,
    is_ready: bool,
    request: &CheckoutRequest,
    provider: ProviderName,
) -> Result<bool> {
    if waiting.provider != provider || waiting.method != request.method {
        return Ok(false);
    }
    if waiting.expires_at < tx.now() + if is_ready { SPARE } else { FRESH } {
        return Ok(false);
    }
    let coupon = match waiting.coupon_id {
        Some(id) => store::coupon::find(tx, id).await?,
        None => None,
    };
    let named = request.coupon_code.as_ref().map(|code| code.to_ascii_uppercase());
    if coupon.map(|coupon| coupon.code) != named {
        return Ok(false);
    }
    let now = quote::quote(tx, request.course_id, None).await?;
    Ok(now.base_amount == waiting.base_amount
        && now.discount_amount == waiting.discount_amount
        && now.currency.as_str() == waiting.currency)
}

fn payment(
    tx: &Tx,
    user_id: UserId,
    quote: &Quote,
    method: Method,
    provider: ProviderName,
    expires_at: Timestamp,
) -> Payment {
    let free = quote.amount == 0;
    let id = tx.new_id();
    Payment {
        id,
        user_id,
        course_id: quote.course_id,
        author_id: quote.author_id,
        course_title: quote.course_title.clone(),
        status: PaymentStatus::Pending,
        provider: if free { ProviderName::None } else { provider },
        method: if free { Method::None } else { method },
        currency: quote.currency.to_string(),
        base_amount: quote.base_amount,
        discount_amount: quote.discount_amount,
        coupon_id: quote.coupon.as_ref().map(|coupon| coupon.id),
        coupon_amount: quote.coupon_amount,
        amount: quote.amount,
        refunded_amount: 0,
        refunding_amount: 0,
        provider_session_id: None,
        provider_payment_id: None,
        failure_code: None,
        expires_at,
        completed_at: None,
        failed_at: None,
        refunded_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

async fn kept(tx: &Tx, id: PaymentId) -> Result<Option<Kept>> {
    let Some(sealed) = store::payment::sealed_handover(tx, id).await? else {
        return Ok(None);
    };
    let plain = tx
        .keyring()
        .open(HANDOVER, &sealed)
        .ok_or_else(|| Error::internal("a kept handover does not open"))?;
    serde_json::from_slice(&plain).map(Some).map_err(Error::internal)
}

async fn keep_pages(tx: &Tx, id: PaymentId, request: &CheckoutRequest) -> Result<()> {
    let asked = Kept::Asked(Pages {
        success_url: request.success_url.clone(),
        cancel_url: request.cancel_url.clone(),
    });
    let plain = serde_json::to_vec(&asked).map_err(Error::internal)?;
    store::payment::set_sealed_handover(tx, id, tx.keyring().seal(HANDOVER, &plain)).await
}

/// Where the buyer pays, if another request has made that ready; otherwise a payment that the provider refused is over.
async fn not_started(tx: &Tx, id: PaymentId, refused: bool) -> Result<Option<Started>> {
    let waits = settle::lock(tx, id).await?;
    let waits = waits.is_some_and(|payment| payment.status != PaymentStatus::Failed);
    if let Some(Kept::Started(started)) = kept(tx, id).await?
        && waits
    {
        return Ok(Some(started));
    }
    if refused {
        let over = Fact::Over {
            code: "refused".to_owned(),
        };
        settle(tx, &settle::of(id, vec![over])).await?;
    }
    Ok(None)
}

/// Answers whether the payment still waits for its buyer, or has been paid already.
async fn hand_over(tx: &Tx, id: PaymentId, started: &Started) -> Result<bool> {
    let Some(payment) = settle::lock(tx, id).await? else {
        return Ok(false);
    };
    let plain = serde_json::to_vec(&Kept::Started(started.clone())).map_err(Error::internal)?;
    store::payment::set_handover(tx, id, started, tx.keyring().seal(HANDOVER, &plain)).await?;
    Ok(payment.status != PaymentStatus::Failed)
}

/// What the buyer does in the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SandboxAct {
    /// The buyer pays.
    Complete,
    /// The buyer does not pay, and never will.
    Fail,
    /// The buyer's bank wants the money back; how that stands.
    Dispute(crate::DisputeStatus),
}

impl Payments {
    /// Plays the buyer of one's own payment in the sandbox.
    ///
    /// # Errors
    /// [`Code::NotFound`] where it is not the caller's, or no payment of the sandbox; [`Code::PaymentNotCompleted`] for a dispute about
    /// money that never came.
    pub async fn play(&self, db: &Db, actor: Actor, id: PaymentId, act: SandboxAct) -> Result<Payment> {
        db.run_in(Pool::Worker, actor, move |tx| async move {
            let payment = settle::lock(&tx, id)
                .await?
                .filter(|payment| payment.provider == ProviderName::Sandbox)
                .filter(|payment| actor.manages(payment.user_id))
                .ok_or(Code::NotFound)?;
            let fact = match act {
                SandboxAct::Complete => Fact::Captured {
                    provider_payment_id: sandbox::payment_name(id),
                    amount: payment.amount,
                    currency: payment.currency.clone(),
                },
                SandboxAct::Fail => Fact::Over {
                    code: "card_declined".to_owned(),
                },
                SandboxAct::Dispute(_) if payment.completed_at.is_none() => {
                    return Err(Code::PaymentNotCompleted.into());
                }
                SandboxAct::Dispute(status) => Fact::Dispute {
                    id: format!("{}_dispute", sandbox::payment_name(id)),
                    amount: payment.amount,
                    status,
                    reason: Some("fraudulent".to_owned()),
                },
            };
            settle(&tx, &settle::of(id, vec![fact])).await?;
            store::payment::find(&tx, id)
                .await?
                .ok_or_else(|| Code::NotFound.into())
        })
        .await
    }
}
