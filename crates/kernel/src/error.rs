//! Errors of use cases: a stable code each, and the fields that were refused.

use std::{fmt, time::Duration};

/// What the use cases answer with.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $title:literal;)+) => {
        /// Why a request was refused: the one registry of stable codes.
        ///
        /// A code never changes its meaning and is never removed inside `v1`. The HTTP status of each stands in
        /// the api crate; the domain does not know it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)+ }

        impl Code {
            /// Every code, in the order of the registry.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as clients see it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// A short sentence that is the same for every occurrence.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

codes! {
    /// Broken JSON, invalid UTF-8, an unreadable header.
    MalformedRequest = "malformed_request", "The request cannot be read";
    /// A POST that moves money came without its key.
    IdempotencyKeyRequired = "idempotency_key_required", "This request needs an Idempotency-Key";
    /// A hook that its service did not sign, or long ago.
    HookSignatureInvalid = "hook_signature_invalid", "The signature is not good";
    /// No access token where one is needed.
    Unauthenticated = "unauthenticated", "Log in first";
    /// An access token that is not ours, or altered, or for somebody else.
    TokenInvalid = "token_invalid", "The access token is not valid";
    /// An access token past its lifetime.
    TokenExpired = "token_expired", "The access token has expired";
    /// The session behind the token was ended.
    SessionRevoked = "session_revoked", "The session has ended";
    /// Unknown account, wrong password, or suspended: the answer does not tell which.
    InvalidCredentials = "invalid_credentials", "E-mail address or password is wrong";
    /// The password is right, and the school wants the address to be verified before anybody logs in.
    /// An unknown, expired or revoked refresh token.
    RefreshTokenInvalid = "refresh_token_invalid", "The refresh token is not valid";
    /// A refresh token that was already spent; its whole session is ended.
    RefreshTokenReused = "refresh_token_reused", "The refresh token was already used";
    /// Seen, but not allowed.
    Forbidden = "forbidden", "You may not do this";
    /// The lesson or chapter needs a grant that the caller does not have.
    NotGranted = "not_granted", "Enrol in the course to read this";
    /// The caller's access ran out.
    GrantExpired = "grant_expired", "Your access to this course has expired";
    /// The caller's access was refunded.
    GrantRefunded = "grant_refunded", "Your access to this course was refunded";
    /// The caller's access was withdrawn.
    GrantRevoked = "grant_revoked", "Your access to this course was withdrawn";
    /// The caller's access is suspended.
    GrantSuspended = "grant_suspended", "Your access to this course is suspended";
    /// A signed URL that is unknown, altered, for something else or expired.
    SignedUrlInvalid = "signed_url_invalid", "This URL is not valid any more";
    /// Nothing here, or not visible to the caller.
    NotFound = "not_found", "There is nothing here";
    /// The path exists, the method does not.
    MethodNotAllowed = "method_not_allowed", "This path does not take that method";
    /// The client took too long to send its request.
    RequestTimeout = "request_timeout", "The request took too long";
    /// The address belongs to an account.
    EmailTaken = "email_taken", "This e-mail address is already registered";
    /// The username belongs to an account.
    UsernameTaken = "username_taken", "This username is already taken";
    /// The name belongs to a category.
    CategoryTaken = "category_taken", "A category of this name exists";
    /// Courses are still in the category.
    CategoryInUse = "category_in_use", "Courses stand in this category: name its replacement";
    /// Somebody enrolled in it or bought it, or has learnt from it.
    CourseHasLearners = "course_has_learners", "Somebody has learnt from this: unpublish or archive it instead";
    /// The caller has the course.
    AlreadyEnrolled = "already_enrolled", "You have this course already";
    /// As many children as a parent may have.
    ListFull = "list_full", "There is no room for more";
    /// Blocked, suspended, unknown or not to be written to by the caller: the answer does not tell which.
    RecipientUnreachable = "recipient_unreachable", "You cannot write to this person";
    /// A conversation of two has no title, and nobody comes or goes.
    DirectConversation = "direct_conversation", "This is a conversation of two";
    /// The time in which a message may be edited is over.
    EditWindowOver = "edit_window_over", "This message is too old to be edited";
    /// The last active admin cannot be demoted or suspended.
    LastAdmin = "last_admin", "This is the last active admin";
    /// What would be published is not complete; `errors` lists everything that is missing.
    NotPublishable = "not_publishable", "This is not ready to be published";
    /// The provider will not take, or give back, this money.
    PaymentRefused = "payment_refused", "The payment provider refused this";
    /// The provider does not know the customer, or the session: deleted there, or of another account or mode. Never leaves the server.
    UnknownAtProvider = "unknown_at_provider", "The payment provider does not know this any more";
    /// The course has a price.
    CourseNotFree = "course_not_free", "This course has to be bought";
    /// The lesson has a video, so that watching it completes it.
    CompletedByWatching = "completed_by_watching", "This lesson is completed by watching its video";
    /// The chapter has lessons, and is done when they are.
    CompletedByLessons = "completed_by_lessons", "This chapter is completed by its lessons";
    /// A lesson or a chapter without a video cannot be watched.
    NoVideo = "no_video", "There is no video here to watch";
    /// A lesson, a chapter or a course shows the video.
    VideoInUse = "video_in_use", "This video is shown somewhere";
    /// The video has not arrived, is being worked on, or failed.
    VideoNotReady = "video_not_ready", "This video cannot be played yet";
    /// Nothing was sent yet to the URL of the upload.
    UploadIncomplete = "upload_incomplete", "Nothing was uploaded yet";
    /// Another request looks at the upload right now.
    UploadChecking = "upload_checking", "The upload is being looked at";
    /// The learner has access by hand already: extend it.
    AlreadyGranted = "already_granted", "This learner has access by hand already";
    /// The grant has ended, or follows from a payment.
    GrantNotChangeable = "grant_not_changeable", "This grant cannot be changed by hand";
    /// The caller bought the course.
    AlreadyPurchased = "already_purchased", "You have bought this course already";
    /// Another checkout of the same course took the place of this one.
    CheckoutSuperseded = "checkout_superseded", "Another checkout of this course took its place";
    /// Nobody buys their own course.
    OwnCourse = "own_course", "This is your own course";
    /// There is nothing to pay.
    CourseFree = "course_free", "This course is free: enrol in it";
    /// The money never came.
    PaymentNotCompleted = "payment_not_completed", "Nothing was paid yet";
    /// The payment is not in a state for this.
    PaymentNotRefundable = "payment_not_refundable", "This payment cannot be refunded";
    /// A bank holds the money of the payment, or has taken it back: it would leave twice.
    PaymentDisputed = "payment_disputed", "The buyer's bank holds this money, or has taken it back";
    /// More than what is left of the payment.
    RefundTooLarge = "refund_too_large", "This is more than is left of the payment";
    /// Somebody used the coupon.
    CouponUsed = "coupon_used", "Somebody has used this coupon: deactivate it instead";
    /// The code belongs to a coupon.
    CouponTaken = "coupon_taken", "A coupon with this code exists";
    /// As many uploads of the caller's as may wait at once, or as large ones.
    TooManyUploads = "too_many_uploads", "Complete the uploads that you have begun first";
    /// The thread of the post was locked.
    ThreadLocked = "thread_locked", "This conversation is closed";
    /// The post or the comment was deleted, or taken away by a moderator.
    ContentDeleted = "content_deleted", "This was deleted";
    /// As deep as answers to answers go.
    ThreadTooDeep = "thread_too_deep", "Answer further up: this is as deep as answers go";
    /// In this place only editors write.
    PostingRestricted = "posting_restricted", "Only editors write here";
    /// A moderator has muted the caller, for a time or for good.
    Muted = "muted", "You may not write at the moment";
    /// The account is younger than whoever writes here has to be.
    AccountTooNew = "account_too_new", "Your account is too new to write here";
    /// Nobody reports what they wrote themselves.
    OwnContent = "own_content", "You wrote this yourself";
    /// The caller has an open report of the same.
    AlreadyReported = "already_reported", "You have reported this already";
    /// Another moderator was faster.
    ReportAlreadyDecided = "report_already_decided", "Somebody has decided about this already";
    /// Nothing was taken away by this report.
    NothingToRestore = "nothing_to_restore", "Nothing was taken away";
    /// A request with the same Idempotency-Key is still running.
    IdempotencyInFlight = "idempotency_in_flight", "The same request is still running";
    /// `If-Match` names a version that is not the current one.
    PreconditionFailed = "precondition_failed", "Somebody changed this in the meantime";
    /// The body is larger than the limit.
    PayloadTooLarge = "payload_too_large", "The body is too large";
    /// The body is not of a type that this operation reads.
    UnsupportedMediaType = "unsupported_media_type", "The body's type is not supported";
    /// No part of the file is in the range that was asked for.
    RangeNotSatisfiable = "range_not_satisfiable", "The file is not that long";
    /// What was sent is not as long as what was announced.
    SizeMismatch = "size_mismatch", "The body is not as long as announced";
    /// Read, but refused; `errors` lists every reason.
    ValidationFailed = "validation_failed", "Some values are not acceptable";
    /// More people are mentioned than a text may call.
    TooManyMentions = "too_many_mentions", "Too many people are mentioned";
    /// Links are not taken here, or not from this account yet.
    LinksRefused = "links_refused", "Links are not taken here";
    /// A word stands in the text that this place does not want.
    WordsRefused = "words_refused", "There is a word in this that is not wanted here";
    /// The Idempotency-Key was used for a request with another body.
    IdempotencyKeyReused = "idempotency_key_reused", "This Idempotency-Key was used for another request";
    /// A verification or reset link that is unknown, used or expired.
    LinkInvalid = "link_invalid", "This link is not valid any more";
    /// A change of an edited resource came without `If-Match`.
    PreconditionRequired = "precondition_required", "Name the version you are changing in If-Match";
    /// Too many requests from this caller.
    RateLimited = "rate_limited", "Too many requests";
    /// The caller has just written in this place.
    SlowMode = "slow_mode", "Not so fast: you have just written here";
    /// As many reports as somebody may make in a day.
    TooManyReports = "too_many_reports", "That is enough for today: the moderators are on their way";
    /// As many announcements as a course may have in a day.
    TooManyAnnouncements = "too_many_announcements", "This course has had its announcements for today";
    /// As many event streams as an account may have open.
    TooManyStreams = "too_many_streams", "You have too many event streams open";
    /// More than an account of this age may write.
    NewAccountLimit = "new_account_limit", "New accounts may not write so much yet";
    /// The request's line and headers are larger than the limit.
    HeadTooLarge = "head_too_large", "The head of the request is too large";
    /// A bug or a broken part; the body says nothing more, the log does.
    Internal = "internal", "Something went wrong on our side";
    /// More work than the server takes on at once.
    Overloaded = "overloaded", "The server is busy";
    /// The database or another part does not answer.
    Unavailable = "unavailable", "A part of the server does not answer";
    /// The payment provider does not answer.
    ProviderUnavailable = "provider_unavailable", "The payment provider does not answer";
    /// The connection broke while a change was being committed: it may or may not have been done.
    OutcomeUnknown = "outcome_unknown", "It is not known whether the change was made";
    /// The mail server refused the message for now, or did not answer. Never leaves the worker.
    MailUndelivered = "mail_undelivered", "The mail could not be delivered";
    /// The mail server refused the message for good: it would refuse it again. Never leaves the worker.
    MailRefused = "mail_refused", "The mail was refused";
}

/// One reason among several, at one place of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// A JSON Pointer (RFC 6901) into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// A stable code, such as `too_long`.
    pub code: &'static str,
    /// What is wrong, in words.
    pub detail: String,
}

