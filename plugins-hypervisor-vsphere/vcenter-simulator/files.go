package main

import (
	"errors"
	"io"
	"os"
	"syscall"
)

const (
	// ficlone is Linux's ioctl that lets two files share their blocks.
	ficlone = 0x40049409
	// seekData and seekHole are Linux's lseek directions that find the next allocated and the next unallocated byte.
	seekData = 3
	seekHole = 4
)

// copySparse copies a file with its holes; the copy has the given size. Where the file system can share blocks, nothing is copied.
func copySparse(from, to string, size int64) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, target.Fd(), ficlone, source.Fd())
	if errno != 0 {
		err = copyAllocated(source, target)
	}
	if err == nil {
		err = target.Truncate(size)
	}
	if closed := target.Close(); err == nil {
		err = closed
	}
	return err
}

func copyAllocated(source, target *os.File) error {
	return eachAllocated(source, func(from, to int64) error {
		if _, err := source.Seek(from, io.SeekStart); err != nil {
			return err
		}
		if _, err := target.Seek(from, io.SeekStart); err != nil {
			return err
		}
		_, err := io.CopyN(target, source, to-from)
		return err
	})
}

// eachAllocated calls back for each run of bytes that is not a hole.
func eachAllocated(file *os.File, run func(from, to int64) error) error {
	for at := int64(0); ; {
		from, err := file.Seek(at, seekData)
		if errors.Is(err, syscall.ENXIO) {
			return nil
		}
		if err != nil {
			return err
		}
		to, err := file.Seek(from, seekHole)
		if err != nil {
			return err
		}
		if err := run(from, to); err != nil {
			return err
		}
		at = to
	}
}

// allocated gives the areas of a file that are not holes, widened to whole grains.
func allocated(name string, size int64) ([]area, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var areas []area
	err = eachAllocated(file, func(from, to int64) error {
		start := from / grainBytes * grainBytes
		end := min((to+grainBytes-1)/grainBytes*grainBytes, size)
		if start < end {
			areas = join(areas, area{start, end})
		}
		return nil
	})
	return areas, err
}
