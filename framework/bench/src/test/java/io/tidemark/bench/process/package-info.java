@NullMarked
package io.tidemark.bench.process;

import org.jspecify.annotations.NullMarked;
