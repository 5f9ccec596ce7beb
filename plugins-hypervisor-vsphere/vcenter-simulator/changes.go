package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// grainBytes is the unit in which changes are told.
const grainBytes = 64 << 10

// area is a run of bytes of a disk.
type area struct{ start, end int64 }

// changedMap is what was known about the changes of a disk when a snapshot was taken: for each grain the sequence number that was in force when
// it was written last, 0 for never.
type changedMap struct {
	uuid     string
	sequence uint64
	grains   []uint32
}

func (m changedMap) id() string { return fmt.Sprintf("%s/%d", m.uuid, m.sequence) }

func parseChangeID(text string) (string, uint64, bool) {
	id, number, found := strings.Cut(text, "/")
	sequence, err := strconv.ParseUint(number, 10, 64)
	return id, sequence, found && err == nil && id != ""
}

// since gives the grains that were written after the sequence number, joined where they touch.
func (m changedMap) since(sequence uint64, capacity int64) []area {
	var areas []area
	for i, written := range m.grains {
		start := int64(i) * grainBytes
		if uint64(written) <= sequence || start >= capacity {
			continue
		}
		areas = join(areas, area{start, min(start+grainBytes, capacity)})
	}
	return areas
}

func join(areas []area, next area) []area {
	if last := len(areas) - 1; last >= 0 && areas[last].end >= next.start {
		areas[last].end = max(areas[last].end, next.end)
		return areas
	}
	return append(areas, next)
}

// changeSource knows what was written to a disk. For each snapshot: freeze, changes, thaw.
type changeSource interface {
	// freeze returns when no write to the flat file is under way; none begins before thaw.
	freeze(flat string) error
	// changes gives the map of a frozen disk. copied is the snapshot's copy of it.
	changes(flat, copied string) (changedMap, error)
	thaw(flat string)
}

// tracking is the file X-ctk.json beside X-flat.vmdk.
type tracking struct {
	UUID       string `json:"uuid"`
	Sequence   uint64 `json:"sequence"`
	GrainBytes int64  `json:"grainBytes"`
	File       string `json:"file"`
}

func trackingFile(flat string) string { return strings.TrimSuffix(flat, "-flat.vmdk") + "-ctk.json" }

func readTracking(flat string) (tracking, error) {
	var found tracking
	encoded, err := os.ReadFile(trackingFile(flat))
	if err == nil {
		err = json.Unmarshal(encoded, &found)
	}
	return found, err
}

// hostChanges asks the host simulator, which makes the writes and keeps the maps. Disks that it does not run are compared instead.
type hostChanges struct {
	host     *url.URL
	client   *http.Client
	compared *comparedChanges

	mu      sync.Mutex
	foreign map[string]bool
}

func newHostChanges(host *url.URL, compared *comparedChanges) *hostChanges {
	return &hostChanges{host: host, client: &http.Client{Timeout: longestHold}, compared: compared, foreign: make(map[string]bool)}
}

func (h *hostChanges) freeze(flat string) error {
	status, err := h.post("/disks/freeze", flat)
	if err != nil {
		return err
	}
	if status != http.StatusOK && status != http.StatusNotFound {
		return fmt.Errorf("the host simulator answered %d when asked to hold the writes to %s", status, flat)
	}
	h.mu.Lock()
	h.foreign[flat] = status == http.StatusNotFound
	h.mu.Unlock()
	return nil
}

func (h *hostChanges) thaw(flat string) {
	h.mu.Lock()
	foreign := h.foreign[flat]
	delete(h.foreign, flat)
	h.mu.Unlock()
	if foreign {
		return
	}
	// The host lets go by itself soon; that the copy was made in time is measured here.
	if status, err := h.post("/disks/thaw", flat); err != nil || status != http.StatusOK {
		log.Printf("the writes to %s are held until the host simulator lets go by itself: status %d, %v", flat, status, err)
	}
}

func (h *hostChanges) post(path, flat string) (int, error) {
	body, err := json.Marshal(map[string]string{"datastorePath": flat})
	if err != nil {
		return 0, err
	}
	response, err := h.client.Post(h.host.JoinPath(path).String(), "application/json", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
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

func readGrains(file string) ([]uint32, error) {
	encoded, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	grains := make([]uint32, len(encoded)/4)
	for i := range grains {
		grains[i] = binary.LittleEndian.Uint32(encoded[4*i:])
	}
	return grains, nil
}

// comparedChanges finds changes by comparing each snapshot with the one before; for disks that nobody writes through a host simulator.
// It keeps X-ctk.json too: a file that is missing or has another uuid means that tracking was reset.
type comparedChanges struct {
	seed maphash.Seed

	mu    sync.Mutex
	known map[string]*comparedDisk
}

type comparedDisk struct {
	uuid     string
	sequence uint64
	grains   []uint32
	hashes   []uint64
}

func newComparedChanges() *comparedChanges {
	return &comparedChanges{seed: maphash.MakeSeed(), known: make(map[string]*comparedDisk)}
}

func (c *comparedChanges) freeze(string) error { return nil }

func (c *comparedChanges) thaw(string) {}

func (c *comparedChanges) changes(flat, copied string) (changedMap, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	hashes, err := c.hash(copied)
	if err != nil {
		return changedMap{}, err
	}
	disk := c.known[flat]
	found, err := readTracking(flat)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return changedMap{}, err
	}
	if disk == nil || err != nil || found.UUID != disk.uuid || len(disk.hashes) != len(hashes) {
		disk = &comparedDisk{uuid: newTrackingID(), grains: make([]uint32, len(hashes)), hashes: make([]uint64, len(hashes))}
		c.known[flat] = disk
	}
	disk.sequence++
	for i, hash := range hashes {
		if hash != disk.hashes[i] {
			disk.grains[i] = uint32(disk.sequence)
			disk.hashes[i] = hash
		}
	}
	frozen := changedMap{uuid: disk.uuid, sequence: disk.sequence, grains: append([]uint32(nil), disk.grains...)}
	return frozen, writeTracking(flat, tracking{UUID: disk.uuid, Sequence: disk.sequence + 1, GrainBytes: grainBytes})
}

// newTrackingID is written as vSphere writes it: "52 de c0 …" without blanks would do, but a UUID reads better in a log.
func newTrackingID() string { return uuid.NewString() }

func writeTracking(flat string, current tracking) error {
	encoded, err := json.Marshal(current)
	if err != nil {
		return err
	}
	file := trackingFile(flat)
	fresh := fmt.Sprintf("%s.%d", file, time.Now().UnixNano())
	if err := os.WriteFile(fresh, encoded, 0o644); err != nil {
		return err
	}
	return os.Rename(fresh, file)
}

// hash gives a number for each grain, 0 for one that holds zeroes alone.
func (c *comparedChanges) hash(file string) ([]uint64, error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	var hashes []uint64
	grain := make([]byte, grainBytes)
	zero := make([]byte, grainBytes)
	for {
		read, err := io.ReadFull(opened, grain)
		if read > 0 {
			number := uint64(0)
			if !bytes.Equal(grain[:read], zero[:read]) {
				number = maphash.Bytes(c.seed, grain[:read]) | 1
			}
			hashes = append(hashes, number)
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return hashes, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
