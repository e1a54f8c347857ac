package seal

import (
	"crypto/aes"
	"crypto/cipher"
)

// Labels of RFC 3711 section 4.3.1.
const (
	labelKey  = 0
	labelSalt = 2
)

// derive makes a session key or salt of size bytes from a master key (RFC 3711
// section 4.3, key derivation rate zero).
func derive(m Master, label byte, size int) ([]byte, error) {
	block, err := aes.NewCipher(m.Key)
	if err != nil {
		return nil, err
	}
	var counter [aes.BlockSize]byte
	copy(counter[:14], m.Salt)
	counter[7] ^= label
	out := make([]byte, size)
	cipher.NewCTR(block, counter[:]).XORKeyStream(out, out)
	return out, nil
}
