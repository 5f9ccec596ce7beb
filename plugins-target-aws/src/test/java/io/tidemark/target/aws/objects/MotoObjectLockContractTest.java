package io.tidemark.target.aws.objects;

import io.tidemark.tck.objects.ObjectLockContract;
import io.tidemark.tck.objects.ObjectStoreSubject;

final class MotoObjectLockContractTest extends ObjectLockContract {
    @Override
    protected ObjectStoreSubject makeSubject() throws Exception {
        return S3Subject.moto();
    }
}
