//! The schemas of the states and kinds in `entity::enums`. Fields have the enum itself and name its schema:
//! `#[schema(value_type = schema::Level)] difficulty: Level`.

/// Declares the schema of an enum: its texts, in the order of its variants.
macro_rules! schemas {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {
        /// Types that stand for an enum of the rows in the document.
        pub(in crate::routes) mod schema {
            use sea_orm::{ActiveEnum, Iterable};
            use utoipa::{
                PartialSchema, ToSchema,
                openapi::{ObjectBuilder, RefOr, Schema, schema::{SchemaType, Type}},
            };

            $(
                $(#[doc = $doc])*
                pub(in crate::routes) struct $name;

                impl PartialSchema for $name {
                    fn schema() -> RefOr<Schema> {
                        let texts = entity::enums::$name::iter().map(|value| value.to_value());
                        ObjectBuilder::new()
                            .schema_type(SchemaType::Type(Type::String))
                            .description(Some([$($doc),*].concat().trim()))
                            .enum_values(Some(texts))
                            .build()
                            .into()
                    }
                }

                impl ToSchema for $name {}
            )*
        }
    };
}

schemas! {
    /// What a text is: `HTML`, which is cleaned when it is stored, or the `JSON` document of an editor, which is kept as it was sent.
    ContentFormat;
    /// How much experience somebody has, or a course asks for.
    Level;
    /// What an account may do: `USER` learns, `TRAINER` also creates courses, `ADMIN` also manages accounts and the courses of all.
    Role;
    /// Whether an account may log in.
    UserStatus;
    /// What a file is uploaded for.
    FilePurpose;
    /// The state of a grant of access.
    GrantStatus;
    /// The courses that a coupon is for: `ALL` of the school (an admin's coupon), all of its `OWNER`, or the `COURSES` that it names.
    CouponScope;
    /// Why money is given back.
    RefundReason;
    /// The state of a dispute: `OPEN`, `WON` (the money came back) or `LOST`.
    DisputeStatus;
    /// The kind of a conversation: `DIRECT` between two people, or a `GROUP`.
    ConversationKind;
    /// From whom somebody accepts messages.
    MessagesFrom;
    /// How often notifications are collected into one mail.
    Digest;
    /// Why content is reported.
    ReportReason;
    /// The state of a report.
    ReportStatus;
    /// The kind of content that a report is about.
    ContentKind;
    /// How somebody reacts to a post or a comment.
    Reaction;
    /// What a moderator decides about reported content.
    ModerationAction;
    /// Who may write in a feed or a thread.
    Writers;
    /// Whose links are accepted in posts and comments.
    LinkPolicy;
}
