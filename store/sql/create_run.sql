-- $1 workspace, $2 id, $3 experiment, $4 number, $5 name, $6 description, $7 kind, $8 parent, $9 attempt,
-- $10 created by, $11 host, $12 started at, $13-15 token, $16 kind of a run's node, $17-23 parameters, $24-26 tags,
-- $27-30 texts, $31 what changed.
-- Without the token's position the statement is a transaction by itself: it takes its own and writes its outbox row.
WITH at AS MATERIALIZED (
  SELECT $13::bigint AS position, $14::bigint AS sequence WHERE $13::bigint IS NOT NULL
  UNION ALL
  SELECT begun.position, begun.sequence FROM begin_write() AS begun WHERE $13::bigint IS NULL
), run AS (
  INSERT INTO runs (workspace, id, experiment, number, name, description, kind, status, parent, attempt, created_by,
                    host, started_at)
  SELECT $1::uuid, $2::uuid, $3::uuid, $4::bigint, $5::text, $6::text, $7::text, 'RUNNING', $8::uuid, $9::uuid, $10::text,
         $11::text, COALESCE($12::timestamptz, now())
  WHERE NOT EXISTS (SELECT FROM purged WHERE workspace = $1::uuid AND id IN ($2::uuid, $8::uuid))
  ON CONFLICT (workspace, id) DO NOTHING
  RETURNING id
), counters AS (
  INSERT INTO run_counters (workspace, run, parameters, tags, token_position, token_sequence, token_nonce)
  SELECT $1::uuid, run.id, cardinality($17::integer[]), cardinality($24::integer[]), at.position, at.sequence,
         $15::bigint
  FROM run, at
), compaction AS (
  INSERT INTO compaction (workspace, run) SELECT $1::uuid, id FROM run
), attempt AS (
  INSERT INTO attempts (workspace, run, number, id, declared)
  SELECT $1::uuid, id, 1, $9::uuid, true FROM run WHERE $9::uuid IS NOT NULL
), parameters AS (
  INSERT INTO parameters (workspace, run, key, type, number, rest, boolean, raw, tokens, attempt)
  SELECT $1::uuid, run.id, row.key, row.type, row.number, row.rest, row.boolean, row.raw, row.tokens::tsvector, $9::uuid
  FROM run, unnest($17::integer[], $18::smallint[], $19::float8[], $20::smallint[], $21::boolean[], $22::text[],
                   $23::text[]) AS row (key, type, number, rest, boolean, raw, tokens)
), tags AS (
  INSERT INTO tags (workspace, subject, kind, attempt, key, value, tokens)
  SELECT $1::uuid, run.id, $16::smallint, $9::uuid, row.key, row.value, row.tokens::tsvector
  FROM run, unnest($24::integer[], $25::text[], $26::text[]) AS row (key, value, tokens)
), texts AS (
  INSERT INTO texts (workspace, subject, kind, about, field, piece, pieces, tokens)
  SELECT $1::uuid, run.id, $16::smallint, run.id, row.field, row.piece, row.pieces, row.tokens::tsvector
  FROM run, unnest($27::smallint[], $28::integer[], $29::integer[], $30::text[]) AS row (field, piece, pieces, tokens)
), changed AS (
  INSERT INTO outbox (workspace, position, sequence, nonce, kind, uid, revision, changed)
  SELECT $1::uuid, at.position, at.sequence, $15::bigint, $16::smallint, run.id, 1, $31::smallint
  FROM run, at WHERE $13::bigint IS NULL
)
SELECT run.id, at.position, at.sequence FROM run, at
