package sfu

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLogs hands pion's words to our log, a level or more lower: what pion
// warns about is mostly one client's network, not something to act on.
type pionLogs struct{ log *slog.Logger }

func (f pionLogs) NewLogger(scope string) logging.LeveledLogger {
	return pionLog{log: f.log, scope: scope}
}

type pionLog struct {
	log   *slog.Logger
	scope string
}

// levelTrace lies below slog's lowest.
const levelTrace = slog.LevelDebug - 4

func (l pionLog) say(level slog.Level, format string, args ...any) {
	if ctx := context.Background(); l.log.Enabled(ctx, level) {
		l.log.Log(ctx, level, fmt.Sprintf(format, args...), "pion", l.scope)
	}
}

func (l pionLog) Trace(msg string)             { l.say(levelTrace, "%s", msg) }
func (l pionLog) Tracef(f string, args ...any) { l.say(levelTrace, f, args...) }
func (l pionLog) Debug(msg string)             { l.say(levelTrace, "%s", msg) }
func (l pionLog) Debugf(f string, args ...any) { l.say(levelTrace, f, args...) }
func (l pionLog) Info(msg string)              { l.say(levelTrace, "%s", msg) }
func (l pionLog) Infof(f string, args ...any)  { l.say(levelTrace, f, args...) }
func (l pionLog) Warn(msg string)              { l.say(slog.LevelDebug, "%s", msg) }
func (l pionLog) Warnf(f string, args ...any)  { l.say(slog.LevelDebug, f, args...) }
func (l pionLog) Error(msg string)             { l.say(slog.LevelDebug, "%s", msg) }
func (l pionLog) Errorf(f string, args ...any) { l.say(slog.LevelDebug, f, args...) }
