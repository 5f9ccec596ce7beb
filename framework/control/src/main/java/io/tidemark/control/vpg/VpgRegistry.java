package io.tidemark.control.vpg;

import io.tidemark.control.ErrorCode;
import io.tidemark.control.vm.VmView.VpgMembership;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Owns the VPGs of this site: which there are, and that names are unique. Safe for use by several threads. */
public final class VpgRegistry implements AutoCloseable {
    private final VpgContext context;
    private final Map<VpgId, Vpg> vpgs = new ConcurrentHashMap<>();

    public VpgRegistry(VpgContext context) {
        this.context = context;
        for (VpgRecord row : context.table().all()) {
            vpgs.put(row.id(), new Vpg(row, context));
        }
    }

    /** In name order. */
    public List<Vpg> all() {
        return vpgs.values().stream().sorted(Comparator.comparing(Vpg::name)).toList();
    }

    public Optional<Vpg> find(VpgId id) {
        return Optional.ofNullable(vpgs.get(id));
    }

    /** By id or name; {@code VPG_NOT_FOUND}. */
    public Vpg get(String idOrName) {
        return all().stream()
                .filter(vpg -> vpg.id().toString().equalsIgnoreCase(idOrName)
                        || vpg.name().equalsIgnoreCase(idOrName))
                .findFirst()
                .orElseThrow(() -> ErrorCode.VPG_NOT_FOUND.because(
                        "VPG '" + idOrName + "' was not found",
                        "this site has none with this id or name",
                        "List the VPGs of this site and of the other one."));
    }

    /** By id; {@code VPG_NOT_FOUND}. */
    public Vpg get(VpgId id) {
        return get(id.toString());
    }

    /** By id, when the asking site is its other site; {@code VPG_NOT_FOUND} else, so that nobody learns of others' VPGs. */
    public Vpg get(VpgId id, SiteId asking) {
        Vpg vpg = get(id);
        if (!vpg.definition().peer().equals(asking)) {
            throw ErrorCode.VPG_NOT_FOUND.because(
                    "VPG '" + id + "' was not found",
                    "this site has none with this id that is shared with the asking site",
                    "List the VPGs of both sites.");
        }
        return vpg;
    }

    /** Whether a VPG needs the peer. */
    public boolean needsPeer(SiteId peer) {
        return vpgs.values().stream().anyMatch(vpg -> vpg.definition().peer().equals(peer));
    }

    /** Whether a VPG needs the hypervisor instance of this site. */
    public boolean needsHypervisor(String name) {
        return vpgs.values().stream()
                .map(Vpg::definition)
                .anyMatch(row -> row.role() == VpgRole.RECOVERY
                        ? row.recoveryHypervisor().equals(name)
                        : row.members().stream()
                                .anyMatch(member -> member.member().hypervisor().equals(name)));
    }

    /** The VPGs that protect a VM of this site. */
    public List<VpgMembership> membershipsOf(VmId vm) {
        return all().stream()
                .filter(vpg -> vpg.definition().role() == VpgRole.PROTECTED
                        && vpg.definition().members().stream()
                                .anyMatch(member -> member.member().vm().equals(vm)))
                .map(vpg -> new VpgMembership(vpg.id(), vpg.name()))
                .toList();
    }

    /** Refuses a name that is in use here. */
    void checkNameFree(String name) {
        if (vpgs.values().stream().anyMatch(vpg -> vpg.name().equalsIgnoreCase(name))) {
            throw ErrorCode.VPG_NAME_TAKEN.because(
                    "VPG '" + name + "' was not created",
                    "site '" + context.settings().siteName() + "' has a VPG of this name",
                    "Choose another name.");
        }
    }

    /** Persists a new VPG; {@code VPG_NAME_TAKEN}. */
    synchronized Vpg add(VpgRecord row) {
        checkNameFree(row.name());
        context.table().insert(row);
        Vpg vpg = new Vpg(row, context);
        vpgs.put(row.id(), vpg);
        return vpg;
    }

    /** Forgets a VPG. */
    void remove(Vpg vpg) {
        context.table().delete(vpg.id());
        vpgs.remove(vpg.id());
        context.alerts().closeAll(vpg.id());
        vpg.close();
    }

    @Override
    public void close() {
        vpgs.values().forEach(Vpg::close);
    }
}
