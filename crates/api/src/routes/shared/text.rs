//! Texts and numbers with bounds that stand in many documents: each is a schema of its own, whose bounds are written once.

use serde::Deserialize;
use utoipa::ToSchema;

/// Declares values that are taken as they are, within the bounds of their schema.
macro_rules! bounded {
    ($($(#[doc = $doc:literal])* $(#[schema($($bound:tt)*)])? $name:ident($inner:ty);)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, Deserialize, ToSchema)]
        #[serde(transparent)]
        $(#[schema($($bound)*)])?
        pub(in crate::routes) struct $name(pub(in crate::routes) $inner);

        impl From<$name> for $inner {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    )*};
}
pub(in crate::routes) use bounded;

bounded! {
    /// A title: 1 to 200 characters, of which one can be seen.
    #[schema(min_length = 1, max_length = 200, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$", example = "The hinge")]
    Title(String);

    /// Plain text of up to 5,000 characters.
    #[schema(max_length = 5000, example = "Hips back, spine long.")]
    Summary(String);

    /// A text of a course. As HTML it has up to 60,000 characters once it is cleaned; what an editor or a word processor adds to it does
    /// not count. What is not shown is removed when it is stored, and `warnings` in the answer say what. As JSON it is the document of
    /// an editor, an object or an array in up to 150,000 characters, and is kept as it was sent: whoever shows it makes sure of
    /// what it shows.
    #[schema(max_length = 500000, example = "<p>Stand tall …</p>")]
    RichText(String);

    /// An absolute address with `https`, of up to 2,000 characters.
    #[schema(format = "uri", pattern = "^https://", max_length = 2000, example = "https://videos.example.com/hinge.mp4")]
    HttpsUrl(String);

    /// A duration in whole minutes.
    #[schema(minimum = 0, maximum = 100_000, example = 10)]
    Minutes(i64);

}

/// An e-mail address of up to 254 characters. Blanks before and behind it are ignored.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(from = "String")]
#[schema(value_type = String, format = "email", max_length = 254, example = "lena@example.com")]
pub(in crate::routes) struct Email(pub(in crate::routes) String);

impl From<String> for Email {
    fn from(typed: String) -> Self {
        Self(kernel::trimmed(&typed).to_owned())
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// A new password: 10 to 128 characters.
// Outside the macro, because a password has no `Debug`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(format = "password", min_length = 10, max_length = 128, example = "eight green anvils")]
pub(in crate::routes) struct NewPassword(pub(in crate::routes) String);

impl From<NewPassword> for String {
    fn from(password: NewPassword) -> Self {
        password.0
    }
}
