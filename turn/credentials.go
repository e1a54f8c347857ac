package turn

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the scheme's, and coturn's
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// Credentials are what a client shows a TURN server.
type Credentials struct{ Username, Password string }

// Mint makes credentials for a user that allow new allocations until expiry.
func Mint(secret, user string, expiry time.Time) Credentials {
	name := strconv.FormatInt(expiry.Unix(), 10) + ":" + user
	return Credentials{name, sign(secret, name)}
}

func sign(secret, username string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// read takes a username apart; ok is false when it is none of ours.
func read(username string) (user string, expiry time.Time, ok bool) {
	stamp, user, ok := strings.Cut(username, ":")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if !ok || err != nil || user == "" || len(username) > maxUsername {
		return "", time.Time{}, false
	}
	return user, time.Unix(seconds, 0), true
}

// maxUsername bounds a username, in bytes (RFC 8489 section 14.3).
const maxUsername = 508
