CREATE SEQUENCE outbox_sequence;

CREATE TABLE artifact_versions (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  natural_key BYTEA NOT NULL,
  placeholder BOOLEAN DEFAULT false NOT NULL,
  uri TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C",
  size BIGINT,
  media_type TEXT COLLATE "C",
  availability JSONB,
  description TEXT COLLATE "C",
  owner TEXT COLLATE "C",
  facts JSONB DEFAULT '{}' NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  happened_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_artifact_versions PRIMARY KEY (workspace, id),
  CONSTRAINT uq_artifact_versions_workspace_natural_key UNIQUE (workspace, natural_key)
);

CREATE INDEX ix_artifact_versions_digest ON artifact_versions (workspace, digest) WHERE digest IS NOT NULL;

CREATE INDEX ix_artifact_versions_uri ON artifact_versions (workspace, left(uri, 128), created_at, id);

CREATE TABLE attempts (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  number INTEGER NOT NULL,
  id UUID NOT NULL,
  after UUID,
  restart_count INTEGER DEFAULT '0' NOT NULL,
  from_step BIGINT,
  declared BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_attempts PRIMARY KEY (workspace, run, number),
  CONSTRAINT uq_attempts_workspace_run_id UNIQUE (workspace, run, id)
);

CREATE TABLE client_keys (
  workspace UUID NOT NULL,
  client_key TEXT COLLATE "C" NOT NULL,
  operation TEXT COLLATE "C" NOT NULL,
  digest BYTEA NOT NULL,
  answer JSONB,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_client_keys PRIMARY KEY (workspace, client_key)
);

CREATE INDEX ix_client_keys_created ON client_keys (created_at);

CREATE TABLE code_revisions (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  natural_key BYTEA NOT NULL,
  placeholder BOOLEAN DEFAULT false NOT NULL,
  repository TEXT COLLATE "C" NOT NULL,
  commit TEXT COLLATE "C" NOT NULL,
  diff_digest TEXT COLLATE "C",
  description TEXT COLLATE "C",
  owner TEXT COLLATE "C",
  facts JSONB DEFAULT '{}' NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  happened_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_code_revisions PRIMARY KEY (workspace, id),
  CONSTRAINT uq_code_revisions_workspace_natural_key UNIQUE (workspace, natural_key)
);

CREATE INDEX ix_code_revisions_commit ON code_revisions (workspace, commit, id);

CREATE TABLE dataset_versions (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  natural_key BYTEA NOT NULL,
  placeholder BOOLEAN DEFAULT false NOT NULL,
  dataset UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C",
  location TEXT COLLATE "C",
  size BIGINT,
  splits JSONB,
  availability JSONB,
  description TEXT COLLATE "C",
  owner TEXT COLLATE "C",
  facts JSONB DEFAULT '{}' NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  happened_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_dataset_versions PRIMARY KEY (workspace, id),
  CONSTRAINT uq_dataset_versions_workspace_natural_key UNIQUE (workspace, natural_key)
);

CREATE INDEX ix_dataset_versions_dataset ON dataset_versions (workspace, dataset, created_at, id);

CREATE INDEX ix_dataset_versions_digest ON dataset_versions (workspace, digest) WHERE digest IS NOT NULL;

CREATE TABLE datasets (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  natural_key BYTEA NOT NULL,
  placeholder BOOLEAN DEFAULT false NOT NULL,
  namespace TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  owner TEXT COLLATE "C",
  facts JSONB DEFAULT '{}' NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  happened_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_datasets PRIMARY KEY (workspace, id),
  CONSTRAINT uq_datasets_workspace_natural_key UNIQUE (workspace, natural_key)
);

CREATE INDEX ix_datasets_name ON datasets (workspace, left(name, 128), id);

CREATE TABLE deployment_revisions (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  natural_key BYTEA NOT NULL,
  placeholder BOOLEAN DEFAULT false NOT NULL,
  deployment UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  started_at TIMESTAMP WITH TIME ZONE,
  ended_at TIMESTAMP WITH TIME ZONE,
  description TEXT COLLATE "C",
  owner TEXT COLLATE "C",
  facts JSONB DEFAULT '{}' NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  happened_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_deployment_revisions PRIMARY KEY (workspace, id),
  CONSTRAINT uq_deployment_revisions_workspace_natural_key UNIQUE (workspace, natural_key)
);

CREATE INDEX ix_deployment_revisions_deployment ON deployment_revisions (workspace, deployment, created_at, id);

