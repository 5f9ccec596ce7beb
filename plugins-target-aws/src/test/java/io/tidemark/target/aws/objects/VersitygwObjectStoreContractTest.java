package io.tidemark.target.aws.objects;

import io.tidemark.tck.objects.ObjectStoreContract;
import io.tidemark.tck.objects.ObjectStoreSubject;

final class VersitygwObjectStoreContractTest extends ObjectStoreContract {
    @Override
    protected ObjectStoreSubject makeSubject() throws Exception {
        return S3Subject.versitygw(S3Subject.Locking.OFF);
    }
}
