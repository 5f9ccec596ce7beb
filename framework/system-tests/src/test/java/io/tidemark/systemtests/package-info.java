/**
 * Tests of the whole: sites in this process and as processes of their own, their guests under load, and what becomes of them when
 * something fails; and the rules that hold across all modules.
 */
@NullMarked
package io.tidemark.systemtests;

import org.jspecify.annotations.NullMarked;