CREATE TABLE deployments (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  natural_key BYTEA NOT NULL,
  placeholder BOOLEAN DEFAULT false NOT NULL,
  environment TEXT COLLATE "C" NOT NULL,
  endpoint TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  owner TEXT COLLATE "C",
  facts JSONB DEFAULT '{}' NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  happened_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_deployments PRIMARY KEY (workspace, id),
  CONSTRAINT uq_deployments_workspace_natural_key UNIQUE (workspace, natural_key)
);

CREATE TABLE environments (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  natural_key BYTEA NOT NULL,
  placeholder BOOLEAN DEFAULT false NOT NULL,
  image_digest TEXT COLLATE "C",
  lock_digest TEXT COLLATE "C",
  hardware TEXT COLLATE "C",
  description TEXT COLLATE "C",
  owner TEXT COLLATE "C",
  facts JSONB DEFAULT '{}' NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  happened_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_environments PRIMARY KEY (workspace, id),
  CONSTRAINT uq_environments_workspace_natural_key UNIQUE (workspace, natural_key)
);

CREATE TABLE experiments (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  archived_at TIMESTAMP WITH TIME ZONE,
  deleted_at TIMESTAMP WITH TIME ZONE,
  next_number BIGINT DEFAULT '1' NOT NULL,
  CONSTRAINT pk_experiments PRIMARY KEY (workspace, id),
  CONSTRAINT uq_experiments_workspace_name UNIQUE (workspace, name)
);

CREATE INDEX ix_experiments_created ON experiments (workspace, created_at, id);

CREATE INDEX ix_experiments_updated ON experiments (workspace, updated_at, id);

CREATE TABLE feature_view_versions (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  natural_key BYTEA NOT NULL,
  placeholder BOOLEAN DEFAULT false NOT NULL,
  feature_view UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  owner TEXT COLLATE "C",
  facts JSONB DEFAULT '{}' NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  happened_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_feature_view_versions PRIMARY KEY (workspace, id),
  CONSTRAINT uq_feature_view_versions_workspace_natural_key UNIQUE (workspace, natural_key)
);

CREATE INDEX ix_feature_view_versions_view ON feature_view_versions (workspace, feature_view, created_at, id);

CREATE TABLE feature_views (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  natural_key BYTEA NOT NULL,
  placeholder BOOLEAN DEFAULT false NOT NULL,
  namespace TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  owner TEXT COLLATE "C",
  facts JSONB DEFAULT '{}' NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  happened_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_feature_views PRIMARY KEY (workspace, id),
  CONSTRAINT uq_feature_views_workspace_natural_key UNIQUE (workspace, natural_key)
);

CREATE INDEX ix_feature_views_name ON feature_views (workspace, left(name, 128), id);

CREATE TABLE foreign_ids (
  workspace UUID NOT NULL,
  system TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  scope TEXT COLLATE "C" NOT NULL,
  foreign_id TEXT COLLATE "C" NOT NULL,
  node_kind SMALLINT NOT NULL,
  node UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_foreign_ids PRIMARY KEY (workspace, system, kind, scope, foreign_id)
);

CREATE INDEX ix_foreign_ids_node ON foreign_ids (workspace, node);

CREATE TABLE incarnation (
  "only" BOOLEAN DEFAULT true NOT NULL,
  number BIGINT DEFAULT '1' NOT NULL,
  system_identifier BIGINT,
  timeline BIGINT,
  raised_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  trimmed_through BIGINT DEFAULT '0' NOT NULL,
  CONSTRAINT pk_incarnation PRIMARY KEY ("only"),
  CONSTRAINT ck_incarnation_one_row CHECK ("only")
);

CREATE TABLE keys (
  workspace UUID NOT NULL,
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  name TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_keys PRIMARY KEY (workspace, id),
  CONSTRAINT uq_keys_workspace_name UNIQUE (workspace, name) INCLUDE (id)
);

CREATE TABLE merged_nodes (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  interval BIGINT NOT NULL,
  kind SMALLINT NOT NULL,
  survivor UUID NOT NULL,
  recorded BIGINT NOT NULL,
  retracted BIGINT,
  CONSTRAINT pk_merged_nodes PRIMARY KEY (workspace, id, interval)
);

CREATE INDEX ix_merged_nodes_survivor ON merged_nodes (workspace, survivor);

