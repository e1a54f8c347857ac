package stockjs

import (
	"context"
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/easel-live/easel/test/firefox"
)

// driver is a running browser.
type driver interface {
	open(url string) (tab, error)
}

// tab is one of its pages.
type tab interface {
	// evaluate gives the string that an expression's promise resolves to.
	evaluate(js string) (string, error)
}

// firefoxDriver is Firefox as a driver.
type firefoxDriver struct{ *firefox.Browser }

func startFirefox(t *testing.T) driver { return firefoxDriver{firefox.Start(t)} }

func (f firefoxDriver) open(url string) (tab, error) {
	t, err := f.Open(url)
	return firefoxTab{t}, err
}

type firefoxTab struct{ firefox.Tab }

func (t firefoxTab) evaluate(js string) (string, error) { return t.Evaluate(js) }

// chromium is driven over its DevTools protocol.
type chromium struct {
	t       *testing.T
	browser context.Context
}

func startChromium(t *testing.T) driver {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.UserDataDir(t.TempDir()),
	)
	if path := os.Getenv("EASEL_CHROMIUM"); path != "" {
		opts = append(opts, chromedp.ExecPath(path))
	}
	allocated, endAllocator := chromedp.NewExecAllocator(context.Background(), opts...)
	browser, endBrowser := chromedp.NewContext(allocated)
	t.Cleanup(func() {
		if err := chromedp.Cancel(browser); err != nil {
			t.Log(err)
		}
		endBrowser()
		endAllocator()
	})
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return chromium{t, browser}
}

func (c chromium) open(url string) (tab, error) {
	context, end := chromedp.NewContext(c.browser)
	c.t.Cleanup(end)
	return chromiumTab{context}, chromedp.Do(context, chromedp.Navigate(url))
}

type chromiumTab struct{ context context.Context }

func (t chromiumTab) evaluate(js string) (string, error) {
	return chromedp.Run(t.context, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
}
