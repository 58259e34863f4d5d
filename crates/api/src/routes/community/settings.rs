use actix_web::web::Data;
use chrono::{DateTime, Utc};
use community::SettingsChange;
use database::Tx;
use kernel::{Actor, CourseId, Result, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    http::{
        extract::{Admin, IfMatch, Json, Member, Path},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        get_settings,
        update_settings,
        get_course_settings,
        update_course_settings
    );
}

/// Who may write.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum WriterGroup {
    /// Whoever may read.
    Everyone,
    /// The editors of the course; in the school's feed, trainers.
    Editors,
}

/// Whose links are taken.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum LinkPolicy {
    /// Everybody's.
    Allowed,
    /// Of accounts that have been there for 30 days.
    Trusted,
    /// Nobody's.
    Refused,
}

/// The rules of a course or of the school's feed. They do not bind those who moderate there.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CommunitySettings {
    /// Who posts: `EVERYONE` who may read, or `EDITORS`; more may be added.
    #[schema(value_type = String, example = "EVERYONE")]
    posting: &'static str,
    /// Who comments: the same.
    #[schema(value_type = String, example = "EVERYONE")]
    commenting: &'static str,
    /// How long somebody waits between two texts.
    #[schema(minimum = 0, example = 30)]
    slow_mode_seconds: i64,
    /// How old the account of a writer has to be.
    #[schema(minimum = 0, example = 86_400)]
    minimum_account_age_seconds: i64,
    /// Whose links are taken: `ALLOWED`, `TRUSTED` (accounts that have been there for 30 days) or `REFUSED`; more may be added.
    #[schema(value_type = String, example = "TRUSTED")]
    links: &'static str,
    /// Words and phrases that are not taken.
    #[schema(example = json!(["miracle pill"]))]
    blocked_words: Vec<String>,
    /// Whether these are the school's, since the course has none of its own.
    is_inherited: bool,
    /// When they were last changed.
    updated_at: Option<DateTime<Utc>>,
}

impl From<community::Settings> for CommunitySettings {
    fn from(settings: community::Settings) -> Self {
        let community::Settings {
            posting,
            commenting,
            slow_mode_seconds,
            minimum_account_age_seconds,
            links,
            words,
            version: _,
            updated_at,
            is_inherited,
        } = settings;
        Self {
            posting: posting.as_str(),
            commenting: commenting.as_str(),
            slow_mode_seconds,
            minimum_account_age_seconds,
            links: links.as_str(),
            blocked_words: words,
            is_inherited,
            updated_at,
        }
    }
}

/// What changes in the rules.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchCommunitySettings {
    /// Who posts.
    #[schema(nullable = false)]
    posting: Option<WriterGroup>,
    /// Who comments.
    #[schema(nullable = false)]
    commenting: Option<WriterGroup>,
    /// How long somebody waits between two texts: a day at most.
    #[schema(minimum = 0, maximum = 86_400, nullable = false, example = 30)]
    slow_mode_seconds: Option<i64>,
    /// How old the account of a writer has to be: a year at most.
    #[schema(minimum = 0, maximum = 31_536_000, nullable = false, example = 86_400)]
    minimum_account_age_seconds: Option<i64>,
    /// Whose links are taken.
    #[schema(nullable = false)]
    links: Option<LinkPolicy>,
    /// All words and phrases that are not taken. They are found whole, whatever their case, accents and width, and with letters
    /// that look like others.
    #[schema(max_items = 500, nullable = false, example = json!(["miracle pill"]))]
    blocked_words: Option<Vec<BlockedWord>>,
}

/// A word or a phrase.
#[derive(Deserialize, ToSchema)]
#[schema(
    min_length = 1,
    max_length = 60,
    pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
    example = "miracle pill"
)]
struct BlockedWord(String);