CREATE TABLE metric_chunks (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  key INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  last_step BIGINT NOT NULL,
  number BIGINT NOT NULL,
  count INTEGER NOT NULL,
  nans INTEGER NOT NULL,
  infinities INTEGER NOT NULL,
  first_step BIGINT NOT NULL,
  first_time BIGINT NOT NULL,
  first_value DOUBLE PRECISION NOT NULL,
  last_time BIGINT NOT NULL,
  last_value DOUBLE PRECISION NOT NULL,
  min_step BIGINT,
  min_time BIGINT,
  min_value DOUBLE PRECISION,
  max_step BIGINT,
  max_time BIGINT,
  max_value DOUBLE PRECISION,
  sum DOUBLE PRECISION NOT NULL,
  lowest_order BIGINT NOT NULL,
  highest_order BIGINT NOT NULL,
  repeats BOOLEAN NOT NULL,
  context INTEGER,
  steps BYTEA NOT NULL,
  times BYTEA NOT NULL,
  values BYTEA NOT NULL,
  orders BYTEA NOT NULL,
  contexts BYTEA,
  CONSTRAINT pk_metric_chunks PRIMARY KEY (workspace, run, key, attempt, last_step, number)
);

CREATE TABLE metric_contexts (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  number INTEGER NOT NULL,
  on_kind SMALLINT,
  on_node UUID,
  subset TEXT COLLATE "C",
  of_kind SMALLINT,
  of_node UUID,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_metric_contexts PRIMARY KEY (workspace, run, number)
);

CREATE INDEX ix_metric_contexts_of ON metric_contexts (workspace, of_node, run);

CREATE INDEX ix_metric_contexts_on ON metric_contexts (workspace, on_node, run);

CREATE TABLE metric_measurements (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  key INTEGER NOT NULL,
  context INTEGER NOT NULL,
  count BIGINT NOT NULL,
  nans BIGINT NOT NULL,
  infinities BIGINT NOT NULL,
  first_step BIGINT NOT NULL,
  first_time BIGINT NOT NULL,
  first_value DOUBLE PRECISION NOT NULL,
  first_rank INTEGER NOT NULL,
  last_step BIGINT NOT NULL,
  last_time BIGINT NOT NULL,
  last_value DOUBLE PRECISION NOT NULL,
  last_rank INTEGER NOT NULL,
  min_step BIGINT,
  min_time BIGINT,
  min_value DOUBLE PRECISION,
  max_step BIGINT,
  max_time BIGINT,
  max_value DOUBLE PRECISION,
  CONSTRAINT pk_metric_measurements PRIMARY KEY (workspace, run, key, context)
);

CREATE TABLE metric_nonces (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  first_order BIGINT NOT NULL,
  nonces BYTEA NOT NULL,
  CONSTRAINT pk_metric_nonces PRIMARY KEY (workspace, run, first_order)
);

CREATE TABLE metric_segments (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  "order" BIGINT NOT NULL,
  attempt INTEGER NOT NULL,
  nonce BIGINT NOT NULL,
  points INTEGER NOT NULL,
  lowest_step BIGINT NOT NULL,
  highest_step BIGINT NOT NULL,
  payload BYTEA NOT NULL,
  CONSTRAINT pk_metric_segments PRIMARY KEY (workspace, run, "order")
);

CREATE TABLE metric_summaries (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  key INTEGER NOT NULL,
  count BIGINT NOT NULL,
  nans BIGINT NOT NULL,
  infinities BIGINT NOT NULL,
  first_step BIGINT NOT NULL,
  first_time BIGINT NOT NULL,
  first_value DOUBLE PRECISION NOT NULL,
  first_rank INTEGER NOT NULL,
  last_step BIGINT NOT NULL,
  last_time BIGINT NOT NULL,
  last_value DOUBLE PRECISION NOT NULL,
  last_rank INTEGER NOT NULL,
  min_step BIGINT,
  min_time BIGINT,
  min_value DOUBLE PRECISION,
  max_step BIGINT,
  max_time BIGINT,
  max_value DOUBLE PRECISION,
  recomputing BOOLEAN DEFAULT false NOT NULL,
  CONSTRAINT pk_metric_summaries PRIMARY KEY (workspace, run, key)
)
 WITH (fillfactor = 70);

CREATE INDEX ix_metric_summaries_last ON metric_summaries (workspace, key, last_value, run);

CREATE INDEX ix_metric_summaries_max ON metric_summaries (workspace, key, max_value, run);

CREATE INDEX ix_metric_summaries_min ON metric_summaries (workspace, key, min_value, run);

