package io.tidemark.hypervisor.vsphere.vim;

/** Who logs in. Never printed. */
public record Credentials(String user, String password) {
    @Override
    public String toString() {
        return "Credentials of " + user;
    }
}
