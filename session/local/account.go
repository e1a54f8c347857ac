package local

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that sessions run as.
type account struct {
	name     string
	uid, gid int
	switched bool // it isn't the server's own user
}

// findAccount returns the server's user, or, for a server run as root, the
// unprivileged one to use: wanted, else easel, else nobody.
func findAccount(wanted string) (account, error) {
	if os.Geteuid() != 0 {
		me, err := user.Current()
		if err != nil {
			return account{}, fmt.Errorf("finding the current user: %w", err)
		}
		if wanted != "" && wanted != me.Username {
			return account{}, fmt.Errorf("only root can run sessions as another user: this is %q, wanted %q", me.Username, wanted)
		}
		return account{name: me.Username, uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	names := []string{"easel", "nobody"}
	if wanted != "" {
		names = []string{wanted}
	}
	for _, name := range names {
		u, err := user.Lookup(name)
		if errors.As(err, new(user.UnknownUserError)) {
			continue
		}
		if err != nil {
			return account{}, fmt.Errorf("finding user %q: %w", name, err)
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2); err != nil {
			return account{}, fmt.Errorf("user %q: %w", name, err)
		}
		if uid == 0 {
			return account{}, fmt.Errorf("sessions may not run as root: choose another EASEL_USER")
		}
		return account{name: name, uid: uid, gid: gid, switched: true}, nil
	}
	return account{}, fmt.Errorf("there is no user %q on this machine to run sessions as: useradd --system easel", names[0])
}

// credential is for SysProcAttr; nil means the server's own.
func (a account) credential() *syscall.Credential {
	if !a.switched {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
}

// own gives a file, not what a symbolic link points to, to the account.
func (a account) own(path string) error {
	if !a.switched {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// blocked returns the first directory on the way into dir that the account
// may not enter, or nothing.
func (a account) blocked(dir string) string {
	way := []string{dir}
	for dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		way = append([]string{dir}, way...)
	}
	for _, d := range way {
		var st syscall.Stat_t
		if err := syscall.Stat(d, &st); err != nil {
			return d
		}
		bit := uint32(0o001)
		switch {
		case int(st.Uid) == a.uid:
			bit = 0o100
		case int(st.Gid) == a.gid:
			bit = 0o010
		}
		if st.Mode&bit == 0 {
			return d
		}
	}
	return ""
}

// provideSocketDir makes the directory of X sockets, which only root can make
// the way it should be. A machine that never ran X has none.
func provideSocketDir() error {
	err := os.Mkdir(socketDir, 0o1777)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err == nil {
		err = os.Chmod(socketDir, 0o777|os.ModeSticky) // past the umask
	}
	if err != nil {
		return fmt.Errorf("directory of X sockets: %w", err)
	}
	return nil
}
