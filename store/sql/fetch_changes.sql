WITH border AS (
  SELECT number, trimmed_through,
         (number << 48) + pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS safe
  FROM incarnation
)
SELECT border.*, row.*
FROM border LEFT JOIN LATERAL (
  SELECT position, sequence, nonce, kind, uid, revision, changed
  FROM outbox
  WHERE workspace = :workspace AND (position, sequence) > (:position, :sequence) AND position < border.safe
  ORDER BY position, sequence
  LIMIT :limit
) AS row ON true
ORDER BY row.position, row.sequence
