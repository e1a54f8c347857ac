package workspace

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is what file systems take for one name, in bytes.
const maxName = 255

// CheckName says whether something new may be called so: 1 to 255 bytes of
// UTF-8 that begin with no dot, without slashes and characters that have no
// shape or turn the direction of writing.
func CheckName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: it is empty", ErrName)
	case len(name) > maxName:
		return fmt.Errorf("%w: %d bytes, at most %d", ErrName, len(name), maxName)
	case !utf8.ValidString(name):
		return fmt.Errorf("%w: it isn't UTF-8", ErrName)
	case name[0] == '.':
		return fmt.Errorf("%w: it begins with a dot", ErrName)
	case strings.TrimSpace(name) != name:
		return fmt.Errorf("%w: it begins or ends with a space", ErrName)
	}
	for _, c := range name {
		if c == '/' || unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || escaped(c) {
			return fmt.Errorf("%w: it has the character %U", ErrName, c)
		}
	}
	return nil
}

// numbered is a name for what can't have the one that it asked for: "a.png",
// "a (2).png", "a (3).png", and so on.
func numbered(name string, n int) string {
	if n < 2 {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 16 || ext == name {
		ext = ""
	}
	tail := " (" + strconv.Itoa(n) + ")" + ext
	stem := strings.TrimSuffix(name, ext)
	for len(stem)+len(tail) > maxName {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	return stem + tail
}

// Bytes that are not UTF-8 are legal in names and can't be told in JSON. They
// travel as characters for private use, U+EF80 to U+EFFF, one for each byte; so
// do the bytes of these characters themselves, that nothing is ambiguous.
const escapes = 0xef00

func escaped(c rune) bool { return c >= escapes+utf8.RuneSelf && c <= escapes+0xff }

// escape makes a string of any bytes one of UTF-8; unescape undoes it.
func escape(s string) string {
	if clean(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		c, size := utf8.DecodeRuneInString(s[i:])
		if c == utf8.RuneError && size == 1 || escaped(c) {
			for _, raw := range []byte(s[i : i+size]) {
				b.WriteRune(escapes + rune(raw))
			}
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

func unescape(s string) string {
	if clean(s) {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		if escaped(c) {
			b.WriteByte(byte(c))
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// clean says whether escape has nothing to do.
func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, escaped) }
