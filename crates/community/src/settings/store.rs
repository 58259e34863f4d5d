//! The statements about settings.

use database::{MapDbErr, Tx, values};
use entity::community_settings;
use kernel::{CourseId, Result};
use sea_orm::{
    ActiveValue::Set,
    EntityTrait, FromQueryResult,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::model::{Settings, scope_id};

#[derive(FromQueryResult)]
struct Row {
    course_id: Option<CourseId>,
    words: String,
    #[sea_orm(nested)]
    settings: Settings,
}

/// The settings of a course, or else those of the school, or else the defaults.
pub(crate) async fn effective(tx: &Tx, course_id: Option<CourseId>) -> Result<Settings> {
    // Text, because every text that is written asks for this.
    let sql = "SELECT course_id, posting, commenting, slow_mode_seconds, minimum_account_age_seconds, links, words, \
               version, updated_at FROM community_settings WHERE scope_id IN (:course, :school) \
               ORDER BY CASE WHEN course_id IS NULL THEN 1 ELSE 0 END LIMIT 1";
    let values = values! { course: scope_id(course_id), school: scope_id(None) };
    let row: Option<Row> = tx.fetch_optional(sql, values).await?;
    let Some(Row { course_id: found, words, settings }) = row else {
        return Ok(Settings { is_inherited: course_id.is_some(), ..Settings::default() });
    };
    let settings = Settings { words: words.lines().map(ToOwned::to_owned).collect(), ..settings };
    if found == course_id {
        return Ok(settings);
    }
    Ok(Settings { version: 0, updated_at: None, is_inherited: true, ..settings })
}

/// Writes the next version of the settings; answers whether the version before is still the stored one.
pub(super) async fn write(tx: &Tx, course_id: Option<CourseId>, settings: &Settings) -> Result<bool> {
    use community_settings::Column;
    let row = community_settings::ActiveModel {
        scope_id: Set(scope_id(course_id)),
        course_id: Set(course_id),
        posting: Set(settings.posting),
        commenting: Set(settings.commenting),
        slow_mode_seconds: Set(settings.slow_mode_seconds),
        minimum_account_age_seconds: Set(settings.minimum_account_age_seconds),
        links: Set(settings.links),
        words: Set(settings.words.join("\n")),
        version: Set(settings.version),
        updated_at: Set(settings.updated_at.unwrap_or_else(|| tx.now())),
    };
    let mut next_version = OnConflict::column(Column::ScopeId);
    next_version
        .update_columns([
            Column::Posting,
            Column::Commenting,
            Column::SlowModeSeconds,
            Column::MinimumAccountAgeSeconds,
            Column::Links,
            Column::Words,
            Column::Version,
            Column::UpdatedAt,
        ])
        .action_and_where(
            Expr::column((community_settings::Entity, Column::Version)).eq(settings.version - 1),
        );
    let insert = community_settings::Entity::insert(row).on_conflict(next_version);
    Ok(insert.exec_without_returning(tx).await.map_db_err()? == 1)
}
