/* What our plug-ins share: answering requests on a unix socket. */
#ifndef EASEL_SOCKET_H
#define EASEL_SOCKET_H

#include <stddef.h>

/* answer_at answers each connection to a unix socket at path, once, from GLib's
 * main loop. A message ends with an empty line and has at most most bytes; answer
 * may change it and returns a new string. Whatever an earlier GIMP left at the
 * path is replaced. Returns 0, or -1 when there can be no socket.
 */
int answer_at(const char *path, size_t most, char *(*answer)(char *message));

#endif
