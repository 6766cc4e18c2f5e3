-- SPDX-License-Identifier: GPL-2.0-or-later
-- clickhouse.sql - ClickHouse's tables of what `load` puts there, and views, which the questions ask. Columns are the keys
-- of the JSON (docs/reference.md). Rows of a capture that was loaded again replace each other as parts are merged, which
-- FINAL does not wait for.
CREATE TABLE IF NOT EXISTS vsock_diagnoses (
    host String, capture String, line UInt32, recorded DateTime,
    code String, severity String, stream Nullable(UInt32), first_frame UInt32, last_frame UInt32, time Float64,
    src Nullable(String), dst Nullable(String), text String, next String, filter Nullable(String), figures String
) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(recorded) ORDER BY (host, capture, line);

CREATE TABLE IF NOT EXISTS vsock_streams (
    host String, capture String, line UInt32, recorded DateTime,
    stream UInt32, client String, server String, state String, rst_kind Nullable(String),
    start_s Float64, connect_s Nullable(Float64), duration_s Float64,
    stalls UInt32, longest_stall_s Float64, total_stall_s Float64,
    client_packets UInt64, client_bytes UInt64, server_packets UInt64, server_bytes UInt64
) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(recorded) ORDER BY (host, capture, line);

CREATE VIEW IF NOT EXISTS vsock_diagnoses_by_day AS
    SELECT host, capture, code, severity, text, today() - toDate(recorded) AS days_ago FROM vsock_diagnoses FINAL;

CREATE VIEW IF NOT EXISTS vsock_streams_by_day AS
    SELECT host, capture, stream, client, server, state, rst_kind, stalls, longest_stall_s, total_stall_s,
        today() - toDate(recorded) AS days_ago
    FROM vsock_streams FINAL;
