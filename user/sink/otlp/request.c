// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sink/otlp/wire.h"

/* What field numbers the envelopes of all three signals have. */
enum {
	REQUEST_RESOURCES = 1,
	RESOURCE_RESOURCE = 1,
	RESOURCE_SCOPES = 2,
	RESOURCE_SCHEMA_URL = 3,
	SCOPE_SCOPE = 1,
	SCOPE_ITEMS = 2,
	SCOPE_SCHEMA_URL = 3,
};

struct request_group {
	uint64_t hash;
	struct buf resource;
	struct buf items; /* each with its tag and length */
};

void request__init(struct request *r, size_t max_bytes)
{
	*r = (struct request){.max_bytes = max_bytes};
}

void request__clear(struct request *r)
{
	unsigned int i;

	for (i = 0; i < r->n_groups; i++) {
		buf__free(&r->groups[i].resource);
		buf__free(&r->groups[i].items);
	}
	free(r->groups);
	request__init(r, r->max_bytes);
}

/* FNV-1a: only to compare fewer bytes; equality is decided by all of them. */
static uint64_t hash_of(struct span s)
{
	uint64_t h = 0xcbf29ce484222325ULL;
	size_t i;

	for (i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 0x100000001b3ULL;
	return h;
}

static struct request_group *find(struct request *r, uint64_t hash, struct span resource)
{
	unsigned int i;

	for (i = 0; i < r->n_groups; i++)
		if (r->groups[i].hash == hash &&
		    span_eq(buf__span(&r->groups[i].resource), resource))
			return &r->groups[i];
	return NULL;
}

static struct request_group *add_group(struct request *r, uint64_t hash, struct span resource)
{
	struct request_group *g;

	g = realloc(r->groups, (r->n_groups + 1) * sizeof(*g));
	if (!g)
		return NULL;
	r->groups = g;
	g += r->n_groups;
	g->hash = hash;
	buf__init(&g->resource, r->max_bytes);
	buf__init(&g->items, r->max_bytes);
	if (buf__add(&g->resource, resource))
		return NULL;
	r->n_groups++;
	return g;
}

int request__add(struct request *r, struct span resource, struct span item, unsigned int n_items)
{
	uint64_t hash = hash_of(resource);
	struct request_group *g = find(r, hash, resource);
	/* Envelopes add less than 64 bytes to a resource. */
	size_t more = otlp_wire__size(item.n) + (g ? 0 : otlp_wire__size(resource.n) + 64);
	int err;

	if (more > r->max_bytes)
		return -E2BIG;
	if (r->bytes + more > r->max_bytes)
		return -ENOBUFS;
	if (!g)
		g = add_group(r, hash, resource);
	if (!g)
		return -ENOMEM;
	err = otlp_wire__field(&g->items, SCOPE_ITEMS, item);
	if (err) {
		/* A resource without items is not to be sent. */
		if (!g->items.n) {
			buf__free(&g->resource);
			buf__free(&g->items);
			r->n_groups--;
		}
		return err;
	}
	r->bytes += more;
	r->n_items += n_items;
	return 0;
}

static int encode_group(const struct request_group *g, struct span scope, struct span url,
			struct buf *out)
{
	size_t url_size = url.n ? otlp_wire__size(url.n) : 0;
	size_t scope_size = otlp_wire__size(scope.n) + g->items.n + url_size;
	size_t size = otlp_wire__size(g->resource.n) + otlp_wire__size(scope_size) + url_size;
	int err = otlp_wire__begin(out, REQUEST_RESOURCES, size);

	if (!err)
		err = otlp_wire__field(out, RESOURCE_RESOURCE, buf__span(&g->resource));
	if (!err)
		err = otlp_wire__begin(out, RESOURCE_SCOPES, scope_size);
	if (!err)
		err = otlp_wire__field(out, SCOPE_SCOPE, scope);
	if (!err)
		err = buf__add(out, buf__span(&g->items));
	if (!err && url.n)
		err = otlp_wire__field(out, SCOPE_SCHEMA_URL, url);
	if (!err && url.n)
		err = otlp_wire__field(out, RESOURCE_SCHEMA_URL, url);
	return err;
}

int request__encode(const struct request *r, struct span scope, const char *schema_url,
		    struct buf *out)
{
	struct span url = span_str(schema_url);
	size_t was = out->n;
	unsigned int i;
	int err = 0;

	for (i = 0; i < r->n_groups && !err; i++)
		err = encode_group(&r->groups[i], scope, url, out);
	if (err)
		out->n = was;
	return err;
}
