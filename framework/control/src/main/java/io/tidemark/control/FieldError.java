package io.tidemark.control;

/**
 * What is wrong with one field of a request.
 *
 * @param pointer JSON pointer into the request's body, for example {@code /vms/0}
 * @param detail one sentence for people
 */
public record FieldError(String pointer, String detail) {}
