-- $1 workspace, $2 id, $3 experiment, $4 number, $5 name, $6 description, $7 kind, $8 parent, $9 attempt,
-- $10 created by, $11 host, $12 started at, $13-15 token, $16 kind of a run's node, $17-23 parameters, $24-26 tags, $27-30 texts
WITH run AS (
  INSERT INTO runs (workspace, id, experiment, number, name, description, kind, status, parent, attempt, created_by,
                    host, started_at)
  SELECT $1::uuid, $2::uuid, $3::uuid, $4::bigint, $5::text, $6::text, $7::text, 'RUNNING', $8::uuid, $9::uuid, $10::text,
         $11::text, COALESCE($12::timestamptz, now())
  WHERE NOT EXISTS (SELECT FROM purged WHERE workspace = $1::uuid AND id IN ($2::uuid, $8::uuid))
  ON CONFLICT (workspace, id) DO NOTHING
  RETURNING id
), counters AS (
  INSERT INTO run_counters (workspace, run, parameters, tags, token_position, token_sequence, token_nonce)
  SELECT $1::uuid, id, cardinality($17::integer[]), cardinality($24::integer[]),
         $13::bigint, $14::bigint, $15::bigint
  FROM run
), compaction AS (
  INSERT INTO compaction (workspace, run) SELECT $1::uuid, id FROM run
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
)
SELECT id FROM run
