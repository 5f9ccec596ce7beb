package io.tidemark.target.aws.objects;

import io.tidemark.tck.objects.NoObjectLockContract;
import io.tidemark.tck.objects.ObjectStoreSubject;

final class MotoNoObjectLockContractTest extends NoObjectLockContract {
    @Override
    protected ObjectStoreSubject makeSubject() throws Exception {
        return S3Subject.moto();
    }
}
