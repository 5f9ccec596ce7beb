package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vmdk"
)

const (
	// longestHold is how long the host simulator holds writes before it lets go by itself; a copy that took longer may be torn.
	longestHold    = 5 * time.Second
	freezeAttempts = 3
)

// tracker freezes the disks of each new snapshot, and answers which areas of a disk changed between two snapshots.
type tracker struct {
	Self types.ManagedObjectReference

	registry     *simulator.Registry
	folders      map[string]string
	writer       changeSource
	areasPerCall int

	mu     sync.Mutex
	frozen map[types.ManagedObjectReference][]*frozenDisk
}

// frozenDisk is one disk of a snapshot.
type frozenDisk struct {
	key      int32
	capacity int64
	live     string // absolute path of the VM's flat file
	flat     string // absolute path of the frozen copy, beside it
	changes  changedMap
}

func newTracker(registry *simulator.Registry, opts options) *tracker {
	t := &tracker{
		Self:         types.ManagedObjectReference{Type: "TidemarkTracker", Value: "tracker"},
		registry:     registry,
		folders:      make(map[string]string),
		areasPerCall: opts.areasPerCall,
		frozen:       make(map[types.ManagedObjectReference][]*frozenDisk),
	}
	for _, store := range opts.datastores {
		t.folders[store.Name] = store.Folder
	}
	if opts.host != nil {
		t.writer = newHostChanges(opts.host, newComparedChanges())
	} else {
		t.writer = newComparedChanges()
	}
	registry.Put(t)
	return t
}

// Reference makes the tracker a managed object, which handlers have to be. No client ever sees it.
func (t *tracker) Reference() types.ManagedObjectReference { return t.Self }

// route sends the one method that VMs of the simulator lack to the tracker.
func (t *tracker) route(_ *simulator.Context, method *simulator.Method) (mo.Reference, types.BaseMethodFault) {
	if method.Name == "QueryChangedDiskAreas" && t.registry.Get(method.This) != nil {
		// What the handler returns is overridden by the session's view of the object that the method names.
		method.This = t.Self
		return t, nil
	}
	return nil, nil
}

// PutObject freezes a new snapshot. It runs while the snapshot's task holds the VM, before any client can see the snapshot.
func (t *tracker) PutObject(_ *simulator.Context, created mo.Reference) {
	snapshot, ok := created.(*simulator.VirtualMachineSnapshot)
	if !ok {
		return
	}
	disks := t.disksOf(snapshot)
	if err := t.freeze(disks); err != nil {
		// The backing then names files that are not there: whoever reads the snapshot fails, instead of getting torn contents.
		log.Printf("%s was not frozen: %s", snapshot.Self, err)
		removeFrozen(disks)
		disks = nil
	}
	t.publish(snapshot, disks)
	t.mu.Lock()
	t.frozen[snapshot.Self] = disks
	t.mu.Unlock()
}

// UpdateObject is part of the registry's handler interface.
func (t *tracker) UpdateObject(*simulator.Context, mo.Reference, []types.PropertyChange) {}

// RemoveObject removes the frozen files with their snapshot.
func (t *tracker) RemoveObject(_ *simulator.Context, ref types.ManagedObjectReference) {
	t.mu.Lock()
	disks := t.frozen[ref]
	delete(t.frozen, ref)
	t.mu.Unlock()
	removeFrozen(disks)
}

func removeFrozen(disks []*frozenDisk) {
	for _, disk := range disks {
		for _, file := range []string{disk.flat, descriptorOf(disk.flat)} {
			if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
				log.Printf("frozen file was left: %s", err)
			}
		}
	}
}

func (t *tracker) disksOf(snapshot *simulator.VirtualMachineSnapshot) []*frozenDisk {
	number := snapshot.Self.Value[strings.LastIndex(snapshot.Self.Value, "-")+1:]
	var disks []*frozenDisk
	for _, device := range snapshot.Config.Hardware.Device {
		disk, backing := flatDisk(device)
		if disk == nil {
			continue
		}
		descriptor, ok := t.resolve(backing.FileName)
		if !ok {
			continue
		}
		base := strings.TrimSuffix(descriptor, ".vmdk")
		disks = append(disks, &frozenDisk{
			key:      disk.Key,
			capacity: disk.CapacityInBytes,
			live:     base + "-flat.vmdk",
			flat:     fmt.Sprintf("%s-snap%s-flat.vmdk", base, number),
		})
	}
	return disks
}

func flatDisk(device types.BaseVirtualDevice) (*types.VirtualDisk, *types.VirtualDiskFlatVer2BackingInfo) {
	if disk, ok := device.(*types.VirtualDisk); ok {
		if backing, ok := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo); ok {
			return disk, backing
		}
	}
	return nil, nil
}

// resolve turns "[store] folder/file" into an absolute path.
func (t *tracker) resolve(name string) (string, bool) {
	var path object.DatastorePath
	if !path.FromString(name) {
		return "", false
	}
	folder, known := t.folders[path.Datastore]
	return filepath.Join(folder, path.Path), known
}

// freeze copies all disks while nobody writes to any of them.
func (t *tracker) freeze(disks []*frozenDisk) error {
	for attempt := 1; ; attempt++ {
		begun := time.Now()
		err := t.freezeOnce(disks)
		if err != nil {
			return err
		}
		held := time.Since(begun)
		if held < longestHold-500*time.Millisecond {
			return nil
		}
		if attempt == freezeAttempts {
			return fmt.Errorf("copying the disks takes %s, and writes are held for %s at most", held, longestHold)
		}
		log.Printf("copying the disks took %s; writes may have gone on meanwhile, so it is done again", held)
	}
}

