-- SPDX-License-Identifier: GPL-2.0-or-later
-- changed.sql - which diagnoses a host has today and had not yesterday, or the other way round, or has more or fewer of.
SELECT host, code,
    sum(CASE WHEN days_ago = 1 THEN 1 ELSE 0 END) AS yesterday,
    sum(CASE WHEN days_ago = 0 THEN 1 ELSE 0 END) AS today
FROM vsock_diagnoses_by_day
WHERE days_ago < 2
GROUP BY host, code
HAVING yesterday <> today
ORDER BY host, code
