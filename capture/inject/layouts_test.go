package inject

import (
	"bufio"
	"encoding/hex"
	"image"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/easel-live/easel/internal/xvnctest"
	"github.com/easel-live/easel/wire"
)

// layouts are what keyboards type: by layout, the characters of its keys, of
// their Shift and AltGr levels, and those that its dead keys compose.
var layouts = map[string]string{
	"us": "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./ ~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:\"ZXCVBNM<>?",
	"de": "^1234567890ß´qwertzuiopü+asdfghjklöä#<yxcvbnm,.-°!\"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ'>YXCVBNM;:_²³{[]}\\@€~|µâêîôûáéíóúàèìòùÂÊÁÉÀÈ",
	"fr": "²&é\"'(-è_çà)=azertyuiop^$qsdfghjklmù*<wxcvbn,;:!1234567890°+AZERTYUIOP£QSDFGHJKLM%µ>WXCVBN?./§~#{[|`\\^@]}€¤âêîôûäëïöüÂÊÎÔÛËÏÜãñõÃÑÕàÀ",
	"es": "º1234567890'¡qwertyuiop`+asdfghjklñ´ç<zxcvbnm,.-ª!\"·$%&/()=?¿QWERTYUIOP^*ASDFGHJKLÑ¨Ç>ZXCVBNM;:_\\|@#~€¬[]{}áéíóúüïàèòâêîôûÁÉÍÓÚÜ",
	"cz": ";+ěščřžýáíé=´qwertzuiopú)asdfghjklů§¨\\yxcvbnm,.-°1234567890%ˇQWERTZUIOP/(ASDFGHJKL\"!'|YXCVBNM?:_~^˘˛`˙€÷×đĐ[]łŁ$ß¤#&@{}<>*óňďťĎŤŇČŘŠŽÓúÚ",
}

// A listener is xev: a program that hears keys as any X program does, through
// Xlib and the keyboard map of its display.
type listener struct{ heard chan string }

func listen(t *testing.T, display string) *listener {
	t.Helper()
	cmd := exec.Command("xev", "-event", "keyboard", "-geometry", "800x600+0+0")
	cmd.Env = append(os.Environ(), "DISPLAY="+display, "LC_ALL=C.UTF-8", "XMODIFIERS=@im=none")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l := &listener{heard: make(chan string, 64)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for s := bufio.NewScanner(out); s.Scan(); {
			if m := pressed.FindStringSubmatch(s.Text()); m != nil {
				text, _ := hex.DecodeString(strings.ReplaceAll(m[1], " ", ""))
				l.heard <- string(text)
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	return l
}

// pressed finds what xev says of a key press only, with the UTF-8 bytes of its
// text: XmbLookupString gives 2 bytes: (c3 a9) "é"
var pressed = regexp.MustCompile(`XmbLookupString gives \d+ bytes:(?: \(([0-9a-f ]*)\))?`)

// next waits for the next key press and returns its text, "" for Shift.
func (l *listener) next(t *testing.T) string {
	t.Helper()
	select {
	case text := <-l.heard:
		return text
	case <-time.After(30 * time.Second):
		t.Fatal("the program heard no key")
		return ""
	}
}

func keysymOf(c rune) uint32 {
	if c <= 0xff {
		return uint32(c)
	}
	return 0x01000000 + uint32(c)
}

func (j *Injector) press(sym uint32) {
	j.key(sym, true)
	j.key(sym, false)
}

// meet waits until the program's window is under the pointer, where keys go
// without a window manager, and until the program asks for news of the keyboard
// map. Xlib reads the map at a program's first key and asks for news of it
// afterwards, so what is bound in between is lost on it, whoever binds it. The
// characters used here are on no layout.
func (l *listener) meet(t *testing.T, j *Injector) {
	t.Helper()
	j.Event(&wire.Event{Kind: wire.Move, X: 400, Y: 300})
	for {
		r, err := xproto.QueryPointer(j.conn, j.root).Reply()
		if err != nil {
			t.Fatal(err)
		}
		if r.Child != xproto.WindowNone {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	mark := '\u2042'
	j.press(keysymOf(mark))
	l.next(t)
	for heard := ""; heard != string(mark); heard = l.next(t) {
		mark++
		j.press(keysymOf(mark))
	}
}

// Every character of every layout is the same character in a program, whatever
// layout the display has.
func TestEveryCharacterOfEveryLayout(t *testing.T) {
	for display := range layouts {
		t.Run(display, func(t *testing.T) {
			name := xvnctest.Start(t, screen.X, screen.Y)
			if out, err := exec.Command("setxkbmap", "-display", name, display).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			l := listen(t, name)
			j, err := Open(Options{Display: name, Size: func() image.Point { return screen }, Resize: func(image.Point, int) {}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(j.Close)
			l.meet(t, j)
			for layout, chars := range layouts {
				for i, c := range []rune(chars) {
					// Browsers press Shift for what is on a Shift level: here, now and then.
					shift := i%3 == 0
					if shift {
						j.key(shiftL, true)
						l.next(t)
					}
					j.press(keysymOf(c))
					if got := l.next(t); got != string(c) {
						t.Errorf("%s keyboard, %s display, shift %v: %q arrived as %q", layout, display, shift, c, got)
					}
					if shift {
						j.key(shiftL, false)
					}
				}
			}
		})
	}
}
