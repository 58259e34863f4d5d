-- Trainers --------------------------------------------------------------------------------------------------------

-- Who else may edit a course; its owner stands in courses.author_id.
CREATE TABLE course_editors (
  course_id {uuid} NOT NULL CONSTRAINT fk_course_editors_course_id REFERENCES courses (id) ON DELETE CASCADE,
  user_id {uuid} NOT NULL CONSTRAINT fk_course_editors_user_id REFERENCES users (id),
  created_at {time} NOT NULL,
  CONSTRAINT pk_course_editors PRIMARY KEY (course_id, user_id)
);
CREATE INDEX ix_course_editors_user_id ON course_editors (user_id, course_id);

-- Catalogue -------------------------------------------------------------------------------------------------------

-- The read model of the public list: one row for each published course, written in the transaction that changes the
-- course, so that filters, orders and counts need one narrow table.
CREATE TABLE catalogue_entries (
  course_id {uuid} NOT NULL CONSTRAINT pk_catalogue_entries PRIMARY KEY
    CONSTRAINT fk_catalogue_entries_course_id REFERENCES courses (id) ON DELETE CASCADE,
  author_id {uuid} NOT NULL,
  published_at {time} NOT NULL,
  -- The title without case and accents, compared byte by byte.
  sort_title {sortable} NOT NULL,
  difficulty text NOT NULL,
  -- What is to be paid: the discounted price where there is one, 0 where it is free.
  price bigint NOT NULL,
  currency text,
  duration bigint,
  -- What is published in it.
  chapter_count bigint NOT NULL,
  lesson_count bigint NOT NULL,
  CONSTRAINT ck_catalogue_entries_price CHECK (price >= 0)
);
CREATE INDEX ix_catalogue_entries_published_at ON catalogue_entries (published_at, course_id);
CREATE INDEX ix_catalogue_entries_sort_title ON catalogue_entries (sort_title, course_id);
CREATE INDEX ix_catalogue_entries_price ON catalogue_entries (price, course_id);
CREATE INDEX ix_catalogue_entries_author_id ON catalogue_entries (author_id, published_at, course_id);

-- How many ever enrolled; kept by the worker.
CREATE TABLE course_popularity (
  course_id {uuid} NOT NULL CONSTRAINT pk_course_popularity PRIMARY KEY
    CONSTRAINT fk_course_popularity_course_id REFERENCES courses (id) ON DELETE CASCADE,
  enrollment_count bigint NOT NULL
);
CREATE INDEX ix_course_popularity_enrollment_count ON course_popularity (enrollment_count, course_id);

CREATE TABLE wishlists (
  id {uuid} NOT NULL CONSTRAINT pk_wishlists PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_wishlists_user_id REFERENCES users (id),
  course_id {uuid} NOT NULL CONSTRAINT fk_wishlists_course_id REFERENCES courses (id) ON DELETE CASCADE,
  created_at {time} NOT NULL,
  CONSTRAINT uq_wishlists_user_id_course_id UNIQUE (user_id, course_id)
);
CREATE INDEX ix_wishlists_user_id ON wishlists (user_id, created_at, id);
CREATE INDEX ix_wishlists_course_id ON wishlists (course_id);

-- Media -----------------------------------------------------------------------------------------------------------

-- A file in the object storage: announced, sent by the client straight to the storage, then looked at.
CREATE TABLE files (
  id {uuid} NOT NULL CONSTRAINT pk_files PRIMARY KEY,
  owner_id {uuid} NOT NULL CONSTRAINT fk_files_owner_id REFERENCES users (id),
  purpose text NOT NULL CONSTRAINT ck_files_purpose CHECK (purpose IN ('IMAGE', 'ATTACHMENT', 'VIDEO', 'CAPTIONS')),
  name text NOT NULL,
  content_type text NOT NULL,
  size_bytes bigint NOT NULL CONSTRAINT ck_files_size_bytes CHECK (size_bytes > 0),
  sha256 {bytes},
  status text NOT NULL CONSTRAINT ck_files_status CHECK (status IN ('PENDING', 'READY', 'REJECTED')),
  -- Why it was rejected: a stable code.
  problem text,
  created_at {time} NOT NULL,
  -- Until when it may be sent.
  expires_at {time} NOT NULL,
  -- Until when somebody looks at what was sent: of two at once, one does.
  checked_until {time},
  ready_at {time},
  CONSTRAINT ck_files_ready CHECK ((status = 'READY') = (ready_at IS NOT NULL))
);
CREATE INDEX ix_files_owner_id ON files (owner_id, created_at, id);
CREATE INDEX ix_files_created_at ON files (created_at, id);

