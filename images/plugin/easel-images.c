/* easel-images tells what is open in GIMP, opens files in it and saves copies.
 * GIMP runs it for as long as it runs itself.
 *
 * It listens on the unix socket that EASEL_IMAGES names, in a folder which only
 * the session's user may enter. Each connection is one request and its answer,
 * both lines of words, with an empty line at the end. Words are escaped as in
 * URIs (RFC 3986, section 2.1); a lone - stands for what there is not.
 *
 *	list               image ID DIRTY WIDTH HEIGHT NAME FILE EXPORTED IMPORTED
 *	                   for each image, the last three file names, then ok PID
 *	open PATH          ok once GIMP has taken it on; it opens when it comes to it
 *	layer PATH IMAGE   ok when its layers are in the image
 *	copy IMAGE PATH    ok MICROSECONDS when an XCF with the image is at the path;
 *	                   the image stays as dirty as it was and keeps its name
 *
 * Whatever fails is answered by: error and a sentence.
 *
 * What speaks to GIMP is at the top, so that another GIMP needs only that.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>
#include <libgimp/gimp.h>

#include "../../gimp/extension.h"

#define PROCEDURE "extension-easel-images"

/* A request of more bytes comes from nobody we know. */
#define MAX_REQUEST 16384

/* GIMP's own answer to a wish to open a file may take so long, in ms. */
#define OPEN_PATIENCE 20000

/* ---- GIMP 2.10 ---- */

static void word(GString *to, const char *text) {
	char *escaped = text == NULL || *text == '\0' ? g_strdup("-") : g_uri_escape_string(text, "/", FALSE);

	g_string_append_c(to, ' ');
	g_string_append(to, escaped);
	g_free(escaped);
}

/* file_word adds a file name of an image, which GIMP knows as a URI. */
static void file_word(GString *to, char *uri) {
	char *path = uri == NULL ? NULL : g_filename_from_uri(uri, NULL, NULL);

	word(to, path);
	g_free(path);
	g_free(uri);
}

static void list(GString *answer) {
	gint count = 0;
	gint32 *images = gimp_image_list(&count);

	for (gint i = 0; i < count; i++) {
		gint32 image = images[i];
		char *name = gimp_image_get_name(image);

		g_string_append_printf(answer, "image %d %d %d %d", image, gimp_image_is_dirty(image) ? 1 : 0,
			gimp_image_width(image), gimp_image_height(image));
		word(answer, name);
		file_word(answer, gimp_image_get_xcf_uri(image));
		file_word(answer, gimp_image_get_exported_uri(image));
		file_word(answer, gimp_image_get_imported_uri(image));
		g_string_append_c(answer, '\n');
		g_free(name);
	}
	g_free(images);
	g_string_append_printf(answer, "ok %d\n", getpid());
}

/* open_file asks the window, as a second GIMP that is started with a file does:
 * what that does is what File > Open does, questions included. */
static const char *open_file(const char *path) {
	GDBusConnection *bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL);
	char *uri = g_filename_to_uri(path, NULL, NULL);
	GVariant *taken = NULL;

	if (bus != NULL && uri != NULL)
		taken = g_dbus_connection_call_sync(bus, "org.gimp.GIMP.UI", "/org/gimp/GIMP/UI", "org.gimp.GIMP.UI",
			"Open", g_variant_new("(s)", uri), NULL, G_DBUS_CALL_FLAGS_NONE, OPEN_PATIENCE, NULL, NULL);
	g_free(uri);
	g_clear_object(&bus);
	if (taken == NULL)
		return "GIMP does not take files now";
	g_variant_unref(taken);
	return NULL;
}

static const char *open_layers(gint32 image, const char *path) {
	gint count = 0;
	gint32 *layers;

	if (!gimp_image_is_valid(image))
		return "the image is closed";
	layers = gimp_file_load_layers(GIMP_RUN_NONINTERACTIVE, image, path, &count);
	if (layers == NULL || count == 0)
		return "GIMP can't read this file";
	gimp_image_undo_group_start(image);
	for (gint i = 0; i < count; i++)
		gimp_image_insert_layer(image, layers[i], -1, i);
	gimp_image_undo_group_end(image);
	g_free(layers);
	gimp_displays_flush();
	return NULL;
}

static const char *copy(gint32 image, const char *path) {
	gint count = 0;
	gint *layers;

	if (!gimp_image_is_valid(image))
		return "the image is closed";
	layers = gimp_image_get_layers(image, &count);
	if (count == 0) {
		g_free(layers);
		return "the image has no layers";
	}
	gboolean saved = gimp_file_save(GIMP_RUN_NONINTERACTIVE, image, layers[0], path, path);
	g_free(layers);
	return saved ? NULL : "GIMP could not save it";
}

/* ---- requests ---- */

static void serve(char **words, GString *answer) {
	guint count = g_strv_length(words);
	const char *verb = count > 0 ? words[0] : "", *wrong = "this is no request";

	if (strcmp(verb, "list") == 0 && count == 1) {
		list(answer);
		return;
	}
	if (strcmp(verb, "open") == 0 && count == 2)
		wrong = open_file(words[1]);
	else if (strcmp(verb, "layer") == 0 && count == 3)
		wrong = open_layers(atoi(words[2]), words[1]);
	else if (strcmp(verb, "copy") == 0 && count == 3) {
		gint64 began = g_get_monotonic_time();

		wrong = copy(atoi(words[1]), words[2]);
		if (wrong == NULL) {
			g_string_append_printf(answer, "ok %" G_GINT64_FORMAT "\n", g_get_monotonic_time() - began);
			return;
		}
	}
	if (wrong == NULL) {
		g_string_append(answer, "ok\n");
	} else {
		g_string_append(answer, "error");
		word(answer, wrong);
		g_string_append_c(answer, '\n');
	}
}

/* request takes a line apart and serves it. */
static char *request(char *line) {
	GString *answer = g_string_new(NULL);
	char **words;

	*strchr(line, '\n') = '\0';
	words = g_strsplit(line, " ", 8);
	for (char **w = words; *w != NULL; w++) {
		char *plain = g_uri_unescape_string(*w, NULL);

		g_free(*w);
		*w = plain == NULL ? g_strdup("") : plain;
	}
	serve(words, answer);
	g_strfreev(words);
	g_string_append_c(answer, '\n');
	return g_string_free(answer, FALSE);
}

static void run(const gchar *name, gint count, const GimpParam *params, gint *returned, GimpParam **values) {
	(void)name;
	(void)count;
	(void)params;
	extend("EASEL_IMAGES", MAX_REQUEST, request, returned, values);
}

static void query(void) {
	gimp_install_procedure(PROCEDURE, "Tells what is open, opens files, saves copies",
		"Answers requests over a unix socket", "Easel", "Easel", "2026",
		NULL, NULL, GIMP_EXTENSION, 0, 0, NULL, NULL);
}

const GimpPlugInInfo PLUG_IN_INFO = {NULL, NULL, query, run};

MAIN()
