-- Checkpoints whose volumes are brought to a recovery target ahead of a recovery, or are there. Each is kept from ageing while it has a row.
CREATE TABLE staged_checkpoint (
    vpg_id            TEXT NOT NULL REFERENCES vpg (id) ON DELETE CASCADE,
    checkpoint_id     INTEGER NOT NULL,
    checkpoint_micros INTEGER NOT NULL,
    begun_micros      INTEGER NOT NULL,
    completed_micros  INTEGER,
    PRIMARY KEY (vpg_id, checkpoint_id)
) STRICT;
