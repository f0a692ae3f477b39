package spool

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// FS is the directory of a spool.
type FS interface {
	// Open opens a file for reading and writing. With create it makes the file,
	// empty if it was there; without, a missing file is [io/fs.ErrNotExist].
	Open(name string, create bool) (File, error)
	Remove(name string) error
	Rename(from, to string) error
	List() ([]string, error) // sorted
	Sync() error             // makes created, removed and renamed names last through a power cut
	Close() error
}

// File is a file of a spool.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	Sync() error // makes what was written last through a power cut
}

type directory struct{ path string }

func openDirectory(path string) (FS, error) {
	if _, err := os.Stat(path); err != nil {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, err
		}
		if err := (directory{filepath.Dir(path)}).Sync(); err != nil {
			return nil, err
		}
	}
	return directory{path}, nil
}

func (d directory) Open(name string, create bool) (File, error) {
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(filepath.Join(d.path, name), flags, 0o600)
	if err != nil {
		return nil, err
	}
	return file{f}, nil
}

func (d directory) Remove(name string) error { return os.Remove(filepath.Join(d.path, name)) }

func (d directory) Rename(from, to string) error {
	return os.Rename(filepath.Join(d.path, from), filepath.Join(d.path, to))
}

func (d directory) List() (names []string, err error) {
	entries, err := os.ReadDir(d.path)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names, err
}

func (d directory) Sync() error {
	f, err := os.Open(d.path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (directory) Close() error { return nil }

type file struct{ *os.File }

func (f file) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
