//! Rules across the members of a body or a query, which no schema can say: `validator` on the type, beside its schema.
//!
//! ```ignore
//! #[derive(Deserialize, ToSchema, Validate)]
//! #[validate(schema(function = "ends_after_start"))]
//! struct CreateCoupon { … }
//!
//! fn ends_after_start(coupon: &CreateCoupon) -> Result<(), ValidationError> {
//!     match (coupon.starts_at, coupon.ends_at) {
//!         (Some(start), Some(end)) if end <= start => {
//!             Err(broken("/endsAt", "not_after_start", "It has to end after it starts."))
//!         }
//!         _ => Ok(()),
//!     }
//! }
//! ```
//!
//! Bounds of a single member stand in its schema alone.

use std::borrow::Cow;

use kernel::FieldError;
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

/// What a rule answers where it is broken: at which member, and why.
pub fn broken(pointer: &'static str, code: &'static str, detail: &'static str) -> ValidationError {
    let mut error = ValidationError::new(code).with_message(detail.into());
    error.add_param(POINTER.into(), &pointer);
    error
}

const POINTER: &str = "pointer";

/// The reasons for which a type's own rules refuse a value.
pub(super) fn refusals<T: Validate>(value: &T) -> Vec<FieldError> {
    let Err(ValidationErrors(errors)) = value.validate() else {
        return Vec::new();
    };
    let of_value = errors.into_values().filter_map(|kind| match kind {
        ValidationErrorsKind::Field(errors) => Some(errors),
        // What hangs below a member is for the rules of its own type.
        ValidationErrorsKind::Struct(_) | ValidationErrorsKind::List(_) => None,
    });
    of_value.flatten().map(reason).collect()
}

fn reason(error: ValidationError) -> FieldError {
    let pointer = error.params.get(POINTER).and_then(|pointer| pointer.as_str());
    let code = match error.code {
        Cow::Borrowed(code) => code,
        Cow::Owned(_) => "not_allowed",
    };
    FieldError::new(pointer.unwrap_or_default(), code, error.message.unwrap_or_default())
}
