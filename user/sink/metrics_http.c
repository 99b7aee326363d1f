// SPDX-License-Identifier: Apache-2.0
#include "sink/metrics_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/limits.h"
#include "sink/prometheus_text.h"

/* More than a scrape takes, less than anybody could mean well with. Where all places are taken,
 * they are given up sooner. */
#define PATIENCE_S 10
#define PATIENCE_FULL_S 1
#define HEAD_BYTES (16 << 10)
#define PIECE_BYTES (16 << 10)
#define UNREAD_BYTES (64 << 10)
#define SILENCE_NS 30000000000ULL

struct conn {
	int fd;
	uint64_t since_ns; /* 0: no connection */
};

struct metrics_http {
	struct MHD_Daemon *daemon;
	struct metrics *metrics;
	pthread_t thread;
	bool started;
	int stop; /* eventfd */
	int listener;
	/* only the thread looks at these */
	struct conn *conns;
	unsigned int n_conns;	   /* places, not connections */
	bool closed;		   /* one of them, just now */
	_Atomic uint64_t alive_ns; /* CLOCK_MONOTONIC; 0: not yet */
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* ---- pages ---- */

/* A /metrics page that is being read. */
struct page {
	struct prometheus_text text;
	struct buf buf;
	size_t sent;
	int more;
};

static ssize_t read_page(void *ctx, uint64_t pos, char *out, size_t max)
{
	struct page *p = ctx;
	size_t n;

	if (p->sent == p->buf.n) {
		buf__clear(&p->buf);
		p->sent = 0;
		if (p->more == 1)
			p->more = prometheus_text__some(&p->text, &p->buf, PIECE_BYTES);
		if (p->more < 0)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		if (!p->buf.n)
			return MHD_CONTENT_READER_END_OF_STREAM;
	}
	n = p->buf.n - p->sent;
	n = n < max ? n : max;
	memcpy(out, p->buf.p + p->sent, n);
	p->sent += n;
	return (ssize_t)n;
}

static void free_page(void *ctx)
{
	struct page *p = ctx;

	buf__free(&p->buf);
	free(p);
}

static struct MHD_Response *text_response(const char *text)
{
	return MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
					       MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *metrics_page(struct metrics_http *h, struct MHD_Connection *c,
					 const char **ret_type)
{
	const char *accept =
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	struct page *p = calloc(1, sizeof(*p));
	struct MHD_Response *r;

	if (!p)
		return NULL;
	p->text.metrics = h->metrics;
	p->text.format = prometheus_format__accepted(accept);
	p->more = 1;
	buf__init(&p->buf, limits_default.scrape_bytes);
	*ret_type = prometheus_format__content_type(p->text.format);
	r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, read_page, p,
					      free_page);
	if (!r)
		free_page(p);
	return r;
}

static enum MHD_Result answer(struct MHD_Connection *c, unsigned int status, const char *type,
			      struct MHD_Response *r)
{
	enum MHD_Result ret;

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	/* Each connection has its few seconds, whatever it is used for. */
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	ret = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return ret;
}

static enum MHD_Result state(struct metrics_http *h, struct MHD_Connection *c, bool ready)
{
	uint64_t alive_ns = atomic_load(&h->alive_ns);
	const char *text = "ok\n";

	if (!alive_ns)
		text = ready ? "not tracing yet\n" : text;
	else if (now_ns() > alive_ns + SILENCE_NS)
		text = "the event loop stands still\n";
	return answer(c, *text == 'o' ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
		      "text/plain; charset=utf-8", text_response(text));
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **request)
{
	static const char plain[] = "text/plain; charset=utf-8";
	struct metrics_http *h = ctx;
	struct MHD_Response *page;
	const char *type;

	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return answer(c, MHD_HTTP_METHOD_NOT_ALLOWED, plain,
			      text_response("GET or HEAD\n"));
	if (!strcmp(url, "/metrics")) {
		page = metrics_page(h, c, &type);
		return answer(c, MHD_HTTP_OK, type, page);
	}
	if (!strcmp(url, "/healthz") || !strcmp(url, "/readyz"))
		return state(h, c, url[1] == 'r');
	return answer(c, MHD_HTTP_NOT_FOUND, plain, text_response("/metrics, /healthz, /readyz\n"));
}

/* ---- connections ---- */

static void on_connection(void *ctx, struct MHD_Connection *c, void **own,
			  enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct metrics_http *h = ctx;
	struct conn *slot = *own;
	unsigned int i;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		h->closed = true;
		if (slot)
			slot->since_ns = 0;
		return;
	}
	for (i = 0; i < h->n_conns && h->conns[i].since_ns; i++)
		;
	if (i == h->n_conns || !info)
		return;
	h->conns[i] = (struct conn){info->connect_fd, now_ns()};
	*own = &h->conns[i];
}

