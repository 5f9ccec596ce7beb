@NullMarked
package io.tidemark.bench.suite;

import org.jspecify.annotations.NullMarked;
