package io.tidemark.control.recovery;

import com.fasterxml.jackson.core.type.TypeReference;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.catalog.Micros;
import io.tidemark.control.checkpoint.CheckpointView;
import io.tidemark.control.json.Json;
import io.tidemark.control.task.TaskError;
import io.tidemark.control.vpg.OpenRecovery;
import io.tidemark.control.vpg.VpgState;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The statements over the recoveries of the catalog; the rows are the only memory of a recovery. Changes of state follow
 * {@link RecoveryState#next}. Safe for use by several threads.
 */
public final class RecoveryTable implements OpenRecovery.Lookup {
    private static final Duration KEYS_KEPT = Duration.ofDays(2);

    private final Catalog catalog;
    private final Json json;
    private final Clock clock;

    public RecoveryTable(Catalog catalog, Json json, Clock clock) {
        this.catalog = catalog;
        this.json = json;
        this.clock = clock;
    }

    void insert(RecoveryRecord recovery) {
        catalog.useTransaction(handle -> handle.createUpdate("""
                        INSERT INTO recovery (id, type, vpg_id, vpg_name, state, hypervisor, request_json, vms_json,
                            requested_micros, note)
                        VALUES (:id, :type, :vpg, :vpgName, :state, :hypervisor, :request, :vms, :requested, '')""")
                .bind("id", recovery.id().toString())
                .bind("type", recovery.type().name())
                .bind("vpg", recovery.vpg().toString())
                .bind("vpgName", recovery.vpgName())
                .bind("state", recovery.state().name())
                .bind("hypervisor", recovery.hypervisor())
                .bind("request", json.write(recovery.request()))
                .bind("vms", json.write(recovery.vms()))
                .bind("requested", Micros.of(recovery.requestedAt()))
                .execute());
    }

    Optional<RecoveryRecord> find(OperationId id) {
        return catalog.inTransaction(handle -> handle.createQuery("SELECT * FROM recovery WHERE id = :id")
                .bind("id", id.toString())
                .map((row, context) -> fromRow(row))
                .findOne());
    }

    /** A recovery that exists. */
    RecoveryRecord get(OperationId id) {
        return find(id).orElseThrow(() -> new IllegalStateException("recovery " + id + " is not in the catalog"));
    }

    /** Newest first; of one VPG or of all. */
    List<RecoveryRecord> list(Optional<VpgId> vpg) {
        String filter = vpg.isPresent() ? " WHERE vpg_id = :vpg" : "";
        return catalog.inTransaction(handle -> {
            var query = handle.createQuery("SELECT * FROM recovery" + filter + " ORDER BY number DESC");
            vpg.ifPresent(id -> query.bind("vpg", id.toString()));
            return query.map((row, context) -> fromRow(row)).list();
        });
    }

    /** Those that are not finished, oldest first. */
    List<RecoveryRecord> open() {
        return catalog.inTransaction(handle ->
                handle.createQuery("""
                        SELECT * FROM recovery WHERE state NOT IN ('STOPPED', 'COMMITTED', 'ROLLED_BACK', 'FAILED')
                        ORDER BY number""").map((row, context) -> fromRow(row)).list());
    }

    List<RecoveryRecord> open(VpgId vpg) {
        return open().stream().filter(recovery -> recovery.vpg().equals(vpg)).toList();
    }

    @Override
    public List<OpenRecovery> of(VpgId vpg) {
        return open(vpg).stream()
                .map(recovery -> new OpenRecovery(recovery.id(), effect(recovery)))
                .toList();
    }

    /** Whether an open recovery uses the checkpoint. */
    public boolean uses(VpgId vpg, CheckpointId checkpoint) {
        return open(vpg).stream()
                .anyMatch(recovery ->
                        recovery.checkpoint().map(CheckpointView::id).equals(Optional.of(checkpoint)));
    }

    /** The open recovery that made a VM. */
    public Optional<OperationId> madeBy(VmId vm) {
        return open().stream()
                .filter(recovery ->
                        recovery.vms().stream().anyMatch(made -> made.id().equals(Optional.of(vm))))
                .map(RecoveryRecord::id)
                .findFirst();
    }

    /**
     * Moves the state.
     *
     * @throws io.tidemark.control.ControlException {@code RECOVERY_STATE} when it does not follow; nothing was changed
     */
    void move(OperationId id, RecoveryState to) {
        catalog.useTransaction(handle -> {
            RecoveryRecord recovery = get(id);
            if (!recovery.state().next(recovery.type()).contains(to)) {
                throw ErrorCode.RECOVERY_STATE.because(
                        "Recovery " + id + " of VPG '" + recovery.vpgName() + "' was not changed to " + to,
                        "it is a " + recovery.type() + " in state " + recovery.state() + ", and that does not follow",
                        "Look at the recovery, and ask for something that fits its state.");
            }
            handle.execute(
                    "UPDATE recovery SET state = ?, ended_micros = ? WHERE id = ?",
                    to.name(),
                    to.finished() ? Micros.of(clock.instant()) : null,
                    id.toString());
        });
    }

    void setCheckpoint(OperationId id, CheckpointView checkpoint) {
        set(id, "checkpoint_json", json.write(checkpoint));
    }

    void setVms(OperationId id, List<RecoveredVm> vms) {
        set(id, "vms_json", json.write(vms));
    }

    void setShutDown(OperationId id, List<VmId> vms) {
        set(id, "shut_down_json", json.write(vms));
    }

    void setFenceEpoch(OperationId id, long epoch) {
        set(id, "fence_epoch", epoch);
    }

    void setError(OperationId id, TaskError error) {
        set(id, "error_json", json.write(error));
    }

    void setResult(OperationId id, TestResult result, String note) {
        set(id, "result", result.name());
        set(id, "note", note);
    }

    void setRunning(OperationId id, Instant at, Optional<Instant> decideAt) {
        set(id, "running_micros", Micros.of(at));
        decideAt.ifPresent(when -> set(id, "decide_micros", Micros.of(when)));
    }

    /** What was asked for with this key before. */
    Optional<KnownKey> findKey(String key) {
        return catalog.inTransaction(handle -> handle.createQuery("SELECT * FROM idempotency_key WHERE key = :key")
                .bind("key", key)
                .map((row, context) -> new KnownKey(
                        json.read(row.getString("request_json"), StartRecovery.class),
                        OperationId.parse(row.getString("recovery_id"))))
                .findOne());
    }

    void insertKey(String key, StartRecovery request, OperationId recovery) {
        Instant now = clock.instant();
        catalog.useTransaction(handle -> {
            handle.execute("DELETE FROM idempotency_key WHERE created_micros < ?", Micros.of(now.minus(KEYS_KEPT)));
            handle.execute(
                    "INSERT INTO idempotency_key (key, request_json, recovery_id, created_micros) VALUES (?, ?, ?, ?)",
                    key,
                    json.write(request),
                    recovery.toString(),
                    Micros.of(now));
        });
    }

    private void set(OperationId id, String column, Object value) {
        catalog.useTransaction(
                handle -> handle.execute("UPDATE recovery SET " + column + " = ? WHERE id = ?", value, id.toString()));
    }

    private static Optional<VpgState> effect(RecoveryRecord recovery) {
        if (recovery.type() == RecoveryType.TEST) {
            return Optional.empty();
        }
        return switch (recovery.state()) {
            case STARTING -> Optional.of(VpgState.FAILING_OVER);
            case UNCOMMITTED -> Optional.of(VpgState.FAILED_OVER_UNCOMMITTED);
            case COMMITTING -> Optional.of(VpgState.COMMITTING);
            case ROLLING_BACK -> Optional.of(VpgState.ROLLING_BACK);
            case TESTING, STOPPING, STOPPED, COMMITTED, ROLLED_BACK, FAILED -> Optional.empty();
        };
    }

    private RecoveryRecord fromRow(ResultSet row) throws SQLException {
        return new RecoveryRecord(
                OperationId.parse(row.getString("id")),
                RecoveryType.valueOf(row.getString("type")),
                VpgId.parse(row.getString("vpg_id")),
                row.getString("vpg_name"),
                RecoveryState.valueOf(row.getString("state")),
                row.getString("hypervisor"),
                json.read(row.getString("request_json"), StartRecovery.class),
                Optional.ofNullable(row.getString("checkpoint_json"))
                        .map(text -> json.read(text, CheckpointView.class)),
                json.read(row.getString("vms_json"), new TypeReference<List<RecoveredVm>>() {}),
                Optional.ofNullable(row.getString("shut_down_json"))
                        .map(text -> json.read(text, new TypeReference<List<VmId>>() {})),
                Optional.ofNullable(nullableLong(row, "fence_epoch")),
                Micros.toInstant(row.getLong("requested_micros")),
                Micros.toInstant(nullableLong(row, "running_micros")),
                Micros.toInstant(nullableLong(row, "ended_micros")),
                Micros.toInstant(nullableLong(row, "decide_micros")),
                Optional.ofNullable(row.getString("error_json")).map(text -> json.read(text, TaskError.class)),
                Optional.ofNullable(row.getString("result")).map(TestResult::valueOf),
                row.getString("note"));
    }

    private static @Nullable Long nullableLong(ResultSet row, String column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : Long.valueOf(value);
    }

    record KnownKey(StartRecovery request, OperationId recovery) {}
}
