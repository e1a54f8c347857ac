// Package tools gives each person who draws their own colours, brush and paint
// options: GIMP has one set of them, whoever holds the canvas.
//
// When control passes to another person, and before anything of theirs is played,
// Box waits until GIMP has acted on everything that was played before (package heed),
// asks it for what is set now, which is the last person's, and sets what the next
// one had when they drew last (gimp.go). The plug-in that answers is in plugin: C,
// because GIMP 2.10 on Debian runs no Python, and its Script-Fu server speaks TCP,
// to everybody on the machine.
//
// The order matters twice. GIMP serves its plug-ins between two events of its
// display, so without waiting for it the end of a long stroke could get the next
// person's colour; and a press that was played too early would begin a stroke in
// the last one's. Waiting costs nothing that is felt: a GIMP that is behind would
// hear of the press as late.
//
// Whoever draws for the first time goes on with what the last person had. The tool
// itself does not change hands: see plugin/easel-tools.c.
package tools
