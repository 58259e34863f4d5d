//! What a course may cost.

use kernel::{Error, FieldError, Money, Result};

/// The price of a course and its reduced price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prices {
    pub(crate) price: Option<Money>,
    pub(crate) discount_price: Option<Money>,
}

/// Refuses a discount that is not below the price or in another currency, and amounts that no payment provider would charge. What
/// is as it was `before` is not judged again.
pub(crate) fn check(prices: Prices, before: Option<Prices>) -> Result<()> {
    if before == Some(prices) {
        return Ok(());
    }
    let Prices { price, discount_price } = prices;
    let mut errors = Vec::new();
    for (pointer, money, was) in [
        ("/price", price, before.and_then(|before| before.price)),
        ("/discountPrice", discount_price, before.and_then(|before| before.discount_price)),
    ] {
        let changed = money.filter(|_| money != was);
        errors.extend(changed.and_then(|money| money.charge_refusal(pointer)));
    }
    errors.extend(discount_price.and_then(|discount| discount_refusal(price, discount)));
    if errors.is_empty() { Ok(()) } else { Err(Error::invalid(errors)) }
}

fn discount_refusal(price: Option<Money>, discount: Money) -> Option<FieldError> {
    let (code, detail) = match price {
        Some(price) if price.currency != discount.currency => {
            ("other_currency", "The discount must be in the price's currency.")
        }
        Some(price) if discount.amount < price.amount => return None,
        _ => ("not_below_price", "The discounted price must be below the price."),
    };
    Some(FieldError::new("/discountPrice", code, detail))
}
