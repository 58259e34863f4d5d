-- Announcements ---------------------------------------------------------------------------------------------------

-- What a trainer tells everybody who has the course. Told by the worker, some at a time.
CREATE TABLE announcements (
  id {uuid} NOT NULL CONSTRAINT pk_announcements PRIMARY KEY,
  course_id {uuid} NOT NULL CONSTRAINT fk_announcements_course_id REFERENCES courses (id) ON DELETE CASCADE,
  author_id {uuid} NOT NULL CONSTRAINT fk_announcements_author_id REFERENCES users (id),
  title text NOT NULL,
  body text NOT NULL,
  -- Behind whom the worker goes on, and to how many it has told it; the learners are told in the order of their ids.
  reached_id {uuid},
  told_count bigint NOT NULL,
  -- When everybody was told.
  finished_at {time},
  created_at {time} NOT NULL
);
CREATE INDEX ix_announcements_course_id ON announcements (course_id, created_at, id);

-- Notifications ---------------------------------------------------------------------------------------------------

-- That something happened, for one reader. Ids alone: what they name is read, and whether it may be, when the reader looks.
CREATE TABLE notifications (
  id {uuid} NOT NULL CONSTRAINT pk_notifications PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_notifications_user_id REFERENCES users (id),
  kind text NOT NULL CONSTRAINT ck_notifications_kind
    CHECK (kind IN ('COMMENT', 'REPLY', 'MENTION', 'MESSAGE', 'ANNOUNCEMENT', 'MODERATION', 'ACCESS')),
  -- What it follows from: told once, however often the worker comes by.
  source text NOT NULL,
  -- Who did it; NULL where that is not told.
  actor_id {uuid},
  -- What it is about; which of them depends on the kind.
  course_id {uuid},
  post_id {uuid},
  lesson_id {uuid},
  comment_id {uuid},
  conversation_id {uuid},
  message_id {uuid},
  announcement_id {uuid} CONSTRAINT fk_notifications_announcement_id REFERENCES announcements (id) ON DELETE CASCADE,
  -- Moderation: what was decided, until when and why; access: GRANTED.
  outcome text,
  until_at {time},
  note text,
  -- False where the reader wants it by mail alone.
  in_app {bool} NOT NULL,
  -- Whether the reader wanted a mail of it.
  by_mail {bool} NOT NULL,
  mailed_at {time},
  read_at {time},
  created_at {time} NOT NULL,
  CONSTRAINT uq_notifications_user_id_source UNIQUE (user_id, source)
);
CREATE INDEX ix_notifications_user_id ON notifications (user_id, id) WHERE in_app;
CREATE INDEX ix_notifications_unread ON notifications (user_id, id) WHERE in_app AND read_at IS NULL;
-- What the next digest has.
CREATE INDEX ix_notifications_by_mail ON notifications (user_id, id) WHERE by_mail AND mailed_at IS NULL;
-- One of a conversation, while it is unread.
CREATE UNIQUE INDEX uq_notifications_user_id_conversation_id ON notifications (user_id, conversation_id)
  WHERE conversation_id IS NOT NULL AND read_at IS NULL;
CREATE INDEX ix_notifications_announcement_id ON notifications (announcement_id) WHERE announcement_id IS NOT NULL;
CREATE INDEX ix_notifications_created_at ON notifications (created_at);

-- How somebody wants to be told. Whoever never said so has no row, and the defaults.
CREATE TABLE notification_preferences (
  user_id {uuid} NOT NULL CONSTRAINT pk_notification_preferences PRIMARY KEY
    CONSTRAINT fk_notification_preferences_user_id REFERENCES users (id),
  -- Kind to {"inApp": …, "email": …}, where it is not the default.
  channels {json} NOT NULL,
  -- A name of the IANA database.
  time_zone text NOT NULL,
  -- Minutes of the reader's day; both or neither. From 1320 to 420 is over midnight.
  quiet_from bigint CONSTRAINT ck_notification_preferences_quiet_from CHECK (quiet_from >= 0 AND quiet_from < 1440),
  quiet_to bigint CONSTRAINT ck_notification_preferences_quiet_to CHECK (quiet_to >= 0 AND quiet_to < 1440),
  digest text NOT NULL CONSTRAINT ck_notification_preferences_digest CHECK (digest IN ('OFF', 'DAILY', 'WEEKLY')),
  -- When the next digest is due; an outbox message of this instant makes it.
  digest_at {time},
  version bigint NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT ck_notification_preferences_quiet CHECK ((quiet_from IS NULL) = (quiet_to IS NULL)),
  CONSTRAINT ck_notification_preferences_digest_at CHECK ((digest = 'OFF') = (digest_at IS NULL))
);

