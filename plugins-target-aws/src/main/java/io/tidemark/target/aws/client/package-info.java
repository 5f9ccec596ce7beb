/**
 * How AWS is reached: settings, SDK clients with their time limits and retries, what its errors mean, and the tags by which everything that
 * Tidemark makes is found again. Any thread.
 */
@NullMarked
package io.tidemark.target.aws.client;

import org.jspecify.annotations.NullMarked;
