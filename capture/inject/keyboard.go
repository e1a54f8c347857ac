package inject

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Keysyms with a meaning here (X11/keysymdef.h).
const (
	noSymbol    = 0
	modeSwitch  = 0xff7e
	level3Shift = 0xfe03
	shiftL      = 0xffe1
	shiftR      = 0xffe2
	capsLock    = 0xffe5
	shiftLock   = 0xffe6
	numLock     = 0xff7f

	firstFunction = 0xfe00 // keysyms from here on are not characters
	lastFunction  = 0xffff
	firstKeypad   = 0xff80
	lastKeypad    = 0xffbd
)

// maxKeysDown bounds how many keys are held at once.
const maxKeysDown = 32

// keyboard knows the display's keyboard map, which keys are down, and which
// spare keycodes carry keysyms the map lacks.
type keyboard struct {
	conn *xgb.Conn
	fake func(kind, detail byte)

	stale atomic.Bool // the map changed since it was loaded
	first xproto.Keycode
	per   int             // keysyms per keycode
	table []xproto.Keysym // per keycode: group 1 level 1, 2, group 2 level 1, 2, group 1 level 3, 4
	spare []xproto.Keycode
	bound map[xproto.Keycode]xproto.Keysym // what the spare ones carry
	down  map[xproto.Keysym]xproto.Keycode
}

func newKeyboard(c *xgb.Conn, fake func(kind, detail byte)) *keyboard {
	return &keyboard{
		conn: c, fake: fake,
		bound: map[xproto.Keycode]xproto.Keysym{},
		down:  map[xproto.Keysym]xproto.Keycode{},
	}
}

// load reads the keyboard map. Keycodes without a keysym are spare, in the order
// of their last use; those bound here stay what they are.
func (k *keyboard) load() error {
	k.stale.Store(false)
	setup := xproto.Setup(k.conn)
	k.first = setup.MinKeycode
	count := int(setup.MaxKeycode) - int(setup.MinKeycode) + 1
	r, err := xproto.GetKeyboardMapping(k.conn, k.first, byte(count)).Reply()
	if err != nil {
		return fmt.Errorf("inject: keyboard map: %w", err)
	}
	k.per, k.table = int(r.KeysymsPerKeycode), r.Keysyms
	var empty []xproto.Keycode
	for i := range count {
		code := k.first + xproto.Keycode(i)
		syms := k.syms(code)
		if sym, mine := k.bound[code]; mine && len(syms) > 0 && syms[0] != sym {
			delete(k.bound, code) // another program took it
		}
		_, mine := k.bound[code]
		free := !slices.ContainsFunc(syms, func(s xproto.Keysym) bool { return s != noSymbol })
		if free && !mine {
			empty = append(empty, code)
		}
	}
	used := slices.DeleteFunc(k.spare, func(c xproto.Keycode) bool { _, mine := k.bound[c]; return !mine })
	k.spare = append(empty, used...)
	return nil
}

func (k *keyboard) syms(code xproto.Keycode) []xproto.Keysym {
	i := int(code-k.first) * k.per
	if i < 0 || i+k.per > len(k.table) {
		return nil
	}
	return k.table[i : i+k.per]
}

// press presses the key that gives sym with the modifiers held. A key that is
// down stays down: the X server itself repeats it, as GTK wants it repeated.
// Locks are left alone, for keysyms come with their effect already in them.
func (k *keyboard) press(sym xproto.Keysym) {
	if _, held := k.down[sym]; held || len(k.down) >= maxKeysDown {
		return
	}
	if sym == capsLock || sym == shiftLock || sym == numLock {
		return
	}
	if k.stale.Load() && k.load() != nil {
		return // the connection is gone, which Flush will tell
	}
	code, ok := k.find(sym)
	if !ok {
		if code, ok = k.bind(sym); !ok {
			return
		}
	}
	for other, c := range k.down { // one key cannot be down twice
		if c == code {
			k.release(other)
		}
	}
	k.down[sym] = code
	k.fake(xproto.KeyPress, byte(code))
}

// release releases the key that was pressed for sym, wherever sym lies now.
func (k *keyboard) release(sym xproto.Keysym) {
	code, held := k.down[sym]
	if !held {
		return
	}
	delete(k.down, sym)
	k.fake(xproto.KeyRelease, byte(code))
}

// releaseAll releases every key, characters before modifiers, lest a shortcut
// turn into its letter.
func (k *keyboard) releaseAll() {
	for sym := range k.down {
		if !isFunction(sym) {
			k.release(sym)
		}
	}
	for sym := range k.down {
		k.release(sym)
	}
}

// find looks for a key that gives sym as things stand. Keys that give no
// characters (Tab, F5, Shift) are found by what is printed on them: with Shift
// held they are the same key.
func (k *keyboard) find(sym xproto.Keysym) (xproto.Keycode, bool) {
	for code, s := range k.bound {
		if s == sym {
			k.touch(code)
			return code, true
		}
	}
	level := k.level()
	if isFunction(sym) {
		level = 0
	}
	for i := 0; i+k.per <= len(k.table); i += k.per {
		syms := k.table[i : i+k.per]
		if at(syms, level) == sym {
			return k.first + xproto.Keycode(i/k.per), true
		}
	}
	return 0, false
}

// level is the shift level that the modifiers held select: 0 plain, 1 Shift, 2
// AltGr, 3 both.
func (k *keyboard) level() int {
	level := 0
	for sym := range k.down {
		switch sym {
		case shiftL, shiftR:
			level |= 1
		case level3Shift, modeSwitch:
			level |= 2
		}
	}
	return level
}

// at is what a key gives on a level. A key with fewer levels gives the same on
// all of them.
func at(syms []xproto.Keysym, level int) xproto.Keysym {
	for _, column := range [...][]int{{0}, {1, 0}, {4, 0}, {5, 1, 0}}[level] {
		if column < len(syms) && syms[column] != noSymbol {
			return syms[column]
		}
	}
	return noSymbol
}

// bind gives sym to the spare keycode that was not used for longest, and waits
// until the server has told everybody who asked for news of the map (GDK asks
// when it opens the display): they hear of it before they hear the key.
func (k *keyboard) bind(sym xproto.Keysym) (xproto.Keycode, bool) {
	for _, code := range k.spare {
		if k.isDown(code) {
			continue
		}
		// The same keysym on both levels: Shift must not change it.
		if xproto.ChangeKeyboardMappingChecked(k.conn, 1, code, 2, []xproto.Keysym{sym, sym}).Check() != nil {
			return 0, false
		}
		k.bound[code] = sym
		k.touch(code)
		return code, true
	}
	return 0, false
}

// touch makes a spare keycode the last to be bound anew.
func (k *keyboard) touch(code xproto.Keycode) {
	if i := slices.Index(k.spare, code); i >= 0 {
		k.spare = append(slices.Delete(k.spare, i, i+1), code)
	}
}

func (k *keyboard) isDown(code xproto.Keycode) bool {
	for _, c := range k.down {
		if c == code {
			return true
		}
	}
	return false
}

// isFunction says whether a keysym stands for a key rather than a character.
// Keypad keys give digits, so they count as characters.
func isFunction(sym xproto.Keysym) bool {
	return sym >= firstFunction && sym <= lastFunction && (sym < firstKeypad || sym > lastKeypad)
}
