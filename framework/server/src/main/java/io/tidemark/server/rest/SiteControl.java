package io.tidemark.server.rest;

import io.tidemark.control.ControlPlane;
import io.tidemark.control.checkpoint.Checkpoints;
import io.tidemark.control.event.Events;
import io.tidemark.control.recovery.Recoveries;
import io.tidemark.control.report.Statistics;
import io.tidemark.control.site.HypervisorConfigurations;
import io.tidemark.control.site.Sites;
import io.tidemark.control.task.Tasks;
import io.tidemark.control.vm.VirtualMachines;
import io.tidemark.control.vpg.Vpgs;

/** The control plane as the API asks it, noun by noun. All calls block. */
public record SiteControl(
        Sites sites,
        HypervisorConfigurations hypervisors,
        VirtualMachines vms,
        Vpgs vpgs,
        Checkpoints checkpoints,
        Recoveries recoveries,
        Tasks tasks,
        Events events,
        Statistics statistics) {
    public static SiteControl of(ControlPlane control) {
        return new SiteControl(
                control.sites(),
                control.hypervisors(),
                control.vms(),
                control.vpgs(),
                control.checkpoints(),
                control.recoveries(),
                control.tasks(),
                control.events(),
                control.statistics());
    }
}
