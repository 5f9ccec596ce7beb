package io.tidemark.control.vpg;

import com.fasterxml.jackson.core.type.TypeReference;
import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.catalog.Micros;
import io.tidemark.control.dataplane.JournalPolicy.Limits;
import io.tidemark.control.dataplane.JournalPolicy.Tier;
import io.tidemark.control.dataplane.JournalPolicy.WhenFull;
import io.tidemark.control.json.Json;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VpgId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.statement.SqlStatement;

/** The statements over the VPGs of the catalog. Safe for use by several threads. */
public final class VpgTable {
    private final Catalog catalog;
    private final Json json;

    public VpgTable(Catalog catalog, Json json) {
        this.catalog = catalog;
        this.json = json;
    }

    List<VpgRecord> all() {
        return catalog.inTransaction(handle -> handle.createQuery("SELECT * FROM vpg ORDER BY name")
                .map((row, context) -> fromRow(row))
                .list());
    }

    void insert(VpgRecord vpg) {
        catalog.useTransaction(handle -> bind(handle.createUpdate("""
                        INSERT INTO vpg (id, name, role, lifecycle, peer_id, recovery_hypervisor,
                            checkpoint_interval_seconds, journal_history_seconds, target_rpo_seconds,
                            journal_limit_bytes, when_full, thinning_json, epoch, members_json, checkpoint_ids_reserved, deletion_json, created_micros, version)
                        VALUES (:id, :name, :role, :lifecycle, :peer, :hypervisor, :interval, :history, :rpo,
                            :limit, :whenFull, :thinning, :epoch, :members, 1, :deletion, :created, :version)"""), vpg)
                .bind("created", Micros.of(vpg.createdAt()))
                .execute());
    }

    void update(VpgRecord vpg) {
        catalog.useTransaction(handle -> bind(handle.createUpdate("""
                        UPDATE vpg SET name = :name, role = :role, lifecycle = :lifecycle, peer_id = :peer,
                            recovery_hypervisor = :hypervisor, checkpoint_interval_seconds = :interval,
                            journal_history_seconds = :history, target_rpo_seconds = :rpo,
                            journal_limit_bytes = :limit, when_full = :whenFull, thinning_json = :thinning, epoch = :epoch,
                            members_json = :members, deletion_json = :deletion, version = :version
                        WHERE id = :id"""), vpg).execute());
    }

    void delete(VpgId vpg) {
        catalog.useTransaction(handle -> handle.execute("DELETE FROM vpg WHERE id = ?", vpg.toString()));
    }

    /** Every id below the result may have been used. */
    long checkpointIdsReserved(VpgId vpg) {
        return catalog.inTransaction(
                handle -> handle.createQuery("SELECT checkpoint_ids_reserved FROM vpg WHERE id = :id")
                        .bind("id", vpg.toString())
                        .mapTo(Long.class)
                        .one());
    }

    /** Notes that ids below {@code below} may be used from now on. */
    void reserveCheckpointIds(VpgId vpg, long below) {
        catalog.useTransaction(handle ->
                handle.execute("UPDATE vpg SET checkpoint_ids_reserved = ? WHERE id = ?", below, vpg.toString()));
    }

    /** Notes that a person wants the checkpoint kept. */
    public void pin(VpgId vpg, CheckpointId checkpoint) {
        catalog.useTransaction(handle -> handle.execute(
                "INSERT OR IGNORE INTO pinned_checkpoint (vpg_id, checkpoint_id) VALUES (?, ?)",
                vpg.toString(),
                checkpoint.value()));
    }

    /** Notes that no person wants the checkpoint kept any more. */
    public void unpin(VpgId vpg, CheckpointId checkpoint) {
        catalog.useTransaction(handle -> handle.execute(
                "DELETE FROM pinned_checkpoint WHERE vpg_id = ? AND checkpoint_id = ?",
                vpg.toString(),
                checkpoint.value()));
    }

    /** Whether a person wants the checkpoint kept. */
    public boolean pinned(VpgId vpg, CheckpointId checkpoint) {
        return catalog.inTransaction(handle -> handle.createQuery(
                                "SELECT count(*) FROM pinned_checkpoint WHERE vpg_id = :vpg AND checkpoint_id = :checkpoint")
                        .bind("vpg", vpg.toString())
                        .bind("checkpoint", checkpoint.value())
                        .mapTo(Long.class)
                        .one())
                > 0;
    }

    private <S extends SqlStatement<S>> S bind(S statement, VpgRecord vpg) {
        return statement
                .bind("id", vpg.id().toString())
                .bind("name", vpg.name())
                .bind("role", vpg.role().name())
                .bind("lifecycle", vpg.lifecycle().name())
                .bind("peer", vpg.peer().toString())
                .bind("hypervisor", vpg.recoveryHypervisor())
                .bind("interval", vpg.policy().checkpointIntervalSeconds())
                .bind("history", vpg.policy().journalHistory().toSeconds())
                .bind("rpo", vpg.policy().targetRpoSeconds())
                .bind("limit", vpg.policy().journalLimits().maxBytes().orElse(null))
                .bind("whenFull", vpg.policy().journalLimits().whenFull().name())
                .bind("thinning", json.write(vpg.policy().journalLimits().thinning()))
                .bind("epoch", vpg.epoch())
                .bind("members", json.write(vpg.members()))
                .bind("deletion", vpg.deletion().map(json::write).orElse(null))
                .bind("version", vpg.version());
    }

    private Limits limits(ResultSet row) throws SQLException {
        long maxBytes = row.getLong("journal_limit_bytes");
        return new Limits(
                row.wasNull() ? Optional.empty() : Optional.of(maxBytes),
                WhenFull.valueOf(row.getString("when_full")),
                json.read(row.getString("thinning_json"), new TypeReference<List<Tier>>() {}));
    }

    private VpgRecord fromRow(ResultSet row) throws SQLException {
        return new VpgRecord(
                VpgId.parse(row.getString("id")),
                row.getString("name"),
                VpgRole.valueOf(row.getString("role")),
                VpgLifecycle.valueOf(row.getString("lifecycle")),
                SiteId.parse(row.getString("peer_id")),
                row.getString("recovery_hypervisor"),
                new VpgPolicy(
                        row.getInt("checkpoint_interval_seconds"),
                        Duration.ofSeconds(row.getLong("journal_history_seconds")),
                        row.getInt("target_rpo_seconds"),
                        limits(row)),
                row.getLong("epoch"),
                json.read(row.getString("members_json"), new TypeReference<List<MemberDefinition>>() {}),
                Optional.ofNullable(row.getString("deletion_json")).map(text -> json.read(text, DeleteVpg.class)),
                Micros.toInstant(row.getLong("created_micros")),
                row.getLong("version"));
    }
}
