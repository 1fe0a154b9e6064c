WITH run AS (
  INSERT INTO runs (workspace, id, experiment, number, name, description, kind, status, parent, attempt, created_by,
                    host, started_at)
  SELECT :workspace, :id, :experiment, :number, :name, :description, :kind, 'RUNNING', :parent, :attempt, :created_by,
         :host, COALESCE(:started_at, now())
  WHERE NOT EXISTS (SELECT FROM purged WHERE workspace = :workspace AND id IN (:id, :parent))
  ON CONFLICT (workspace, id) DO NOTHING
  RETURNING id
), counters AS (
  INSERT INTO run_counters (workspace, run, parameters, tags, token_position, token_sequence, token_nonce)
  SELECT :workspace, id, cardinality(CAST(:parameter_keys AS integer[])), cardinality(CAST(:tag_keys AS integer[])),
         :token_position, :token_sequence, :token_nonce
  FROM run
), compaction AS (
  INSERT INTO compaction (workspace, run) SELECT :workspace, id FROM run
), parameters AS (
  INSERT INTO parameters (workspace, run, key, type, number, rest, boolean, raw, attempt)
  SELECT :workspace, run.id, row.*, CAST(:attempt AS uuid)
  FROM run, unnest(CAST(:parameter_keys AS integer[]), CAST(:types AS smallint[]), CAST(:numbers AS float8[]),
                   CAST(:rests AS smallint[]), CAST(:booleans AS boolean[]), CAST(:raws AS text[])) AS row
), tags AS (
  INSERT INTO tags (workspace, subject, kind, attempt, key, value)
  SELECT :workspace, run.id, :run_kind, CAST(:attempt AS uuid), row.*
  FROM run, unnest(CAST(:tag_keys AS integer[]), CAST(:tag_values AS text[])) AS row
)
SELECT id FROM run
