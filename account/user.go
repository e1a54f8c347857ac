package account

import (
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/internal/secret"
)

// User is somebody with an account.
type User struct {
	ID       string // u-… : unique, and no secret
	Name     string // what they log in as; lower case
	Display  string // what others see
	Email    string
	Admin    bool   // may do everything, in everybody's sessions too
	Disabled bool   // can't come in
	Plan     string // its ID; empty: the server's default, or no limits for administrators
	Password string // its hash; empty: no password lets them in
	// Issuer and Subject are who they are at an OpenID provider; empty for a
	// built-in account.
	Issuer, Subject string
	Created         time.Time
}

// Bounds of what people choose.
const (
	MinPasswordBytes = 10
	MaxPasswordBytes = secret.MaxPasswordBytes
	MaxEmailBytes    = 254
	maxNameBytes     = 64
)

// Why an account is refused.
var (
	ErrName     = errors.New("a login name has 1 to 64 lower-case letters, digits and . _ - @ +, and begins with a letter or digit")
	ErrPassword = fmt.Errorf("a password has %d to %d bytes", MinPasswordBytes, MaxPasswordBytes)
	ErrEmail    = fmt.Errorf("an e-mail address has at most %d bytes, one @ and no spaces", MaxEmailBytes)
	ErrTaken    = errors.New("there is an account with this name already")
	ErrNoUser   = errors.New("there is no such account")
	ErrLast     = errors.New("this is the last administrator who can come in: make another one first")
	ErrWrong    = errors.New("wrong name or password")
)

var (
	loginName = regexp.MustCompile(`^[a-z0-9][a-z0-9._@+-]*$`)
	anID      = regexp.MustCompile(`^[a-z0-9-]+$`)
	email     = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
)

// maybeName says whether somebody may be called so; what is not even a name is
// not looked for.
func maybeName(name string) bool { return len(name) <= maxNameBytes && loginName.MatchString(name) }

// maybeID says the same of the ID of a user or a credential.
func maybeID(id string) bool { return len(id) <= maxNameBytes && anID.MatchString(id) }

// Check says what is wrong with what a user is called.
func (u User) Check() error {
	switch {
	case !maybeName(u.Name):
		return ErrName
	case u.Email != "" && (len(u.Email) > MaxEmailBytes || !utf8.ValidString(u.Email) || !email.MatchString(u.Email)):
		return ErrEmail
	}
	return room.CheckName(u.Display)
}

// CheckPassword says what is wrong with a password that somebody chooses.
func CheckPassword(password string) error {
	if len(password) < MinPasswordBytes || len(password) > MaxPasswordBytes {
		return ErrPassword
	}
	return nil
}
