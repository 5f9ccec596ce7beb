package io.tidemark.control.site;

import com.fasterxml.jackson.core.type.TypeReference;
import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.FieldError;
import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.catalog.Micros;
import io.tidemark.control.json.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Owns the persisted hypervisor instances of a site. */
public final class HypervisorTable implements HypervisorConfigurations {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");

    private final Catalog catalog;
    private final Json json;
    private final Clock clock;
    private final Predicate<String> inUse;

    /**
     * @param inUse whether a VPG needs the instance of that name
     */
    public HypervisorTable(Catalog catalog, Json json, Clock clock, Predicate<String> inUse) {
        this.catalog = catalog;
        this.json = json;
        this.clock = clock;
        this.inUse = inUse;
    }

    @Override
    public List<HypervisorConfiguration> list() {
        return catalog.inTransaction(handle -> handle.createQuery("SELECT * FROM hypervisor ORDER BY name")
                .map((row, context) -> fromRow(row))
                .list());
    }

    @Override
    public Optional<HypervisorConfiguration> find(String name) {
        return list().stream().filter(row -> row.name().equals(name)).findFirst();
    }

    @Override
    public HypervisorConfiguration add(String name, String kind, Map<String, String> settings) {
        List<FieldError> errors = new ArrayList<>();
        if (!NAME.matcher(name).matches()) {
            errors.add(new FieldError("/name", "must be 1 to 32 lower-case letters, digits or hyphens"));
        }
        if (kind.isBlank()) {
            errors.add(new FieldError("/kind", "must name what opens it, for example the kind of an installed plugin"));
        }
        if (!errors.isEmpty()) {
            throw new ControlException(
                    ErrorCode.REQUEST_INVALID,
                    "The hypervisor was not added",
                    "the request has wrong fields",
                    "Correct them and ask again.",
                    errors,
                    null);
        }
        HypervisorConfiguration row = new HypervisorConfiguration(name, kind, settings, clock.instant());
        catalog.useTransaction(handle -> {
            if (find(name).isPresent()) {
                throw ErrorCode.HYPERVISOR_EXISTS.because(
                        "Hypervisor '" + name + "' was not added", "the name is taken", "Choose another name.");
            }
            handle.execute(
                    "INSERT INTO hypervisor (name, kind, settings_json, created_micros) VALUES (?, ?, ?, ?)",
                    name,
                    kind,
                    json.write(settings),
                    Micros.of(row.createdAt()));
        });
        return row;
    }

    @Override
    public void remove(String name) {
        if (find(name).isEmpty()) {
            throw ErrorCode.HYPERVISOR_NOT_FOUND.because(
                    "Hypervisor '" + name + "' was not removed", "it is not configured here", "List the hypervisors.");
        }
        if (inUse.test(name)) {
            throw ErrorCode.HYPERVISOR_IN_USE.because(
                    "Hypervisor '" + name + "' was not removed", "a VPG needs it", "Delete its VPGs first.");
        }
        catalog.useTransaction(handle -> handle.execute("DELETE FROM hypervisor WHERE name = ?", name));
    }

    private HypervisorConfiguration fromRow(ResultSet row) throws SQLException {
        return new HypervisorConfiguration(
                row.getString("name"),
                row.getString("kind"),
                json.read(row.getString("settings_json"), new TypeReference<Map<String, String>>() {}),
                Micros.toInstant(row.getLong("created_micros")));
    }
}
