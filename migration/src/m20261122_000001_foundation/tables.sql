-- Identity ------------------------------------------------------------------------------------------------------

-- What may be shown of an account. The address and the password stand in credentials, the private body data in profiles.
CREATE TABLE users (
  id {uuid} NOT NULL CONSTRAINT pk_users PRIMARY KEY,
  username text,
  name text,
  bio text,
  avatar_url text,
  social_media_links {json} NOT NULL,
  role text NOT NULL CONSTRAINT ck_users_role CHECK (role IN ('USER', 'TRAINER', 'ADMIN')),
  status text NOT NULL CONSTRAINT ck_users_status CHECK (status IN ('ACTIVE', 'SUSPENDED')),
  version bigint NOT NULL,
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_users_username UNIQUE (username)
);
CREATE INDEX ix_users_created_at ON users (created_at, id);

-- email is lower case and unique; email_display is as the person wrote it.
CREATE TABLE credentials (
  user_id {uuid} NOT NULL CONSTRAINT pk_credentials PRIMARY KEY
    CONSTRAINT fk_credentials_user_id REFERENCES users (id),
  email text NOT NULL,
  email_display text NOT NULL,
  email_verified_at {time},
  password_hash text NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_credentials_email UNIQUE (email)
);

-- Private: only the owner and admins. Whole grams and millimetres, since a float cannot be indexed under row security.
CREATE TABLE profiles (
  id {uuid} NOT NULL CONSTRAINT pk_profiles PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_profiles_user_id REFERENCES users (id),
  fitness_goals text,
  experience_level text CONSTRAINT ck_profiles_experience_level
    CHECK (experience_level IN ('BEGINNER', 'INTERMEDIATE', 'ADVANCED', 'EXPERT')),
  weight_grams bigint CONSTRAINT ck_profiles_weight_grams CHECK (weight_grams > 0),
  height_millimetres bigint CONSTRAINT ck_profiles_height_millimetres CHECK (height_millimetres > 0),
  date_of_birth date,
  phone text,
  address text,
  version bigint NOT NULL,
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_profiles_user_id UNIQUE (user_id)
);

CREATE TABLE sessions (
  id {uuid} NOT NULL CONSTRAINT pk_sessions PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_sessions_user_id REFERENCES users (id),
  user_agent text,
  ip_address text,
  created_at {time} NOT NULL,
  last_used_at {time} NOT NULL,
  expires_at {time} NOT NULL,
  revoked_at {time},
  revoked_reason text
);
CREATE INDEX ix_sessions_user_id ON sessions (user_id, created_at, id);

-- A spent token is kept until its session ends, so that its reuse is recognised. The seed makes the successor again for a
-- client whose answer was lost.
CREATE TABLE refresh_tokens (
  token_hash {bytes} NOT NULL CONSTRAINT pk_refresh_tokens PRIMARY KEY,
  session_id {uuid} NOT NULL CONSTRAINT fk_refresh_tokens_session_id REFERENCES sessions (id) ON DELETE CASCADE,
  issued_at {time} NOT NULL,
  spent_at {time},
  successor_seed {bytes}
);
CREATE INDEX ix_refresh_tokens_session_id ON refresh_tokens (session_id);

-- Single-use links sent by mail.
CREATE TABLE link_tokens (
  token_hash {bytes} NOT NULL CONSTRAINT pk_link_tokens PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_link_tokens_user_id REFERENCES users (id),
  purpose text NOT NULL CONSTRAINT ck_link_tokens_purpose CHECK (purpose IN ('VERIFY_EMAIL', 'RESET_PASSWORD')),
  email text NOT NULL,
  created_at {time} NOT NULL,
  expires_at {time} NOT NULL,
  used_at {time}
);
CREATE INDEX ix_link_tokens_user_id ON link_tokens (user_id, purpose);