CREATE TABLE model_aliases (
  workspace UUID NOT NULL,
  model UUID NOT NULL,
  alias TEXT COLLATE "C" NOT NULL,
  interval BIGINT NOT NULL,
  model_version UUID NOT NULL,
  held_from TIMESTAMP WITH TIME ZONE NOT NULL,
  held_to TIMESTAMP WITH TIME ZONE,
  recorded BIGINT NOT NULL,
  retracted BIGINT,
  CONSTRAINT pk_model_aliases PRIMARY KEY (workspace, model, alias, interval)
);

CREATE INDEX ix_model_aliases_version ON model_aliases (workspace, model_version);

CREATE TABLE model_versions (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  natural_key BYTEA NOT NULL,
  placeholder BOOLEAN DEFAULT false NOT NULL,
  model UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C",
  stage TEXT COLLATE "C",
  availability JSONB,
  description TEXT COLLATE "C",
  owner TEXT COLLATE "C",
  facts JSONB DEFAULT '{}' NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  happened_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_model_versions PRIMARY KEY (workspace, id),
  CONSTRAINT uq_model_versions_workspace_natural_key UNIQUE (workspace, natural_key)
);

CREATE INDEX ix_model_versions_digest ON model_versions (workspace, digest) WHERE digest IS NOT NULL;

CREATE INDEX ix_model_versions_model ON model_versions (workspace, model, created_at, id);

CREATE TABLE models (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  natural_key BYTEA NOT NULL,
  placeholder BOOLEAN DEFAULT false NOT NULL,
  registry TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  owner TEXT COLLATE "C",
  facts JSONB DEFAULT '{}' NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  happened_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_models PRIMARY KEY (workspace, id),
  CONSTRAINT uq_models_workspace_natural_key UNIQUE (workspace, natural_key)
);

CREATE INDEX ix_models_name ON models (workspace, left(name, 128), id);

CREATE TABLE notes (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  subject_kind SMALLINT NOT NULL,
  subject UUID NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  created_by TEXT COLLATE "C",
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_notes PRIMARY KEY (workspace, id)
);

CREATE INDEX ix_notes_created ON notes (workspace, created_at, id);

CREATE INDEX ix_notes_subject ON notes (workspace, subject, created_at, id);

CREATE TABLE outbox (
  workspace UUID NOT NULL,
  position BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  nonce BIGINT NOT NULL,
  kind SMALLINT NOT NULL,
  uid UUID NOT NULL,
  revision BIGINT NOT NULL,
  changed SMALLINT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_outbox PRIMARY KEY (workspace, position, sequence)
);

CREATE INDEX ix_outbox_position ON outbox (position, sequence);

CREATE TABLE position_samples (
  taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
  position BIGINT NOT NULL,
  CONSTRAINT pk_position_samples PRIMARY KEY (taken_at)
);

CREATE TABLE purged (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  kind SMALLINT NOT NULL,
  purged_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  unfinished BOOLEAN DEFAULT true NOT NULL,
  CONSTRAINT pk_purged PRIMARY KEY (workspace, id)
);

CREATE INDEX ix_purged_unfinished ON purged (purged_at) WHERE unfinished;

CREATE TABLE received (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  writer UUID NOT NULL,
  high_water BIGINT NOT NULL,
  gaps BIGINT[] DEFAULT '{}' NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_received PRIMARY KEY (workspace, run, writer)
)
 WITH (fillfactor = 70);

CREATE TABLE received_digests (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  writer UUID NOT NULL,
  sequence BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_received_digests PRIMARY KEY (workspace, run, writer, sequence)
);

CREATE TABLE tags (
  workspace UUID NOT NULL,
  subject UUID NOT NULL,
  key INTEGER NOT NULL,
  kind SMALLINT NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  attempt UUID,
  CONSTRAINT pk_tags PRIMARY KEY (workspace, subject, key)
);

CREATE INDEX ix_tags_value ON tags (workspace, key, left(value, 128), subject);

CREATE TABLE workspaces (
  id UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_workspaces PRIMARY KEY (id),
  CONSTRAINT uq_workspaces_name UNIQUE (name)
);

CREATE TABLE metric_definitions (
  workspace UUID NOT NULL,
  experiment UUID NOT NULL,
  key INTEGER NOT NULL,
  goal TEXT COLLATE "C",
  unit TEXT COLLATE "C",
  step_metric INTEGER,
  raising BOOLEAN DEFAULT false NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_metric_definitions PRIMARY KEY (workspace, experiment, key),
  CONSTRAINT fk_metric_definitions_workspace_experiment FOREIGN KEY(workspace, experiment) REFERENCES experiments (workspace, id)
);

