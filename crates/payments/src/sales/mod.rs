//! Sales and revenue, for sellers and admins.

mod model;
mod store;

use database::Tx;
use kernel::{Code, Cursor, Limit, Page, PaymentId, Result, Timestamp, UserId};

pub use self::model::{Revenue, Sale, SalesScope};
use self::store::SalesFilter;

/// Sales, newest first.
///
/// # Errors
/// [`Code::NotFound`] where the course is not the caller's, [`Code::Forbidden`] for whoever is no trainer.
pub async fn list_sales(
    tx: &Tx,
    scope: SalesScope,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Sale>> {
    let rows = store::list(tx, authorize(tx, scope).await?, after, limit).await?;
    let page = Page::cut(rows, limit, |row| Cursor::at(row.completed_at.unwrap_or(row.created_at), row.id));
    let buyers: Vec<UserId> = page.data.iter().map(|payment| payment.user_id).collect();
    let people = identity::people(tx, &buyers).await?;
    let ids: Vec<PaymentId> = page.data.iter().map(|payment| payment.id).collect();
    let lost_amounts = store::lost_amounts(tx, &ids).await?;
    Ok(page.map(|payment| {
        let lost = lost_amounts.iter().find(|lost| lost.payment_id == payment.id);
        Sale {
            buyer: people.iter().find(|person| person.id == payment.user_id).cloned(),
            lost: lost.map_or(0, |lost| lost.amount),
            payment,
        }
    }))
}

/// The revenue of the payments that were completed within `[from, to)`, by currency.
///
/// # Errors
/// [`Code::NotFound`] where the course is not the caller's, [`Code::Forbidden`] for whoever is no trainer.
pub async fn revenue(
    tx: &Tx,
    scope: SalesScope,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Vec<Revenue>> {
    store::revenue(tx, authorize(tx, scope).await?, from, to).await
}

/// The sales of the scope, if the caller may see them.
async fn authorize(tx: &Tx, scope: SalesScope) -> Result<SalesFilter> {
    match scope {
        SalesScope::Own => Ok(SalesFilter::Seller(tx.actor().trainer_id()?)),
        SalesScope::Course(id) => {
            let course = courses::course_ref(tx, id).await?;
            if tx.actor().manages(course.author_id) {
                Ok(SalesFilter::Course(id))
            } else {
                Err(Code::NotFound.into())
            }
        }
    }
}
