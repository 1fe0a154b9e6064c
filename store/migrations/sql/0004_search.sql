CREATE TABLE learned (
  "only" BOOLEAN DEFAULT true NOT NULL,
  position BIGINT DEFAULT '0' NOT NULL,
  CONSTRAINT pk_learned PRIMARY KEY ("only"),
  CONSTRAINT ck_learned_one_row CHECK ("only")
);

INSERT INTO learned DEFAULT VALUES;

CREATE TABLE texts (
  workspace UUID NOT NULL,
  subject UUID NOT NULL,
  field SMALLINT NOT NULL,
  piece INTEGER NOT NULL,
  kind SMALLINT NOT NULL,
  about UUID NOT NULL,
  pieces INTEGER NOT NULL,
  tokens TSVECTOR NOT NULL,
  CONSTRAINT pk_texts PRIMARY KEY (workspace, subject, field, piece)
);

CREATE TABLE vocabulary (
  workspace UUID NOT NULL,
  kind SMALLINT NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  tokens TSVECTOR NOT NULL,
  CONSTRAINT pk_vocabulary PRIMARY KEY (workspace, kind, text)
);

CREATE INDEX ix_vocabulary_tokens ON vocabulary USING gin (tokens) WITH (fastupdate = off);

ALTER TABLE keys ADD COLUMN tokens TSVECTOR;

ALTER TABLE tags ADD COLUMN tokens TSVECTOR;

ALTER TABLE parameters ADD COLUMN tokens TSVECTOR;
