package report

import (
	"bytes"
	"image"
	"math"
	"strings"
	"testing"
)

func TestAxis(t *testing.T) {
	for name, c := range map[string]struct {
		low, high float64
		zero      bool
		labels    string
	}{
		"from zero":        {3, 97, true, "0 20 40 60 80 100"},
		"a narrow band":    {31, 46, false, "30 35 40 45 50"},
		"near enough to 0": {2, 18, false, "0 5 10 15 20"},
		"below one":        {0, 0.37, true, "0.0 0.1 0.2 0.3 0.4"},
		"below zero":       {-3, 4, false, "-4 -2 0 2 4"},
		"one value":        {5, 5, false, "5.00 5.25 5.50 5.75 6.00"},
		"none":             {math.Inf(1), math.Inf(-1), true, "0.00 0.25 0.50 0.75 1.00"},
	} {
		a := newAxis(c.low, c.high, 4, c.zero)
		var got []string
		for _, tick := range a.ticks() {
			got = append(got, tick.Label)
		}
		if name == "one value" || name == "none" {
			if len(got) < 3 {
				t.Errorf("%s: %v", name, got)
			}
			continue
		}
		if strings.Join(got, " ") != c.labels {
			t.Errorf("%s: %v, want %s", name, got, c.labels)
		}
		if a.low > c.low || a.high < c.high {
			t.Errorf("%s: %+v leaves values out", name, a)
		}
	}
}

func TestPage(t *testing.T) {
	var out bytes.Buffer
	err := Page{
		Title: "Rooms & <viewers>",
		Facts: []Fact{{Name: "delay", Value: "3.1", Unit: "ms"}},
		Sections: []Section{{
			Title: "All", Table: &Table{Head: []string{"", "p50"}, Rows: [][]string{{"one", "2"}}},
			Plots: []Plot{
				{Title: "Delay", Lines: []Line{{Name: "p50", Points: []Point{{0, 1}, {10, 5}}, Dots: true}}, Marks: []Mark{{5, "outage"}}},
				{Title: "Nothing"},
			},
			Bars:     []Bars{{Title: "CPU", Parts: []string{"agent", "x"}, Bars: []Bar{{"1280x800", []float64{250, 50}}}}},
			Pictures: []Picture{{Caption: "crop", Image: image.NewRGBA(image.Rect(0, 0, 2, 2)), Scale: 3}},
		}},
		Commit: "abc",
	}.Write(&out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Rooms &amp; &lt;viewers&gt;", `d="M0.0,176.0L640.0,0.0"`, "outage", `width="6"`,
		"data:image/png;base64,", "agent: 250", "Commit abc",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, refused := range []string{"http:", "https:", "<script", "ZgotmplZ", "NaN"} {
		if strings.Contains(out.String(), refused) {
			t.Errorf("%q is in the page", refused)
		}
	}
}