func (t *tracker) freezeOnce(disks []*frozenDisk) error {
	held := make([]*frozenDisk, 0, len(disks))
	defer func() {
		for _, disk := range held {
			t.writer.thaw(disk.live)
		}
	}()
	for _, disk := range disks {
		if err := t.writer.freeze(disk.live); err != nil {
			return err
		}
		held = append(held, disk)
	}
	for _, disk := range disks {
		if err := copySparse(disk.live, disk.flat, disk.capacity); err != nil {
			return err
		}
		changes, err := t.writer.changes(disk.live, disk.flat)
		if err != nil {
			return err
		}
		disk.changes = changes
	}
	return nil
}

// publish makes the snapshot's configuration name the frozen files, as that of a real snapshot names the disks that no longer change.
func (t *tracker) publish(snapshot *simulator.VirtualMachineSnapshot, disks []*frozenDisk) {
	byKey := make(map[int32]*frozenDisk)
	for _, disk := range disks {
		byKey[disk.key] = disk
	}
	tracked := snapshot.Config.ChangeTrackingEnabled != nil && *snapshot.Config.ChangeTrackingEnabled
	number := snapshot.Self.Value[strings.LastIndex(snapshot.Self.Value, "-")+1:]
	for _, device := range snapshot.Config.Hardware.Device {
		disk, backing := flatDisk(device)
		if disk == nil {
			continue
		}
		backing.FileName = fmt.Sprintf("%s-snap%s.vmdk", strings.TrimSuffix(backing.FileName, ".vmdk"), number)
		backing.ChangeId = ""
		frozen := byKey[disk.Key]
		if frozen == nil {
			continue
		}
		if tracked {
			backing.ChangeId = frozen.changes.id()
		}
		if err := writeDescriptor(frozen); err != nil {
			log.Printf("%s has no descriptor: %s", frozen.flat, err)
		}
	}
}

func descriptorOf(flat string) string { return strings.TrimSuffix(flat, "-flat.vmdk") + ".vmdk" }

func writeDescriptor(disk *frozenDisk) error {
	file, err := os.Create(descriptorOf(disk.flat))
	if err != nil {
		return err
	}
	extent := vmdk.Extent{Permission: "RDONLY", Size: disk.capacity / vmdk.SectorSize, Info: filepath.Base(disk.flat)}
	err = vmdk.NewDescriptor(extent).Write(file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

// QueryChangedDiskAreas answers for a VM; see the vSphere API reference.
func (t *tracker) QueryChangedDiskAreas(_ *simulator.Context, req *types.QueryChangedDiskAreas) soap.HasFault {
	body := &methods.QueryChangedDiskAreasBody{}
	info, fault := t.changedAreas(req)
	if fault != nil {
		body.Fault_ = simulator.Fault(fmt.Sprintf("%T", fault), fault)
		return body
	}
	body.Res = &types.QueryChangedDiskAreasResponse{Returnval: *info}
	return body
}

func (t *tracker) changedAreas(req *types.QueryChangedDiskAreas) (*types.DiskChangeInfo, types.BaseMethodFault) {
	if req.Snapshot == nil {
		return nil, &types.InvalidArgument{InvalidProperty: "snapshot"}
	}
	t.mu.Lock()
	disks, known := t.frozen[*req.Snapshot]
	t.mu.Unlock()
	if !known {
		return nil, &types.ManagedObjectNotFound{Obj: *req.Snapshot}
	}
	for _, disk := range disks {
		if disk.key == req.DeviceKey {
			return disk.changedAreas(req.StartOffset, req.ChangeId, t.areasPerCall)
		}
	}
	return nil, &types.InvalidArgument{InvalidProperty: "deviceKey"}
}

func (d *frozenDisk) changedAreas(start int64, changeID string, most int) (*types.DiskChangeInfo, types.BaseMethodFault) {
	if start < 0 || start >= d.capacity {
		return nil, &types.InvalidArgument{InvalidProperty: "startOffset"}
	}
	var areas []area
	var err error
	if changeID == "*" {
		areas, err = allocated(d.flat, d.capacity)
		if err != nil {
			return nil, &types.FileFault{File: d.flat}
		}
	} else {
		uuid, sequence, ok := parseChangeID(changeID)
		if !ok {
			return nil, &types.InvalidArgument{InvalidProperty: "changeId"}
		}
		if uuid != d.changes.uuid || sequence > d.changes.sequence {
			// As the real one answers when tracking was reset meanwhile.
			return nil, &types.FileFault{File: d.live}
		}
		areas = d.changes.since(sequence, d.capacity)
	}
	info := &types.DiskChangeInfo{StartOffset: start, Length: d.capacity - start}
	for _, each := range areas {
		from := max(each.start, start)
		if from >= each.end {
			continue
		}
		if len(info.ChangedArea) == most {
			last := info.ChangedArea[most-1]
			info.Length = last.Start + last.Length - start
			break
		}
		info.ChangedArea = append(info.ChangedArea, types.DiskChangeExtent{Start: from, Length: each.end - from})
	}
	return info, nil
}
