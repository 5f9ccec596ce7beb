package io.tidemark.control.vpg;

import io.tidemark.control.event.AlertBook;
import io.tidemark.control.event.AlertCode;
import java.time.Duration;
import java.util.Optional;

/** Decides whether the RPO of a VPG is worth an alert. */
final class RpoAlert {
    private RpoAlert() {}

    static void evaluate(Vpg vpg, AlertBook alerts, Duration rpo) {
        int targetSeconds = vpg.definition().policy().targetRpoSeconds();
        if (rpo.compareTo(Duration.ofSeconds(targetSeconds)) > 0) {
            alerts.open(
                    AlertCode.RPO_EXCEEDED,
                    vpg.id().toString(),
                    Optional.of(vpg.id()),
                    "The newest checkpoint of VPG '" + vpg.name() + "' is older than the target RPO of " + targetSeconds
                            + " s. A failover now would lose more than was agreed. See the states of its members and of"
                            + " the link between the sites.");
        } else {
            alerts.close(AlertCode.RPO_EXCEEDED, vpg.id().toString());
        }
    }
}
