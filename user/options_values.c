// SPDX-License-Identifier: Apache-2.0
#include "options_values.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

/* The kernel's highest PID_MAX_LIMIT, include/linux/threads.h. */
#define PID_LIMIT 4194304

/* Digits only, at most max. False: something else. */
static bool parse_number(const char *text, const char **ret_end, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (v > (max - (uint64_t)(*text - '0')) / 10)
			return false;
		v = v * 10 + (uint64_t)(*text - '0');
	}
	*ret_end = text;
	*ret = v;
	return true;
}

const char *value__duration(const char *text, uint64_t *ret_ns)
{
	static const char right[] = "a duration like 200ms, 1.5s, 2m or 1h";
	static const struct {
		const char *suffix;
		uint64_t ns;
	} units[] = {
		{"", 1000000000},     {"s", 1000000000},     {"us", 1000},
		{"ms", 1000000},      {"m", 60000000000},    {"min", 60000000000},
		{"h", 3600000000000}, {"d", 86400000000000},
	};
	uint64_t whole, fraction = 0, scale = 1, ns;
	size_t i;

	if (!parse_number(text, &text, 1000000, &whole))
		return right;
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9'; text++) {
			if (scale > 10000000)
				return right;
			fraction = fraction * 10 + (uint64_t)(*text - '0');
			scale *= 10;
		}
		if (scale == 1)
			return right;
	}
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text, units[i].suffix))
			continue;
		if (whole > UINT64_MAX / 4 / units[i].ns)
			return right;
		ns = whole * units[i].ns +
		     (uint64_t)((double)fraction / (double)scale * (double)units[i].ns + 0.5);
		if (!ns)
			return "a duration of more than nothing";
		*ret_ns = ns;
		return NULL;
	}
	return right;
}

const char *value__ring(const char *text, size_t *ret_bytes)
{
	static const char right[] = "a power of two from 64K to 1G, like 16M";
	static const struct {
		const char *suffix;
		unsigned int shift;
	} units[] = {
		{"", 0},   {"K", 10},	{"k", 10}, {"KiB", 10}, {"M", 20},
		{"m", 20}, {"MiB", 20}, {"G", 30}, {"g", 30},	{"GiB", 30},
	};
	uint64_t v;
	size_t i;

	if (!parse_number(text, &text, 1 << 30, &v))
		return right;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text, units[i].suffix))
			continue;
		v <<= units[i].shift;
		if (v < 64 << 10 || v > 1 << 30 || (v & (v - 1)))
			return right;
		*ret_bytes = v;
		return NULL;
	}
	return right;
}

const char *value__count(const char *text, uint64_t *ret)
{
	uint64_t v;

	if (!parse_number(text, &text, UINT64_MAX / 2, &v) || *text || !v)
		return "a number, 1 or more";
	*ret = v;
	return NULL;
}

const char *value__uid(const char *text, uint32_t *ret)
{
	const struct passwd *user;
	const char *end;
	uint64_t v;

	/* The highest value is the kernel's "nobody at all". */
	if (parse_number(text, &end, UINT32_MAX - 1, &v) && !*end) {
		*ret = (uint32_t)v;
		return NULL;
	}
	user = *text ? getpwnam(text) : NULL;
	if (!user)
		return "a user id, or the name of a user of this host";
	*ret = user->pw_uid;
	return NULL;
}

const char *value__ports(const char *text, struct options *o)
{
	static const char *const right = "ports like 8080 or 8080,11434 (at most 64), or off";
	uint16_t ports[OPTIONS_PLAIN_MAX] = {0};
	unsigned int n = 0;
	uint64_t port;

	if (strcmp(text, "off")) {
		do {
			if (n == OPTIONS_PLAIN_MAX ||
			    !parse_number(text, &text, UINT16_MAX, &port) || !port ||
			    (*text && *text != ','))
				return right;
			ports[n++] = (uint16_t)port;
		} while (*text++);
	}
	memcpy(o->plain, ports, n * sizeof(ports[0]));
	o->n_plain = n;
	return NULL;
}

/* The address before the last colon, without brackets. False: it is none. */
static bool listen_address(struct span text, char ret[46])
{
	struct in6_addr any;
	bool six = text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']';

	if (six)
		text = span(text.p + 1, text.n - 2);
	if (text.n >= 46)
		return false;
	memcpy(ret, text.p, text.n);
	ret[text.n] = 0;
	if (!strcmp(ret, "localhost"))
		strcpy(ret, "127.0.0.1");
	return inet_pton(six ? AF_INET6 : AF_INET, ret, &any) == 1;
}

const char *value__listen(const char *text, struct listen_address *ret)
{
	static const char right[] = "[ADDRESS:]PORT like 9464, 127.0.0.1:9464 or [::1]:9464";
	struct listen_address v = {.address = "127.0.0.1"};
	const char *colon = strrchr(text, ':'), *end;
	uint64_t port;

	if (colon && !listen_address(span(text, (size_t)(colon - text)), v.address))
		return right;
	if (!parse_number(colon ? colon + 1 : text, &end, UINT16_MAX, &port) || *end || !port)
		return right;
	v.port = (uint16_t)port;
	*ret = v;
	return NULL;
}

static bool add_pid(struct options *o, uint32_t pid)
{
	unsigned int i;

	for (i = 0; i < o->n_pids; i++)
		if (o->pids[i] == pid)
			return true;
	if (o->n_pids == OPTIONS_PIDS_MAX)
		return false;
	o->pids[o->n_pids++] = pid;
	return true;
}

const char *value__pids(const char *text, struct options *o)
{
	unsigned int was = o->n_pids;
	uint64_t pid;

	for (;;) {
		if (!parse_number(text, &text, PID_LIMIT, &pid) || !pid || (*text && *text != ','))
			break;
		if (!add_pid(o, (uint32_t)pid)) {
			o->n_pids = was;
			return "at most 256 process ids";
		}
		if (!*text)
			return NULL;
		text++;
	}
	o->n_pids = was;
	return "process ids like 123 or 123,456";
}

const char *value__percent(const char *text, double *ret)
{
	char *end;
	double v = strtod(text, &end);

	if (*end == '%')
		end++;
	if (end == text || *end || !(v >= 0 && v <= 100) ||
	    strspn(text, "0123456789.%") != strlen(text))
		return "a percentage like 5% or 0.5%";
	*ret = v;
	return NULL;
}