CREATE TABLE note_versions (
  workspace UUID NOT NULL,
  note UUID NOT NULL,
  version BIGINT NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  edited_by TEXT COLLATE "C",
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_note_versions PRIMARY KEY (workspace, note, version),
  CONSTRAINT fk_note_versions_workspace_note FOREIGN KEY(workspace, note) REFERENCES notes (workspace, id)
);

CREATE TABLE runs (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  experiment UUID NOT NULL,
  number BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  kind TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  parent UUID,
  attempt UUID,
  created_by TEXT COLLATE "C",
  host TEXT COLLATE "C",
  started_at TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP(3) WITH TIME ZONE,
  created_at TIMESTAMP(3) WITH TIME ZONE DEFAULT now() NOT NULL,
  archived_at TIMESTAMP WITH TIME ZONE,
  deleted_at TIMESTAMP WITH TIME ZONE,
  version BIGINT DEFAULT '1' NOT NULL,
  CONSTRAINT pk_runs PRIMARY KEY (workspace, id),
  CONSTRAINT fk_runs_workspace_experiment FOREIGN KEY(workspace, experiment) REFERENCES experiments (workspace, id),
  CONSTRAINT fk_runs_workspace_parent FOREIGN KEY(workspace, parent) REFERENCES runs (workspace, id),
  CONSTRAINT uq_runs_workspace_experiment_number UNIQUE (workspace, experiment, number)
);

CREATE INDEX ix_runs_created ON runs (workspace, created_at, id);

CREATE INDEX ix_runs_created_by ON runs (workspace, left(created_by, 128), id);

CREATE INDEX ix_runs_ended ON runs (workspace, ended_at, id);

CREATE INDEX ix_runs_experiment_created ON runs (workspace, experiment, created_at, id);

CREATE INDEX ix_runs_experiment_started ON runs (workspace, experiment, started_at, id);

CREATE INDEX ix_runs_name ON runs (workspace, left(name, 128), id);

CREATE INDEX ix_runs_parent ON runs (workspace, parent, created_at, id);

CREATE INDEX ix_runs_started ON runs (workspace, started_at, id);

CREATE INDEX ix_runs_status ON runs (workspace, status, created_at, id);

CREATE TABLE artifacts (
  workspace UUID NOT NULL,
  id UUID NOT NULL,
  run UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  path TEXT COLLATE "C" NOT NULL,
  size BIGINT,
  media_type TEXT COLLATE "C",
  digest TEXT COLLATE "C",
  uri TEXT COLLATE "C",
  attempt UUID,
  step BIGINT,
  superseded BOOLEAN DEFAULT false NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  version BIGINT DEFAULT '1' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_artifacts PRIMARY KEY (workspace, id),
  CONSTRAINT fk_artifacts_workspace_run FOREIGN KEY(workspace, run) REFERENCES runs (workspace, id)
);

CREATE INDEX ix_artifacts_digest ON artifacts (workspace, digest) WHERE digest IS NOT NULL;

CREATE INDEX ix_artifacts_run ON artifacts (workspace, run, created_at, id);

CREATE TABLE compaction (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  next_chunk BIGINT DEFAULT '0' NOT NULL,
  pass_order BIGINT,
  pass_key INTEGER,
  recomputing BOOLEAN DEFAULT false NOT NULL,
  CONSTRAINT pk_compaction PRIMARY KEY (workspace, run),
  CONSTRAINT fk_compaction_workspace_run FOREIGN KEY(workspace, run) REFERENCES runs (workspace, id)
)
 WITH (fillfactor = 70);

CREATE INDEX ix_compaction_recomputing ON compaction (workspace, run) WHERE recomputing;

CREATE TABLE events (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  key INTEGER NOT NULL,
  step BIGINT NOT NULL,
  arrival BIGINT NOT NULL,
  attempt UUID,
  happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
  value JSONB NOT NULL,
  CONSTRAINT pk_events PRIMARY KEY (workspace, run, key, step, arrival),
  CONSTRAINT fk_events_workspace_run FOREIGN KEY(workspace, run) REFERENCES runs (workspace, id)
);

CREATE TABLE log_chunks (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  stream TEXT COLLATE "C" NOT NULL,
  writer TEXT COLLATE "C" NOT NULL,
  first_line BIGINT NOT NULL,
  lines BIGINT NOT NULL,
  content BYTEA NOT NULL,
  attempt UUID,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_log_chunks PRIMARY KEY (workspace, run, stream, writer, first_line),
  CONSTRAINT fk_log_chunks_workspace_run FOREIGN KEY(workspace, run) REFERENCES runs (workspace, id)
);

