package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/pion/srtp/v3"
)

// Overhead is what sealing adds to a packet, in bytes.
const Overhead = 16

// ErrProfile is wrapped by New for a protection profile that is not sealed here.
var ErrProfile = errors.New("seal: not AES-128-GCM")

// Sealer protects what is sent on one connection. One goroutine uses it.
type Sealer struct {
	aead cipher.AEAD
	salt [12]byte
	iv   [12]byte
}

// New makes a sealer of the key that we send with.
func New(m Master, profile srtp.ProtectionProfile) (*Sealer, error) {
	if profile != srtp.ProtectionProfileAeadAes128Gcm {
		return nil, fmt.Errorf("%w: %v", ErrProfile, profile)
	}
	key, err := derive(m, labelKey, len(m.Key))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	salt, err := derive(m, labelSalt, len(Sealer{}.salt))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	s := &Sealer{salt: [12]byte(salt)}
	if s.aead, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return s, nil
}

// Seal completes a packet whose first header bytes are its RTP header, with the
// stream's ssrc; packet has room for header, payload and Overhead exactly. Index
// is the packet's sequence number with the times it rolled over before it (RFC
// 3711 section 3.3.1): a receiver takes the first packet's to be below 65536.
// The same stream and index must not be sealed twice unless header and payload
// are the same to the bit.
func (s *Sealer) Seal(packet []byte, header int, ssrc uint32, index uint64, payload []byte) {
	// RFC 7714 section 8.1: two zero bytes, SSRC, rollover counter and sequence
	// number, exclusive-or the salt.
	s.iv = s.salt
	iv := s.iv[2:]
	binary.BigEndian.PutUint32(iv, binary.BigEndian.Uint32(iv)^ssrc)
	iv = iv[2:]
	binary.BigEndian.PutUint64(iv, binary.BigEndian.Uint64(iv)^index&(1<<48-1))
	s.aead.Seal(packet[header:header], s.iv[:], payload, packet[:header])
}
