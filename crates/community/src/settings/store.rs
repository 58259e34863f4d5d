//! The statements about settings.

use database::{MapDbErr, Tx, values};
use entity::{community_settings, community_words};
use kernel::{Code, CourseId, Result, UserId};
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

/// The words of the settings `s`, which only editors read.
const WORDS: &str = "(SELECT w.words FROM community_words w WHERE w.scope_id = s.scope_id)";

/// The settings of a course, or else those of the school, or else the defaults: for editors, who change them.
pub(super) async fn effective(tx: &Tx, course_id: Option<CourseId>) -> Result<Settings> {
    // Text, for the words in a second table.
    let sql = format!("{} {FROM}", select(WORDS));
    let values = values! { course: scope_id(course_id), school: scope_id(None) };
    let row: Option<Row> = tx.fetch_optional(&sql, values).await?;
    Ok(of_row(course_id, row))
}

/// The settings by which the text of a writer is judged.
pub(crate) struct Rules {
    pub(crate) settings: Settings,
    /// Whether the e-mail address of the writer is verified.
    pub(crate) is_verified_writer: bool,
}

/// The same for the check of what somebody writes, and whether their address is verified. On PostgreSQL a function of the schema reads the
/// words, which writers may not.
pub(crate) async fn rules(tx: &Tx, course_id: Option<CourseId>, writer: UserId) -> Result<Rules> {
    #[derive(FromQueryResult)]
    struct Judged {
        is_verified_writer: bool,
        #[sea_orm(nested)]
        row: Option<Row>,
    }
    let words = if tx.is_postgres() { "app.refused_words(s.scope_id)" } else { WORDS };
    // Text, because every text that is written asks for this.
    let sql = format!(
        "SELECT c.email_verified_at IS NOT NULL AS is_verified_writer, r.* FROM credentials c \
         LEFT JOIN ({} {FROM}) r ON TRUE WHERE c.user_id = :writer",
        select(words)
    );
    let values = values! { course: scope_id(course_id), school: scope_id(None), writer };
    let judged: Option<Judged> = tx.fetch_optional(&sql, values).await?;
    let Judged { is_verified_writer, row } = judged.ok_or(Code::Unauthenticated)?;
    Ok(Rules { settings: of_row(course_id, row), is_verified_writer })
}

const FROM: &str = "FROM community_settings s WHERE s.scope_id IN (:course, :school) \
                    ORDER BY CASE WHEN s.course_id IS NULL THEN 1 ELSE 0 END LIMIT 1";

fn select(words: &str) -> String {
    // Text, as the statements that it is part of.
    format!(
        "SELECT s.course_id, s.posting, s.commenting, s.slow_mode_seconds, s.minimum_account_age_seconds, s.links, \
         coalesce({words}, '') AS words, s.version, s.updated_at"
    )
}

fn of_row(course_id: Option<CourseId>, row: Option<Row>) -> Settings {
    let Some(Row { course_id: found, words, settings }) = row else {
        return Settings { is_inherited: course_id.is_some(), ..Settings::default() };
    };
    let settings = Settings { words: words.lines().map(ToOwned::to_owned).collect(), ..settings };
    if found == course_id {
        return settings;
    }
    Settings { version: 0, updated_at: None, is_inherited: true, ..settings }
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
            Column::Version,
            Column::UpdatedAt,
        ])
        .action_and_where(
            Expr::column((community_settings::Entity, Column::Version)).eq(settings.version - 1),
        );
    let insert = community_settings::Entity::insert(row).on_conflict(next_version);
    let is_written = insert.exec_without_returning(tx).await.map_db_err()? == 1;
    if is_written {
        write_words(tx, course_id, &settings.words).await?;
    }
    Ok(is_written)
}

async fn write_words(tx: &Tx, course_id: Option<CourseId>, words: &[String]) -> Result<()> {
    let row = community_words::ActiveModel {
        scope_id: Set(scope_id(course_id)),
        course_id: Set(course_id),
        words: Set(words.join("\n")),
    };
    let replace = OnConflict::column(community_words::Column::ScopeId)
        .update_column(community_words::Column::Words)
        .to_owned();
    let insert = community_words::Entity::insert(row).on_conflict(replace);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}