impl FieldError {
    /// A reason at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }
}

/// Why a use case did not happen. Nothing of it was done.
#[derive(Debug)]
pub struct Error {
    code: Code,
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A refusal with this code.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self { code, detail: None, errors: Vec::new(), retry_after: None, source: None }
    }

    /// Adds what is particular to this occurrence, for people to read.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds every reason at once.
    #[must_use]
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Tells the client when another try makes sense.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Keeps what went wrong underneath: for the log, never for the client.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Something that cannot happen unless there is a bug.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal).caused_by(source)
    }

    /// Values were read and refused, for all these reasons.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self::new(Code::ValidationFailed).errors(errors)
    }

    /// Both values, or the reasons against either of them at once.
    ///
    /// # Errors
    /// What refused one of them. Where values of both are invalid, all reasons; a refusal of another kind goes before.
    pub fn join<A, B>(first: Result<A>, second: Result<B>) -> Result<(A, B)> {
        match (first, second) {
            (Ok(first), Ok(second)) => Ok((first, second)),
            (Err(mut first), Err(second)) if first.code == Code::ValidationFailed => {
                if second.code != Code::ValidationFailed {
                    return Err(second);
                }
                first.errors.extend(second.errors);
                Err(first)
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What is particular to this occurrence.
    #[must_use]
    pub fn detail_text(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Every reason.
    #[must_use]
    pub fn reasons(&self) -> &[FieldError] {
        &self.errors
    }

    /// When another try makes sense.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail.as_deref().unwrap_or(self.code.title()))?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, ": {source}"))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn reasons_add_up_and_give_way_to_another_refusal() {
        let invalid =
            |pointer: &str| Err::<(), _>(Error::invalid(vec![FieldError::new(pointer, "blank", "")]));
        let both = Error::join(invalid("/a"), invalid("/b")).unwrap_err();
        let pointers: Vec<_> = both.reasons().iter().map(|reason| reason.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a", "/b"]);
        let forbidden = || Err::<(), _>(Code::Forbidden.into());
        for joined in [Error::join(invalid("/a"), forbidden()), Error::join(forbidden(), invalid("/a"))] {
            assert_eq!(joined.unwrap_err().code(), Code::Forbidden);
        }
        assert_eq!(Error::join(Ok(1), Ok(2)).unwrap(), (1, 2));
    }

    #[test]
    fn codes_are_unique_and_snake_case() {
        let mut seen = HashSet::new();
        for code in Code::ALL {
            assert!(code.as_str().chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", code.as_str());
            assert!(seen.insert(code.as_str()), "{} stands twice", code.as_str());
        }
    }
}
