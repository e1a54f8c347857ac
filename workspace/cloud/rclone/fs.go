package rclone

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// FS is a folder of a remote, in rclone's words: "remote:path".
type FS struct {
	d  *Daemon
	at string
}

// FS is the folder of a configured remote.
func (d *Daemon) FS(remote, path string) FS { return FS{d, remote + ":" + path} }

// File is one of a remote.
type File struct {
	Path    string
	Size    int64 // bytes; -1: not known
	ModTime time.Time
	IsDir   bool
}

// Version changes when the file does, as far as the remote tells: to the second,
// since many say less of one file than in a list.
func (f File) Version() string {
	return strconv.FormatInt(f.Size, 36) + "-" + strconv.FormatInt(f.ModTime.Unix(), 36)
}

// List is every file below the folder.
func (f FS) List(ctx context.Context) ([]File, error) {
	var answer struct {
		List []File `json:"list"`
	}
	err := f.d.call(ctx, "operations/list", map[string]any{
		"fs": f.at, "remote": "", "opt": map[string]bool{"recurse": true, "noMimeType": true, "filesOnly": true},
	}, &answer)
	return answer.List, err
}

// Stat is one file, false if it is not there.
func (f FS) Stat(ctx context.Context, path string) (File, bool, error) {
	var answer struct {
		Item *File `json:"item"`
	}
	err := f.d.call(ctx, "operations/stat", map[string]any{"fs": f.at, "remote": path, "opt": map[string]bool{"noMimeType": true}}, &answer)
	if err != nil || answer.Item == nil || answer.Item.IsDir {
		return File{}, false, err
	}
	return *answer.Item, true, nil
}

// Moves says whether the remote can rename. One that can is a file system, which
// shows what is half-written; one that can't keeps objects, which are there when
// they are whole.
func (f FS) Moves(ctx context.Context) (bool, error) {
	var answer struct {
		Features struct{ Move bool }
	}
	err := f.d.call(ctx, "operations/fsinfo", map[string]string{"fs": f.at}, &answer)
	return answer.Features.Move, err
}

// Mkdir makes the folder itself.
func (f FS) Mkdir(ctx context.Context) error {
	return f.d.call(ctx, "operations/mkdir", map[string]string{"fs": f.at, "remote": ""}, &struct{}{})
}

// Delete deletes a file.
func (f FS) Delete(ctx context.Context, path string) error {
	return f.d.call(ctx, "operations/deletefile", map[string]string{"fs": f.at, "remote": path}, &struct{}{})
}

// Move renames a file, replacing what is there.
func (f FS) Move(ctx context.Context, from, to string) error {
	return f.d.call(ctx, "operations/movefile", map[string]string{"srcFs": f.at, "srcRemote": from, "dstFs": f.at, "dstRemote": to}, &struct{}{})
}

// Progress is how far a copy is.
type Progress struct {
	Bytes int64
	Speed float64 // bytes a second
}

// Upload copies a file of this machine's to the remote, Download the other way.
// rclone compares sizes, and hashes where the remote has them, and fails when
// they differ. progress is called now and then; an error of its ends the copy.
func (f FS) Upload(ctx context.Context, dir, from, to string, progress func(Progress) error) error {
	return f.d.copy(ctx, map[string]any{"srcFs": dir, "srcRemote": from, "dstFs": f.at, "dstRemote": to}, progress)
}

// Download copies a file of the remote's to this machine.
func (f FS) Download(ctx context.Context, from, dir, to string, progress func(Progress) error) error {
	return f.d.copy(ctx, map[string]any{"srcFs": f.at, "srcRemote": from, "dstFs": dir, "dstRemote": to}, progress)
}

const (
	firstLook, lastLook = 10 * time.Millisecond, 250 * time.Millisecond
	// stopWithin bounds the ending of a copy that is no longer wanted.
	stopWithin = 5 * time.Second
)

// copy runs a copy as a job, which ends when ctx does.
func (d *Daemon) copy(ctx context.Context, in map[string]any, progress func(Progress) error) error {
	var job struct {
		ID int64 `json:"jobid"`
	}
	in["_async"] = true
	if err := d.call(ctx, "operations/copyfile", in, &job); err != nil {
		return err
	}
	wait := time.NewTimer(firstLook)
	defer wait.Stop()
	for look := firstLook; ; look = min(2*look, lastLook) {
		var err error
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-wait.C:
			var done bool
			if done, err = d.looked(ctx, job.ID, progress); done {
				return err
			}
		}
		if err != nil {
			d.end(context.WithoutCancel(ctx), job.ID)
			return err
		}
		wait.Reset(look)
	}
}

// end ends a job and waits until it no longer writes.
func (d *Daemon) end(ctx context.Context, job int64) {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	_ = d.call(ctx, "job/stop", map[string]int64{"jobid": job}, &struct{}{}) // it may have ended
	again := time.NewTicker(firstLook)
	defer again.Stop()
	for {
		if done, err := d.looked(ctx, job, func(Progress) error { return nil }); done || err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// looked says whether a job has ended, and with what error.
func (d *Daemon) looked(ctx context.Context, job int64, progress func(Progress) error) (done bool, err error) {
	var status struct {
		Finished, Success bool
		Error             string
	}
	if err := d.call(ctx, "job/status", map[string]int64{"jobid": job}, &status); err != nil {
		return false, err
	}
	if status.Finished {
		if !status.Success {
			return true, &Error{Words: plain(status.Error)}
		}
		return true, nil
	}
	var stats struct {
		Transferring []struct {
			Bytes int64   `json:"bytes"`
			Speed float64 `json:"speed"`
		} `json:"transferring"`
	}
	if err := d.call(ctx, "core/stats", map[string]string{"group": fmt.Sprintf("job/%d", job)}, &stats); err != nil {
		return false, err
	}
	var p Progress
	for _, t := range stats.Transferring {
		p.Bytes += t.Bytes
		p.Speed += t.Speed
	}
	return false, progress(p)
}

// Limit bounds what all copies together take, in KiB a second; 0: no bound.
func (d *Daemon) Limit(ctx context.Context, kib int) error {
	rate := "off"
	if kib > 0 {
		rate = strconv.Itoa(kib) + "K"
	}
	return d.call(ctx, "core/bwlimit", map[string]string{"rate": rate}, &struct{}{})
}
