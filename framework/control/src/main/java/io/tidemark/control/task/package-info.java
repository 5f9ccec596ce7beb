/**
 * Tasks: long work with steps and times, persisted. Written by the thread that does the work; read by any.
 */
@NullMarked
package io.tidemark.control.task;

import org.jspecify.annotations.NullMarked;
