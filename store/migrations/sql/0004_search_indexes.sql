CREATE INDEX ix_texts_tokens ON texts USING gin (tokens) WITH (fastupdate = off);

CREATE INDEX ix_keys_tokens ON keys USING gin (tokens) WITH (fastupdate = off);

CREATE INDEX ix_tags_tokens ON tags USING gin (tokens) WITH (fastupdate = off) WHERE tokens IS NOT NULL;

CREATE INDEX ix_parameters_tokens ON parameters USING gin (tokens) WITH (fastupdate = off) WHERE tokens IS NOT NULL;
