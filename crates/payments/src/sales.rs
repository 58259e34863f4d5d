use database::Tx;
use identity::Person;
use kernel::{Code, CourseId, Cursor, Limit, Page, PaymentId, Result, Timestamp, UserId, Uuid};
use sea_orm::FromQueryResult;

use crate::{Payment, store};

/// A payment that brought money, as its seller sees it.
#[derive(Clone, Debug)]
pub struct Sale {
    /// The payment.
    pub payment: Payment,
    /// Who bought.
    pub buyer: Option<Person>,
    /// What their bank took back, in minor units: disputes that were lost.
    pub lost: i64,
}

/// What was sold in one currency. Currencies are never added up.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Takings {
    /// ISO 4217.
    pub currency: String,
    /// How many payments.
    pub sales: i64,
    /// What was paid, in minor units.
    pub gross: i64,
    /// What of it went back.
    pub refunded: i64,
    /// What of it buyers' banks took back: disputes that were lost.
    pub lost: i64,
}

/// Which sales.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    /// Of this course: for its owner and admins.
    Course(CourseId),
    /// Of everything that the caller sells.
    Mine,
}

/// Sales, newest first.
///
/// # Errors
/// [`Code::NotFound`] where the course is not the caller's.
pub async fn list_sales(tx: &Tx, of: Of, after: Option<Cursor>, limit: Limit) -> Result<Page<Sale>> {
    let rows = store::payment::sales(tx, seller(tx, of).await?, after, limit).await?;
    let page = Page::cut(rows, limit, |row| {
        Cursor::at(row.completed_at.unwrap_or(row.created_at), row.id)
    });
    let buyers: Vec<UserId> = page.data.iter().map(|payment| payment.user_id).collect();
    let people = identity::people(tx, &buyers).await?;
    let ids: Vec<PaymentId> = page.data.iter().map(|payment| payment.id).collect();
    let lost = store::dispute::lost(tx, &ids).await?;
    Ok(page.map(|payment| {
        let lost = lost.iter().find(|lost| lost.payment_id == payment.id);
        // Never more than what had not gone back already.
        let left = payment.amount - payment.refunded_amount;
        Sale {
            buyer: people.iter().find(|person| person.id == payment.user_id).cloned(),
            lost: lost.map_or(0, |lost| lost.amount.min(left)),
            payment,
        }
    }))
}

/// What was sold in a span of time, by currency.
///
/// # Errors
/// [`Code::NotFound`] where the course is not the caller's.
pub async fn takings(
    tx: &Tx,
    of: Of,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Vec<Takings>> {
    let of = seller(tx, of).await?;
    store::payment::takings(tx, of, from, to).await
}

/// The column and the id that sales are looked up by.
async fn seller(tx: &Tx, of: Of) -> Result<(&'static str, Uuid)> {
    match of {
        Of::Mine => Ok(("author_id", tx.user_id()?.into())),
        Of::Course(id) => {
            let course = courses::course_ref(tx, id).await?;
            if tx.actor().manages(course.author_id) {
                Ok(("course_id", id.into()))
            } else {
                Err(Code::NotFound.into())
            }
        }
    }
}