-- Of a course, or of a lesson in it: a file of ours, or a link elsewhere.
CREATE TABLE attachments (
  id {uuid} NOT NULL CONSTRAINT pk_attachments PRIMARY KEY,
  course_id {uuid} NOT NULL CONSTRAINT fk_attachments_course_id REFERENCES courses (id) ON DELETE CASCADE,
  lesson_id {uuid},
  name text NOT NULL,
  file_id {uuid} CONSTRAINT fk_attachments_file_id REFERENCES files (id),
  url text,
  -- Copied from the file: whoever may have the attachment has no right to its uploader's row.
  content_type text,
  size_bytes bigint,
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT ck_attachments_source CHECK ((file_id IS NULL) <> (url IS NULL)),
  CONSTRAINT fk_attachments_lesson FOREIGN KEY (course_id, lesson_id) REFERENCES lessons (course_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_attachments_course_id ON attachments (course_id, lesson_id, created_at, id);
CREATE INDEX ix_attachments_file_id ON attachments (file_id);

-- A video: at Mux, or a progressive file in our own storage.
CREATE TABLE video_assets (
  id {uuid} NOT NULL CONSTRAINT pk_video_assets PRIMARY KEY,
  owner_id {uuid} NOT NULL CONSTRAINT fk_video_assets_owner_id REFERENCES users (id),
  provider text NOT NULL CONSTRAINT ck_video_assets_provider CHECK (provider IN ('LOCAL', 'MUX')),
  status text NOT NULL CONSTRAINT ck_video_assets_status CHECK (status IN ('WAITING', 'PREPARING', 'READY', 'ERRORED')),
  file_id {uuid} CONSTRAINT fk_video_assets_file_id REFERENCES files (id),
  -- Copied from the file: whoever watches has no right to its row.
  content_type text,
  -- Mux's names for the upload, the asset and its playback.
  upload_id text,
  asset_id text,
  playback_id text,
  duration_seconds double precision,
  problem text,
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_video_assets_upload_id UNIQUE (upload_id),
  CONSTRAINT uq_video_assets_asset_id UNIQUE (asset_id)
);
CREATE INDEX ix_video_assets_owner_id ON video_assets (owner_id, created_at, id);
CREATE INDEX ix_video_assets_file_id ON video_assets (file_id);

-- WebVTT, one for each language.
CREATE TABLE video_captions (
  id {uuid} NOT NULL CONSTRAINT pk_video_captions PRIMARY KEY,
  video_asset_id {uuid} NOT NULL CONSTRAINT fk_video_captions_video_asset_id REFERENCES video_assets (id) ON DELETE CASCADE,
  language text NOT NULL,
  label text NOT NULL,
  file_id {uuid} NOT NULL CONSTRAINT fk_video_captions_file_id REFERENCES files (id),
  created_at {time} NOT NULL,
  CONSTRAINT uq_video_captions_video_asset_id_language UNIQUE (video_asset_id, language)
);
CREATE INDEX ix_video_captions_file_id ON video_captions (file_id);

-- Events that other services told us: each once, however often it is delivered.
CREATE TABLE provider_events (
  provider text NOT NULL,
  event_id text NOT NULL,
  kind text NOT NULL,
  received_at {time} NOT NULL,
  CONSTRAINT pk_provider_events PRIMARY KEY (provider, event_id)
);
CREATE INDEX ix_provider_events_received_at ON provider_events (received_at);

ALTER TABLE categories ADD COLUMN image_id {uuid} CONSTRAINT fk_categories_image_id REFERENCES files (id);
ALTER TABLE courses ADD COLUMN image_id {uuid} CONSTRAINT fk_courses_image_id REFERENCES files (id);
ALTER TABLE courses ADD COLUMN preview_video_asset_id {uuid}
  CONSTRAINT fk_courses_preview_video_asset_id REFERENCES video_assets (id);
ALTER TABLE chapter_bodies ADD COLUMN video_asset_id {uuid}
  CONSTRAINT fk_chapter_bodies_video_asset_id REFERENCES video_assets (id);
ALTER TABLE lesson_bodies ADD COLUMN video_asset_id {uuid}
  CONSTRAINT fk_lesson_bodies_video_asset_id REFERENCES video_assets (id);
CREATE INDEX ix_categories_image_id ON categories (image_id) WHERE image_id IS NOT NULL;
CREATE INDEX ix_courses_image_id ON courses (image_id) WHERE image_id IS NOT NULL;
CREATE INDEX ix_courses_preview_video_asset_id ON courses (preview_video_asset_id) WHERE preview_video_asset_id IS NOT NULL;
CREATE INDEX ix_chapter_bodies_video_asset_id ON chapter_bodies (video_asset_id) WHERE video_asset_id IS NOT NULL;
CREATE INDEX ix_lesson_bodies_video_asset_id ON lesson_bodies (video_asset_id) WHERE video_asset_id IS NOT NULL;

INSERT INTO catalogue_entries (course_id, author_id, published_at, sort_title, difficulty, price, currency, duration,
    chapter_count, lesson_count)
  SELECT id, author_id, published_at, lower(title), difficulty, coalesce(discount_price_amount, price_amount, 0),
    price_currency, duration, (SELECT count(*) FROM chapters h WHERE h.course_id = c.id AND h.is_published),
    (SELECT count(*) FROM lessons l JOIN chapters h ON h.id = l.chapter_id
      WHERE l.course_id = c.id AND l.is_published AND h.is_published)
  FROM courses c WHERE is_published AND archived_at IS NULL;
INSERT INTO course_popularity (course_id, enrollment_count)
  SELECT course_id, count(*) FROM enrollments GROUP BY course_id;
