#include "extension.h"

#include "socket.h"

void extend(const char *variable, size_t most, char *(*answer)(char *message), gint *returned, GimpParam **values) {
	static GimpParam status;

	status.type = GIMP_PDB_STATUS;
	status.data.d_status = GIMP_PDB_SUCCESS;
	*returned = 1;
	*values = &status;
	gimp_extension_ack(); /* GIMP starts no further before that */
	if (answer_at(g_getenv(variable), most, answer) < 0)
		return;
	gimp_extension_enable();
	g_main_loop_run(g_main_loop_new(NULL, FALSE)); /* GIMP ends it */
}
