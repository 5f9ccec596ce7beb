-- Times are microseconds since 1970-01-01T00:00:00Z. Columns named *_json hold documents that are only ever read as a whole.

CREATE TABLE peer (
    site_id       TEXT PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE COLLATE NOCASE,
    endpoint      TEXT NOT NULL,
    fingerprint   TEXT NOT NULL UNIQUE,
    paired_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE pairing_secret (
    sha256_hex      TEXT PRIMARY KEY,
    expires_micros  INTEGER NOT NULL,
    redeemed_micros INTEGER
) STRICT;

CREATE TABLE hypervisor (
    name           TEXT PRIMARY KEY,
    kind           TEXT NOT NULL,
    settings_json  TEXT NOT NULL,
    created_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE vpg (
    id                          TEXT PRIMARY KEY,
    name                        TEXT NOT NULL UNIQUE COLLATE NOCASE,
    role                        TEXT NOT NULL,
    lifecycle                   TEXT NOT NULL,
    peer_id                     TEXT NOT NULL,
    recovery_hypervisor         TEXT NOT NULL,
    checkpoint_interval_seconds INTEGER NOT NULL,
    journal_history_seconds     INTEGER NOT NULL,
    target_rpo_seconds          INTEGER NOT NULL,
    epoch                       INTEGER NOT NULL,
    members_json                TEXT NOT NULL,
    -- Every checkpoint id below this may have been used: ids are reserved in blocks, so that a restart never gives one out twice.
    checkpoint_ids_reserved     INTEGER NOT NULL,
    deletion_json               TEXT,
    created_micros              INTEGER NOT NULL,
    version                     INTEGER NOT NULL
) STRICT;

CREATE TABLE pinned_checkpoint (
    vpg_id        TEXT NOT NULL REFERENCES vpg (id) ON DELETE CASCADE,
    checkpoint_id INTEGER NOT NULL,
    PRIMARY KEY (vpg_id, checkpoint_id)
) STRICT;

CREATE TABLE task (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT NOT NULL UNIQUE,
    kind           TEXT NOT NULL,
    target_kind    TEXT NOT NULL,
    target_id      TEXT NOT NULL,
    target_name    TEXT NOT NULL,
    state          TEXT NOT NULL,
    error_json     TEXT,
    created_micros INTEGER NOT NULL,
    ended_micros   INTEGER
) STRICT;
CREATE INDEX task_by_target ON task (target_id);

CREATE TABLE task_step (
    task_id        TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    position       INTEGER NOT NULL,
    title          TEXT NOT NULL,
    state          TEXT NOT NULL,
    started_micros INTEGER,
    ended_micros   INTEGER,
    message        TEXT NOT NULL,
    PRIMARY KEY (task_id, position)
) STRICT;

-- vpg_id is no foreign key: the record of a recovery outlives its VPG.
CREATE TABLE recovery (
    number               INTEGER PRIMARY KEY AUTOINCREMENT,
    id                   TEXT NOT NULL UNIQUE,
    type                 TEXT NOT NULL,
    vpg_id               TEXT NOT NULL,
    vpg_name             TEXT NOT NULL,
    state                TEXT NOT NULL,
    hypervisor           TEXT NOT NULL,
    request_json         TEXT NOT NULL,
    checkpoint_json      TEXT,
    vms_json             TEXT NOT NULL,
    shut_down_json       TEXT,
    fence_epoch          INTEGER,
    requested_micros     INTEGER NOT NULL,
    running_micros       INTEGER,
    ended_micros         INTEGER,
    decide_micros        INTEGER,
    error_json           TEXT,
    result               TEXT,
    note                 TEXT NOT NULL
) STRICT;
CREATE INDEX recovery_by_vpg ON recovery (vpg_id);

CREATE TABLE idempotency_key (
    key            TEXT PRIMARY KEY,
    request_json   TEXT NOT NULL,
    recovery_id    TEXT NOT NULL,
    created_micros INTEGER NOT NULL
) STRICT;

-- Recoveries and tasks that this site asked another one to do, so that later questions find the way.
CREATE TABLE forwarded (
    id             TEXT PRIMARY KEY,
    peer_id        TEXT NOT NULL,
    created_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE event (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    time_micros INTEGER NOT NULL,
    severity    TEXT NOT NULL,
    topic       TEXT NOT NULL,
    vpg_id      TEXT,
    vm_id       TEXT,
    subject     TEXT NOT NULL,
    text        TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_vpg ON event (vpg_id, id);

CREATE TABLE alert (
    key           TEXT PRIMARY KEY,
    code          TEXT NOT NULL,
    severity      TEXT NOT NULL,
    vpg_id        TEXT,
    opened_micros INTEGER NOT NULL,
    text          TEXT NOT NULL
) STRICT;
