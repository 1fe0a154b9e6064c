WITH border AS (
  SELECT number, system_identifier, timeline, trimmed_through,
         (number << 48) + pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS safe
  FROM incarnation
)
SELECT p.checkpoint, p.epoch, p.trusted, p.bookmark, p.waits_since, border.safe - 1 AS safe,
       g.number AS generation,
       border.system_identifier = server.system_identifier
         AND (border.timeline IS NULL OR border.timeline =
              ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint) AS same_server,
       CAST(:position AS bigint) IS NULL OR p.checkpoint >= :position
         OR (:position < border.safe AND NOT EXISTS (
               SELECT FROM outbox WHERE position > p.checkpoint AND position <= :position)) AS passed,
       EXISTS (SELECT FROM projection_pending d
               WHERE d.projection = p.name AND d.workspace = :workspace AND d.oldest <= :position) AS pending,
       EXISTS (SELECT FROM projection_dead_letters d
               WHERE d.projection = p.name AND d.workspace = :workspace AND d.oldest <= :position) AS dead,
       (SELECT o.created_at FROM outbox o
        WHERE o.position > p.checkpoint AND o.position < border.safe ORDER BY o.position, o.sequence LIMIT 1) AS unread_since
FROM projections p CROSS JOIN border CROSS JOIN pg_control_system() AS server
LEFT JOIN projection_generations g ON g.projection = p.name AND g.state = 'serving'
WHERE p.name = :projection
