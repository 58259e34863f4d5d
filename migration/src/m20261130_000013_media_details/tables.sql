-- What is wrong with a file, or was left out of it, in words.
ALTER TABLE files ADD COLUMN detail text;

-- What the file of a video says, or Mux. Null for a video that was never inspected.
ALTER TABLE video_assets ADD COLUMN codec text;
ALTER TABLE video_assets ADD COLUMN width bigint;
ALTER TABLE video_assets ADD COLUMN height bigint;
-- Codes.
ALTER TABLE video_assets ADD COLUMN warnings {json} NOT NULL DEFAULT '[]';
