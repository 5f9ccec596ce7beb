package io.tidemark.control.staging;

import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.catalog.Micros;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VpgId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The statements over the staged checkpoints of the catalog. A row is there before anything is at the target. Safe for several threads. */
public final class StagingTable {
    private final Catalog catalog;

    public StagingTable(Catalog catalog) {
        this.catalog = catalog;
    }

    /** Whether staging wants the checkpoint kept. */
    public boolean holds(VpgId vpg, CheckpointId checkpoint) {
        return all(vpg).stream().anyMatch(row -> row.checkpoint().equals(checkpoint));
    }

    /** Oldest first. */
    List<StagedCheckpoint> all(VpgId vpg) {
        return catalog.inTransaction(handle -> handle.createQuery(
                        "SELECT * FROM staged_checkpoint WHERE vpg_id = :vpg ORDER BY checkpoint_id")
                .bind("vpg", vpg.toString())
                .map((row, context) -> fromRow(row))
                .list());
    }

    /** Notes that a checkpoint is being staged; the time of the first note stays. */
    void begin(VpgId vpg, CheckpointId checkpoint, Instant time, Instant now) {
        catalog.useTransaction(handle -> handle.execute(
                "INSERT OR IGNORE INTO staged_checkpoint (vpg_id, checkpoint_id, checkpoint_micros, begun_micros)"
                        + " VALUES (?, ?, ?, ?)",
                vpg.toString(),
                checkpoint.value(),
                Micros.of(time),
                Micros.of(now)));
    }

    void complete(VpgId vpg, CheckpointId checkpoint, Instant now) {
        catalog.useTransaction(handle -> handle.execute(
                "UPDATE staged_checkpoint SET completed_micros = ? WHERE vpg_id = ? AND checkpoint_id = ?",
                Micros.of(now),
                vpg.toString(),
                checkpoint.value()));
    }

    void remove(VpgId vpg, CheckpointId checkpoint) {
        catalog.useTransaction(handle -> handle.execute(
                "DELETE FROM staged_checkpoint WHERE vpg_id = ? AND checkpoint_id = ?",
                vpg.toString(),
                checkpoint.value()));
    }

    private static StagedCheckpoint fromRow(ResultSet row) throws SQLException {
        long completed = row.getLong("completed_micros");
        boolean completedIsNull = row.wasNull();
        return new StagedCheckpoint(
                new CheckpointId(row.getLong("checkpoint_id")),
                Micros.toInstant(row.getLong("checkpoint_micros")),
                Micros.toInstant(row.getLong("begun_micros")),
                completedIsNull ? Optional.empty() : Optional.of(Micros.toInstant(completed)));
    }
}
