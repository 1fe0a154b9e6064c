CREATE INDEX ix_texts_notes ON texts USING gin (tokens) WITH (fastupdate = off) WHERE kind = 4 AND pieces = 1;

CREATE INDEX ix_texts_long_notes ON texts USING gin (tokens) WITH (fastupdate = off) WHERE kind = 4 AND pieces > 1;

CREATE INDEX ix_texts_names ON texts USING gin (tokens) WITH (fastupdate = off) WHERE kind <> 4;

CREATE INDEX ix_runs_hidden ON runs (workspace, id) WHERE deleted_at IS NOT NULL OR archived_at IS NOT NULL;

CREATE INDEX ix_keys_tokens ON keys USING gin (tokens) WITH (fastupdate = off);

CREATE INDEX ix_tags_tokens ON tags USING gin (tokens) WITH (fastupdate = off) WHERE tokens IS NOT NULL;

CREATE INDEX ix_parameters_tokens ON parameters USING gin (tokens) WITH (fastupdate = off) WHERE tokens IS NOT NULL;
