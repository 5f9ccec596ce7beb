package io.tidemark.hypervisor.vsphere.vim;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import java.util.Optional;

/**
 * The singletons of a vCenter, and what it says about itself.
 *
 * @param apiType {@code VirtualCenter}, or {@code HostAgent} for a single host
 * @param customFields absent on a single host
 */
public record ServiceContent(
        String fullName,
        String apiVersion,
        String apiType,
        MoRef rootFolder,
        MoRef propertyCollector,
        MoRef viewManager,
        MoRef sessionManager,
        MoRef fileManager,
        Optional<MoRef> customFields) {

    static ServiceContent of(XmlNode response) throws ProviderException {
        XmlNode content = response.child("returnval").orElse(response);
        return new ServiceContent(
                content.value("about.fullName").orElse("vCenter"),
                content.value("about.apiVersion").orElse("?"),
                content.value("about.apiType").orElse("?"),
                required(content, "rootFolder"),
                required(content, "propertyCollector"),
                required(content, "viewManager"),
                required(content, "sessionManager"),
                required(content, "fileManager"),
                content.ref("customFieldsManager"));
    }

    private static MoRef required(XmlNode content, String name) throws ProviderException {
        return content.ref(name)
                .orElseThrow(() -> new ProviderException(
                        FailureKind.UNSUPPORTED,
                        "The vCenter cannot be used",
                        "its service content names no " + name,
                        "Use a vCenter of version 6.5 or newer."));
    }
}
