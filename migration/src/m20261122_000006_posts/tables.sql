-- Posts -----------------------------------------------------------------------------------------------------------

-- In the school's feed, or in a course: then for whoever has access to it. A deleted post keeps its row where somebody has
-- answered, without what stood in it; what a moderator takes away goes into removed_contents until it is restored.
CREATE TABLE posts (
  id {uuid} NOT NULL CONSTRAINT pk_posts PRIMARY KEY,
  course_id {uuid} CONSTRAINT fk_posts_course_id REFERENCES courses (id) ON DELETE CASCADE,
  author_id {uuid} NOT NULL CONSTRAINT fk_posts_author_id REFERENCES users (id),
  title text NOT NULL,
  -- Sanitised HTML.
  content text NOT NULL,
  status text NOT NULL CONSTRAINT ck_posts_status CHECK (status IN ('DRAFT', 'PUBLISHED', 'REMOVED', 'DELETED')),
  is_pinned {bool} NOT NULL,
  is_locked {bool} NOT NULL,
  -- The place in a feed: the microsecond of publication, and far above all of those where it is pinned.
  feed_key bigint NOT NULL,
  version bigint NOT NULL,
  published_at {time},
  edited_at {time},
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT ck_posts_published_at CHECK (status = 'DRAFT' OR published_at IS NOT NULL),
  CONSTRAINT ck_posts_deleted CHECK (status NOT IN ('REMOVED', 'DELETED') OR (title = '' AND content = ''))
);
CREATE INDEX ix_posts_feed_key ON posts (feed_key, id) WHERE status = 'PUBLISHED';
CREATE INDEX ix_posts_course_id ON posts (course_id, feed_key, id);
CREATE INDEX ix_posts_author_id ON posts (author_id, feed_key, id);

CREATE TABLE post_images (
  post_id {uuid} NOT NULL CONSTRAINT fk_post_images_post_id REFERENCES posts (id) ON DELETE CASCADE,
  position bigint NOT NULL,
  file_id {uuid} NOT NULL CONSTRAINT fk_post_images_file_id REFERENCES files (id),
  CONSTRAINT pk_post_images PRIMARY KEY (post_id, position)
);
CREATE INDEX ix_post_images_file_id ON post_images (file_id);

