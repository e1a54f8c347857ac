package token_test

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func signExpired(t *testing.T, ago time.Duration) string {
	t.Helper()
	now := time.Now()
	raw, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": key, "sub": "i", "exp": now.Add(-ago).Unix(), "nbf": now.Add(-time.Hour).Unix(),
		"video": map[string]any{"roomJoin": true, "room": "r"},
	}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
