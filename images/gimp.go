package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// maxAnswer bounds what GIMP may answer, in bytes.
const maxAnswer = 256 << 10

// ErrGIMP wraps what GIMP refuses, or that it does not answer.
var ErrGIMP = errors.New("GIMP")

// Image is an image that is open in GIMP.
type Image struct {
	ID            int
	Dirty         bool // has changes that are not saved
	Width, Height int  // pixels
	Name          string
	File          string // where it was saved to, "" if nowhere
	Exported      string // where it was exported to, "" if nowhere
	Imported      string // what it was made from, "" if from nothing
}

// GIMP is a GIMP with our plug-in, by the unix socket that it listens on.
type GIMP struct{ Socket string }

// List is what is open, and which GIMP says so: its plug-in's process.
func (g GIMP) List(ctx context.Context) (open []Image, pid int, err error) {
	lines, last, err := g.ask(ctx, "list")
	if err != nil {
		return nil, 0, err
	}
	if pid, err = strconv.Atoi(last); err != nil {
		return nil, 0, fmt.Errorf("%w: answers %.32q", ErrGIMP, last)
	}
	for _, line := range lines {
		image, err := readImage(line)
		if err != nil {
			return nil, 0, err
		}
		open = append(open, image)
	}
	return open, pid, nil
}

// Open has GIMP open a file. It returns when GIMP has taken it on.
func (g GIMP) Open(ctx context.Context, path string) error {
	_, _, err := g.ask(ctx, "open", path)
	return err
}

// Layer puts a file's layers on top of an image.
func (g GIMP) Layer(ctx context.Context, path string, image int) error {
	_, _, err := g.ask(ctx, "layer", path, strconv.Itoa(image))
	return err
}

// Copy writes an image to a path, as an XCF, and leaves the image as it is.
func (g GIMP) Copy(ctx context.Context, image int, path string) error {
	_, _, err := g.ask(ctx, "copy", strconv.Itoa(image), path)
	return err
}

// ask sends a request and returns the lines of its answer but the last, and what
// the last says besides that all is well.
func (g GIMP) ask(ctx context.Context, words ...string) (lines []string, last string, err error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", g.Socket)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrGIMP, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	for i, word := range words {
		words[i] = url.PathEscape(word)
	}
	if _, err := io.WriteString(conn, strings.Join(words, " ")+"\n\n"); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrGIMP, err)
	}
	answer, err := io.ReadAll(io.LimitReader(conn, maxAnswer))
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrGIMP, err)
	}
	return readAnswer(answer)
}

// readAnswer takes an answer apart.
func readAnswer(answer []byte) (lines []string, last string, err error) {
	body, whole := bytes.CutSuffix(answer, []byte("\n\n"))
	if !whole {
		return nil, "", fmt.Errorf("%w: the answer breaks off after %d bytes", ErrGIMP, len(answer))
	}
	lines = strings.Split(string(body), "\n")
	verdict, rest, _ := strings.Cut(lines[len(lines)-1], " ")
	if verdict == "ok" {
		return lines[:len(lines)-1], rest, nil
	}
	if why, err := url.PathUnescape(rest); verdict == "error" && err == nil {
		return nil, "", fmt.Errorf("%w: %.200s", ErrGIMP, why)
	}
	return nil, "", fmt.Errorf("%w: answers %.32q", ErrGIMP, verdict)
}

// readImage reads a line of a list.
func readImage(line string) (Image, error) {
	bad := fmt.Errorf("%w: no image: %.64q", ErrGIMP, line)
	words := strings.Split(line, " ")
	if len(words) != 9 || words[0] != "image" {
		return Image{}, bad
	}
	var numbers [4]int
	for i := range numbers {
		n, err := strconv.Atoi(words[1+i])
		if err != nil || n < 0 {
			return Image{}, bad
		}
		numbers[i] = n
	}
	var texts [4]string
	for i := range texts {
		text, err := url.PathUnescape(words[5+i])
		if err != nil || strings.ContainsRune(text, 0) {
			return Image{}, bad
		}
		if text != "-" {
			texts[i] = text
		}
	}
	return Image{
		ID: numbers[0], Dirty: numbers[1] != 0, Width: numbers[2], Height: numbers[3],
		Name: texts[0], File: texts[1], Exported: texts[2], Imported: texts[3],
	}, nil
}
