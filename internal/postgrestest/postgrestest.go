// Package postgrestest runs a PostgreSQL server for tests: Debian's, in a folder
// of its own, listening on a unix socket in there and nowhere else.
package postgrestest

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
)

// Server is a running PostgreSQL.
type Server struct {
	dir  string
	bin  string
	cred *syscall.Credential // whom it runs as when the test is root, whom it refuses
	made atomic.Int64        // databases
}

// Start makes a database cluster and starts its server. Close ends both.
func Start() (*Server, error) {
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(bins) == 0 {
		return nil, errors.New("PostgreSQL is not installed: make deps-test")
	}
	slices.Sort(bins)
	dir, err := os.MkdirTemp("/tmp", "easel-pg-") // short: its socket is in there
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bins[len(bins)-1]}
	if err := s.start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) start() error {
	if os.Getuid() == 0 {
		if err := s.leaveRoot(); err != nil {
			return err
		}
	}
	if err := s.run("initdb", "-D", s.data(), "-U", "easel", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"); err != nil {
		return err
	}
	options := fmt.Sprintf("-c listen_addresses='' -c unix_socket_directories='%s' -c fsync=off -c max_connections=100", s.dir)
	return s.run("pg_ctl", "-D", s.data(), "-w", "-t", "120", "-l", filepath.Join(s.dir, "log"), "-o", options, "start")
}

// leaveRoot gives the folder to a user that PostgreSQL agrees to run as.
func (s *Server) leaveRoot() error {
	u, err := user.Lookup("nobody")
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.cred = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(s.dir, int(uid), int(gid))
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// run runs one of PostgreSQL's programs to its end. What it says goes to a file:
// a pipe would stay open as long as the server that pg_ctl leaves running.
func (s *Server) run(program string, args ...string) error {
	out, err := os.CreateTemp("", "easel-pg-said-")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.cred}
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w: %s", program, err, bytes.TrimSpace(said))
	}
	return nil
}

// Database makes an empty database and returns its URL.
func (s *Server) Database() (string, error) {
	name := "test" + strconv.FormatInt(s.made.Add(1), 10)
	if err := s.run("createdb", "-h", s.dir, "-U", "easel", name); err != nil {
		return "", err
	}
	at := url.URL{Scheme: "postgres", User: url.User("easel"), Path: "/" + name, RawQuery: url.Values{"host": {s.dir}}.Encode()}
	return at.String(), nil
}

// Close stops the server and removes its folder.
func (s *Server) Close() error {
	return errors.Join(s.run("pg_ctl", "-D", s.data(), "-m", "immediate", "-w", "stop"), os.RemoveAll(s.dir))
}
