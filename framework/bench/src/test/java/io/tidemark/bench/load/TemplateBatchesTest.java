package io.tidemark.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.journal.batch.Batch;
import io.tidemark.journal.batch.BatchRecord;
import io.tidemark.journal.batch.RecordType;
import org.junit.jupiter.api.Test;

final class TemplateBatchesTest {
    private static final int RECORD_BYTES = 16 << 10;

    /** Given a place, a template is a batch like any other: every checksum in it holds, also when it is used again. */
    @Test
    void aTemplateIsAValidBatchAtEveryPlace() throws Exception {
        TemplateBatches batches = new TemplateBatches(16, RECORD_BYTES, 1);
        for (int i = 0; i < 300; i++) {
            long position = 1 + 16L * i;
            Batch batch = Batch.parse(batches.next(position, i % 3, Offsets.sequential(1 << 20, RECORD_BYTES)));
            batch.verifyPayload();
            assertEquals(position, batch.header().firstPosition());
            for (int j = 0; j < 16; j++) {
                BatchRecord record = batch.record(j);
                assertEquals(RecordType.WRITE, record.type());
                assertEquals(i % 3, record.volumeIndex());
                assertEquals((long) j * RECORD_BYTES, record.offset());
                assertEquals(RECORD_BYTES, record.lengthBytes());
            }
        }
        assertEquals(16L * RECORD_BYTES, batches.payloadBytes());
    }
}
