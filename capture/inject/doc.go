// Package inject carries hands to an X display: a Sequencer puts input packets
// back into one order, a Playout gives them their pace back, and an Injector
// plays them through XTEST.
//
// Keys come as keysyms: what the key means to the person who presses it, on
// whatever layout. The Injector finds the key that means the same on the
// display's keyboard map with the modifiers now held, and failing that binds
// the keysym to a spare keycode.
package inject
