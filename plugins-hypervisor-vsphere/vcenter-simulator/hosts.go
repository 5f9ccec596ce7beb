package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// guestSettings is how the extra configuration begins that the host simulator is told of.
const guestSettings = "guestinfo."

// hostLink is the way to the host simulator: it is told what VMs there are and whether they run, and asked to hold writes.
type hostLink struct {
	address *url.URL
	token   string
	client  *http.Client

	mu   sync.Mutex
	told map[string]string
}

// newHostLink reads the token that the host simulator wants to see.
func newHostLink(address *url.URL, tokenFile string) (*hostLink, error) {
	link := &hostLink{address: address, client: &http.Client{Timeout: longestHold}, told: make(map[string]string)}
	if tokenFile != "" {
		token, err := os.ReadFile(tokenFile)
		if err != nil {
			return nil, err
		}
		link.token = strings.TrimSpace(string(token))
	}
	return link, nil
}

// send gives the status and what was said; an error only when no answer came.
func (l *hostLink) send(method, path string, body []byte) (int, string, error) {
	request, err := http.NewRequest(method, l.address.JoinPath(path).String(), bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+l.token)
	response, err := l.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	return response.StatusCode, string(said), err
}

// vmState is what the host simulator is told of a VM.
type vmState struct {
	Name     string            `json:"name"`
	Power    string            `json:"power"`
	Disks    []diskState       `json:"disks"`
	Settings map[string]string `json:"settings"`
}

type diskState struct {
	Key       int32  `json:"key"`
	Flat      string `json:"flat"`
	SizeBytes int64  `json:"sizeBytes"`
}

// tell tells of a VM that was made or changed. It runs before whoever changed it hears that it is done: a VM that is powered on runs, and one that
// is powered off writes no more.
func (l *hostLink) tell(vm *mo.VirtualMachine, resolve func(string) (string, bool)) {
	if vm.Config == nil || vm.Name == "" {
		return
	}
	state := vmState{Name: vm.Name, Power: "off", Disks: []diskState{}, Settings: map[string]string{}}
	if vm.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn {
		state.Power = "on"
	}
	for _, device := range vm.Config.Hardware.Device {
		disk, backing := flatDisk(device)
		if disk == nil {
			continue
		}
		if descriptor, ok := resolve(backing.FileName); ok {
			flat := strings.TrimSuffix(descriptor, ".vmdk") + "-flat.vmdk"
			state.Disks = append(state.Disks, diskState{Key: disk.Key, Flat: flat, SizeBytes: disk.CapacityInBytes})
		}
	}
	for _, option := range vm.Config.ExtraConfig {
		value := option.GetOptionValue()
		if text, ok := value.Value.(string); ok && strings.HasPrefix(value.Key, guestSettings) {
			state.Settings[value.Key] = text
		}
	}
	encoded, err := json.Marshal(state)
	if err != nil {
		log.Printf("%s cannot be told of: %s", vm.Self, err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.told[vm.Self.Value] == string(encoded) {
		return
	}
	if l.done(http.MethodPut, "/vms/"+vm.Self.Value, encoded) {
		l.told[vm.Self.Value] = string(encoded)
	}
}

// forget tells that a VM is gone.
func (l *hostLink) forget(vm types.ManagedObjectReference) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.told[vm.Value]; known && l.done(http.MethodDelete, "/vms/"+vm.Value, nil) {
		delete(l.told, vm.Value)
	}
}

func (l *hostLink) done(method, path string, body []byte) bool {
	status, said, err := l.send(method, path, body)
	if err != nil || status != http.StatusOK {
		log.Printf("the host simulator did not take %s %s: status %d, %s, %v", method, path, status, said, err)
		return false
	}
	return true
}

// hostChanges asks the host simulator, which makes the writes and keeps the maps. Disks that it does not run are compared instead.
type hostChanges struct {
	link     *hostLink
	compared *comparedChanges

	mu      sync.Mutex
	foreign map[string]bool
}

func newHostChanges(link *hostLink, compared *comparedChanges) *hostChanges {
	return &hostChanges{link: link, compared: compared, foreign: make(map[string]bool)}
}

func (h *hostChanges) freeze(flat string) error {
	status, said, err := h.post("/disks/freeze", flat)
	if err != nil {
		return err
	}
	if status != http.StatusOK && status != http.StatusNotFound {
		return fmt.Errorf("the host simulator did not hold the writes to %s: status %d, %s", flat, status, said)
	}
	h.mu.Lock()
	h.foreign[flat] = status == http.StatusNotFound
	h.mu.Unlock()
	return nil
}

func (h *hostChanges) thaw(flat string) error {
	h.mu.Lock()
	foreign := h.foreign[flat]
	delete(h.foreign, flat)
	h.mu.Unlock()
	if foreign {
		return nil
	}
	status, said, err := h.post("/disks/thaw", flat)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("the writes to %s were not held all the time: status %d, %s", flat, status, said)
	}
	return nil
}

func (h *hostChanges) post(path, flat string) (int, string, error) {
	body, err := json.Marshal(map[string]string{"datastorePath": flat})
	if err != nil {
		return 0, "", err
	}
	return h.link.send(http.MethodPost, path, body)
}

func (h *hostChanges) changes(flat, copied string) (changedMap, error) {
	h.mu.Lock()
	foreign := h.foreign[flat]
	h.mu.Unlock()
	if foreign {
		return h.compared.changes(flat, copied)
	}
	found, err := readTracking(flat)
	if err != nil {
		return changedMap{}, err
	}
	if found.GrainBytes != grainBytes || found.Sequence < 1 {
		return changedMap{}, fmt.Errorf("%s: grain %d and sequence %d, expected grain %d", trackingFile(flat), found.GrainBytes, found.Sequence, grainBytes)
	}
	grains, err := readGrains(strings.TrimSuffix(trackingFile(flat), ".json") + ".bin")
	// The host has raised the number for the writes that come; those in the snapshot have at most the one before.
	return changedMap{uuid: found.UUID, sequence: found.Sequence - 1, grains: grains}, err
}

// machine gives the VM that a change is about.
func machine(changed mo.Reference) *mo.VirtualMachine {
	switch vm := changed.(type) {
	case *simulator.VirtualMachine:
		return &vm.VirtualMachine
	case *mo.VirtualMachine:
		return vm
	default:
		return nil
	}
}
