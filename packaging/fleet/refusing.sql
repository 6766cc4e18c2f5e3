-- SPDX-License-Identifier: GPL-2.0-or-later
-- refusing.sql - which servers, as CID:PORT, refused requests in the last seven days, and how many they did not.
SELECT host, server, sum(CASE WHEN rst_kind = 'Refused' THEN 1 ELSE 0 END) AS refused, count(*) AS requests
FROM vsock_streams_by_day
WHERE days_ago < 7
GROUP BY host, server
HAVING refused > 0
ORDER BY refused DESC, host, server
LIMIT 20
