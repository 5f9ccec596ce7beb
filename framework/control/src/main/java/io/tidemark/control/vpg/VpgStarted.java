package io.tidemark.control.vpg;

import io.tidemark.control.task.TaskId;

/** A VPG that is being worked on, and the task that does it. */
public record VpgStarted(VpgView vpg, TaskId task) {}