-- Moderation ------------------------------------------------------------------------------------------------------

-- What somebody found wrong, with the content as it was at that moment, whatever becomes of it.
CREATE TABLE reports (
  id {uuid} NOT NULL CONSTRAINT pk_reports PRIMARY KEY,
  reporter_id {uuid} NOT NULL CONSTRAINT fk_reports_reporter_id REFERENCES users (id),
  subject_kind text NOT NULL CONSTRAINT ck_reports_subject_kind CHECK (subject_kind IN ('POST', 'COMMENT', 'MESSAGE')),
  subject_id {uuid} NOT NULL,
  -- Whose editors decide about it; NULL is for admins alone, as every message is.
  course_id {uuid} CONSTRAINT fk_reports_course_id REFERENCES courses (id) ON DELETE SET NULL,
  -- Who wrote it.
  author_id {uuid} NOT NULL CONSTRAINT fk_reports_author_id REFERENCES users (id),
  reason text NOT NULL CONSTRAINT ck_reports_reason
    CHECK (reason IN ('SPAM', 'HARASSMENT', 'HATE', 'SEXUAL', 'VIOLENCE', 'DANGEROUS', 'PRIVACY', 'OTHER')),
  note text,
  snapshot_title text,
  snapshot_content text NOT NULL,
  -- Which edit of the content that was, and when it was written.
  snapshot_version bigint NOT NULL,
  snapshot_written_at {time} NOT NULL,
  status text NOT NULL CONSTRAINT ck_reports_status CHECK (status IN ('OPEN', 'DISMISSED', 'ACTED')),
  action text CONSTRAINT ck_reports_action
    CHECK (action IN ('DISMISS', 'REMOVE', 'RESTORE', 'WARN', 'MUTE', 'SUSPEND')),
  -- Whether the content was taken away, and not given back.
  removed {bool} NOT NULL,
  muted_until {time},
  decided_by {uuid} CONSTRAINT fk_reports_decided_by REFERENCES users (id),
  decided_at {time},
  decision_note text,
  version bigint NOT NULL,
  created_at {time} NOT NULL,
  CONSTRAINT ck_reports_decided CHECK ((status = 'OPEN') = (decided_at IS NULL) AND (status = 'OPEN') = (action IS NULL)),
  CONSTRAINT ck_reports_message CHECK (subject_kind <> 'MESSAGE' OR course_id IS NULL)
);
-- One open report of a subject by a reporter.
CREATE UNIQUE INDEX uq_reports_reporter_id_subject_kind_subject_id ON reports (reporter_id, subject_kind, subject_id)
  WHERE status = 'OPEN';
CREATE INDEX ix_reports_reporter_id ON reports (reporter_id, created_at);
CREATE INDEX ix_reports_status ON reports (status, id);
CREATE INDEX ix_reports_course_id ON reports (course_id, id);
CREATE INDEX ix_reports_subject ON reports (subject_kind, subject_id, id);

-- Who did what, to whom, when and why. Never changed, never deleted.
CREATE TABLE moderation_log (
  id {uuid} NOT NULL CONSTRAINT pk_moderation_log PRIMARY KEY,
  moderator_id {uuid} NOT NULL CONSTRAINT fk_moderation_log_moderator_id REFERENCES users (id),
  action text NOT NULL CONSTRAINT ck_moderation_log_action
    CHECK (action IN ('DISMISS', 'REMOVE', 'RESTORE', 'WARN', 'MUTE', 'SUSPEND')),
  report_id {uuid} NOT NULL CONSTRAINT fk_moderation_log_report_id REFERENCES reports (id),
  course_id {uuid} CONSTRAINT fk_moderation_log_course_id REFERENCES courses (id) ON DELETE SET NULL,
  subject_kind text NOT NULL,
  subject_id {uuid} NOT NULL,
  -- Whose content it was about.
  user_id {uuid} NOT NULL CONSTRAINT fk_moderation_log_user_id REFERENCES users (id),
  removed {bool} NOT NULL,
  muted_until {time},
  note text,
  created_at {time} NOT NULL
);
CREATE INDEX ix_moderation_log_course_id ON moderation_log (course_id, id);
CREATE INDEX ix_moderation_log_report_id ON moderation_log (report_id, id);

-- Who has a course now, in an order in which one can go on.
CREATE INDEX ix_grants_course_id_user_id ON grants (course_id, user_id);
