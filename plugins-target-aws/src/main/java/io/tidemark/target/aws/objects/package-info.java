/**
 * Objects in S3: conditional puts, multipart uploads, ranges, Object Lock. Any thread; the parts of large objects travel on a pool of the
 * store.
 */
@NullMarked
package io.tidemark.target.aws.objects;

import org.jspecify.annotations.NullMarked;
