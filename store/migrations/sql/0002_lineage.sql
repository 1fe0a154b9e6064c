CREATE TABLE audits (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  action TEXT COLLATE "C" NOT NULL,
  kind SMALLINT NOT NULL,
  node UUID NOT NULL,
  principal TEXT COLLATE "C",
  detail JSONB DEFAULT '{}' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_audits PRIMARY KEY (workspace, id)
);

CREATE INDEX ix_audits_node ON audits (workspace, node);

CREATE TABLE declared_sources (
  workspace UUID NOT NULL,
  node UUID NOT NULL,
  n INTEGER NOT NULL,
  kind SMALLINT NOT NULL,
  producer TEXT COLLATE "C" DEFAULT '' NOT NULL,
  recorded BIGINT NOT NULL,
  retracted BIGINT DEFAULT '9223372036854775807' NOT NULL,
  CONSTRAINT pk_declared_sources PRIMARY KEY (workspace, node, n)
);

CREATE TABLE edges (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  n INTEGER NOT NULL,
  kind SMALLINT NOT NULL,
  source_kind SMALLINT NOT NULL,
  source UUID NOT NULL,
  target_kind SMALLINT NOT NULL,
  target UUID NOT NULL,
  role SMALLINT,
  of_run UUID,
  subset TEXT COLLATE "C",
  origin SMALLINT NOT NULL,
  producer TEXT COLLATE "C" DEFAULT '' NOT NULL,
  held_from TIMESTAMP WITH TIME ZONE NOT NULL,
  held_to TIMESTAMP WITH TIME ZONE,
  own_time BOOLEAN DEFAULT false NOT NULL,
  range JSONB,
  step BIGINT,
  mode SMALLINT,
  path TEXT COLLATE "C",
  entry_point TEXT COLLATE "C",
  evidence TEXT COLLATE "C",
  choice BOOLEAN DEFAULT false NOT NULL,
  overlapping BOOLEAN DEFAULT false NOT NULL,
  unbound UUID,
  recorded BIGINT NOT NULL,
  retracted BIGINT DEFAULT '9223372036854775807' NOT NULL,
  CONSTRAINT pk_edges PRIMARY KEY (workspace, id, n)
);

CREATE INDEX ix_edges_source ON edges (workspace, source, kind, retracted, recorded, held_from) INCLUDE (target, target_kind);

CREATE INDEX ix_edges_target ON edges (workspace, target, kind, retracted, recorded, held_from) INCLUDE (source, source_kind);

CREATE INDEX ix_edges_unbound ON edges (workspace, unbound) WHERE unbound IS NOT NULL;

CREATE TABLE evaluations (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  of_run UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_evaluations PRIMARY KEY (workspace, id)
);

CREATE TABLE spellings (
  workspace UUID NOT NULL,
  kind SMALLINT NOT NULL,
  folded BYTEA NOT NULL,
  node UUID NOT NULL,
  CONSTRAINT pk_spellings PRIMARY KEY (workspace, kind, folded, node)
);

CREATE TABLE unbound_facts (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  n INTEGER NOT NULL,
  kind SMALLINT NOT NULL,
  name_kind SMALLINT NOT NULL,
  name UUID NOT NULL,
  alias TEXT COLLATE "C",
  other_kind SMALLINT NOT NULL,
  other UUID NOT NULL,
  role SMALLINT,
  of_run UUID,
  subset TEXT COLLATE "C",
  origin SMALLINT NOT NULL,
  producer TEXT COLLATE "C" DEFAULT '' NOT NULL,
  held_from TIMESTAMP WITH TIME ZONE NOT NULL,
  held_to TIMESTAMP WITH TIME ZONE,
  own_time BOOLEAN DEFAULT false NOT NULL,
  range JSONB,
  step BIGINT,
  mode SMALLINT,
  path TEXT COLLATE "C",
  entry_point TEXT COLLATE "C",
  evidence TEXT COLLATE "C",
  recorded BIGINT NOT NULL,
  retracted BIGINT DEFAULT '9223372036854775807' NOT NULL,
  CONSTRAINT pk_unbound_facts PRIMARY KEY (workspace, id, n)
);

CREATE INDEX ix_unbound_facts_name ON unbound_facts (workspace, name, retracted);

CREATE INDEX ix_unbound_facts_other ON unbound_facts (workspace, other, retracted);

CREATE INDEX ix_dataset_versions_location ON dataset_versions (workspace, left(location, 128)) WHERE location IS NOT NULL;

ALTER TABLE model_aliases ALTER COLUMN model_version DROP NOT NULL;