-- Ed25519 keys that sign access tokens. The private half is sealed with the master key.
CREATE TABLE signing_keys (
  kid text NOT NULL CONSTRAINT pk_signing_keys PRIMARY KEY,
  public_key {bytes} NOT NULL,
  sealed_private_key {bytes} NOT NULL,
  created_at {time} NOT NULL,
  activates_at {time} NOT NULL,
  retires_at {time}
);

-- Catalogue -----------------------------------------------------------------------------------------------------

CREATE TABLE categories (
  id {uuid} NOT NULL CONSTRAINT pk_categories PRIMARY KEY,
  name text NOT NULL,
  slug text NOT NULL,
  image_url text,
  version bigint NOT NULL,
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_categories_name UNIQUE (name),
  CONSTRAINT uq_categories_slug UNIQUE (slug)
);

CREATE TABLE courses (
  id {uuid} NOT NULL CONSTRAINT pk_courses PRIMARY KEY,
  author_id {uuid} NOT NULL CONSTRAINT fk_courses_author_id REFERENCES users (id),
  title text NOT NULL,
  slug text NOT NULL,
  description text NOT NULL,
  content text,
  image_url text,
  preview_video_url text,
  duration bigint CONSTRAINT ck_courses_duration CHECK (duration >= 0),
  difficulty text NOT NULL CONSTRAINT ck_courses_difficulty
    CHECK (difficulty IN ('BEGINNER', 'INTERMEDIATE', 'ADVANCED', 'EXPERT')),
  price_amount bigint CONSTRAINT ck_courses_price_amount CHECK (price_amount >= 0),
  price_currency text,
  discount_price_amount bigint,
  is_published {bool} NOT NULL,
  published_at {time},
  archived_at {time},
  version bigint NOT NULL,
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_courses_slug UNIQUE (slug),
  CONSTRAINT ck_courses_price CHECK ((price_amount IS NULL) = (price_currency IS NULL)),
  CONSTRAINT ck_courses_discount_price
    CHECK (discount_price_amount IS NULL OR (discount_price_amount >= 0 AND discount_price_amount < price_amount)),
  CONSTRAINT ck_courses_published_at CHECK (published_at IS NOT NULL OR NOT is_published)
);
CREATE INDEX ix_courses_published ON courses (is_published, published_at, id);
CREATE INDEX ix_courses_author_id ON courses (author_id, created_at, id);
CREATE INDEX ix_courses_title ON courses (title);

-- Every slug a course has or ever had: an old one keeps resolving, and nobody else can take it.
CREATE TABLE course_slugs (
  slug text NOT NULL CONSTRAINT pk_course_slugs PRIMARY KEY,
  course_id {uuid} NOT NULL CONSTRAINT fk_course_slugs_course_id REFERENCES courses (id) ON DELETE CASCADE
);
CREATE INDEX ix_course_slugs_course_id ON course_slugs (course_id);

CREATE TABLE course_categories (
  course_id {uuid} NOT NULL CONSTRAINT fk_course_categories_course_id REFERENCES courses (id) ON DELETE CASCADE,
  category_id {uuid} NOT NULL CONSTRAINT fk_course_categories_category_id REFERENCES categories (id),
  CONSTRAINT pk_course_categories PRIMARY KEY (course_id, category_id)
);
CREATE INDEX ix_course_categories_category_id ON course_categories (category_id, course_id);

-- Chapters and lessons hold what anybody may see (the outline); what is taught stands in the bodies, which are guarded.
CREATE TABLE chapters (
  id {uuid} NOT NULL CONSTRAINT pk_chapters PRIMARY KEY,
  course_id {uuid} NOT NULL CONSTRAINT fk_chapters_course_id REFERENCES courses (id) ON DELETE CASCADE,
  title text NOT NULL,
  description text,
  position bigint NOT NULL,
  duration bigint CONSTRAINT ck_chapters_duration CHECK (duration >= 0),
  has_content {bool} NOT NULL,
  has_video {bool} NOT NULL,
  is_published {bool} NOT NULL,
  is_free {bool} NOT NULL,
  version bigint NOT NULL,
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  -- What lessons refer to, so that a lesson's chapter is always of the lesson's course.
  CONSTRAINT uq_chapters_course_id_id UNIQUE (course_id, id)
);
CREATE INDEX ix_chapters_course_id ON chapters (course_id, position, id);

