package io.tidemark.hypervisor.vsphere;

import static org.junit.jupiter.api.Assertions.fail;

import io.tidemark.hypervisor.vsphere.inventory.InventoryFeed;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.hypervisor.vsphere.vim.Properties;
import io.tidemark.hypervisor.vsphere.vim.Tasks;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.hypervisor.vsphere.vim.XmlBody;
import io.tidemark.hypervisor.vsphere.vim.XmlNode;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.HypervisorSite;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** A subject with its site open, and an operator who works on the same vCenter with a client of his own. */
final class Scene implements AutoCloseable {
    static final long SMALL = 8L << 20;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final VsphereSubject subject;
    private final VimSession operator;
    private final InventoryFeed operatorsView;
    private HypervisorSite site;

    Scene(Map<String, String> changedSettings, String... vcenterOptions) throws Exception {
        this.subject = VsphereSubject.make(vcenterOptions);
        this.operator = subject.secondClient();
        this.operatorsView = new InventoryFeed(operator, 100);
        this.site = subject.factory().open(subject.with(changedSettings), subject.context(), deadline());
    }

    static Deadline deadline() {
        return Deadline.after(LIMIT);
    }

    VsphereSubject subject() {
        return subject;
    }

    HypervisorSite site() {
        return site;
    }

    VimSession operator() {
        return operator;
    }

    void reopen() throws Exception {
        site.close();
        site = subject.open();
    }

    SampleVms samples() {
        return site.sampleVms().orElseThrow();
    }

    /** A running sample VM with disks of 8 MiB. */
    SampleVm boot(String name, int disks) throws Exception {
        Long[] sizes = new Long[disks];
        Arrays.fill(sizes, SMALL);
        return samples().create(new SampleVmSpec(name, List.of(sizes)), OperationId.random(), deadline());
    }

    /** The VM as the operator sees it. */
    VsphereVm seen(VmId vm) throws Exception {
        return operatorsView.current(deadline()).vm(vm).orElseThrow();
    }

    List<String> seenNames() throws Exception {
        return operatorsView.current(deadline()).vms().stream()
                .map(VsphereVm::name)
                .toList();
    }

    /** Has the operator do something to a VM. */
    void operate(String method, MoRef target, Consumer<XmlBody> arguments) throws Exception {
        Tasks.run(operator, "Operating", method, target, arguments, deadline());
    }

    void reconfigure(VmId vm, Consumer<XmlBody> spec) throws Exception {
        operate("ReconfigVM_Task", seen(vm).ref(), body -> body.element("spec", spec));
    }

    /** Ends all sessions but the operator's, as an administrator can, or time. */
    void endOtherSessions() throws Exception {
        MoRef manager = operator.content(deadline()).sessionManager();
        Properties.Read read = Properties.of(
                        operator, List.of(manager), List.of("sessionList", "currentSession"), deadline())
                .getFirst();
        String own =
                read.value("currentSession").flatMap(each -> each.value("key")).orElseThrow();
        List<String> others = read.value("sessionList").map(XmlNode::children).orElseThrow().stream()
                .flatMap(each -> each.value("key").stream())
                .filter(each -> !each.equals(own))
                .toList();
        operator.call(
                "Ending sessions",
                "TerminateSession",
                manager,
                body -> others.forEach(each -> body.text("sessionId", each)),
                deadline());
    }

    /** Waits at most so long for something that others bring about. */
    static void within(Duration limit, String what, Callable<Boolean> condition) throws Exception {
        Deadline end = Deadline.after(limit);
        while (!condition.call()) {
            if (end.passed()) {
                fail("not within " + limit + ": " + what);
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Override
    public void close() throws Exception {
        try (VsphereSubject closed = subject) {
            site.close();
            operator.close();
        }
    }
}
