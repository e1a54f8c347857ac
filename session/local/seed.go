package local

import (
	"crypto/rand"
	"embed"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// profileFiles hold everything a session starts with: "gimp" becomes GIMP's
// profile, "config" XDG_CONFIG_HOME.
//
//go:embed profile
var profileFiles embed.FS

// resourceFolders are what GIMP makes in a profile on its first start and
// expects when somebody saves a brush or a preset. A profile that exists is
// taken as it is.
var resourceFolders = [...]string{
	"brushes", "curves", "dynamics", "environ", "filters", "fonts", "gradients",
	"icons", "interpreters", "levels", "modules", "palettes", "patterns", "plug-ins",
	"scripts", "templates", "themes", "tmp", "tool-presets",
}

// seed fills a session's profile, plug-ins included, and its config.
func seed(f layout, plugins []string) error {
	for _, name := range resourceFolders {
		if err := os.MkdirAll(filepath.Join(f.profile, name), 0o700); err != nil {
			return err
		}
	}
	for from, to := range map[string]string{"profile/gimp": f.profile, "profile/config": f.config} {
		tree, err := fs.Sub(profileFiles, from)
		if err != nil {
			return err
		}
		if err := os.CopyFS(to, tree); err != nil {
			return err
		}
	}
	for _, plugin := range plugins {
		code, err := os.ReadFile(plugin)
		if err != nil {
			return fmt.Errorf("GIMP's plug-in: %w", err)
		}
		// GIMP looks for a plug-in in a folder of the same name.
		name := filepath.Base(plugin)
		dir := filepath.Join(f.profile, "plug-ins", name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		if err := replaceFile(filepath.Join(dir, name), code, 0o700); err != nil {
			return err
		}
	}
	return nil
}

const (
	cookieName  = "MIT-MAGIC-COOKIE-1"
	cookieBytes = 16
	familyWild  = 65535
)

// writeXauthority makes an authority file with one new cookie that is good for
// any display number, since the number is known only once the X server, which
// reads the file, has found a free one. The format is that of Xau(3): big
// endian family, then address, number, name and data, each with a 16-bit
// length before it.
func writeXauthority(path string) error {
	b := binary.BigEndian.AppendUint16(nil, familyWild)
	b = binary.BigEndian.AppendUint16(b, 0) // no address
	b = binary.BigEndian.AppendUint16(b, 0) // no number
	b = binary.BigEndian.AppendUint16(b, uint16(len(cookieName)))
	b = append(b, cookieName...)
	b = binary.BigEndian.AppendUint16(b, cookieBytes)
	cookie := make([]byte, cookieBytes)
	rand.Read(cookie)
	return os.WriteFile(path, append(b, cookie...), 0o600)
}
