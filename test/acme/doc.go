// Package acme proves that `easel serve` gets its certificate from an authority
// that speaks ACME (RFC 8555), serves it, and renews it while it runs. The
// authority is Pebble, Let's Encrypt's own small one for tests, in this process. It
// is a module of its own because nothing else needs Pebble. It has nothing but
// tests.
package acme
