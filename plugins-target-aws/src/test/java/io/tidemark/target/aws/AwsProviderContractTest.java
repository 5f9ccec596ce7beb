package io.tidemark.target.aws;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.ProviderContract;

final class AwsProviderContractTest extends ProviderContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return new AwsSubject();
    }
}
