package io.tidemark.control;

import io.tidemark.control.dataplane.Hypervisors;
import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.dataplane.PeerLink;
import io.tidemark.control.dataplane.ProtectionEngine;

/** What the control plane steers. */
public record DataPlane(ProtectionEngine engine, JournalStore journals, PeerLink peers, Hypervisors hypervisors) {}
