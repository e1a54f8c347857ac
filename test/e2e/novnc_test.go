package e2e

import (
	"net/url"
	"strings"
	"testing"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/instance"
	"github.com/easel-live/easel/bench/novnc"
)

// TestStockNoVNC: the unmodified noVNC client draws by the gateway as who may, and
// only looks as who may not.
func TestStockNoVNC(t *testing.T) {
	t.Setenv("EASEL_ORIGINS", "*") // noVNC's page is not the server's
	inst := serve(t)
	s := start(t, inst)
	page, err := novnc.Serve("../../client/node_modules/@novnc/novnc", "")
	must(t, err)
	t.Cleanup(func() { must(t, page.Close()) })
	open := func(identity, role string) *browser.Browser {
		b := chromium(t, 1280, 800)
		must(t, b.Open(page.URL(gatewayURL(t, inst, s, identity, role))))
		waitPicture(t, b)
		return b
	}
	owner := open("ann", "owner")
	openByDialog(t, owner, s, whitePNG(t, s, "canvas.png", 640, 480))
	pencil(t, owner)
	drag(t, owner, 0.35, 0.5, 0.65, 0.5)
	darkAcross(t, owner, 0.5, 0.35, 0.65)
	keep(t, owner, "painted")

	viewer := open("vic", "viewer")
	darkAcross(t, viewer, 0.5, 0.35, 0.65)
	drag(t, viewer, 0.35, 0.4, 0.65, 0.4)
	drag(t, owner, 0.35, 0.6, 0.65, 0.6)
	darkAcross(t, viewer, 0.6, 0.35, 0.65)
	if dark(viewer, 0.4, 0.35, 0.65)() == nil {
		t.Error("a viewer drew")
	}
}

// gatewayURL is where a VNC client finds the session's canvas.
func gatewayURL(t *testing.T, inst *instance.Instance, s instance.Session, identity, role string) string {
	t.Helper()
	token, err := inst.Token(t.Context(), s.Room, identity, role)
	must(t, err)
	return "ws" + strings.TrimPrefix(inst.URL, "http") + "/rfb?access_token=" + url.QueryEscape(token)
}
