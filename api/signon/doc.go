// Package signon lets in whom an OpenID provider vouches for: OpenID Connect Core
// 1.0, the authorization code flow with PKCE (RFC 7636), state and nonce.
//
// A Provider sends a browser away with a Flow and makes of what it comes back
// with an account.External, by Rules that read the provider's claims. It keeps
// nothing about anybody: a flow is one random word in a cookie of the browser
// that began it.
package signon
