package io.tidemark.hypervisor.vsphere.recovery;

import io.tidemark.hypervisor.vsphere.config.VsphereConfig;
import io.tidemark.hypervisor.vsphere.inventory.Topology;
import io.tidemark.hypervisor.vsphere.recovery.VmSpec.NicBacking;
import io.tidemark.hypervisor.vsphere.recovery.VmSpec.NicSpec;
import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.site.VmDescription.NicDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which network each card of a recovered VM is plugged into. A test VM's goes into the closed network, or is unplugged; it never reaches the
 * network of its origin. A card whose network is not here is unplugged too, with a warning.
 */
final class NicMapping {
    private static final Set<String> MODELS =
            Set.of("VirtualVmxnet3", "VirtualVmxnet2", "VirtualE1000", "VirtualE1000e", "VirtualPCNet32");
    private static final String DEFAULT_MODEL = "VirtualVmxnet3";

    private final VsphereConfig config;
    private final MoRef datacenter;
    private final Topology topology;
    private final Consumer<String> warnings;

    NicMapping(VsphereConfig config, MoRef datacenter, Topology topology, Consumer<String> warnings) {
        this.config = config;
        this.datacenter = datacenter;
        this.topology = topology;
        this.warnings = warnings;
    }

    List<NicSpec> of(RecoveryVmSpec spec) {
        List<NicSpec> cards = new ArrayList<>();
        for (NicDescription nic : spec.nics()) {
            Optional<String> wanted = wanted(spec.purpose(), nic);
            Optional<NicBacking> backing = wanted.flatMap(this::backing);
            if (wanted.isPresent() && backing.isEmpty()) {
                warnings.accept(
                        "Network card " + nic.mac() + " of recovered VM " + spec.name()
                                + " is unplugged: there is no network '" + wanted.get()
                                + "' here. Name one for it in the setting network-map (or test-network), or plug the card in by hand.");
            }
            String model = MODELS.contains(nic.model()) ? nic.model() : DEFAULT_MODEL;
            if (backing.isPresent()) {
                cards.add(new NicSpec(model, nic.mac(), backing.get(), true));
            } else {
                // Every card hangs on some network; this one stays unplugged.
                anyBacking().ifPresent(each -> cards.add(new NicSpec(model, nic.mac(), each, false)));
            }
        }
        return cards;
    }

    private Optional<String> wanted(Purpose purpose, NicDescription nic) {
        if (purpose == Purpose.TEST) {
            return config.testNetwork().filter(each -> !each.equals(nic.network()));
        }
        return nic.network().isEmpty()
                ? Optional.empty()
                : Optional.of(config.networks().getOrDefault(nic.network(), nic.network()));
    }

    private Optional<NicBacking> anyBacking() {
        return networks().stream()
                .map(topology::name)
                .flatMap(name -> backing(name).stream())
                .findFirst();
    }

    private List<MoRef> networks() {
        return topology.refs(datacenter, "network");
    }

    /** The network of a name as a card's backing. */
    Optional<NicBacking> backing(String name) {
        Optional<MoRef> network = networks().stream()
                .filter(each -> topology.name(each).equals(name))
                .findFirst();
        if (network.isEmpty()) {
            return Optional.empty();
        }
        if (!network.get().type().equals("DistributedVirtualPortgroup")) {
            return Optional.of(new NicBacking.Standard(name));
        }
        return topology.refs(network.get(), "config.distributedVirtualSwitch").stream()
                .map(each -> (NicBacking)
                        new NicBacking.Distributed(topology.text(each, "uuid"), topology.text(network.get(), "key")))
                .findFirst();
    }
}
