/** Programs that measure the engine on this machine; no tests. Each class says how it is run. One thread each. */
@NullMarked
package io.tidemark.journal.measure;

import org.jspecify.annotations.NullMarked;
