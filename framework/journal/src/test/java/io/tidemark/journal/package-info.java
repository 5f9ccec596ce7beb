@NullMarked
package io.tidemark.journal;

import org.jspecify.annotations.NullMarked;
