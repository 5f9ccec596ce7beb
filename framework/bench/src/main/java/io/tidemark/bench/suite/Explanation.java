package io.tidemark.bench.suite;

/**
 * A benchmark in words.
 *
 * @param what what is measured
 * @param peer what runs beside it
 * @param bar what has to be reached
 * @param minutes how long five rounds take, roughly
 */
public record Explanation(String what, String peer, String bar, int minutes) {}
