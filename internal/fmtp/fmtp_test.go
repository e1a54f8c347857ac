package fmtp

import "testing"

func TestSame(t *testing.T) {
	for _, c := range []struct {
		mime, a, b    string
		same, kindred bool
	}{
		{"video/VP8", "", "anything=1", true, true},
		{"video/VP9", "", "profile-id=0", true, true},
		{"video/vp9", "profile-id=1", "profile-id=0", false, false},
		{"video/AV1", "level-idx=5; profile=1 ;tier=0", "profile=1", true, true},
		{"video/AV1", "profile=1", "", false, false},
		{"video/H264", "packetization-mode=1;profile-level-id=42e01f", "profile-level-id=42E034;packetization-mode=1", true, true},
		{"video/H264", "packetization-mode=1;profile-level-id=42e01f", "packetization-mode=1;profile-level-id=42001f", false, true},
		{"video/H264", "packetization-mode=0;profile-level-id=42e01f", "packetization-mode=1;profile-level-id=42e01f", false, false},
		{"video/H264", "profile-level-id=4", "profile-level-id=4", false, false},
	} {
		if got := Same(c.mime, c.a, c.b); got != c.same {
			t.Errorf("Same(%s, %q, %q) = %v", c.mime, c.a, c.b, got)
		}
		if got := Kindred(c.mime, c.a, c.b); got != c.kindred {
			t.Errorf("Kindred(%s, %q, %q) = %v", c.mime, c.a, c.b, got)
		}
	}
}

func FuzzSame(f *testing.F) {
	f.Add("video/H264", "packetization-mode=1;profile-level-id=42e01f", "")
	f.Fuzz(func(t *testing.T, mime, a, b string) {
		if Same(mime, a, b) != Same(mime, b, a) {
			t.Fatal("not the same the other way round")
		}
	})
}
