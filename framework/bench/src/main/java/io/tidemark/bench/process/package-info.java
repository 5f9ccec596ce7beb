/**
 * Programs that others wrote and the folder they work in; both are gone when a run ends, however it ends. Any thread may ask for the end.
 */
@NullMarked
package io.tidemark.bench.process;

import org.jspecify.annotations.NullMarked;
