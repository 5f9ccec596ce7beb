/** The judges of consistent cuts are judged: each is shown to accept what is right and to refuse what is wrong. */
@NullMarked
package io.tidemark.tck.consistency;

import org.jspecify.annotations.NullMarked;
