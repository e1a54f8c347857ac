// Package browser is the bench's eye and hand: a real headless Chromium that
// opens the real client, presses with real input events and watches the pixels
// of the page's video.
//
// What it measures begins at the event's DOM time stamp (when the browser
// process took the press, before the page heard of it) and ends at a frame whose
// pixel has the expected colour.
package browser

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/easel-live/easel/bench/machine"
)

//go:embed watch.js
var watchScript string

// Errors of a browser.
var (
	ErrNoChromium = errors.New("browser: no Chromium found (chromium, chromium-browser or google-chrome)")
	ErrNoPicture  = errors.New("browser: the page shows no video")
)

// Options of a browser.
type Options struct {
	// Width and Height of the page in CSS pixels.
	Width, Height int
	// ExecPath of Chromium; empty: the first one found.
	ExecPath string
	// Way holds pages to one way to the picture, named as Transport.Via does:
	// "webrtc-udp", "webrtc-tcp", "turn" or "vnc"; empty: whichever they take.
	Way string
	// Namespace is the network namespace that it runs in, by the name that ip
	// netns knows; empty: this process's.
	Namespace string
	// AnyCertificate takes certificates that no authority has signed.
	AnyCertificate bool
}

// Browser is a running Chromium with one page. Its methods are for one
// goroutine.
type Browser struct {
	ctx     context.Context
	cancel  func()
	profile string
}

// Start starts a Chromium that lives until Close or the end of ctx.
func Start(ctx context.Context, opts Options) (*Browser, error) {
	path, err := find(opts.ExecPath)
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "easel-bench-browser-")
	if err != nil {
		return nil, fmt.Errorf("browser: %w", err)
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(ctx, flags(path, profile, opts)...)
	tab, stopTab := chromedp.NewContext(allocator)
	b := &Browser{ctx: tab, profile: profile, cancel: func() { stopTab(); stopAllocator() }}
	if err := b.prepare(opts); err != nil {
		_ = b.Close()
		return nil, fmt.Errorf("browser: start %s: %w", path, err)
	}
	return b, nil
}

func flags(path, profile string, opts Options) []chromedp.ExecAllocatorOption {
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("headless", "new"),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("window-size", fmt.Sprintf("%d,%d", opts.Width, opts.Height)),
		chromedp.Flag("user-data-dir", profile),
	}
	if opts.AnyCertificate {
		flags = append(flags, chromedp.IgnoreCertErrors)
	}
	if opts.Namespace != "" {
		flags = append(flags, chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) { machine.Enter(cmd, opts.Namespace) }))
	}
	return flags
}

func find(path string) (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if path != "" {
		names = []string{path}
	}
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			return found, nil
		}
	}
	return "", ErrNoChromium
}

// prepare makes the page the wanted size, puts the watching script into every
// page to come, and ends the reporting that the driver starts with: a page under
// observation must not work for the observer.
func (b *Browser) prepare(opts Options) error {
	err := chromedp.Do(b.ctx, chromedp.EmulateViewport(int64(opts.Width), int64(opts.Height)))
	if err != nil {
		return err
	}
	way := fmt.Sprintf("globalThis.easelBenchWay = %q;\n", opts.Way)
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: way + watchScript}); err != nil {
		return err
	}
	for _, quiet := range []cdp.Command[cdp.Empty, cdp.Empty]{css.Disable, dom.Disable, network.Disable, log.Disable} {
		if _, err := chromedp.Call(b.ctx, quiet, cdp.Empty{}); err != nil {
			return err
		}
	}
	return nil
}

// Close ends Chromium, waits until it is gone and removes its profile.
func (b *Browser) Close() error {
	b.cancel()
	// Helpers of the browser may write a last file while it goes away.
	var err error
	for range 10 {
		if err = os.RemoveAll(b.profile); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("browser: remove the profile: %w", err)
}

// Open loads a page and waits until it is loaded.
func (b *Browser) Open(url string) error {
	if err := chromedp.Do(b.ctx, chromedp.Navigate(url)); err != nil {
		return fmt.Errorf("browser: open the page: %w", err)
	}
	return nil
}

// Screenshot is the page as PNG.
func (b *Browser) Screenshot() ([]byte, error) {
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return nil, fmt.Errorf("browser: screenshot: %w", err)
	}
	return png, nil
}

// Evaluate runs an expression in the page and waits for its value.
func Evaluate[T any](b *Browser, expression string) (T, error) {
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		return value, fmt.Errorf("browser: in the page: %w", err)
	}
	return value, nil
}
