package cost

import (
	"context"
	"time"
)

// Rest does nothing for the time given.
func Rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
