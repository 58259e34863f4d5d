-- The content says what a file is; whoever uploads has the check write it down.
GRANT UPDATE (detail) ON files TO palestra_app;
-- The worker takes the place out of older videos: their bytes change.
GRANT UPDATE (sha256) ON files TO palestra_worker;
GRANT UPDATE (content_type, codec, width, height, warnings) ON video_assets TO palestra_app, palestra_worker;
