package io.tidemark.control.vpg;

import io.tidemark.control.dataplane.ProtectedVpg.Member;
import java.util.List;

/**
 * What creating a VPG would do; nothing was changed.
 *
 * @param totalBytes to copy in the initial sync
 * @param warnings things to know, for example drives that are not protected
 */
public record VpgPlan(
        String name,
        List<Member> members,
        String recoverySite,
        String recoveryHypervisor,
        long totalBytes,
        List<String> warnings) {
    public VpgPlan {
        members = List.copyOf(members);
        warnings = List.copyOf(warnings);
    }
}
