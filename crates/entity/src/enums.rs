//! The states and kinds of the rows: one enum from the column to the document, so that nothing in between is a string.
//!
//! Columns are mapped to these by `xtask/src/types.rs`; the constraints `ck_…` of the migrations allow the same values.

use sea_orm::{
    DeriveActiveEnum, EnumIter,
    strum::{Display, EnumString, IntoStaticStr},
};
use serde::{Deserialize, Serialize};

pub use kernel::Role;

/// Declares enums that are text in the database and in JSON, written as `$case` says. `as_str` is that text.
macro_rules! states {
    ($case:literal; $($(#[$doc:meta])* pub enum $name:ident { $($body:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum,
            Display, EnumString, IntoStaticStr,
        )]
        #[serde(rename_all = $case)]
        #[strum(crate = "sea_orm::strum", serialize_all = $case)]
        #[sea_orm(rs_type = "String", db_type = "Text", rename_all = $case)]
        pub enum $name { $($body)* }

        impl $name {
            /// The text in the database and in JSON.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                self.into()
            }
        }
    )*};
}

states! { "SCREAMING_SNAKE_CASE";
    /// Whether an account may log in.
    pub enum UserStatus {
        /// It may.
        Active,
        /// An admin has closed it.
        Suspended,
    }

    /// How much experience somebody has, or a course asks for.
    pub enum Level {
        /// Starting out.
        Beginner,
        /// Some months of practice.
        Intermediate,
        /// Years of practice.
        Advanced,
        /// Competing or teaching.
        Expert,
    }

    /// What the text of a course, a chapter or a lesson is.
    #[derive(Default)]
    pub enum ContentFormat {
        /// HTML, cleaned when it was written.
        #[default]
        Html,
        /// The document of an editor, as it was sent.
        Json,
    }

    /// What a link in a mail is for.
    pub enum LinkPurpose {
        /// Confirms that the e-mail address is the account's.
        VerifyEmail,
        /// Sets a new password.
        ResetPassword,
    }

    /// What a file is uploaded for.
    pub enum FilePurpose {
        /// A picture.
        Image,
        /// A download.
        Attachment,
        /// A video.
        Video,
        /// Captions of a video, as `WebVTT`.
        Captions,
    }

    /// The state of an uploaded file.
    pub enum FileStatus {
        /// It was announced, and has not been completed.
        Pending,
        /// It can be used.
        Ready,
        /// What arrived is not what was announced, or is not allowed.
        Rejected,
    }

    /// Who stores and streams a video.
    pub enum VideoProvider {
        /// Palestra's own storage: one progressive file.
        Local,
        /// Mux: adaptive streams with signed playback.
        Mux,
    }

    /// The state of a video.
    pub enum VideoStatus {
        /// It was announced; the file has not arrived.
        Waiting,
        /// The file is being processed.
        Preparing,
        /// It can be played.
        Ready,
        /// It cannot be played and never will; `problem` says why.
        Errored,
    }

    /// What a grant of access follows from.
    pub enum GrantSource {
        /// The course was free when the learner enrolled.
        Free,
        /// A payment.
        Purchase,
        /// The owner of the course or an admin gave it.
        Manual,
    }

    /// The state of a grant, apart from its start and end.
    pub enum GrantStatus {
        /// It gives access from its start until its end.
        Active,
        /// It gives none for now: the payment is disputed.
        Suspended,
        /// The payment was refunded.
        Refunded,
        /// It was withdrawn by hand.
        Revoked,
        /// It ended for good: the dispute was lost.
        Ended,
    }

    /// The state of a background job.
    pub enum JobStatus {
        /// It has not begun.
        Queued,
        /// It has begun.
        Running,
        /// It has ended.
        Done,
    }

    /// What a background job does.
    pub enum JobKind {
        /// Completes what an edit of the outline has made complete for the learners of a course.
        RecountProgress,
    }

    /// The state of a payment.
    pub enum PaymentStatus {
        /// It waits for its buyer, or for the provider.
        Pending,
        /// The money has arrived.
        Completed,
        /// It was not paid in time, was cancelled, or another payment took its place.
        Failed,
        /// All of the money was given back.
        Refunded,
    }

    /// A payment provider.
    pub enum ProviderName {
        /// Stripe.
        Stripe,
        /// The sandbox in this process, for development and tests: no money moves.
        Sandbox,
        /// None: there is nothing to pay.
        None,
    }

    /// How a buyer pays.
    pub enum PaymentMethod {
        /// On a page of the provider's, to which the front end sends the buyer.
        CheckoutSession,
        /// Inside the client, which confirms an intent with the provider's library.
        PaymentIntent,
        /// Not at all: there is nothing to pay.
        None,
    }

    /// The state of a refund. A provider's later word never moves it back.
    pub enum RefundStatus {
        /// It is on its way.
        Pending,
        /// The money has arrived at the buyer.
        Succeeded,
        /// The money came back; some banks say so only after they said that it had arrived.
        Failed,
    }

    /// Why money is given back.
    pub enum RefundReason {
        /// The buyer asked for it.
        RequestedByCustomer,
        /// The buyer paid twice.
        Duplicate,
        /// Somebody else paid with the buyer's card.
        Fraudulent,
        /// Anything else; the note may say more.
        Other,
    }

    /// The state of a dispute. A provider's later word never moves it back.
    pub enum DisputeStatus {
        /// The bank has taken the money for now.
        Open,
        /// The money came back.
        Won,
        /// The money is lost.
        Lost,
    }

    /// The courses that a coupon is for.
    pub enum CouponScope {
        /// All courses of the school; only an admin makes such a coupon.
        All,
        /// All courses of the coupon's owner.
        Owner,
        /// The courses that it names.
        Courses,
    }

    /// The state of a redemption slot that a payment takes in a coupon's quota.
    pub enum RedemptionStatus {
        /// An open checkout holds it.
        Reserved,
        /// The payment was completed.
        Confirmed,
        /// The payment came to nothing, and the slot is free again.
        Released,
    }

    /// The state of a post.
    pub enum PostStatus {
        /// Only its author sees it.
        Draft,
        /// Whoever may read its place sees it.
        Published,
        /// A moderator removed its text.
        Removed,
        /// Its author deleted its text; the comments stay.
        Deleted,
    }

    /// The state of a comment.
    pub enum CommentStatus {
        /// Whoever may read its thread sees it.
        Published,
        /// A moderator removed its text.
        Removed,
        /// Its author deleted its text; the replies stay.
        Deleted,
    }

    /// The kind of a conversation.
    pub enum ConversationKind {
        /// Between two people; there is one between the same two.
        Direct,
        /// Among a few people, with a title and an owner.
        Group,
    }

    /// From whom somebody accepts messages.
    pub enum MessagesFrom {
        /// From every member.
        Everyone,
        /// From whoever has a course in common with them: both have access to it, or one of them teaches it.
        Shared,
        /// From admins, and from whoever they have written to, alone.
        Nobody,
    }

    /// What a notification is about.
    pub enum NotificationKind {
        /// Somebody commented on the recipient's post or lesson.
        Comment,
        /// Somebody replied to the recipient's comment.
        Reply,
        /// Somebody mentioned the recipient.
        Mention,
        /// Somebody sent the recipient a message.
        Message,
        /// A trainer announced something to the learners of a course.
        Announcement,
        /// A moderator decided about the recipient's content or account.
        Moderation,
        /// Somebody gave the recipient access to a course.
        Access,
    }

    /// What came of the event that a notification is about: a moderator's decision, or a grant of access.
    pub enum NotificationOutcome {
        /// A moderator removed the content.
        Removed,
        /// A moderator restored the content.
        Restored,
        /// A moderator warned the author of the content.
        Warned,
        /// A moderator muted the author of the content.
        Muted,
        /// The recipient was given access to a course.
        Granted,
    }

    /// How often notifications are collected into one mail.
    pub enum Digest {
        /// Never: each notification has a mail of its own, at once.
        Off,
        /// Every morning.
        Daily,
        /// Every Monday morning.
        Weekly,
    }

    /// The kind of content that a report or a decision is about.
    pub enum ContentKind {
        /// A post.
        Post,
        /// A comment.
        Comment,
        /// A message.
        Message,
    }

    /// Why content is reported.
    pub enum ReportReason {
        /// Advertising, or the same text again and again.
        Spam,
        /// It attacks a person.
        Harassment,
        /// It attacks people for what they are.
        Hate,
        /// It is sexual.
        Sexual,
        /// It threatens, or shows violence.
        Violence,
        /// It gives advice that could hurt somebody.
        Dangerous,
        /// It reveals what is private.
        Privacy,
        /// Anything else; the note says what.
        Other,
    }

    /// The state of a report.
    pub enum ReportStatus {
        /// It waits for a moderator.
        Open,
        /// A moderator found nothing wrong, or undid the decision.
        Dismissed,
        /// A moderator acted on it.
        Acted,
    }

    /// What a moderator decides about reported content.
    pub enum ModerationAction {
        /// Nothing is wrong.
        Dismiss,
        /// Removes the content.
        Remove,
        /// Restores the content.
        Restore,
        /// Warns its author.
        Warn,
        /// Keeps its author from writing for a while: in the course, or everywhere where there is none.
        Mute,
        /// Suspends its author's account.
        Suspend,
    }

    /// Who may write in a feed or a thread.
    pub enum Writers {
        /// Whoever may read there.
        Everyone,
        /// The editors of the course; in the school's feed, trainers.
        Editors,
    }

    /// Whose links are accepted in posts and comments.
    pub enum LinkPolicy {
        /// Everybody's.
        Allowed,
        /// Those of accounts that are at least a month old.
        Trusted,
        /// Nobody's.
        Refused,
    }
}

states! { "lowercase";
    /// What somebody says about a post or a comment without words.
    pub enum Reaction {
        /// I like it.
        Like,
        /// I love it.
        Love,
        /// Strong.
        Strong,
        /// On fire.
        Fire,
        /// Applause.
        Clap,
        /// It makes me laugh.
        Laugh,
    }
}

impl Default for Level {
    /// What a course asks for where nothing is said.
    fn default() -> Self {
        Self::Beginner
    }
}