impl From<PatchCommunitySettings> for SettingsChange {
    fn from(patch: PatchCommunitySettings) -> Self {
        let PatchCommunitySettings {
            posting,
            commenting,
            slow_mode_seconds,
            minimum_account_age_seconds,
            links,
            blocked_words,
        } = patch;
        let writers = |writers| match writers {
            WriterGroup::Everyone => community::Writers::Everyone,
            WriterGroup::Editors => community::Writers::Editors,
        };
        Self {
            posting: posting.map(writers),
            commenting: commenting.map(writers),
            slow_mode_seconds,
            minimum_account_age_seconds,
            links: links.map(|links| match links {
                LinkPolicy::Allowed => community::Links::Allowed,
                LinkPolicy::Trusted => community::Links::Trusted,
                LinkPolicy::Refused => community::Links::Refused,
            }),
            words: blocked_words.map(|words| words.into_iter().map(|word| word.0).collect()),
        }
    }
}

async fn read(
    state: &State,
    actor: Actor,
    course: Option<CourseId>,
) -> Result<Reply<CommunitySettings>, Problem> {
    let work = move |tx: Tx| async move { community::settings(&tx, course).await };
    let settings = state.db.read(actor, work).await?;
    let version = settings.version;
    Ok(Reply::ok(&CommunitySettings::from(settings))?.version_and_content(version))
}

async fn change(
    state: &State,
    actor: Actor,
    course: Option<CourseId>,
    seen: IfMatch,
    body: Json<PatchCommunitySettings>,
) -> Result<Reply<CommunitySettings>, Problem> {
    let change = SettingsChange::from(body.value);
    let matches = move |version| seen.accepts(version);
    let work = move |tx: Tx| async move { community::change_settings(&tx, course, matches, change).await };
    let settings = state.db.run(actor, work).await?;
    let version = settings.version;
    Ok(Reply::ok(&CommunitySettings::from(settings))?.version_and_content(version))
}

/// The school's rules
///
/// Of its feed, and of every course that has none of its own. Admins only.
#[utoipa::path(get, path = "/community-settings",
    tag = "community", operation_id = "getCommunitySettings", security(("bearer" = [])),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The rules.", body = CommunitySettings)))]
async fn get_settings(state: Data<State>, Admin(actor): Admin) -> Result<Reply<CommunitySettings>, Problem> {
    read(&state, actor, None).await
}

/// Change the school's rules
///
/// Of its feed, and of every course that has none of its own. Admins only.
#[utoipa::path(patch, path = "/community-settings",
    tag = "community", operation_id = "updateCommunitySettings", security(("bearer" = [])), request_body = PatchCommunitySettings,
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The rules as they are now.", body = CommunitySettings)))]
async fn update_settings(
    state: Data<State>,
    Admin(actor): Admin,
    seen: IfMatch,
    body: Json<PatchCommunitySettings>,
) -> Result<Reply<CommunitySettings>, Problem> {
    change(&state, actor, None, seen, body).await
}

/// The rules of a course
///
/// For its editors and admins. A course that has none of its own has the school's.
#[utoipa::path(get, path = "/courses/{course_id}/community-settings",
    tag = "community", operation_id = "getCourseCommunitySettings", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The rules.", body = CommunitySettings)))]
async fn get_course_settings(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
) -> Result<Reply<CommunitySettings>, Problem> {
    read(&state, actor, Some(id)).await
}

/// Change the rules of a course
///
/// By its editors and admins. A course that had none gets its own, which begin as the school's are now.
#[utoipa::path(patch, path = "/courses/{course_id}/community-settings",
    tag = "community", operation_id = "updateCourseCommunitySettings", security(("bearer" = [])), request_body = PatchCommunitySettings,
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The rules as they are now.", body = CommunitySettings)))]
async fn update_course_settings(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
    seen: IfMatch,
    body: Json<PatchCommunitySettings>,
) -> Result<Reply<CommunitySettings>, Problem> {
    change(&state, actor, Some(id), seen, body).await
}
