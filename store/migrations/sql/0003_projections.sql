CREATE TABLE projection_dead_letters (
  workspace UUID NOT NULL,
  projection TEXT COLLATE "C" NOT NULL,
  uid UUID NOT NULL,
  kind SMALLINT NOT NULL,
  revision BIGINT NOT NULL,
  changed SMALLINT NOT NULL,
  oldest BIGINT NOT NULL,
  newest BIGINT NOT NULL,
  newest_sequence BIGINT NOT NULL,
  error TEXT COLLATE "C" NOT NULL,
  attempts INTEGER NOT NULL,
  first_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  retry_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_projection_dead_letters PRIMARY KEY (workspace, projection, uid)
);

CREATE INDEX ix_projection_dead_letters_retry_at ON projection_dead_letters (projection, retry_at);

CREATE TABLE projection_floors (
  workspace UUID NOT NULL,
  projection TEXT COLLATE "C" NOT NULL,
  uid UUID NOT NULL,
  kind SMALLINT NOT NULL,
  floor BIGINT NOT NULL,
  CONSTRAINT pk_projection_floors PRIMARY KEY (workspace, projection, uid)
);

CREATE TABLE projection_generations (
  projection TEXT COLLATE "C" NOT NULL,
  number INTEGER NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  copied_at TIMESTAMP WITH TIME ZONE,
  serving_at TIMESTAMP WITH TIME ZONE,
  verified_at TIMESTAMP WITH TIME ZONE,
  copied BIGINT DEFAULT '0' NOT NULL,
  copied_through TEXT COLLATE "C",
  CONSTRAINT pk_projection_generations PRIMARY KEY (projection, number)
);

CREATE UNIQUE INDEX ix_projection_generations_serving ON projection_generations (projection) WHERE state = 'serving';

CREATE TABLE projection_marks (
  projection TEXT COLLATE "C" NOT NULL,
  nonce BIGINT NOT NULL,
  noted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_projection_marks PRIMARY KEY (projection, nonce)
);

CREATE TABLE projection_pending (
  workspace UUID NOT NULL,
  projection TEXT COLLATE "C" NOT NULL,
  uid UUID NOT NULL,
  kind SMALLINT NOT NULL,
  revision BIGINT NOT NULL,
  changed SMALLINT NOT NULL,
  oldest BIGINT NOT NULL,
  newest BIGINT NOT NULL,
  newest_sequence BIGINT NOT NULL,
  due TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_projection_pending PRIMARY KEY (workspace, projection, uid)
);

CREATE INDEX ix_projection_pending_due ON projection_pending (projection, due);

CREATE TABLE projection_tasks (
  id UUID NOT NULL,
  projection TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  options JSONB DEFAULT '{}' NOT NULL,
  requested_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  started_at TIMESTAMP WITH TIME ZONE,
  finished_at TIMESTAMP WITH TIME ZONE,
  done BIGINT DEFAULT '0' NOT NULL,
  total BIGINT,
  result JSONB,
  error TEXT COLLATE "C",
  CONSTRAINT pk_projection_tasks PRIMARY KEY (id)
);

CREATE INDEX ix_projection_tasks_projection ON projection_tasks (projection, requested_at);

CREATE TABLE projections (
  name TEXT COLLATE "C" NOT NULL,
  checkpoint BIGINT DEFAULT '0' NOT NULL,
  term BIGINT DEFAULT '0' NOT NULL,
  epoch BIGINT DEFAULT '0' NOT NULL,
  trusted BOOLEAN DEFAULT true NOT NULL,
  last_generation INTEGER DEFAULT '0' NOT NULL,
  bookmark TEXT COLLATE "C",
  leader TEXT COLLATE "C",
  leader_since TIMESTAMP WITH TIME ZONE,
  waits_since TIMESTAMP WITH TIME ZONE,
  waits_for TEXT COLLATE "C",
  moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  configured_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_projections PRIMARY KEY (name)
);
