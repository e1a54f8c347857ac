package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/easel-live/easel/account/store"
	"github.com/easel-live/easel/backup"
)

// backupFlags say where backups go.
type backupFlags struct {
	Repository string `env:"EASEL_BACKUP_REPOSITORY" name:"backup-repository" help:"Where backups go: a folder, rclone:REMOTE:PATH for any storage of rclone's, or another repository of restic's."`
	Password   string `env:"EASEL_BACKUP_PASSWORD_FILE" name:"backup-password-file" type:"path" help:"File with the password that backups are encrypted with. Keep a copy elsewhere: without it they are worth nothing."`
	Daily      int    `env:"EASEL_BACKUP_KEEP_DAILY" name:"backup-keep-daily" default:"7" help:"Days whose latest backup stays."`
	Weekly     int    `env:"EASEL_BACKUP_KEEP_WEEKLY" name:"backup-keep-weekly" default:"4" help:"Weeks whose latest backup stays."`
	Monthly    int    `env:"EASEL_BACKUP_KEEP_MONTHLY" name:"backup-keep-monthly" default:"6" help:"Months whose latest backup stays; with all three 0, every backup does."`
}

var errNoRepository = errors.New("EASEL_BACKUP_REPOSITORY and EASEL_BACKUP_PASSWORD_FILE must say where backups go and with what password")

func (f backupFlags) config(dir, database string) (backup.Config, error) {
	if f.Repository == "" || f.Password == "" {
		return backup.Config{}, errNoRepository
	}
	c := backup.Config{
		Data: dir, Repository: f.Repository, PasswordFile: f.Password,
		Keep: backup.Keep{Daily: f.Daily, Weekly: f.Weekly, Monthly: f.Monthly},
	}
	if !strings.Contains(database, "://") {
		c.CopyAccounts = func(ctx context.Context, file string) error {
			s, err := store.Open(ctx, database)
			if err != nil {
				return err
			}
			return errors.Join(s.CopyTo(ctx, file), s.Close())
		}
	}
	return c, nil
}

type backupCommands struct {
	Run     backupRun     `cmd:"" help:"Take a backup of workspaces and the server's state now."`
	List    backupList    `cmd:"" help:"List the backups there are."`
	Restore backupRestore `cmd:"" help:"Bring back a file, a workspace, or a whole server."`
	Verify  backupVerify  `cmd:"" help:"Restore a backup into a scratch folder and compare."`
}

// backupTarget is what all of them need to know.
type backupTarget struct {
	storeFlags
	Backup backupFlags `embed:""`
}

func (t backupTarget) open() (backup.Config, error) {
	dir, err := t.dir()
	if err != nil {
		return backup.Config{}, err
	}
	return t.Backup.config(dir, t.database(dir))
}

type backupRun struct {
	backupTarget
	JSON bool `help:"Print JSON."`
}

// Run takes a backup.
func (c backupRun) Run(ctx context.Context) error {
	cfg, err := c.open()
	if err != nil {
		return err
	}
	s, err := backup.Run(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(s)
	}
	fmt.Printf("%.8s  %d files, %d bytes, of which %d were new, in %.1f s\n", s.Snapshot, s.Files, s.Bytes, s.Added, s.Seconds)
	if s.Unread {
		fmt.Println("Some files changed or went while they were read, and are not in it.")
	}
	if cfg.CopyAccounts == nil {
		fmt.Println("Accounts are in PostgreSQL: back that up by its own means.")
	}
	return nil
}

type backupList struct {
	backupTarget
	JSON bool `help:"Print JSON."`
}

// Run lists backups.
func (c backupList) Run(ctx context.Context) error {
	cfg, err := c.open()
	if err != nil {
		return err
	}
	list, err := backup.List(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"backups": list})
	}
	for _, s := range list {
		fmt.Printf("%s  %s\n", s.ID, s.Time.Local().Format(time.DateTime))
	}
	return nil
}

