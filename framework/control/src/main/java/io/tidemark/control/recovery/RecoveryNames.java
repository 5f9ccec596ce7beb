package io.tidemark.control.recovery;

import io.tidemark.control.vpg.MemberDefinition;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.VmDescription;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Chooses names for recovered VMs that are free on the target and hold no character that a hypervisor might refuse. */
final class RecoveryNames {
    private static final int SHORT_ID_DIGITS = 8;

    private RecoveryNames() {}

    /** One per member, in the members' order. */
    static List<RecoveredVm> choose(
            RecoveryRecord recovery, List<MemberDefinition> members, HypervisorSite target, Deadline deadline)
            throws ProviderException {
        Set<String> taken = new HashSet<>();
        for (VmDescription vm : target.inventory().list(deadline)) {
            taken.add(vm.name());
        }
        String shortId = recovery.id().toString().substring(0, SHORT_ID_DIGITS);
        List<RecoveredVm> chosen = new ArrayList<>();
        for (MemberDefinition member : members) {
            String source = member.member().vmName();
            List<String> candidates = recovery.type() == RecoveryType.TEST
                    ? List.of(source + "-test-" + shortId)
                    : List.of(source, source + "-recovered", source + "-recovered-" + shortId);
            String name = candidates.stream()
                    .filter(candidate -> !taken.contains(candidate))
                    .findFirst()
                    .orElseGet(() -> numbered(candidates.getLast(), taken));
            taken.add(name);
            chosen.add(new RecoveredVm(member.member().vm(), source, Optional.of(name), Optional.empty()));
        }
        return chosen;
    }

    /** Two VMs of one VPG may have the same name on two hypervisors. */
    private static String numbered(String base, Set<String> taken) {
        int number = 2;
        while (taken.contains(base + "-" + number)) {
            number++;
        }
        return base + "-" + number;
    }
}
