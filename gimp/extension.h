/* What our plug-ins share as extensions of GIMP, run for as long as it runs. */
#ifndef EASEL_EXTENSION_H
#define EASEL_EXTENSION_H

#include <stddef.h>

#include <libgimp/gimp.h>

/* extend is the rest of a plug-in's run: it lets GIMP start further, and answers
 * (see answer_at) at the socket that an environment variable names, until GIMP
 * ends the plug-in. It returns only when there can be no socket.
 */
void extend(const char *variable, size_t most, char *(*answer)(char *message), gint *returned, GimpParam **values);

#endif
