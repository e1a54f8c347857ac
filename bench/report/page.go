// Package report writes the figures of a measurement as one HTML page that needs
// nothing else: tables, plots as SVG, pictures as data; no script, no font, no
// request. It knows nothing of what is measured.
//
//	page.go    what a page is made of
//	plot.go    lines over two axes
//	bars.go    stacked bars
//	axis.go    where an axis has its ticks
//	page.html  how it all looks
package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"io"
	"os"

	"github.com/easel-live/easel/bench/machine"
)

//go:embed page.html
var source string

var page = template.Must(template.New("page").Parse(source))

// Page is a report.
type Page struct {
	Title    string
	Lead     string // what was measured, in a sentence
	Facts    []Fact // the few figures that matter, shown large
	Sections []Section
	Machine  machine.Machine
	Commit   string
	Command  string // that gives the page again
}

// Fact is one figure.
type Fact struct {
	Name, Value, Unit string
	Note              string // may be empty
}

// Section is a part of a page; what it does not have is left out.
type Section struct {
	Title    string
	Note     string
	Table    *Table
	Plots    []Plot
	Bars     []Bars
	Pictures []Picture
}

// Table has a head and rows of as many cells; the first cell names the row.
type Table struct {
	Head []string
	Rows [][]string
}

// Picture is shown Scale times its size, pixel by pixel.
type Picture struct {
	Caption string
	Image   image.Image
	Scale   int // 0: 1
}

// Width is the shown width in CSS pixels.
func (p Picture) Width() int { return max(p.Scale, 1) * p.Image.Bounds().Dx() }

// Data is the picture as a URL.
func (p Picture) Data() (template.URL, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, p.Image); err != nil {
		return "", fmt.Errorf("report: picture: %w", err)
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}

// Write writes the page.
func (p Page) Write(w io.Writer) error {
	if err := page.Execute(w, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// WriteFile writes the page to a file.
func (p Page) WriteFile(path string) error {
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		return err
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// colours of the lines and bars, in order, told apart by people who see few
// colours (Okabe and Ito, 2008).
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}

func colour(i int) string { return colours[i%len(colours)] }