CREATE TABLE chapter_bodies (
  chapter_id {uuid} NOT NULL CONSTRAINT pk_chapter_bodies PRIMARY KEY,
  course_id {uuid} NOT NULL,
  content text,
  video_url text,
  CONSTRAINT fk_chapter_bodies_chapter FOREIGN KEY (course_id, chapter_id)
    REFERENCES chapters (course_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_chapter_bodies_course_id ON chapter_bodies (course_id, chapter_id);

CREATE TABLE lessons (
  id {uuid} NOT NULL CONSTRAINT pk_lessons PRIMARY KEY,
  course_id {uuid} NOT NULL,
  chapter_id {uuid} NOT NULL,
  title text NOT NULL,
  description text,
  position bigint NOT NULL,
  duration bigint CONSTRAINT ck_lessons_duration CHECK (duration >= 0),
  has_content {bool} NOT NULL,
  has_video {bool} NOT NULL,
  is_published {bool} NOT NULL,
  version bigint NOT NULL,
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_lessons_course_id_id UNIQUE (course_id, id),
  CONSTRAINT fk_lessons_chapter FOREIGN KEY (course_id, chapter_id)
    REFERENCES chapters (course_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_lessons_chapter_id ON lessons (chapter_id, position, id);
CREATE INDEX ix_lessons_course_id ON lessons (course_id, chapter_id, position);

CREATE TABLE lesson_bodies (
  lesson_id {uuid} NOT NULL CONSTRAINT pk_lesson_bodies PRIMARY KEY,
  course_id {uuid} NOT NULL,
  content text,
  video_url text,
  CONSTRAINT fk_lesson_bodies_lesson FOREIGN KEY (course_id, lesson_id)
    REFERENCES lessons (course_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_lesson_bodies_course_id ON lesson_bodies (course_id, lesson_id);

-- Access --------------------------------------------------------------------------------------------------------

-- The ledger of access: any active grant opens the course. Ending one never touches another.
CREATE TABLE grants (
  id {uuid} NOT NULL CONSTRAINT pk_grants PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_grants_user_id REFERENCES users (id),
  course_id {uuid} NOT NULL CONSTRAINT fk_grants_course_id REFERENCES courses (id),
  source text NOT NULL CONSTRAINT ck_grants_source CHECK (source IN ('FREE', 'PURCHASE', 'MANUAL')),
  source_id text NOT NULL,
  status text NOT NULL CONSTRAINT ck_grants_status
    CHECK (status IN ('ACTIVE', 'SUSPENDED', 'REFUNDED', 'REVOKED', 'ENDED')),
  starts_at {time} NOT NULL,
  ends_at {time},
  status_reason text,
  status_changed_at {time} NOT NULL,
  created_at {time} NOT NULL,
  CONSTRAINT uq_grants_user_id_course_id_source_source_id UNIQUE (user_id, course_id, source, source_id)
);
CREATE INDEX ix_grants_course_id ON grants (course_id, created_at, id);

-- The learning record: made with the first grant, never deleted.
CREATE TABLE enrollments (
  id {uuid} NOT NULL CONSTRAINT pk_enrollments PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_enrollments_user_id REFERENCES users (id),
  course_id {uuid} NOT NULL CONSTRAINT fk_enrollments_course_id REFERENCES courses (id),
  enrolled_at {time} NOT NULL,
  is_completed {bool} NOT NULL,
  completed_at {time},
  CONSTRAINT uq_enrollments_user_id_course_id UNIQUE (user_id, course_id),
  CONSTRAINT ck_enrollments_completed CHECK (is_completed = (completed_at IS NOT NULL))
);
CREATE INDEX ix_enrollments_user_id ON enrollments (user_id, enrolled_at, id);
CREATE INDEX ix_enrollments_course_id ON enrollments (course_id, enrolled_at, id);

-- Progress ------------------------------------------------------------------------------------------------------

CREATE TABLE lesson_progress (
  id {uuid} NOT NULL CONSTRAINT pk_lesson_progress PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_lesson_progress_user_id REFERENCES users (id),
  course_id {uuid} NOT NULL,
  lesson_id {uuid} NOT NULL CONSTRAINT fk_lesson_progress_lesson_id REFERENCES lessons (id) ON DELETE CASCADE,
  watch_time_percent double precision NOT NULL CONSTRAINT ck_lesson_progress_watch_time_percent
    CHECK (watch_time_percent >= 0 AND watch_time_percent <= 100),
  is_completed {bool} NOT NULL,
  completed_at {time},
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_lesson_progress_user_id_lesson_id UNIQUE (user_id, lesson_id),
  CONSTRAINT ck_lesson_progress_completed CHECK (is_completed = (completed_at IS NOT NULL))
);
CREATE INDEX ix_lesson_progress_user_id ON lesson_progress (user_id, course_id);

CREATE TABLE chapter_progress (
  id {uuid} NOT NULL CONSTRAINT pk_chapter_progress PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_chapter_progress_user_id REFERENCES users (id),
  course_id {uuid} NOT NULL,
  chapter_id {uuid} NOT NULL CONSTRAINT fk_chapter_progress_chapter_id REFERENCES chapters (id) ON DELETE CASCADE,
  is_completed {bool} NOT NULL,
  completed_at {time},
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_chapter_progress_user_id_chapter_id UNIQUE (user_id, chapter_id),
  CONSTRAINT ck_chapter_progress_completed CHECK (is_completed = (completed_at IS NOT NULL))
);
CREATE INDEX ix_chapter_progress_user_id ON chapter_progress (user_id, course_id);

-- What reliability stands on ------------------------------------------------------------------------------------

-- One row: by what the installation's master key is recognised. It says nothing about the key.
CREATE TABLE installation (
  id bigint NOT NULL CONSTRAINT pk_installation PRIMARY KEY CONSTRAINT ck_installation_id CHECK (id = 1),
  key_check {bytes} NOT NULL
);

-- The first answer to a request with an Idempotency-Key, sealed, written in the transaction of its effect.
CREATE TABLE idempotency_keys (
  owner_id {uuid} NOT NULL,
  operation text NOT NULL,
  key text NOT NULL,
  request_hash {bytes} NOT NULL,
  sealed_answer {bytes} NOT NULL,
  created_at {time} NOT NULL,
  expires_at {time} NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (owner_id, operation, key)
);
CREATE INDEX ix_idempotency_keys_expires_at ON idempotency_keys (expires_at);

-- Everything that has to happen outside the database, written in the transaction that causes it.
CREATE TABLE outbox (
  id {serial} NOT NULL CONSTRAINT pk_outbox PRIMARY KEY {autoincrement},
  kind text NOT NULL,
  payload {json} NOT NULL,
  created_at {time} NOT NULL,
  available_at {time} NOT NULL,
  attempts bigint NOT NULL,
  leased_until {time},
  done_at {time},
  failed_at {time},
  last_error text
);
CREATE INDEX ix_outbox_available_at ON outbox (available_at, id) WHERE done_at IS NULL AND failed_at IS NULL;
CREATE INDEX ix_outbox_done_at ON outbox (done_at) WHERE done_at IS NOT NULL;

-- Who did what with somebody else's rights or money. Never changed, never deleted.
CREATE TABLE audit_log (
  id {uuid} NOT NULL CONSTRAINT pk_audit_log PRIMARY KEY,
  actor_id {uuid},
  action text NOT NULL,
  subject_id {uuid} NOT NULL,
  detail {json} NOT NULL,
  created_at {time} NOT NULL
);
CREATE INDEX ix_audit_log_subject_id ON audit_log (subject_id, created_at, id);
