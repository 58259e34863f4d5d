//! Access that was bought.

use database::Tx;
use entity::enums::{GrantSource, GrantStatus};
use kernel::{CourseId, Error, PaymentId, Result, UserId};

use crate::{
    enrollment,
    grant::{self, model::NewGrant, store as grants},
};

/// Who bought what, by which payment.
#[derive(Clone, Copy, Debug)]
pub struct Purchased {
    /// The buyer.
    pub user_id: UserId,
    /// The course.
    pub course_id: CourseId,
    /// The payment.
    pub payment_id: PaymentId,
}

/// The state of a purchase, as it follows from its payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurchaseState {
    /// It is paid.
    Active,
    /// The payment is disputed.
    Suspended,
    /// The payment was refunded.
    Refunded,
    /// The dispute was lost.
    Ended,
}

impl From<PurchaseState> for GrantStatus {
    fn from(state: PurchaseState) -> Self {
        match state {
            PurchaseState::Active => Self::Active,
            PurchaseState::Suspended => Self::Suspended,
            PurchaseState::Refunded => Self::Refunded,
            PurchaseState::Ended => Self::Ended,
        }
    }
}

/// Makes the access that was bought follow its payment: creates the grant and the enrollment the first time, and changes the
/// status of the grant from then on. For the worker; the same state again changes nothing.
///
/// # Errors
/// What the database answers.
pub async fn apply_purchase_state(
    tx: &Tx,
    purchased: Purchased,
    state: PurchaseState,
    reason: &str,
) -> Result<()> {
    let Purchased { user_id, course_id, payment_id } = purchased;
    let (status, source_id) = (GrantStatus::from(state), payment_id.to_string());
    let new = NewGrant {
        id: tx.new_id(),
        user_id,
        course_id,
        source: GrantSource::Purchase,
        source_id: source_id.clone(),
        status,
        starts_at: tx.now(),
        ends_at: None,
        reason: Some(reason),
    };
    if grant::create(tx, new).await?.is_some() {
        enrollment::begin(tx, user_id, course_id).await?;
    } else {
        let known = grants::by_source(tx, user_id, course_id, GrantSource::Purchase, &source_id).await?;
        let known = known.ok_or_else(|| Error::internal("the grant of a purchase is gone"))?;
        let grant = grant::lock(tx, known.id).await?;
        grant::set_status(tx, grant, status, Some(reason)).await?;
    }
    if state == PurchaseState::Active {
        courses::unwish_for(tx, user_id, course_id).await?;
    }
    Ok(())
}
