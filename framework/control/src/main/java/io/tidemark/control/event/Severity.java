package io.tidemark.control.event;

/** How much an event or alert matters. */
public enum Severity {
    INFO,
    WARNING,
    ERROR
}
