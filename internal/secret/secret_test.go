package secret

import (
	"strings"
	"testing"
)

func TestPasswords(t *testing.T) {
	password := NewPassword()
	hash := Hash(password)
	if strings.Contains(hash, password) || hash == Hash(password) {
		t.Errorf("%s of %s", hash, password)
	}
	if ok, err := Verify(hash, password); !ok || err != nil {
		t.Errorf("refused: %v", err)
	}
	if ok, err := Verify(hash, password+"x"); ok || err != nil {
		t.Errorf("a wrong one: %v %v", ok, err)
	}
	if ok, err := Verify("", ""); ok || err == nil {
		t.Error("no hash lets in")
	}
}

func TestWords(t *testing.T) {
	a, b := Word(25), Word(25)
	if a == b || len(a) != 40 || Digest(a) == Digest(b) || len(Digest(a)) != 64 {
		t.Error(a, b)
	}
}

// FuzzHash: a stored hash that was tampered with is an error, not a panic and
// not hours of work.
func FuzzHash(f *testing.F) {
	for _, seed := range []string{
		"", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=99999999,t=1,p=1$$",
		"$argon2id$v=19$m=8,t=0,p=1$$AAAAAAAAAAAAAAAAAAAAAA", "$$$$$",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, hash string) {
		if ok, err := Verify(hash, "x"); ok && err != nil {
			t.Error("both good and malformed")
		}
	})
}
