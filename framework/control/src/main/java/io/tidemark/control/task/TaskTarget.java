package io.tidemark.control.task;

/**
 * What a task works on.
 *
 * @param kind {@code vpg} or {@code recovery}
 * @param id of it
 * @param name of it, for people; for a recovery the VPG's name
 */
public record TaskTarget(String kind, String id, String name) {}
