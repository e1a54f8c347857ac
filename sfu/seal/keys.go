package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"sync"

	"github.com/pion/dtls/v3/pkg/protocol/extension"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/srtp/v3"
)

// Keys hears a DTLS handshake as its server and works out SRTP's master keys.
// The zero Keys is ready. It keeps its secrets as long as the connection does.
type Keys struct {
	mu      sync.Mutex
	client  []byte // random
	server  []byte // random
	secret  []byte // master secret
	prf     func() hash.Hash
	profile srtp.ProtectionProfile
}

// Master are the master key and salt of one direction.
type Master struct{ Key, Salt []byte }

// secretLabel begins the key log's line about a DTLS 1.2 session (the format is
// NSS's, RFC 9850).
const secretLabel = "CLIENT_RANDOM"

// Write takes a line of the key log: a label, the client's random and the
// master secret, in hexadecimal. Other lines mean nothing to it.
func (k *Keys) Write(line []byte) (int, error) {
	words := bytes.Fields(line)
	if len(words) != 3 || string(words[0]) != secretLabel {
		return len(line), nil
	}
	client, errClient := hex.DecodeString(string(words[1]))
	secret, errSecret := hex.DecodeString(string(words[2]))
	if errClient != nil || errSecret != nil {
		return len(line), nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.client, k.secret = client, secret
	return len(line), nil
}

// ServerHello takes note of the server's hello and passes it on unchanged.
func (k *Keys) ServerHello(hello handshake.MessageServerHello) handshake.Message {
	random := hello.Random.MarshalFixed()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.server = random[:]
	k.prf = sha256.New
	if id := hello.CipherSuiteID; id != nil && (*id == ecdsaAES256GCM || *id == rsaAES256GCM) {
		k.prf = sha512.New384
	}
	k.profile = 0
	for _, e := range hello.Extensions {
		if use, ok := e.(*extension.UseSRTP); ok && len(use.ProtectionProfiles) == 1 {
			k.profile = srtp.ProtectionProfile(use.ProtectionProfiles[0])
		}
	}
	return &hello
}

// The cipher suites whose pseudorandom function is not made of SHA-256 (RFC
// 5289 section 3.2).
const ecdsaAES256GCM, rsaAES256GCM = 0xc02c, 0xc030

// exporterLabel is that of SRTP's keys (RFC 5764 section 4.2).
const exporterLabel = "EXTRACTOR-dtls_srtp"

// SRTP are the keys that we send and receive with. ok is false when the
// handshake is not over, or was not heard.
func (k *Keys) SRTP() (send, receive Master, profile srtp.ProtectionProfile, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	keyLen, err := k.profile.KeyLen()
	if err != nil || len(k.client) == 0 || len(k.server) == 0 || len(k.secret) == 0 {
		return Master{}, Master{}, 0, false
	}
	saltLen, err := k.profile.SaltLen()
	if err != nil {
		return Master{}, Master{}, 0, false
	}
	seed := append(append([]byte(exporterLabel), k.client...), k.server...)
	all := expand(k.prf, k.secret, seed, 2*(keyLen+saltLen))
	take := func(n int) []byte {
		part := all[:n:n]
		all = all[n:]
		return part
	}
	receive.Key, send.Key = take(keyLen), take(keyLen)
	receive.Salt, send.Salt = take(saltLen), take(saltLen)
	return send, receive, k.profile, true
}

// expand is P_hash of RFC 5246 section 5.
func expand(h func() hash.Hash, secret, seed []byte, size int) []byte {
	mac := func(parts ...[]byte) []byte {
		m := hmac.New(h, secret)
		for _, p := range parts {
			m.Write(p)
		}
		return m.Sum(nil)
	}
	var out []byte
	for a := mac(seed); len(out) < size; a = mac(a) {
		out = append(out, mac(a, seed)...)
	}
	return out[:size]
}
