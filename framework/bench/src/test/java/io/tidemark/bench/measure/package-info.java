@NullMarked
package io.tidemark.bench.measure;

import org.jspecify.annotations.NullMarked;
