package io.tidemark.bench.measure;

/**
 * One round of a run; in each, every side is measured once.
 *
 * @param number 0 for the warm-up, which counts for nothing
 */
public record Round(int number) {
    public boolean isWarmUp() {
        return number == 0;
    }
}
