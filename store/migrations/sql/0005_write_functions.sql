-- What every writing transaction does first and last: a round trip costs more than all of it.

-- The position of this transaction. First its id, then the lock that holds the incarnation in place until the commit
-- (store/transactions.py); only a later statement may read the incarnation, in a snapshot of its own.
CREATE FUNCTION begin_write(OUT "position" bigint, OUT sequence bigint) LANGUAGE plpgsql AS $body$
DECLARE
  xid bigint := pg_current_xact_id()::text::bigint;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(131290262037349);
  SELECT (i.number << 48) | xid, nextval('outbox_sequence') INTO STRICT begin_write."position", begin_write.sequence
  FROM incarnation i;
END
$body$;

-- The same, with the counters of those runs locked in the order of their ids, and what can be read once they are: each
-- run's status and attempts. A row a run asked for; one that is not there has null for its counters.
CREATE FUNCTION open_write(asked_workspaces uuid[], asked_runs uuid[])
RETURNS TABLE (
  "position" bigint, sequence bigint,
  workspace uuid, run uuid, revision bigint, graph_revision bigint, heartbeat timestamptz, heartbeat_seconds integer,
  last_step bigint, next_order bigint, tail_segments bigint, tail_points bigint, tail_bytes bigint, series bigint,
  unsettled_from bigint, unsettled_keys bigint, parameters bigint, tags bigint, token_position bigint,
  token_sequence bigint, token_nonce bigint,
  run_status text, run_attempt uuid, attempt_numbers integer[], attempt_ids uuid[], attempt_afters uuid[],
  attempt_restarts integer[], attempt_steps bigint[], attempt_declared boolean[]
) LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
  at record;
BEGIN
  SELECT * INTO at FROM begin_write();
  PERFORM FROM run_counters c
  JOIN unnest(asked_workspaces, asked_runs) AS asked (workspace, run) ON c.workspace = asked.workspace AND c.run = asked.run
  ORDER BY c.workspace, c.run FOR UPDATE OF c;
  RETURN QUERY
  SELECT at."position", at.sequence,
         c.workspace, c.run, c.revision, c.graph_revision, c.heartbeat, c.heartbeat_seconds, c.last_step,
         c.next_order, c.tail_segments, c.tail_points, c.tail_bytes, c.series, c.unsettled_from, c.unsettled_keys,
         c.parameters, c.tags, c.token_position, c.token_sequence, c.token_nonce,
         r.status, r.attempt, a.numbers, a.ids, a.afters, a.restarts, a.steps, a.declared
  FROM unnest(asked_workspaces, asked_runs) AS asked (workspace, run)
  LEFT JOIN run_counters c ON c.workspace = asked.workspace AND c.run = asked.run
  LEFT JOIN runs r ON r.workspace = c.workspace AND r.id = c.run
  LEFT JOIN LATERAL (
    SELECT array_agg(one.number) AS numbers, array_agg(one.id) AS ids, array_agg(one.after) AS afters,
           array_agg(one.restart_count) AS restarts, array_agg(one.from_step) AS steps,
           array_agg(one.declared) AS declared
    FROM attempts one WHERE one.workspace = c.workspace AND one.run = c.run
  ) a ON true;
END
$body$;

-- The counters of runs that this transaction has locked, an array a column.
CREATE FUNCTION save_counters(
  uuid[], uuid[], bigint[], bigint[], timestamptz[], integer[], bigint[], bigint[], bigint[], bigint[], bigint[],
  bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[]
) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  UPDATE run_counters AS c SET
    revision = row.revision, graph_revision = row.graph_revision, heartbeat = row.heartbeat,
    heartbeat_seconds = row.heartbeat_seconds, last_step = row.last_step, next_order = row.next_order,
    tail_segments = row.tail_segments, tail_points = row.tail_points, tail_bytes = row.tail_bytes,
    series = row.series, unsettled_from = row.unsettled_from, unsettled_keys = row.unsettled_keys,
    parameters = row.parameters, tags = row.tags, token_position = row.token_position,
    token_sequence = row.token_sequence, token_nonce = row.token_nonce
  FROM unnest(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19
  ) AS row (
         workspace, run, revision, graph_revision, heartbeat, heartbeat_seconds, last_step, next_order,
         tail_segments, tail_points, tail_bytes, series, unsettled_from, unsettled_keys, parameters, tags,
         token_position, token_sequence, token_nonce
  )
  WHERE c.workspace = row.workspace AND c.run = row.run;
END
$body$;
