use actix_web::web::Data;
use chrono::{DateTime, Utc};
use community::mute::{self, MuteFilter, Muted};
use kernel::{CourseId, MuteId, Result, UserId, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{Person, person};
use crate::{
    http::{
        extract::{Confirmed, Path, Query, Trainer},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    routes::shared::{PageQuery, default_limit, page},
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, list_mutes, lift_mute);
}

/// Somebody who may not write.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Mute {
    /// The mute's id.
    id: MuteId,
    /// Who is muted.
    user: Person,
    /// In which course; null is everywhere.
    course_id: Option<CourseId>,
    /// Why.
    #[schema(example = "Third time this week.")]
    reason: Option<String>,
    /// Until when; null is without end.
    ends_at: Option<DateTime<Utc>>,
    /// Who imposed it.
    imposed_by: Option<UserId>,
    /// Since when.
    created_at: DateTime<Utc>,
}

impl From<Muted> for Mute {
    fn from(muted: Muted) -> Self {
        let Muted {
            id,
            user_id,
            username,
            name,
            avatar_url,
            course_id,
            reason,
            ends_at,
            imposed_by,
            created_at,
        } = muted;
        Self {
            id,
            user: person(user_id, username, name, avatar_url),
            course_id,
            reason,
            ends_at,
            imposed_by,
            created_at,
        }
    }
}

page! {
    /// A page of mutes.
    MutePage of Mute
}

/// Which mutes.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MuteQuery {
    /// How many rows.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u64,
    /// Where to go on: `nextCursor` of the page before.
    #[param(
        pattern = "^[A-Za-z0-9_-]{32}$",
        nullable = false,
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
    )]
    cursor: Option<String>,
    /// Only of this course.
    #[param(nullable = false)]
    course_id: Option<CourseId>,
    /// Only of this account.
    #[param(nullable = false)]
    user_id: Option<UserId>,
}

/// Who may not write
///
/// The mutes that last, newest first: all for admins, for trainers those of the courses that they teach. Muting is a decision about a
/// report: `decideReport`.
#[utoipa::path(get, path = "/moderation/mutes",
    tag = "moderation", operation_id = "listMutes", security(("bearer" = [])), params(MuteQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of mutes.", body = MutePage)))]
async fn list_mutes(
    state: Data<State>,
    Trainer(actor): Trainer,
    Query(query): Query<MuteQuery>,
) -> Result<Reply<MutePage>, Problem> {
    let MuteQuery {
        limit,
        cursor,
        course_id,
        user_id,
    } = query;
    let (after, limit) = PageQuery { limit, cursor }.position();
    let filter = MuteFilter { course_id, user_id };
    let work = move |tx| async move { mute::list(&tx, &filter, after, limit).await };
    Ok(Reply::ok(&MutePage::from(state.db.read(actor, work).await?))?)
}

/// Lift a mute
///
/// From now on they may write again. Of a mute that has ended already nothing changes.
#[utoipa::path(delete, path = "/moderation/mutes/{mute_id}",
    tag = "moderation", operation_id = "liftMute", security(("bearer" = [])),
    params(("mute_id" = Uuid, Path, description = "The mute's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 204, description = "The mute has ended.")))]
async fn lift_mute(
    state: Data<State>,
    Confirmed(actor): Confirmed,
    Path(id): Path<MuteId>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { mute::lift(&tx, id).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}