-- What is counted of a post or of the comments on a lesson, apart from it: whoever reads may count, and change nothing else.
-- It is also the line in which those who comment at once stand.
CREATE TABLE thread_counters (
  thread_id {uuid} NOT NULL CONSTRAINT pk_thread_counters PRIMARY KEY,
  post_id {uuid} CONSTRAINT fk_thread_counters_post_id REFERENCES posts (id) ON DELETE CASCADE,
  lesson_id {uuid} CONSTRAINT fk_thread_counters_lesson_id REFERENCES lessons (id) ON DELETE CASCADE,
  -- Of the comment that was written last.
  last_number bigint NOT NULL,
  -- Comments that were not deleted.
  comment_count bigint NOT NULL,
  like_count bigint NOT NULL,
  love_count bigint NOT NULL,
  strong_count bigint NOT NULL,
  fire_count bigint NOT NULL,
  clap_count bigint NOT NULL,
  laugh_count bigint NOT NULL,
  score bigint NOT NULL,
  CONSTRAINT ck_thread_counters_thread CHECK ((post_id IS NULL) <> (lesson_id IS NULL)
    AND thread_id = coalesce(post_id, lesson_id)),
  CONSTRAINT ck_thread_counters_counts CHECK (comment_count >= 0 AND like_count >= 0 AND love_count >= 0
    AND strong_count >= 0 AND fire_count >= 0 AND clap_count >= 0 AND laugh_count >= 0)
);
CREATE INDEX ix_thread_counters_post_id ON thread_counters (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX ix_thread_counters_lesson_id ON thread_counters (lesson_id) WHERE lesson_id IS NOT NULL;

-- Comments --------------------------------------------------------------------------------------------------------

-- On a post or on a lesson (the thread), each under it or under another comment of it (the branch). A comment's number in its
-- thread is the order of writing; its path is its ancestors' numbers and its own, eight digits each.
CREATE TABLE comments (
  id {uuid} NOT NULL CONSTRAINT pk_comments PRIMARY KEY,
  thread_id {uuid} NOT NULL CONSTRAINT fk_comments_thread_id REFERENCES thread_counters (thread_id) ON DELETE CASCADE,
  post_id {uuid} CONSTRAINT fk_comments_post_id REFERENCES posts (id) ON DELETE CASCADE,
  lesson_id {uuid},
  course_id {uuid} CONSTRAINT fk_comments_course_id REFERENCES courses (id) ON DELETE CASCADE,
  parent_id {uuid},
  branch_id {uuid} NOT NULL,
  number bigint NOT NULL,
  depth bigint NOT NULL,
  path {sortable} NOT NULL,
  author_id {uuid} NOT NULL CONSTRAINT fk_comments_author_id REFERENCES users (id),
  -- Sanitised HTML.
  content text NOT NULL,
  status text NOT NULL CONSTRAINT ck_comments_status CHECK (status IN ('PUBLISHED', 'REMOVED', 'DELETED')),
  version bigint NOT NULL,
  edited_at {time},
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_comments_thread_id_id UNIQUE (thread_id, id),
  CONSTRAINT uq_comments_thread_id_number UNIQUE (thread_id, number),
  CONSTRAINT fk_comments_parent FOREIGN KEY (thread_id, parent_id) REFERENCES comments (thread_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_comments_lesson FOREIGN KEY (course_id, lesson_id) REFERENCES lessons (course_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_comments_thread CHECK ((post_id IS NULL) <> (lesson_id IS NULL)
    AND thread_id = coalesce(post_id, lesson_id)),
  CONSTRAINT ck_comments_lesson CHECK (lesson_id IS NULL OR course_id IS NOT NULL),
  CONSTRAINT ck_comments_branch CHECK (branch_id = coalesce(parent_id, thread_id)),
  CONSTRAINT ck_comments_depth CHECK (depth >= 1 AND depth <= 6 AND length(path) = depth * 8
    AND (parent_id IS NULL) = (depth = 1)),
  CONSTRAINT ck_comments_deleted CHECK (status = 'PUBLISHED' OR content = '')
);
CREATE INDEX ix_comments_branch_id ON comments (branch_id, number);
CREATE INDEX ix_comments_thread_id ON comments (thread_id, path);
CREATE INDEX ix_comments_parent ON comments (thread_id, parent_id);
CREATE INDEX ix_comments_post_id ON comments (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX ix_comments_lesson ON comments (course_id, lesson_id);
CREATE INDEX ix_comments_author_id ON comments (author_id);

-- See thread_counters.
CREATE TABLE comment_counters (
  comment_id {uuid} NOT NULL CONSTRAINT pk_comment_counters PRIMARY KEY
    CONSTRAINT fk_comment_counters_comment_id REFERENCES comments (id) ON DELETE CASCADE,
  branch_id {uuid} NOT NULL,
  -- Direct answers that are shown.
  reply_count bigint NOT NULL,
  like_count bigint NOT NULL,
  love_count bigint NOT NULL,
  strong_count bigint NOT NULL,
  fire_count bigint NOT NULL,
  clap_count bigint NOT NULL,
  laugh_count bigint NOT NULL,
  -- All reactions.
  score bigint NOT NULL,
  CONSTRAINT ck_comment_counters_counts CHECK (reply_count >= 0 AND like_count >= 0 AND love_count >= 0
    AND strong_count >= 0 AND fire_count >= 0 AND clap_count >= 0 AND laugh_count >= 0)
);
CREATE INDEX ix_comment_counters_branch_id ON comment_counters (branch_id, score, comment_id);

-- Reactions and mentions --------------------------------------------------------------------------------------------

CREATE TABLE reactions (
  -- The post or the comment.
  subject_id {uuid} NOT NULL,
  user_id {uuid} NOT NULL CONSTRAINT fk_reactions_user_id REFERENCES users (id),
  reaction text NOT NULL CONSTRAINT ck_reactions_reaction
    CHECK (reaction IN ('like', 'love', 'strong', 'fire', 'clap', 'laugh')),
  post_id {uuid} CONSTRAINT fk_reactions_post_id REFERENCES posts (id) ON DELETE CASCADE,
  comment_id {uuid} CONSTRAINT fk_reactions_comment_id REFERENCES comments (id) ON DELETE CASCADE,
  created_at {time} NOT NULL,
  CONSTRAINT pk_reactions PRIMARY KEY (subject_id, user_id, reaction),
  CONSTRAINT ck_reactions_subject CHECK ((post_id IS NULL) <> (comment_id IS NULL)
    AND subject_id = coalesce(post_id, comment_id))
);
CREATE INDEX ix_reactions_user_id ON reactions (user_id);
CREATE INDEX ix_reactions_post_id ON reactions (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX ix_reactions_comment_id ON reactions (comment_id) WHERE comment_id IS NOT NULL;

CREATE TABLE mentions (
  subject_id {uuid} NOT NULL,
  user_id {uuid} NOT NULL CONSTRAINT fk_mentions_user_id REFERENCES users (id),
  post_id {uuid} CONSTRAINT fk_mentions_post_id REFERENCES posts (id) ON DELETE CASCADE,
  comment_id {uuid} CONSTRAINT fk_mentions_comment_id REFERENCES comments (id) ON DELETE CASCADE,
  CONSTRAINT pk_mentions PRIMARY KEY (subject_id, user_id),
  CONSTRAINT ck_mentions_subject CHECK ((post_id IS NULL) <> (comment_id IS NULL)
    AND subject_id = coalesce(post_id, comment_id))
);
CREATE INDEX ix_mentions_user_id ON mentions (user_id);
CREATE INDEX ix_mentions_post_id ON mentions (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX ix_mentions_comment_id ON mentions (comment_id) WHERE comment_id IS NOT NULL;

-- Rules -------------------------------------------------------------------------------------------------------------

-- Of a course, or of the school: its scope is then no course's id, but zeros.
CREATE TABLE community_settings (
  scope_id {uuid} NOT NULL CONSTRAINT pk_community_settings PRIMARY KEY,
  course_id {uuid} CONSTRAINT fk_community_settings_course_id REFERENCES courses (id) ON DELETE CASCADE,
  posting text NOT NULL CONSTRAINT ck_community_settings_posting CHECK (posting IN ('EVERYONE', 'EDITORS')),
  commenting text NOT NULL CONSTRAINT ck_community_settings_commenting CHECK (commenting IN ('EVERYONE', 'EDITORS')),
  slow_mode_seconds bigint NOT NULL CONSTRAINT ck_community_settings_slow_mode_seconds CHECK (slow_mode_seconds >= 0),
  minimum_account_age_seconds bigint NOT NULL
    CONSTRAINT ck_community_settings_minimum_account_age_seconds CHECK (minimum_account_age_seconds >= 0),
  links text NOT NULL CONSTRAINT ck_community_settings_links CHECK (links IN ('ALLOWED', 'TRUSTED', 'REFUSED')),
  -- As they were given, one a line.
  words text NOT NULL,
  version bigint NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT ck_community_settings_scope CHECK (course_id IS NULL OR course_id = scope_id)
);
CREATE INDEX ix_community_settings_course_id ON community_settings (course_id) WHERE course_id IS NOT NULL;

-- When somebody last wrote in a place with slow mode.
CREATE TABLE community_writers (
  scope_id {uuid} NOT NULL,
  user_id {uuid} NOT NULL CONSTRAINT fk_community_writers_user_id REFERENCES users (id),
  wrote_at {time} NOT NULL,
  CONSTRAINT pk_community_writers PRIMARY KEY (scope_id, user_id)
);
CREATE INDEX ix_community_writers_user_id ON community_writers (user_id);

-- In one course, or everywhere.
CREATE TABLE mutes (
  id {uuid} NOT NULL CONSTRAINT pk_mutes PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_mutes_user_id REFERENCES users (id),
  course_id {uuid} CONSTRAINT fk_mutes_course_id REFERENCES courses (id) ON DELETE CASCADE,
  reason text,
  -- Without end where it is missing.
  ends_at {time},
  imposed_by {uuid} CONSTRAINT fk_mutes_imposed_by REFERENCES users (id),
  created_at {time} NOT NULL,
  lifted_at {time},
  lifted_by {uuid} CONSTRAINT fk_mutes_lifted_by REFERENCES users (id)
);
CREATE INDEX ix_mutes_user_id ON mutes (user_id, course_id) WHERE lifted_at IS NULL;
CREATE INDEX ix_mutes_course_id ON mutes (course_id);
CREATE INDEX ix_mutes_imposed_by ON mutes (imposed_by);
CREATE INDEX ix_mutes_lifted_by ON mutes (lifted_by);

-- What moderators took away, until it is restored or its author deletes it.
CREATE TABLE removed_contents (
  subject_id {uuid} NOT NULL CONSTRAINT pk_removed_contents PRIMARY KEY,
  course_id {uuid} CONSTRAINT fk_removed_contents_course_id REFERENCES courses (id) ON DELETE CASCADE,
  author_id {uuid} NOT NULL CONSTRAINT fk_removed_contents_author_id REFERENCES users (id),
  title text NOT NULL,
  content text NOT NULL,
  removed_by {uuid} CONSTRAINT fk_removed_contents_removed_by REFERENCES users (id),
  removed_at {time} NOT NULL
);
CREATE INDEX ix_removed_contents_course_id ON removed_contents (course_id);
CREATE INDEX ix_removed_contents_author_id ON removed_contents (author_id);
CREATE INDEX ix_removed_contents_removed_by ON removed_contents (removed_by);
