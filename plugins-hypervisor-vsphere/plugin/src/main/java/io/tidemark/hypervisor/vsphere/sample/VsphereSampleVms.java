package io.tidemark.hypervisor.vsphere.sample;

import io.tidemark.hypervisor.vsphere.compute.VsphereCompute;
import io.tidemark.hypervisor.vsphere.inventory.VsphereInventory;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.recovery.BlankVms;
import io.tidemark.hypervisor.vsphere.recovery.OwnerTag.Role;
import io.tidemark.hypervisor.vsphere.recovery.VmMaker;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.sample.SampleVms;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/** Makes sample VMs on a vCenter whose hosts are simulated. */
public final class VsphereSampleVms implements SampleVms, AutoCloseable {
    /** The program that the host simulator runs in the guest's place. */
    static final String WORKLOAD_KEY = "guestinfo.tidemark.workload";

    static final String LEDGER = "ledger";

    private static final long MIB = 1L << 20;
    private static final long SMALLEST_DISK_BYTES = 8 * MIB;
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);

    private final URI console;
    private final VsphereInventory inventory;
    private final VsphereCompute compute;
    private final VmMaker maker;
    private final BlankVms blank;
    private final ExecutorService executor;
    private final HttpClient http;

    public VsphereSampleVms(
            URI console,
            VsphereInventory inventory,
            VsphereCompute compute,
            VmMaker maker,
            BlankVms blank,
            ThreadFactory threads) {
        this.console = console;
        this.inventory = inventory;
        this.compute = compute;
        this.maker = maker;
        this.blank = blank;
        this.executor = Executors.newCachedThreadPool(threads);
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_LIMIT)
                .executor(executor)
                .build();
    }

    @Override
    public SampleVm create(SampleVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException {
        for (long size : spec.diskSizesBytes()) {
            if (size < SMALLEST_DISK_BYTES || size % MIB != 0) {
                throw new ProviderException(
                        FailureKind.REJECTED,
                        "Sample VM " + spec.name() + " was not made",
                        "a disk of " + size + " bytes was asked for",
                        "Ask for at least 8 MiB and whole MiB.");
            }
        }
        VmId vm = blank.create(spec.name(), spec.diskSizesBytes(), Map.of(WORKLOAD_KEY, LEDGER), operation, deadline);
        compute.start(vm, deadline);
        return connect(vm, deadline);
    }

    @Override
    public SampleVm connect(VmId vm, Deadline deadline) throws ProviderException {
        VsphereVm found = inventory.require(vm, "The console of VM " + vm + " was not opened", deadline);
        if (!LEDGER.equals(found.extraConfig().get(WORKLOAD_KEY))) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    "The console of VM " + found.name() + " was not opened",
                    "it is no sample VM: its setting " + WORKLOAD_KEY + " is not " + LEDGER,
                    "Choose a sample VM, or one that was recovered from one.");
        }
        ConsoleClient client = new ConsoleClient(http, console, vm);
        client.awaitProgram(deadline);
        return client;
    }

    @Override
    public void removeAll(OperationId operation, Deadline deadline) throws ProviderException {
        List<VsphereVm> made = maker.tagged(operation, Set.of(Role.SAMPLE), deadline);
        for (VsphereVm vm : made) {
            compute.destroy(vm, deadline);
        }
        maker.removeFolders(operation, deadline);
    }

    @Override
    public void close() {
        http.shutdownNow();
        executor.shutdownNow();
    }
}
