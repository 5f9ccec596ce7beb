package io.tidemark.control.vpg;

import io.tidemark.control.ControlSettings;
import io.tidemark.control.DataPlane;
import io.tidemark.control.event.AlertBook;
import io.tidemark.control.event.EventLog;
import io.tidemark.control.site.PeerDirectory;
import io.tidemark.control.time.Timer;
import java.time.Clock;

/** What every VPG works with. */
public record VpgContext(
        ControlSettings settings,
        DataPlane dataPlane,
        VpgTable table,
        PeerDirectory peers,
        EventLog events,
        AlertBook alerts,
        Clock clock,
        Timer timer) {}
