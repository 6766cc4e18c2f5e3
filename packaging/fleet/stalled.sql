-- SPDX-License-Identifier: GPL-2.0-or-later
-- stalled.sql - which hosts' senders had to wait most, of the last seven days.
SELECT host, sum(stalls) AS number, max(longest_stall_s) AS longest_s, sum(total_stall_s) AS total_s
FROM vsock_streams_by_day
WHERE days_ago < 7 AND stalls > 0
GROUP BY host
ORDER BY total_s DESC, host
LIMIT 20