CREATE TABLE parameter_history (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  key INTEGER NOT NULL,
  replaced BIGINT NOT NULL,
  type SMALLINT NOT NULL,
  raw TEXT COLLATE "C" NOT NULL,
  attempt UUID,
  replaced_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_parameter_history PRIMARY KEY (workspace, run, key, replaced),
  CONSTRAINT fk_parameter_history_workspace_run FOREIGN KEY(workspace, run) REFERENCES runs (workspace, id)
);

CREATE TABLE parameters (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  key INTEGER NOT NULL,
  type SMALLINT NOT NULL,
  number DOUBLE PRECISION,
  rest SMALLINT DEFAULT '0' NOT NULL,
  boolean BOOLEAN,
  raw TEXT COLLATE "C" NOT NULL,
  attempt UUID,
  CONSTRAINT pk_parameters PRIMARY KEY (workspace, run, key),
  CONSTRAINT fk_parameters_workspace_run FOREIGN KEY(workspace, run) REFERENCES runs (workspace, id)
);

CREATE INDEX ix_parameters_boolean ON parameters (workspace, key, boolean, run) WHERE boolean IS NOT NULL;

CREATE INDEX ix_parameters_number ON parameters (workspace, key, number, rest, run) WHERE number IS NOT NULL;

CREATE INDEX ix_parameters_text ON parameters (workspace, key, left(raw, 128), run) WHERE type = 3;

CREATE TABLE run_counters (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  revision BIGINT DEFAULT '1' NOT NULL,
  graph_revision BIGINT DEFAULT '1' NOT NULL,
  heartbeat TIMESTAMP WITH TIME ZONE,
  heartbeat_seconds INTEGER,
  last_step BIGINT,
  next_order BIGINT DEFAULT '0' NOT NULL,
  tail_segments BIGINT DEFAULT '0' NOT NULL,
  tail_points BIGINT DEFAULT '0' NOT NULL,
  tail_bytes BIGINT DEFAULT '0' NOT NULL,
  series BIGINT DEFAULT '0' NOT NULL,
  unsettled_from BIGINT,
  unsettled_keys BIGINT DEFAULT '0' NOT NULL,
  parameters BIGINT DEFAULT '0' NOT NULL,
  tags BIGINT DEFAULT '0' NOT NULL,
  token_position BIGINT DEFAULT '0' NOT NULL,
  token_sequence BIGINT DEFAULT '0' NOT NULL,
  token_nonce BIGINT DEFAULT '0' NOT NULL,
  CONSTRAINT pk_run_counters PRIMARY KEY (workspace, run),
  CONSTRAINT fk_run_counters_workspace_run FOREIGN KEY(workspace, run) REFERENCES runs (workspace, id)
)
 WITH (fillfactor = 50);

CREATE INDEX ix_run_counters_heartbeat ON run_counters (heartbeat) WHERE heartbeat_seconds IS NOT NULL;

CREATE INDEX ix_run_counters_unsettled ON run_counters (workspace, run) WHERE unsettled_from IS NOT NULL;

CREATE TABLE summary_overrides (
  workspace UUID NOT NULL,
  run UUID NOT NULL,
  key INTEGER NOT NULL,
  value JSONB NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_summary_overrides PRIMARY KEY (workspace, run, key),
  CONSTRAINT fk_summary_overrides_workspace_run FOREIGN KEY(workspace, run) REFERENCES runs (workspace, id)
);

ALTER TABLE metric_chunks ALTER COLUMN steps SET STORAGE EXTERNAL;

ALTER TABLE metric_chunks ALTER COLUMN times SET STORAGE EXTERNAL;

ALTER TABLE metric_chunks ALTER COLUMN values SET STORAGE EXTERNAL;

ALTER TABLE metric_chunks ALTER COLUMN orders SET STORAGE EXTERNAL;

ALTER TABLE metric_chunks ALTER COLUMN contexts SET STORAGE EXTERNAL;

ALTER TABLE metric_segments ALTER COLUMN payload SET STORAGE EXTERNAL;

INSERT INTO incarnation (number, system_identifier) SELECT 1, system_identifier FROM pg_control_system();

INSERT INTO workspaces (id, name) VALUES ('00000000-0000-7000-8000-000000000000', 'default');
