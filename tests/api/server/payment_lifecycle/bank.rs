//! A payment provider of the model.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use kernel::{Code, PaymentId, RefundId, Timestamp, UserId};
use payments::{
    Charge, DisputeStatus, Fact, PaymentSession, Provider, ProviderName, ProviderReference, ProviderUpdate,
    RefundRequest, RefundStatus, WebhookEvent,
};

/// What the bank knows of one payment.
#[derive(Clone, Debug)]
pub struct Held {
    pub amount: i64,
    pub currency: String,
    pub captured: bool,
    pub over: bool,
    pub refunds: Vec<(String, Option<RefundId>, i64, RefundStatus)>,
    pub disputes: Vec<(String, DisputeStatus)>,
    /// Somebody did more with it than Palestra asked for.
    pub meddled: bool,
}

impl Held {
    pub fn sum(&self, of: impl Fn(RefundStatus) -> bool) -> i64 {
        self.refunds.iter().filter(|(.., status)| of(*status)).map(|(_, _, amount, _)| amount).sum()
    }

    /// What could still go back.
    pub fn left(&self) -> i64 {
        self.amount - self.sum(|status| status != RefundStatus::Failed)
    }

    pub fn is_disputed(&self) -> bool {
        self.disputes.iter().any(|(_, status)| *status != DisputeStatus::Won)
    }
}

#[derive(Default)]
pub struct Books {
    pub payments: BTreeMap<PaymentId, Held>,
    /// Events that were not delivered yet, and those that were.
    pub untold: Vec<WebhookEvent>,
    pub delivered: Vec<WebhookEvent>,
    /// The next answers get lost.
    pub lose: u32,
    made: u32,
}

#[derive(Default)]
pub struct Bank(Mutex<Books>);

impl Bank {
    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }
}

fn away<T>() -> kernel::Result<T> {
    Err(Code::ProviderUnavailable.into())
}

impl Books {
    fn name(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}_{}", self.made)
    }

    fn emit(&mut self, id: PaymentId, fact: Fact) {
        let named = matches!(fact, Fact::Captured { .. } | Fact::Closed { .. } | Fact::Declined { .. });
        let update = ProviderUpdate {
            payment_id: named.then_some(id),
            provider_payment_id: Some(format!("pi_{id}")),
            facts: vec![fact],
            ..ProviderUpdate::default()
        };
        let event = WebhookEvent {
            id: format!("evt_{id}_{}", self.name("n")),
            kind: "update".to_owned(),
            update: Some(update),
        };
        self.untold.push(event);
    }

    fn lost(&mut self) -> bool {
        let lost = self.lose > 0;
        self.lose = self.lose.saturating_sub(1);
        lost
    }

    pub fn pay(&mut self, id: PaymentId) {
        let held = self.payments.get_mut(&id).unwrap();
        held.captured = true;
        let fact = captured(id, held);
        self.emit(id, fact);
    }

    pub fn decline(&mut self, id: PaymentId) {
        self.emit(id, Fact::Declined { code: "card_declined".to_owned() });
    }

    pub fn end(&mut self, id: PaymentId) {
        self.payments.get_mut(&id).unwrap().over = true;
        self.emit(id, over());
    }

    pub fn refund(
        &mut self,
        id: PaymentId,
        ours: Option<RefundId>,
        amount: i64,
        status: RefundStatus,
    ) -> Fact {
        let name = self.name("re");
        let held = self.payments.get_mut(&id).unwrap();
        held.meddled |= ours.is_none();
        held.refunds.push((name, ours, amount, status));
        let fact = refunded(held.refunds.last().unwrap());
        self.emit(id, fact.clone());
        fact
    }

    pub fn move_refund(&mut self, id: PaymentId, index: usize, status: RefundStatus) {
        let held = self.payments.get_mut(&id).unwrap();
        held.meddled |= status == RefundStatus::Failed;
        held.refunds[index].3 = status;
        let fact = refunded(&held.refunds[index]);
        self.emit(id, fact);
    }

    pub fn dispute(&mut self, id: PaymentId) {
        let name = self.name("du");
        let held = self.payments.get_mut(&id).unwrap();
        held.meddled = true;
        held.disputes.push((name, DisputeStatus::Open));
        let fact = disputed(held.disputes.last().unwrap(), held.amount);
        self.emit(id, fact);
    }

    pub fn decide(&mut self, id: PaymentId, index: usize, status: DisputeStatus) {
        let held = self.payments.get_mut(&id).unwrap();
        held.disputes[index].1 = status;
        let fact = disputed(&held.disputes[index], held.amount);
        self.emit(id, fact);
    }
}

