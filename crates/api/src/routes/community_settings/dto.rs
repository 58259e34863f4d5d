//! Community settings in requests and answers.

use community::{LinkPolicy, SettingsChange, Writers};

use crate::routes::shared::prelude::*;

bounded! {
    /// A word or a phrase of 1 to 60 characters, of which one can be seen.
    #[schema(
        min_length = 1,
        max_length = 60,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "miracle pill"
    )]
    BlockedWord(String);
}

/// The rules of a course or of the school's feed. They do not apply to moderators.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = community::Settings, ignore(version), used(words))]
pub(super) struct CommunitySettings {
    /// Who may post: `EVERYONE` who may read, or `EDITORS`; more may be added.
    #[schema(value_type = String, example = "EVERYONE")]
    posting: Writers,
    /// Who may comment: `EVERYONE` who may read, or `EDITORS`; more may be added.
    #[schema(value_type = String, example = "EVERYONE")]
    commenting: Writers,
    /// How many seconds a writer waits between two texts.
    #[schema(minimum = 0, example = 30)]
    slow_mode_seconds: i64,
    /// How many seconds old a writer's account has to be.
    #[schema(minimum = 0, example = 86_400)]
    minimum_account_age_seconds: i64,
    /// Whose links are accepted: `ALLOWED`, `TRUSTED` (of accounts that are at least 30 days old) or `REFUSED`; more may be added.
    #[schema(value_type = String, example = "TRUSTED")]
    links: LinkPolicy,
    /// The words and phrases that are refused.
    #[schema(example = json!(["miracle pill"]))]
    #[dto(with = words)]
    blocked_words: Vec<String>,
    /// Whether these are the settings of the school, because the course has none of its own.
    is_inherited: bool,
    /// When the settings were last changed; null where the course has none of its own.
    updated_at: Option<DateTime<Utc>>,
}

/// A change of the settings. A member that is missing keeps its value.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = SettingsChange, used(blocked_words), make(words = blocked_words))]
pub(super) struct PatchCommunitySettings {
    /// Who may post.
    #[schema(value_type = Option<schema::Writers>, nullable = false)]
    posting: Option<Writers>,
    /// Who may comment.
    #[schema(value_type = Option<schema::Writers>, nullable = false)]
    commenting: Option<Writers>,
    /// How many seconds a writer waits between two texts: at most a day.
    #[schema(minimum = 0, maximum = 86_400, nullable = false, example = 30)]
    slow_mode_seconds: Option<i64>,
    /// How many seconds old a writer's account has to be: at most a year.
    #[schema(minimum = 0, maximum = 31_536_000, nullable = false, example = 86_400)]
    minimum_account_age_seconds: Option<i64>,
    /// Whose links are accepted.
    #[schema(value_type = Option<schema::LinkPolicy>, nullable = false)]
    links: Option<LinkPolicy>,
    /// All words and phrases that are refused from now on. Whole words are compared, without case, accents and width, and with look-alike
    /// letters replaced.
    #[schema(max_items = 500, nullable = false, example = json!(["miracle pill"]))]
    blocked_words: Option<Vec<BlockedWord>>,
}
