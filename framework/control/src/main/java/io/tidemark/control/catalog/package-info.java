/**
 * The persisted state of a site in one SQLite file: the connection, its migrations, and one class of statements per table group.
 *
 * <p>Any thread; all access is serialised by one lock, and each transaction is durable on return.
 */
@NullMarked
package io.tidemark.control.catalog;

import org.jspecify.annotations.NullMarked;
