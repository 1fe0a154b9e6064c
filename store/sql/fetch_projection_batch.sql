WITH border AS (
  SELECT (number << 48) + pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS safe, trimmed_through, number
  FROM incarnation
), facts AS (
  SELECT border.*,
         CAST(:mark AS bigint) IS NULL OR EXISTS (
           SELECT FROM projection_marks WHERE projection = :projection AND nonce = :mark) AS marked,
         ARRAY(SELECT number FROM projection_generations WHERE projection = :projection ORDER BY number) AS generations
  FROM border
), last AS (
  SELECT max(position) AS position FROM (
    SELECT position FROM outbox, border WHERE position > :after AND position < border.safe
    ORDER BY position, sequence LIMIT :limit) AS next
)
SELECT facts.*, row.*
FROM facts CROSS JOIN last LEFT JOIN LATERAL (
  SELECT workspace, position, sequence, kind, uid, revision, changed
  FROM outbox WHERE position > :after AND position <= last.position
) AS row ON true
ORDER BY row.position, row.sequence
