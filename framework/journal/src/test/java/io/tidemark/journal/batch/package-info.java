@NullMarked
package io.tidemark.journal.batch;

import org.jspecify.annotations.NullMarked;