type backupRestore struct {
	backupTarget
	ID      string `arg:"" help:"ID of the backup, or latest."`
	Session string `help:"Session whose workspace to restore from; without it, the whole server."`
	Path    string `help:"File or folder of the workspace; without it, all of it."`
	To      string `type:"path" help:"Folder to restore to, empty or not there yet. Default for a workspace: beside what is in it, named by the time."`
}

// Run restores.
func (c backupRestore) Run(ctx context.Context) error {
	cfg, err := c.open()
	if err != nil {
		return err
	}
	to, err := backup.Restore(ctx, cfg, backup.Wish{Snapshot: c.ID, Session: c.Session, Path: strings.Trim(c.Path, "/"), To: c.To})
	if err != nil {
		return err
	}
	fmt.Println(to)
	return nil
}

type backupVerify struct {
	backupTarget
	ID   string `arg:"" default:"latest" help:"ID of the backup, or latest."`
	JSON bool   `help:"Print JSON."`
}

// Run verifies.
func (c backupVerify) Run(ctx context.Context) error {
	cfg, err := c.open()
	if err != nil {
		return err
	}
	v, err := backup.Verify(ctx, cfg, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(v)
	}
	fmt.Printf("%s  %d files, %d bytes restored; %d are the server's own to the byte, %d have changed since, %d are gone since\n", v.Snapshot, v.Files, v.Bytes, v.Same, v.Changed, v.Gone)
	return nil
}

// workspaceBackups are the backups that people can restore from.
type workspaceBackups struct {
	cfg  backup.Config
	turn chan struct{} // one restores at a time
}

// forPeople is what people can restore from, nil for nothing.
func (f backupFlags) forPeople(dir, database string) *workspaceBackups {
	cfg, err := f.config(dir, database)
	if err != nil {
		return nil
	}
	return &workspaceBackups{cfg, make(chan struct{}, 1)}
}

// List implements api.Backups.
func (b *workspaceBackups) List(ctx context.Context) ([]backup.Snapshot, error) {
	return backup.List(ctx, b.cfg)
}

// Restore implements api.Backups.
func (b *workspaceBackups) Restore(ctx context.Context, snapshot, session, path string) (string, error) {
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	at, err := backup.Restore(ctx, b.cfg, backup.Wish{Snapshot: snapshot, Session: session, Path: strings.Trim(path, "/")})
	if err != nil {
		return "", err
	}
	return filepath.Base(at), nil // it is put at the top
}

// backupSchedule takes backups while a server runs.
type backupSchedule struct {
	cfg   backup.Config
	every time.Duration
}

// retryBackup is when a backup that failed is tried again, unless the next one
// is due before.
const retryBackup = 15 * time.Minute

// schedule is what serve does about backups, nil for nothing.
func (f backupFlags) schedule(every time.Duration, dir, database string) (*backupSchedule, error) {
	if every <= 0 {
		return nil, nil
	}
	cfg, err := f.config(dir, database)
	if err != nil {
		return nil, err
	}
	return &backupSchedule{cfg, every}, nil
}

// run takes a backup whenever the last one is older than it may be, until ctx
// ends.
func (s *backupSchedule) run(ctx context.Context, log *slog.Logger) {
	for {
		wait := s.once(ctx, log)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// once takes a backup if one is due and returns how long to wait then.
func (s *backupSchedule) once(ctx context.Context, log *slog.Logger) time.Duration {
	if list, err := backup.List(ctx, s.cfg); err == nil && len(list) > 0 {
		if left := s.every - time.Since(list[len(list)-1].Time); left > 0 {
			return left
		}
	}
	done, err := backup.Run(ctx, s.cfg)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		log.Error("no backup was taken", "error", err, "again_in", min(retryBackup, s.every))
		return min(retryBackup, s.every)
	default:
		log.Info("backup taken", "snapshot", done.Snapshot, "files", done.Files, "bytes", done.Bytes, "added", done.Added, "seconds", done.Seconds, "unread", done.Unread)
	}
	return s.every
}
