package browser

import "github.com/chromedp/cdproto/input"

// Wheel turns the wheel over a place on the page by pixels, down for positive
// ones.
func (b *Browser) Wheel(x, y, pixels float64) error {
	// Chromium wants both, and the protocol's library leaves zeros out.
	const still = 1e-9
	return b.mouse(input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseWheel,
		X: x, Y: y, DeltaX: still, DeltaY: pixels})
}

// Grip presses the middle button, with which applications drag the view.
func (b *Browser) Grip(x, y float64) error {
	return b.middle(input.DispatchMouseEventTypeMousePressed, x, y, 4)
}

// Drag moves the mouse with the middle button held.
func (b *Browser) Drag(x, y float64) error {
	return b.middle(input.DispatchMouseEventTypeMouseMoved, x, y, 4)
}

// LetGo releases the middle button.
func (b *Browser) LetGo(x, y float64) error {
	return b.middle(input.DispatchMouseEventTypeMouseReleased, x, y, 0)
}

func (b *Browser) middle(kind input.DispatchMouseEventType, x, y float64, held int64) error {
	return b.mouse(input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonMiddle, Buttons: held, ClickCount: 1})
}