fn captured(id: PaymentId, held: &Held) -> Fact {
    Fact::Captured {
        provider_payment_id: format!("pi_{id}"),
        amount: held.amount,
        currency: held.currency.clone(),
    }
}

fn over() -> Fact {
    Fact::Closed { code: "canceled".to_owned() }
}

fn refunded((id, ours, amount, status): &(String, Option<RefundId>, i64, RefundStatus)) -> Fact {
    Fact::Refund { id: id.clone(), refund_id: *ours, amount: *amount, status: *status, code: None }
}

fn disputed((id, status): &(String, DisputeStatus), amount: i64) -> Fact {
    Fact::Dispute { id: id.clone(), amount, status: *status, reason: None }
}

#[async_trait::async_trait]
impl Provider for Bank {
    fn name(&self) -> ProviderName {
        ProviderName::Stripe
    }

    async fn create_customer(
        &self,
        user_id: UserId,
        _: &str,
        _: Option<&str>,
        _: Option<&str>,
    ) -> kernel::Result<String> {
        Ok(format!("cus_{user_id}"))
    }

    async fn create_session(&self, charge: &Charge) -> kernel::Result<PaymentSession> {
        let mut books = self.books();
        let id = charge.payment_id;
        books.payments.entry(id).or_insert_with(|| Held {
            amount: charge.amount.amount,
            currency: charge.amount.currency.to_string(),
            captured: false,
            over: false,
            refunds: Vec::new(),
            disputes: Vec::new(),
            meddled: false,
        });
        if books.lost() {
            return away();
        }
        Ok(PaymentSession {
            session_id: Some(format!("cs_{id}")),
            provider_payment_id: None,
            url: Some("https://bank.example.com/".to_owned()),
            client_secret: None,
        })
    }

    async fn cancel(&self, payment: &ProviderReference) -> kernel::Result<()> {
        let mut books = self.books();
        // Who never received the id of the session cannot name it.
        let known = payment.session_id.is_some();
        let open = books.payments.get(&payment.payment_id).is_some_and(|held| !held.captured && !held.over);
        if known && open {
            books.end(payment.payment_id);
        }
        if books.lost() { away() } else { Ok(()) }
    }

    async fn fetch_update(&self, payment: &ProviderReference) -> kernel::Result<ProviderUpdate> {
        let mut books = self.books();
        if books.lost() {
            return away();
        }
        let id = payment.payment_id;
        let known = payment.session_id.is_some() || payment.provider_payment_id.is_some();
        let mut update = ProviderUpdate { payment_id: Some(id), ..ProviderUpdate::default() };
        if let Some(held) = books.payments.get(&id).filter(|_| known) {
            update.facts.extend(held.captured.then(|| captured(id, held)));
            update.facts.extend(held.over.then(over));
            update.facts.extend(held.refunds.iter().map(refunded));
            update.facts.extend(held.disputes.iter().map(|dispute| disputed(dispute, held.amount)));
        }
        Ok(update)
    }

    async fn find_payment_id(&self, name: &str) -> kernel::Result<Option<PaymentId>> {
        if self.books().lost() {
            return away();
        }
        Ok(name.strip_prefix("pi_").and_then(|id| id.parse().ok()))
    }

    async fn refund(&self, order: &RefundRequest) -> kernel::Result<Fact> {
        let mut books = self.books();
        let id: PaymentId = order.provider_payment_id.strip_prefix("pi_").unwrap().parse().unwrap();
        let held = &books.payments[&id];
        let made = held.refunds.iter().find(|(_, ours, ..)| *ours == Some(order.refund_id));
        let fact = match made {
            Some(made) => refunded(made),
            None if held.is_disputed() || order.amount.amount > held.left() => {
                return Err(Code::PaymentRefused.into());
            }
            None => {
                let slow = books.made.is_multiple_of(2);
                let status = if slow { RefundStatus::Pending } else { RefundStatus::Succeeded };
                books.refund(id, Some(order.refund_id), order.amount.amount, status)
            }
        };
        if books.lost() { away() } else { Ok(fact) }
    }

    fn read_webhook(&self, _: &str, _: &[u8], _: Timestamp) -> kernel::Result<WebhookEvent> {
        Err(Code::HookSignatureInvalid.into())
    }
}
