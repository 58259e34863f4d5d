use database::Tx;
use kernel::{CourseId, Error, PaymentId, Result, UserId};

use crate::{
    grant::{GrantStatus, Source},
    ledger::{self, NewGrant},
    record, store,
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

/// How it stands with a purchase, as its payment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Paid, and nobody wants the money back.
    Active,
    /// Disputed.
    Suspended,
    /// Refunded.
    Refunded,
    /// Lost in a dispute.
    Ended,
}

impl From<Standing> for GrantStatus {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Active => Self::Active,
            Standing::Suspended => Self::Suspended,
            Standing::Refunded => Self::Refunded,
            Standing::Ended => Self::Ended,
        }
    }
}

/// Lets the access that was bought follow its payment: makes the grant and the enrollment the first time, and moves the grant
/// from then on. The worker's, who says how it stands now; the same again changes nothing.
///
/// # Errors
/// What the database answers.
pub async fn purchase_standing(
    tx: &Tx,
    purchased: Purchased,
    standing: Standing,
    reason: &str,
) -> Result<()> {
    let Purchased {
        user_id,
        course_id,
        payment_id,
    } = purchased;
    let (status, source_id) = (GrantStatus::from(standing), payment_id.to_string());
    let new = NewGrant {
        id: tx.new_id(),
        user_id,
        course_id,
        source: Source::Purchase,
        source_id: source_id.clone(),
        status,
        starts_at: tx.now(),
        ends_at: None,
        reason: Some(reason),
    };
    if ledger::begin(tx, new).await?.is_some() {
        record::begin(tx, user_id, course_id).await?;
    } else {
        let source = Source::Purchase.as_str();
        let known = store::grant::by_source(tx, (user_id, course_id), source, &source_id).await?;
        let known = known.ok_or_else(|| Error::internal("a purchase's grant has gone"))?;
        let grant = ledger::lock(tx, known.id).await?;
        ledger::put(tx, grant, status, Some(reason)).await?;
    }
    if standing == Standing::Active {
        courses::unwish_for(tx, user_id, course_id).await?;
    }
    Ok(())
}
