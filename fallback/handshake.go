package fallback

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The handshake of RFB 3.8 (RFC 6143, section 7.1 to 7.3): the gateway plays
// the server to the client and the client to the X server, so that neither
// chooses anything that the gateway has not.
const (
	version      = "RFB 003.008\n"
	securityNone = 1 // the token was the security; the X server's socket is private
	shared       = 1
)

// Why a handshake fails. The texts are for people.
var (
	errVersion  = errors.New("only RFB 3.8 is spoken here")
	errSecurity = errors.New("only the security type None is offered")
	errServer   = errors.New("the session's X server is not the one expected")
)

// greet brings a client to where it waits for ServerInit.
func greet(client io.ReadWriter) error {
	if _, err := io.WriteString(client, version); err != nil {
		return err
	}
	var said [len(version)]byte
	if _, err := io.ReadFull(client, said[:]); err != nil {
		return err
	}
	if string(said[:]) != version {
		return fmt.Errorf("%w: %q", errVersion, said)
	}
	if _, err := client.Write([]byte{1, securityNone}); err != nil {
		return err
	}
	if _, err := io.ReadFull(client, said[:1]); err != nil {
		return err
	}
	if said[0] != securityNone {
		return fmt.Errorf("%w, not %d", errSecurity, said[0])
	}
	return nil
}

// admitted tells a client that it is let in, and reads whether it wants to be
// alone, which nobody is.
func admitted(client io.ReadWriter) error {
	if _, err := client.Write([]byte{0, 0, 0, 0}); err != nil {
		return err
	}
	var clientInit [1]byte
	_, err := io.ReadFull(client, clientInit[:])
	return err
}

// refused tells a client why it is not (SecurityResult, 7.1.3).
func refused(client io.Writer, reason string) error {
	answer := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 1}, uint32(len(reason)))
	_, err := client.Write(append(answer, reason...))
	return err
}

// meet brings the X server to where it sends ServerInit.
func meet(server io.ReadWriter) error {
	var said [len(version)]byte
	if _, err := io.ReadFull(server, said[:]); err != nil {
		return fmt.Errorf("%w: %w", errServer, err)
	}
	if string(said[:]) != version {
		return fmt.Errorf("%w: it says %q", errServer, said)
	}
	if _, err := io.WriteString(server, version); err != nil {
		return err
	}
	var count [1]byte
	if _, err := io.ReadFull(server, count[:]); err != nil {
		return fmt.Errorf("%w: %w", errServer, err)
	}
	types := make([]byte, count[0])
	if _, err := io.ReadFull(server, types); err != nil {
		return fmt.Errorf("%w: %w", errServer, err)
	}
	if !bytes.Contains(types, []byte{securityNone}) {
		return fmt.Errorf("%w: it offers security types %v", errServer, types)
	}
	if _, err := server.Write([]byte{securityNone}); err != nil {
		return err
	}
	var result [4]byte
	if _, err := io.ReadFull(server, result[:]); err != nil {
		return fmt.Errorf("%w: %w", errServer, err)
	}
	if result != [4]byte{} {
		return fmt.Errorf("%w: it refuses the gateway", errServer)
	}
	_, err := server.Write([]byte{shared})
	return err
}
