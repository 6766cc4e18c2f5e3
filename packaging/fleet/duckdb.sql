-- SPDX-License-Identifier: GPL-2.0-or-later
-- duckdb.sql - the same tables and views for DuckDB.
CREATE TABLE IF NOT EXISTS vsock_diagnoses (
    host VARCHAR, capture VARCHAR, line UINTEGER, recorded TIMESTAMP,
    code VARCHAR, severity VARCHAR, stream UINTEGER, first_frame UINTEGER, last_frame UINTEGER, time DOUBLE,
    src VARCHAR, dst VARCHAR, text VARCHAR, next VARCHAR, filter VARCHAR, figures VARCHAR
);

CREATE TABLE IF NOT EXISTS vsock_streams (
    host VARCHAR, capture VARCHAR, line UINTEGER, recorded TIMESTAMP,
    stream UINTEGER, client VARCHAR, server VARCHAR, state VARCHAR, rst_kind VARCHAR,
    start_s DOUBLE, connect_s DOUBLE, duration_s DOUBLE,
    stalls UINTEGER, longest_stall_s DOUBLE, total_stall_s DOUBLE,
    client_packets UBIGINT, client_bytes UBIGINT, server_packets UBIGINT, server_bytes UBIGINT
);

CREATE VIEW IF NOT EXISTS vsock_diagnoses_by_day AS
    SELECT host, capture, code, severity, text,
        date_diff('day', recorded, CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)) AS days_ago
    FROM vsock_diagnoses;

CREATE VIEW IF NOT EXISTS vsock_streams_by_day AS
    SELECT host, capture, stream, client, server, state, rst_kind, stalls, longest_stall_s, total_stall_s,
        date_diff('day', recorded, CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)) AS days_ago
    FROM vsock_streams;
