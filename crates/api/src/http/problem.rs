//! The one shape of every refusal: `application/problem+json` (RFC 9457).

use std::{fmt, num::NonZeroU64, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use kernel::{Code, FieldError};
use serde::Serialize;
use utoipa::ToSchema;

/// The HTTP status of each code: the one table.
#[must_use]
pub fn status_of(code: Code) -> StatusCode {
    match code {
        Code::MalformedRequest | Code::IdempotencyKeyRequired | Code::HookSignatureInvalid => {
            StatusCode::BAD_REQUEST
        }
        Code::Unauthenticated
        | Code::TokenInvalid
        | Code::TokenExpired
        | Code::SessionRevoked
        | Code::InvalidCredentials
        | Code::RefreshTokenInvalid
        | Code::RefreshTokenReused => StatusCode::UNAUTHORIZED,
        Code::Forbidden
        | Code::NotGranted
        | Code::GrantExpired
        | Code::GrantRefunded
        | Code::GrantRevoked
        | Code::GrantSuspended
        | Code::PostingRestricted
        | Code::Muted
        | Code::AccountTooNew
        | Code::RecipientUnreachable
        | Code::SignedUrlInvalid => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        Code::EmailTaken
        | Code::UsernameTaken
        | Code::CategoryTaken
        | Code::LastAdmin
        | Code::CategoryInUse
        | Code::CourseHasLearners
        | Code::ListFull
        | Code::AlreadyEnrolled
        | Code::NotPublishable
        | Code::CourseNotFree
        | Code::CompletedByWatching
        | Code::CompletedByLessons
        | Code::NoVideo
        | Code::VideoInUse
        | Code::VideoNotReady
        | Code::UploadIncomplete
        | Code::UploadChecking
        | Code::AlreadyGranted
        | Code::GrantNotChangeable
        | Code::AlreadyPurchased
        | Code::CheckoutSuperseded
        | Code::PaymentNotCompleted
        | Code::OwnCourse
        | Code::CourseFree
        | Code::PaymentNotRefundable
        | Code::PaymentDisputed
        | Code::UnknownAtProvider
        | Code::RefundTooLarge
        | Code::CouponUsed
        | Code::CouponTaken
        | Code::PaymentRefused
        | Code::TooManyUploads
        | Code::ThreadLocked
        | Code::ContentDeleted
        | Code::ThreadTooDeep
        | Code::OwnContent
        | Code::AlreadyReported
        | Code::ReportAlreadyDecided
        | Code::NothingToRestore
        | Code::DirectConversation
        | Code::EditWindowOver
        | Code::IdempotencyInFlight => StatusCode::CONFLICT,
        Code::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::RangeNotSatisfiable => StatusCode::RANGE_NOT_SATISFIABLE,
        Code::ValidationFailed
        | Code::IdempotencyKeyReused
        | Code::LinkInvalid
        | Code::SizeMismatch
        | Code::TooManyMentions
        | Code::LinksRefused
        | Code::WordsRefused => StatusCode::UNPROCESSABLE_ENTITY,
        Code::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Code::RateLimited
        | Code::SlowMode
        | Code::TooManyStreams
        | Code::NewAccountLimit
        | Code::TooManyReports
        | Code::TooManyAnnouncements => StatusCode::TOO_MANY_REQUESTS,
        Code::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Code::Overloaded | Code::Unavailable | Code::ProviderUnavailable | Code::OutcomeUnknown => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Code::Internal | Code::MailUndelivered | Code::MailRefused => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A refusal on its way out. The middleware writes it, since it alone knows the request's id.
#[derive(Debug)]
pub struct Problem {
    /// What happened.
    pub error: kernel::Error,
    /// For 405: what the path does take.
    pub allow: Option<Box<str>>,
    /// For 416: how many bytes there are.
    pub length: Option<NonZeroU64>,
}

impl Problem {
    /// A path that exists, without that method.
    #[must_use]
    pub fn method_not_allowed(allow: String) -> Self {
        Self { error: Code::MethodNotAllowed.into(), allow: Some(allow.into()), length: None }
    }

    /// A range beyond the end of what has this many bytes.
    #[must_use]
    pub fn beyond(length: u64) -> Self {
        Self { error: Code::RangeNotSatisfiable.into(), allow: None, length: NonZeroU64::new(length) }
    }
}

impl<E: Into<kernel::Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self { error: error.into(), allow: None, length: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        status_of(self.error.code())
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// Why a request was refused (RFC 9457).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// Always `about:blank`: the `code` says what happened.
    #[serde(rename = "type")]
    #[schema(rename = "type", value_type = String, example = "about:blank")]
    kind: &'static str,
    /// The same for every problem with this code.
    #[schema(value_type = String, example = "Some values are not acceptable")]
    title: &'a str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 422)]
    status: u16,
    /// What is particular to this occurrence, for people to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "The e-mail address is missing.")]
    detail: Option<&'a str>,
    /// A stable snake_case code, for programs to read. New ones may be added.
    #[schema(value_type = String, example = "validation_failed")]
    code: &'a str,
    /// Every reason at once, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<ProblemReason<'a>>,
    /// What to name when asking for help; also in the header `X-Request-Id`.
    #[schema(value_type = String, example = "0198c0de-0000-7000-8000-000000000000")]
    request_id: &'a str,
}

/// One reason of a refusal, at one place of the request.
#[derive(Serialize, ToSchema)]
#[schema(as = ProblemReason)]
pub struct ProblemReason<'a> {
    /// A JSON Pointer (RFC 6901) into the body, or `?name` for a query parameter.
    #[schema(value_type = String, example = "/email")]
    pointer: &'a str,
    /// A stable snake_case code, such as `required`, `too_short`, `too_long`, `too_small`, `too_large`, `too_few`, `too_many`,
    /// `bad_format`, `bad_character`, `wrong_type`, `not_allowed`, `duplicate`, `unknown_member`, `unknown_parameter`, `repeated_member`,
    /// `cursor_malformed` or `cursor_of_other_list`. New ones may be added.
    #[schema(value_type = String, example = "required")]
    code: &'a str,
    /// In words.
    #[schema(value_type = String, example = "This member is missing.")]
    detail: &'a str,
}

impl<'a> From<&'a FieldError> for ProblemReason<'a> {
    fn from(error: &'a FieldError) -> Self {
        let FieldError { pointer, code, detail } = error;
        Self { pointer, code, detail }
    }
}

/// Status and body of a refusal.
#[must_use]
pub fn json(error: &kernel::Error, request_id: &str) -> (StatusCode, Vec<u8>) {
    let code = error.code();
    let status = status_of(code);
    let hidden = status == StatusCode::INTERNAL_SERVER_ERROR;
    let body = ProblemBody {
        kind: "about:blank",
        title: code.title(),
        status: status.as_u16(),
        detail: if hidden { None } else { error.detail_text() },
        code: code.as_str(),
        errors: error.reasons().iter().map(Into::into).collect(),
        request_id,
    };
    (status, serde_json::to_vec(&body).unwrap_or_default())
}

/// Writes a refusal.
#[must_use]
pub fn write(error: &kernel::Error, allow: Option<&str>, request_id: &str) -> HttpResponse {
    let (status, body) = json(error, request_id);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
    if status == StatusCode::UNAUTHORIZED {
        let error = match error.code() {
            Code::TokenExpired | Code::TokenInvalid | Code::SessionRevoked => ", error=\"invalid_token\"",
            _ => "",
        };
        response.insert_header((header::WWW_AUTHENTICATE, format!("Bearer realm=\"palestra\"{error}")));
    }
    if let Some(allow) = allow {
        response.insert_header((header::ALLOW, allow));
    }
    let waits = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let wait = error.wait().or(waits.then_some(Duration::from_secs(1)));
    if let Some(wait) = wait {
        response.insert_header((header::RETRY_AFTER, wait.as_secs().max(1)));
    }
    response.body(body)
}
