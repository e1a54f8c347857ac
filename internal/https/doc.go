// Package https is what the network meets first: certificates that renew without
// a restart, one port that speaks TLS to the world and plain HTTP to this machine,
// and what is believed of a proxy before it.
//
// The agents of this machine's sessions reach the server at a loopback address,
// for which no certificate is issued. What they say never leaves the machine, so
// the port takes it in plain; to everybody else plain HTTP answers with the way
// to https alone.
package https
