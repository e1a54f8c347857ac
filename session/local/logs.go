package local

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// maxLog is the size a part's log may have; a longer one starts anew.
	maxLog = 4 << 20
	// logCheck is how often the logs are looked at.
	logCheck = time.Minute
)

func (r *run) logPath(name string) string { return filepath.Join(r.files.log, name+".log") }

// trimLogs keeps a chatty program from filling the disk. The programs append,
// so a log that is cut goes on from its start.
func (r *run) trimLogs() {
	for _, p := range r.parts {
		if info, err := os.Stat(r.logPath(p.name)); err == nil && info.Size() > maxLog {
			if err := os.Truncate(r.logPath(p.name), 0); err != nil {
				r.l.cfg.Log.Warn("a log can't be cut", "session", r.rec.Spec.ID, "part", p.name, "error", err)
			}
		}
	}
}

// because explains a death: how it went and what was said last.
func (r *run) because(name, status string) string {
	if status != "" {
		status = " (" + status + ")"
	}
	return status + r.lastWords(name)
}

func (r *run) lastWords(name string) string {
	if line := lastLine(r.logPath(name)); line != "" {
		return ": " + line
	}
	return ""
}

// lastLine returns the last line with text in a log, to tell people why a
// program died; at most the last 4 KiB are looked at.
func lastLine(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	const tail = 4 << 10
	size, err := f.Seek(0, 2)
	if err != nil {
		return ""
	}
	b := make([]byte, min(size, tail))
	n, err := f.ReadAt(b, size-int64(len(b)))
	if err != nil && n == 0 {
		return ""
	}
	text := strings.TrimSpace(strings.ToValidUTF8(string(b[:n]), "?"))
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
