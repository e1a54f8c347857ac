/* easel-tools lets GIMP's colours, brush and what else belongs to a hand be
 * exchanged when control passes from one person to the next. GIMP runs it for as
 * long as it runs itself.
 *
 * It listens on the unix socket that EASEL_TOOLS names, in a folder which only the
 * session's user may enter. Each connection is one exchange: lines of
 * "name value" and an empty line say what to set, and the answer of the same form
 * says what was set before. What a message leaves out stays as it is, and so does
 * what GIMP cannot do any more, like a brush that was deleted meanwhile.
 *
 * Only what GIMP 2.10's procedures both read from the tool in hand and write to it
 * is here. gimp-context-set-paint-method is not: it changes what procedures paint
 * with, and leaves the tool in hand as it is; tools that do not paint cannot even
 * be read.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libgimp/gimp.h>

#include "../../../gimp/extension.h"

#define PROCEDURE "extension-easel-tools"

/* A message of more bytes comes from nobody we know. */
#define MAX_MESSAGE 8192

/* A property of GIMP's context. get returns what set takes, in a new string. */
typedef struct {
	const char *name;
	char *(*get)(void);
	void (*set)(const char *value);
} Property;

static char *color(gboolean (*ask)(GimpRGB *)) {
	GimpRGB c;
	char part[4][G_ASCII_DTOSTR_BUF_SIZE];

	if (!ask(&c))
		return NULL;
	g_ascii_dtostr(part[0], sizeof part[0], c.r);
	g_ascii_dtostr(part[1], sizeof part[1], c.g);
	g_ascii_dtostr(part[2], sizeof part[2], c.b);
	g_ascii_dtostr(part[3], sizeof part[3], c.a);
	return g_strjoin(" ", part[0], part[1], part[2], part[3], NULL);
}

static void set_color(gboolean (*tell)(const GimpRGB *), const char *value) {
	GimpRGB c = {0, 0, 0, 1};
	double *part[] = {&c.r, &c.g, &c.b, &c.a};
	char *end = (char *)value;

	for (int i = 0; i < 4; i++)
		*part[i] = g_ascii_strtod(end, &end);
	gimp_rgb_clamp(&c);
	tell(&c);
}

static char *number(double value) {
	char text[G_ASCII_DTOSTR_BUF_SIZE];
	return g_strdup(g_ascii_dtostr(text, sizeof text, value));
}

static char *foreground(void) { return color(gimp_context_get_foreground); }
static void set_foreground(const char *v) { set_color(gimp_context_set_foreground, v); }
static char *background(void) { return color(gimp_context_get_background); }
static void set_background(const char *v) { set_color(gimp_context_set_background, v); }
static char *opacity(void) { return number(gimp_context_get_opacity()); }
static void set_opacity(const char *v) { gimp_context_set_opacity(g_ascii_strtod(v, NULL)); }
static char *mode(void) { return g_strdup_printf("%d", gimp_context_get_paint_mode()); }
static void set_mode(const char *v) { gimp_context_set_paint_mode(atoi(v)); }
static char *size(void) { return number(gimp_context_get_brush_size()); }
static void set_size(const char *v) { gimp_context_set_brush_size(g_ascii_strtod(v, NULL)); }
static void set_brush(const char *v) { gimp_context_set_brush(v); }
static void set_dynamics(const char *v) { gimp_context_set_dynamics(v); }
static void set_pattern(const char *v) { gimp_context_set_pattern(v); }
static void set_gradient(const char *v) { gimp_context_set_gradient(v); }
static void set_palette(const char *v) { gimp_context_set_palette(v); }
static void set_font(const char *v) { gimp_context_set_font(v); }

/* In the order in which they are set: a brush brings a size of its own. */
static const Property properties[] = {
	{"foreground", foreground, set_foreground},
	{"background", background, set_background},
	{"brush", gimp_context_get_brush, set_brush},
	{"size", size, set_size},
	{"opacity", opacity, set_opacity},
	{"mode", mode, set_mode},
	{"dynamics", gimp_context_get_dynamics, set_dynamics},
	{"pattern", gimp_context_get_pattern, set_pattern},
	{"gradient", gimp_context_get_gradient, set_gradient},
	{"palette", gimp_context_get_palette, set_palette},
	{"font", gimp_context_get_font, set_font},
};

/* wanted is the value of a property in a message that was cut into lines. */
static const char *wanted(char **lines, const char *name) {
	size_t length = strlen(name);

	for (; *lines != NULL; lines++)
		if (strncmp(*lines, name, length) == 0 && (*lines)[length] == ' ')
			return *lines + length + 1;
	return NULL;
}

/* exchange sets what a message says and returns what was set before. */
static char *exchange(char *message) {
	GString *before = g_string_new(NULL);
	char **lines = g_strsplit(message, "\n", -1);

	/* Which GIMP answers: a new one knows nothing of anybody. */
	g_string_append_printf(before, "gimp %d\n", getpid());
	for (size_t i = 0; i < G_N_ELEMENTS(properties); i++) {
		char *now = properties[i].get();

		if (now != NULL && strchr(now, '\n') == NULL)
			g_string_append_printf(before, "%s %s\n", properties[i].name, now);
		g_free(now);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(properties); i++) {
		const char *value = wanted(lines, properties[i].name);
		char *now = value == NULL ? NULL : properties[i].get();

		if (value != NULL && g_strcmp0(now, value) != 0)
			properties[i].set(value);
		g_free(now);
	}
	g_strfreev(lines);
	g_string_append_c(before, '\n');
	return g_string_free(before, FALSE);
}

static void run(const gchar *name, gint count, const GimpParam *params, gint *returned, GimpParam **values) {
	(void)name;
	(void)count;
	(void)params;
	extend("EASEL_TOOLS", MAX_MESSAGE, exchange, returned, values);
}

static void query(void) {
	gimp_install_procedure(PROCEDURE, "Lets tools change hands with control",
		"Exchanges colours, brush and paint options over a unix socket", "Easel", "Easel", "2026",
		NULL, NULL, GIMP_EXTENSION, 0, 0, NULL, NULL);
}

const GimpPlugInInfo PLUG_IN_INFO = {NULL, NULL, query, run};

MAIN()
