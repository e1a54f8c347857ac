#include "socket.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib.h>

static size_t most_bytes;
static char *(*answer_to)(char *message);

/* hear reads what a connection says, and answers once the message is whole. It
 * never waits for the other side: GIMP must be able to end a plug-in. */
static gboolean hear(GIOChannel *connection, GIOCondition condition, gpointer data) {
	GString *message = data;
	char part[1024];
	int fd = g_io_channel_unix_get_fd(connection);
	ssize_t n = recv(fd, part, sizeof part, MSG_DONTWAIT);

	(void)condition;
	if (n > 0 && message->len + n <= most_bytes) {
		g_string_append_len(message, part, n);
		if (message->str[0] != '\n' && strstr(message->str, "\n\n") == NULL)
			return G_SOURCE_CONTINUE;
		char *answer = answer_to(message->str);
		/* A new connection's buffer has room for all of it. */
		(void)!send(fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
		g_free(answer);
	}
	g_string_free(message, TRUE);
	return G_SOURCE_REMOVE; /* closes the connection */
}

static gboolean welcome(GIOChannel *listener, GIOCondition condition, gpointer data) {
	int fd = accept(g_io_channel_unix_get_fd(listener), NULL, NULL);

	(void)condition;
	(void)data;
	if (fd >= 0) {
		GIOChannel *connection = g_io_channel_unix_new(fd);

		g_io_channel_set_close_on_unref(connection, TRUE);
		g_io_add_watch(connection, G_IO_IN | G_IO_HUP | G_IO_ERR, hear, g_string_new(NULL));
		g_io_channel_unref(connection);
	}
	return G_SOURCE_CONTINUE;
}

int answer_at(const char *path, size_t most, char *(*answer)(char *message)) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (path == NULL || strlen(path) >= sizeof address.sun_path)
		return -1;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 4) < 0) {
		close(fd);
		return -1;
	}
	most_bytes = most;
	answer_to = answer;
	g_io_add_watch(g_io_channel_unix_new(fd), G_IO_IN, welcome, NULL);
	return 0;
}
