package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	diskBytes   = 4 << 20
	testTimeout = 30 * time.Second
)

// scene is a vCenter with one VM that has one disk.
type scene struct {
	t      *testing.T
	ctx    context.Context
	client *govmomi.Client
	vm     *object.VirtualMachine
	flat   string
	center *center
}

func newScene(t *testing.T, areasPerCall int) *scene {
	t.Helper()
	folder := t.TempDir()
	c, err := start(options{
		listen: "127.0.0.1:0", user: "user", password: "pass", tls: true, hosts: 2, sessionTimeout: time.Minute, areasPerCall: areasPerCall,
		datastores: []datastoreOption{{Name: "main", Folder: folder}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	t.Cleanup(cancel)
	s := &scene{t: t, ctx: ctx, center: c, flat: filepath.Join(folder, "guest", "disk-flat.vmdk")}
	address, err := url.Parse(c.url)
	s.must(err)
	address.User = url.UserPassword("user", "pass")
	s.client, err = govmomi.NewClient(ctx, address, true)
	s.must(err)
	s.makeVM()
	return s
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) makeVM() {
	s.must(os.Mkdir(filepath.Dir(s.flat), 0o755))
	s.must(os.WriteFile(s.flat, nil, 0o644))
	s.must(os.Truncate(s.flat, diskBytes))
	disk := &frozenDisk{flat: s.flat, capacity: diskBytes}
	s.must(writeDescriptor(disk))
	finder := find.NewFinder(s.client.Client)
	center, err := finder.DefaultDatacenter(s.ctx)
	s.must(err)
	finder.SetDatacenter(center)
	folders, err := center.Folders(s.ctx)
	s.must(err)
	pool, err := finder.ResourcePool(s.ctx, "*/Resources")
	s.must(err)
	tracked := true
	controller := &types.ParaVirtualSCSIController{}
	controller.Key = -1
	controller.SharedBus = types.VirtualSCSISharingNoSharing
	device := &types.VirtualDisk{CapacityInBytes: diskBytes, CapacityInKB: diskBytes >> 10}
	device.Key = -2
	device.ControllerKey = -1
	unit := int32(0)
	device.UnitNumber = &unit
	backing := &types.VirtualDiskFlatVer2BackingInfo{DiskMode: "persistent"}
	backing.FileName = "[main] guest/disk.vmdk"
	device.Backing = backing
	task, err := folders.VmFolder.CreateVM(s.ctx, types.VirtualMachineConfigSpec{
		Name: "guest", MemoryMB: 64, NumCPUs: 1, GuestId: "otherGuest", ChangeTrackingEnabled: &tracked,
		Files: &types.VirtualMachineFileInfo{VmPathName: "[main] guest/guest.vmx"},
		DeviceChange: []types.BaseVirtualDeviceConfigSpec{
			&types.VirtualDeviceConfigSpec{Operation: "add", Device: controller},
			&types.VirtualDeviceConfigSpec{Operation: "add", Device: device},
		},
	}, pool, nil)
	s.must(err)
	info, err := task.WaitForResult(s.ctx, nil)
	s.must(err)
	s.vm = object.NewVirtualMachine(s.client.Client, info.Result.(types.ManagedObjectReference))
}

func (s *scene) write(offset int64, length int) {
	s.t.Helper()
	file, err := os.OpenFile(s.flat, os.O_WRONLY, 0)
	s.must(err)
	noise := make([]byte, length)
	rand.New(rand.NewSource(time.Now().UnixNano())).Read(noise)
	_, err = file.WriteAt(noise, offset)
	s.must(err)
	s.must(file.Close())
}

// frozenView is a snapshot as a client sees it.
type frozenView struct {
	ref      types.ManagedObjectReference
	key      int32
	name     string
	changeID string
}

func (s *scene) snapshot() frozenView {
	s.t.Helper()
	task, err := s.vm.CreateSnapshot(s.ctx, "point", "", false, false)
	s.must(err)
	info, err := task.WaitForResult(s.ctx, nil)
	s.must(err)
	view := frozenView{ref: info.Result.(types.ManagedObjectReference)}
	var snapshot mo.VirtualMachineSnapshot
	s.must(s.vm.Properties(s.ctx, view.ref, []string{"config"}, &snapshot))
	for _, device := range snapshot.Config.Hardware.Device {
		if disk, backing := flatDisk(device); disk != nil {
			view.key, view.name, view.changeID = disk.Key, backing.FileName, backing.ChangeId
		}
	}
	return view
}

func (s *scene) changed(at frozenView, since string) ([]types.DiskChangeExtent, error) {
	var areas []types.DiskChangeExtent
	for offset := int64(0); offset < diskBytes; {
		res, err := methods.QueryChangedDiskAreas(s.ctx, s.client.Client, &types.QueryChangedDiskAreas{
			This: s.vm.Reference(), Snapshot: &at.ref, DeviceKey: at.key, StartOffset: offset, ChangeId: since,
		})
		if err != nil {
			return nil, err
		}
		areas = append(areas, res.Returnval.ChangedArea...)
		offset = res.Returnval.StartOffset + res.Returnval.Length
	}
	return areas, nil
}

func (s *scene) expect(at frozenView, since string, want ...types.DiskChangeExtent) {
	s.t.Helper()
	got, err := s.changed(at, since)
	s.must(err)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		s.t.Fatalf("since %s: got %v, want %v", since, got, want)
	}
}

func extent(grain, grains int64) types.DiskChangeExtent {
	return types.DiskChangeExtent{Start: grain * grainBytes, Length: grains * grainBytes}
}

func TestChangesAreThoseBetweenTwoSnapshots(t *testing.T) {
	s := newScene(t, 1)
	s.write(3*grainBytes+17, 100)
	first := s.snapshot()
	s.expect(first, "*", extent(3, 1))
	s.write(3*grainBytes, 10)
	s.write(9*grainBytes-1, 2)
	s.write(20*grainBytes, grainBytes)
	second := s.snapshot()
	// Written again after the second snapshot: the second still has it.
	s.write(20*grainBytes, grainBytes)
	third := s.snapshot()
	s.expect(second, first.changeID, extent(3, 1), extent(8, 2), extent(20, 1))
	s.expect(third, second.changeID, extent(20, 1))
	s.expect(third, first.changeID, extent(3, 1), extent(8, 2), extent(20, 1))
	s.expect(third, third.changeID)
}

func TestSnapshotKeepsItsContentsAndGoesWithItsFiles(t *testing.T) {
	s := newScene(t, 100)
	s.write(0, 1000)
	before, err := os.ReadFile(s.flat)
	s.must(err)
	view := s.snapshot()
	s.write(0, 1000)
	var name object.DatastorePath
	name.FromString(view.name)
	frozen := filepath.Join(filepath.Dir(s.flat), filepath.Base(name.Path))
	kept, err := os.ReadFile(frozen[:len(frozen)-len(".vmdk")] + "-flat.vmdk")
	s.must(err)
	if !bytes.Equal(before, kept) {
		t.Fatal("the frozen contents changed")
	}
	task, err := s.vm.RemoveAllSnapshot(s.ctx, nil)
	s.must(err)
	s.must(task.Wait(s.ctx))
	left, err := filepath.Glob(filepath.Join(filepath.Dir(s.flat), "*snap*"))
	s.must(err)
	if len(left) != 0 {
		t.Fatalf("left behind: %v", left)
	}
}

func TestResetOfTrackingIsAFault(t *testing.T) {
	s := newScene(t, 100)
	first := s.snapshot()
	s.must(os.Remove(trackingFile(s.flat)))
	second := s.snapshot()
	for _, since := range []string{first.changeID, "nonsense", "nobody/1"} {
		if areas, err := s.changed(second, since); err == nil {
			t.Fatalf("since %s: got %v instead of a fault", since, areas)
		}
	}
}

func TestFilesNeedALogin(t *testing.T) {
	s := newScene(t, 100)
	address := s.center.server.URL.Scheme + "://" + s.center.server.URL.Host + "/folder/guest/disk.vmdk?dcPath=DC0&dsName=main"
	stranger := s.client.Client.Client
	plain := &http.Client{Transport: stranger.DefaultTransport(), Timeout: testTimeout}
	response, err := plain.Get(address)
	s.must(err)
	_, err = io.Copy(io.Discard, response.Body)
	s.must(err)
	s.must(response.Body.Close())
	if response.StatusCode != http.StatusUnauthorized {
		t.Fatalf("a stranger got %d", response.StatusCode)
	}
	request, err := http.NewRequestWithContext(s.ctx, http.MethodGet, address, nil)
	s.must(err)
	response, err = s.client.Client.Client.Client.Do(request)
	s.must(err)
	s.must(response.Body.Close())
	if response.StatusCode != http.StatusOK {
		t.Fatalf("who is logged in got %d", response.StatusCode)
	}
}
