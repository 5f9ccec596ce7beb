package io.tidemark.hypervisor.vsphere.recovery;

import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.hypervisor.vsphere.vim.Properties;
import io.tidemark.hypervisor.vsphere.vim.VimFault;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.hypervisor.vsphere.vim.XmlNode;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The custom attribute "Tidemark" of VMs, which tells people in the vCenter's own client that a VM is ours. Nothing depends on it: where it cannot be
 * set, that is a warning.
 */
final class OwnerField {
    private static final String NAME = "Tidemark";
    private static final String WHAT = "Setting the attribute " + NAME;

    private final VimSession session;
    private final Consumer<String> warnings;

    OwnerField(VimSession session, Consumer<String> warnings) {
        this.session = session;
        this.warnings = warnings;
    }

    void set(MoRef vm, OwnerTag tag, Deadline deadline) throws ProviderException {
        Optional<MoRef> fields = session.content(deadline).customFields();
        if (fields.isEmpty()) {
            return;
        }
        try {
            long key = key(fields.get(), deadline);
            session.call(
                    WHAT,
                    "SetField",
                    fields.get(),
                    body -> body.ref("entity", vm).text("key", key).text("value", tag.forPeople()),
                    deadline);
        } catch (VimFault fault) {
            warnings.accept("VM " + vm.value() + " does not carry the attribute " + NAME + ": " + fault.getMessage()
                    + ". It is ours all the same; give Tidemark's user Global.SetCustomField to have it shown.");
        }
    }

    private long key(MoRef fields, Deadline deadline) throws ProviderException, VimFault {
        Optional<Long> known = find(fields, deadline);
        if (known.isPresent()) {
            return known.get();
        }
        try {
            session.call(
                    WHAT,
                    "AddCustomFieldDef",
                    fields,
                    body -> body.text("name", NAME).text("moType", "VirtualMachine"),
                    deadline);
        } catch (VimFault fault) {
            if (!fault.is("DuplicateName")) {
                throw fault;
            }
        }
        return find(fields, deadline).orElse(-1L);
    }

    private Optional<Long> find(MoRef fields, Deadline deadline) throws ProviderException, VimFault {
        for (Properties.Read read : Properties.of(session, List.of(fields), List.of("field"), deadline)) {
            for (XmlNode field : read.value("field").map(XmlNode::children).orElse(List.of())) {
                if (field.value("name").filter(NAME::equals).isPresent()) {
                    return Optional.of(field.number("key").orElse(-1));
                }
            }
        }
        return Optional.empty();
    }
}
