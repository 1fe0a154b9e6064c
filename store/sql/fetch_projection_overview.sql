WITH border AS (
  SELECT (number << 48) + pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS safe FROM incarnation
)
SELECT p.name, p.checkpoint, border.safe - 1 AS record, p.trusted, g.number AS generation, p.leader, p.leader_since,
       unread.rows AS lag_rows,
       COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - unread.since), 0)::float8 AS lag_seconds,
       (SELECT count(*) FROM projection_pending d WHERE d.projection = p.name) AS pending,
       (SELECT count(*) FROM projection_dead_letters d WHERE d.projection = p.name) AS dead_letters,
       p.waits_for, p.waits_since,
       (SELECT d.error FROM projection_dead_letters d WHERE d.projection = p.name ORDER BY d.first_at DESC LIMIT 1)
         AS last_error
FROM projections p CROSS JOIN border
LEFT JOIN projection_generations g ON g.projection = p.name AND g.state = 'serving'
CROSS JOIN LATERAL (
  SELECT count(*) AS rows, min(o.created_at) AS since FROM (
    SELECT created_at FROM outbox WHERE position > p.checkpoint AND position < border.safe LIMIT :most) AS o
) AS unread
ORDER BY p.name