/* The library's own timeout is one of silence: a byte now and then would outwit it. */
static void end_old(struct metrics_http *h)
{
	static const struct linger at_once = {.l_onoff = 1};
	uint64_t now = now_ns(), patience;
	unsigned int i, n = 0;

	for (i = 0; i < h->n_conns; i++)
		n += h->conns[i].since_ns != 0;
	patience = (n == h->n_conns ? PATIENCE_FULL_S : PATIENCE_S) * 1000000000ULL;
	for (i = 0; i < h->n_conns; i++) {
		if (!h->conns[i].since_ns || now <= h->conns[i].since_ns + patience)
			continue;
		/* Nor does the kernel keep what was not read. */
		setsockopt(h->conns[i].fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		shutdown(h->conns[i].fd, SHUT_RDWR);
	}
}

static bool any_conn(const struct metrics_http *h)
{
	unsigned int i;

	for (i = 0; i < h->n_conns; i++)
		if (h->conns[i].since_ns)
			return true;
	return false;
}

static int wait_ms(struct metrics_http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;
	int max = any_conn(h) ? 250 : 60000;

	/* Where all places were taken, the library listens again only when it runs once more. */
	if (h->closed)
		max = 0;
	h->closed = false;
	return MHD_get_timeout(h->daemon, &ms) == MHD_YES && ms < (unsigned int)max ? (int)ms : max;
}

static void *serve(void *ctx)
{
	struct metrics_http *h = ctx;
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd fds[] = {{.fd = info->epoll_fd, .events = POLLIN},
			       {.fd = h->stop, .events = POLLIN}};

	/* This thread alone: who captures comes first. */
	setpriority(PRIO_PROCESS, (id_t)gettid(), 10);
	pthread_setname_np(pthread_self(), "metrics");
	while (!(fds[1].revents & POLLIN)) {
		if (poll(fds, 2, wait_ms(h)) < 0 && errno != EINTR)
			break;
		MHD_run(h->daemon);
		end_old(h);
	}
	return NULL;
}

/* ---- begin and end ---- */

static int parse(const char *address, uint16_t port, struct sockaddr_storage *ret, socklen_t *ret_n)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		*ret_n = sizeof(*in);
	} else if (inet_pton(AF_INET6, address, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		*ret_n = sizeof(*in6);
	} else {
		return -EINVAL;
	}
	return 0;
}

bool metrics_http__is_open(const char *address)
{
	struct sockaddr_storage a;
	socklen_t n;

	if (parse(address, 0, &a, &n))
		return true;
	if (a.ss_family == AF_INET6)
		return !IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&a)->sin6_addr);
	return ntohl(((struct sockaddr_in *)&a)->sin_addr.s_addr) >> 24 != 127;
}

static int listen_at(const struct metrics_http_config *cfg, int *ret)
{
	struct sockaddr_storage a;
	const int on = 1, unread = UNREAD_BYTES;
	socklen_t n;
	int err = parse(cfg->address, cfg->port, &a, &n), fd;

	if (err)
		return err;
	fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &unread, sizeof(unread)); /* its connections' */
	if (bind(fd, (struct sockaddr *)&a, n) || listen(fd, 128)) {
		err = -errno;
		close(fd);
		return err;
	}
	*ret = fd;
	return 0;
}

static void no_log(void *ctx, const char *format, va_list ap)
{
}

static int start_thread(struct metrics_http *h)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&h->thread, NULL, serve, h);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	h->started = !err;
	return -err;
}

int metrics_http__new(const struct metrics_http_config *config, struct metrics_http **ret)
{
	struct metrics_http *h = calloc(1, sizeof(*h));
	int err;

	if (!h)
		return -ENOMEM;
	h->metrics = config->metrics;
	h->listener = h->stop = -1;
	h->n_conns = limits_default.scrapers;
	h->conns = calloc(h->n_conns, sizeof(*h->conns));
	if (!h->conns) {
		metrics_http__free(h);
		return -ENOMEM;
	}
	h->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = h->stop < 0 ? -errno : listen_at(config, &h->listener);
	if (err) {
		metrics_http__free(h);
		return err;
	}
	h->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, h,
		MHD_OPTION_EXTERNAL_LOGGER, no_log, NULL, MHD_OPTION_LISTEN_SOCKET, h->listener,
		MHD_OPTION_CONNECTION_LIMIT, h->n_conns, MHD_OPTION_CONNECTION_TIMEOUT, PATIENCE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(HEAD_BYTES + PIECE_BYTES),
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
	err = h->daemon ? start_thread(h) : -ENOMEM;
	if (err) {
		metrics_http__free(h);
		return err;
	}
	*ret = h;
	return 0;
}

void metrics_http__alive(struct metrics_http *h)
{
	atomic_store(&h->alive_ns, now_ns());
}

void metrics_http__free(struct metrics_http *h)
{
	const uint64_t one = 1;

	if (!h)
		return;
	if (h->started) {
		while (write(h->stop, &one, sizeof(one)) < 0 && errno == EINTR)
			;
		pthread_join(h->thread, NULL);
	}
	/* The daemon closes its socket. */
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	else if (h->listener >= 0)
		close(h->listener);
	if (h->stop >= 0)
		close(h->stop);
	free(h->conns);
	free(h);
}
