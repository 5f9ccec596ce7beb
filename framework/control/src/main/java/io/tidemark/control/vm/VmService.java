package io.tidemark.control.vm;

import io.tidemark.control.ErrorCode;
import io.tidemark.control.dataplane.Hypervisors;
import io.tidemark.control.vm.VmInventory.Unavailable;
import io.tidemark.control.vm.VmView.VpgMembership;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.VmDescription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Asks all hypervisors of the site for their VMs, side by side. */
public final class VmService implements VirtualMachines {
    private final Hypervisors hypervisors;
    private final Duration timeout;
    private final Function<VmId, List<VpgMembership>> memberships;
    private final Function<VmId, Optional<OperationId>> recoveredBy;

    /**
     * @param timeout per hypervisor
     * @param memberships VPGs of this site that protect a VM
     * @param recoveredBy the open recovery that made a VM
     */
    public VmService(
            Hypervisors hypervisors,
            Duration timeout,
            Function<VmId, List<VpgMembership>> memberships,
            Function<VmId, Optional<OperationId>> recoveredBy) {
        this.hypervisors = hypervisors;
        this.timeout = timeout;
        this.memberships = memberships;
        this.recoveredBy = recoveredBy;
    }

    @Override
    public VmInventory list() {
        Map<String, CompletableFuture<Answer>> asked = new LinkedHashMap<>();
        hypervisors.open().forEach((name, site) -> {
            CompletableFuture<Answer> answer = new CompletableFuture<>();
            asked.put(name, answer);
            Thread.ofVirtual().name("control-inventory-" + name).start(() -> answer.complete(ask(site)));
        });
        List<VmView> vms = new ArrayList<>();
        List<Unavailable> unavailable = new ArrayList<>();
        asked.forEach((name, future) -> {
            Answer answer = future.join();
            answer.vms().forEach(vm -> vms.add(view(name, vm)));
            answer.trouble().ifPresent(reason -> unavailable.add(new Unavailable(name, reason)));
        });
        vms.sort(Comparator.comparing((VmView vm) -> vm.description().name()).thenComparing(VmView::hypervisor));
        return new VmInventory(vms, unavailable);
    }

    @Override
    public VmView get(String idOrName) {
        VmInventory inventory = list();
        Optional<VmView> byId = inventory.vms().stream()
                .filter(vm -> vm.description().id().value().equals(idOrName))
                .findFirst();
        if (byId.isPresent()) {
            return byId.get();
        }
        List<VmView> byName = inventory.vms().stream()
                .filter(vm -> vm.description().name().equals(idOrName))
                .toList();
        if (byName.size() > 1) {
            throw ErrorCode.VM_NAME_AMBIGUOUS.because(
                    "VM '" + idOrName + "' was not chosen",
                    byName.size() + " VMs have this name: "
                            + byName.stream()
                                    .map(vm -> vm.description().id() + " on " + vm.hypervisor())
                                    .collect(Collectors.joining(", ")),
                    "Name the one that is meant by its id.");
        }
        if (byName.isEmpty()) {
            String hidden = inventory.unavailable().isEmpty()
                    ? ""
                    : ", and these did not answer: "
                            + inventory.unavailable().stream()
                                    .map(Unavailable::hypervisor)
                                    .collect(Collectors.joining(", "));
            throw ErrorCode.VM_NOT_FOUND.because(
                    "VM '" + idOrName + "' was not found",
                    "no hypervisor of this site that answers has one with this id or name" + hidden,
                    "List the VMs of this site.");
        }
        return byName.getFirst();
    }

    private Answer ask(HypervisorSite site) {
        try {
            return new Answer(site.inventory().list(Deadline.after(timeout)), Optional.empty());
        } catch (ProviderException e) {
            return new Answer(List.of(), Optional.of(String.valueOf(e.getMessage())));
        } catch (RuntimeException e) {
            return new Answer(List.of(), Optional.of("It met a defect: " + e + ". Look into the log."));
        }
    }

    private VmView view(String hypervisor, VmDescription vm) {
        return new VmView(hypervisor, vm, memberships.apply(vm.id()), recoveredBy.apply(vm.id()));
    }

    private record Answer(List<VmDescription> vms, Optional<String> trouble) {}
}
