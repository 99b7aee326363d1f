// SPDX-License-Identifier: Apache-2.0
/* sslload: a TLS load whose number of SSL calls is known exactly. Both ends of each connection are
 * here, in one thread, over loopback, so that nothing but the calls and what they cost is measured.
 * Traffic is real HTTP/1.1: a tracer can follow it.
 *
 *   sslload COMMAND...   runs one command; without any, commands are read as lines from stdin
 *     rr SECONDS                       requests and answers that are no model calls (4 SSL calls)
 *     stream SECONDS                   model calls; an operation is one 200-byte event (2 calls)
 *     quiet SECONDS                    the answer to one such request that has no end; an operation
 *                                      is 1 KiB of it (2 calls)
 *     bulk SECONDS                     model calls; an operation is 16 KiB of one answer (2 calls)
 *     open CONNS RATE BYTES SECONDS    CONNS streams at once, each RATE events/s of BYTES bytes
 *     idle CONNS                       one request each, no model call; kept until stdin ends
 *
 * Prints one line of key=value pairs for each command. ssl_calls counts SSL_read and SSL_write,
 * also those that had to be tried again. CPU is user and system time of this process. */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#define NS_PER_S 1000000000ULL
#define READ_BYTES 16384
#define STREAM_EVENT_BYTES 200
#define STREAM_EVENTS 200 /* of one call */
#define BULK_BYTES 16384
#define BULK_OPS 64 /* 1 MiB for each call */
#define RR_BATCH 100
#define QUIET_AFTER_NS 60000000 /* for the tracer to judge the request */
#define EVENT_BYTES_MIN 180
#define EVENT_BYTES_MAX 8192

struct load {
	SSL_CTX *server, *client;
	int listener;
	struct sockaddr_in addr;
	uint64_t ssl_calls;
	uint64_t calls; /* model calls that were completed */
	char in[READ_BYTES];
};

struct pair {
	SSL *server, *client;
};

struct meter {
	uint64_t wall_ns, cpu_us, ssl_calls, calls;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static uint64_t cpu_us(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000ULL + r.ru_utime.tv_usec +
	       r.ru_stime.tv_usec;
}

static void die(const char *what)
{
	errx(1, "%s: %s", what, ERR_error_string(ERR_get_error(), NULL));
}

/* --- both ends --- */

/* A key and a certificate made on the spot: no files. */
static void certify(SSL_CTX *ctx)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();

	if (!key || !x)
		die("certificate");
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
				   (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	if (!X509_sign(x, key, EVP_sha256()) || SSL_CTX_use_certificate(ctx, x) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, key) != 1)
		die("certificate");
	X509_free(x);
	EVP_PKEY_free(key);
}

static void load__init(struct load *l)
{
	socklen_t size = sizeof(l->addr);

	l->server = SSL_CTX_new(TLS_server_method());
	l->client = SSL_CTX_new(TLS_client_method());
	if (!l->server || !l->client)
		die("SSL_CTX_new");
	SSL_CTX_set_num_tickets(l->server, 0);
	certify(l->server);
	l->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	l->addr = (struct sockaddr_in){.sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (l->listener < 0 || bind(l->listener, (void *)&l->addr, sizeof(l->addr)) ||
	    listen(l->listener, 16) || getsockname(l->listener, (void *)&l->addr, &size))
		err(1, "listening on loopback");
}

static SSL *end(SSL_CTX *ctx, int fd)
{
	SSL *s = SSL_new(ctx);
	int one = 1;

	if (!s || SSL_set_fd(s, fd) != 1)
		die("SSL_new");
	/* Of no meaning to, and refused by, a Unix socket. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		err(1, "fcntl");
	return s;
}

enum way {
	WAY_TCP,
	WAY_UNIX, /* cheaper, and thousands leave no ports behind */
};

static void join(struct load *l, enum way way, int ret[2])
{
	if (way == WAY_UNIX) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret))
			err(1, "socketpair");
		return;
	}
	ret[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ret[0] < 0 || connect(ret[0], (void *)&l->addr, sizeof(l->addr)))
		err(1, "connecting over loopback");
	ret[1] = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC);
	if (ret[1] < 0)
		err(1, "accept");
}

static void pair__open(struct load *l, enum way way, struct pair *p)
{
	int a, b, fds[2];

	join(l, way, fds);
	p->client = end(l->client, fds[0]);
	p->server = end(l->server, fds[1]);
	SSL_set_accept_state(p->server);
	SSL_set_connect_state(p->client);
	do {
		a = SSL_do_handshake(p->client);
		b = SSL_do_handshake(p->server);
		if ((a != 1 && SSL_get_error(p->client, a) == SSL_ERROR_SSL) ||
		    (b != 1 && SSL_get_error(p->server, b) == SSL_ERROR_SSL))
			die("handshake");
	} while (a != 1 || b != 1);
}

static void pair__close(struct pair *p)
{
	int c = SSL_get_fd(p->client), s = SSL_get_fd(p->server);

	SSL_free(p->client);
	SSL_free(p->server);
	close(c);
	close(s);
}

/* From one end to the other, all of it, before anything else happens. */
static void pass(struct load *l, SSL *from, SSL *to, const char *p, size_t n)
{
	size_t got = 0;
	int r;

	l->ssl_calls++;
	r = SSL_write(from, p, (int)n);
	if (r != (int)n)
		die("SSL_write");
	while (got < n) {
		l->ssl_calls++;
		r = SSL_read(to, l->in, sizeof(l->in));
		if (r > 0)
			got += r;
		else if (SSL_get_error(to, r) != SSL_ERROR_WANT_READ)
			die("SSL_read");
	}
}

/* --- what is said --- */

static const char quiet_request[] =
	"GET /assets/app.js HTTP/1.1\r\n"
	"Host: www.example.com\r\n"
	"User-Agent: sslload/1.0 (a name about as long as those of real programs are)\r\n"
	"Authorization: Bearer 0123456789abcdef0123456789abcdef01234567\r\n"
	"Accept: */*\r\n"
	"Accept-Language: en\r\n\r\n";

#define MODEL_BODY(stream)                                                            \
	"{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":4096,\"stream\":" stream "," \
	"\"messages\":[{\"role\":\"user\",\"content\":\"Say hello.\"}]}"

static const char model_body[2][sizeof(MODEL_BODY("false"))] = {MODEL_BODY("false"),
								MODEL_BODY("true")};

static const char stream_head[] = "HTTP/1.1 200 OK\r\n"
				  "Content-Type: text/event-stream; charset=utf-8\r\n"
				  "Transfer-Encoding: chunked\r\n\r\n";
static const char stream_start[] =
	"event: message_start\n"
	"data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_bench\",\"type\":\"message\","
	"\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\",\"content\":[],"
	"\"usage\":{\"input_tokens\":12,\"output_tokens\":1}}}\n\n"
	"event: content_block_start\n"
	"data: {\"type\":\"content_block_start\",\"index\":0,"
	"\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
static const char stream_delta[] = "event: content_block_delta\n"
				   "data: {\"type\":\"content_block_delta\",\"index\":0,"
				   "\"delta\":{\"type\":\"text_delta\",\"text\":\"";
static const char stream_delta_end[] = "\"}}\n\n";
static const char answer_start[] =
	"{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\","
	"\"model\":\"claude-sonnet-4-5\",\"content\":[{\"type\":\"text\",\"text\":\"";
static const char answer_end[] =
	"\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":12,\"output_tokens\":%d}}";

static size_t model_request(char *buf, size_t max, bool stream)
{
	const char *body = model_body[stream];

	return snprintf(buf, max,
			"POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\n"
			"x-api-key: sk-bench-0123456789\r\nanthropic-version: 2023-06-01\r\n"
			"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			strlen(body), body);
}

static size_t chunk(char *buf, size_t max, const char *text)
{
	return snprintf(buf, max, "%zx\r\n%s\r\n", strlen(text), text);
}

/* One event as one HTTP chunk of n bytes in all. */
static size_t delta(char *buf, size_t max, size_t n)
{
	char text[EVENT_BYTES_MAX + 1];
	size_t fixed = sizeof(stream_delta) - 1 + sizeof(stream_delta_end) - 1;
	size_t frame = 4 + (n > 4095 ? 4 : n > 255 + 6 ? 3 : 2);
	size_t pad = n - frame - fixed;

	memcpy(text, stream_delta, sizeof(stream_delta) - 1);
	memset(text + sizeof(stream_delta) - 1, 'x', pad);
	memcpy(text + sizeof(stream_delta) - 1 + pad, stream_delta_end, sizeof(stream_delta_end));
	return chunk(buf, max, text);
}

static void stream_begin(struct load *l, struct pair *p)
{
	char buf[2048];
	size_t n = model_request(buf, sizeof(buf), true);

	pass(l, p->client, p->server, buf, n);
	n = snprintf(buf, sizeof(buf), "%s", stream_head);
	n += chunk(buf + n, sizeof(buf) - n, stream_start);
	pass(l, p->server, p->client, buf, n);
}

static void stream_end(struct load *l, struct pair *p, unsigned int events)
{
	char text[512], buf[1024];
	size_t n;

	snprintf(text, sizeof(text),
		 "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}"
		 "\n\nevent: message_delta\ndata: {\"type\":\"message_delta\","
		 "\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":%u}}\n\n"
		 "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
		 events);
	n = chunk(buf, sizeof(buf), text);
	n += snprintf(buf + n, sizeof(buf) - n, "0\r\n\r\n");
	pass(l, p->server, p->client, buf, n);
	l->calls++;
}

/* --- loads --- */

static void meter__start(const struct load *l, struct meter *m)
{
	*m = (struct meter){now_ns(), cpu_us(), l->ssl_calls, l->calls};
}

static void meter__print(const struct load *l, const struct meter *m, const char *mode,
			 uint64_t ops)
{
	double s = (now_ns() - m->wall_ns) / 1e9;
	uint64_t cpu = cpu_us() - m->cpu_us;

	printf("mode=%s ops=%llu seconds=%.3f cpu_us_per_op=%.4f cpu_percent=%.1f ssl_calls=%llu "
	       "calls=%llu",
	       mode, (unsigned long long)ops, s, (double)cpu / ops, cpu / s / 1e4,
	       (unsigned long long)(l->ssl_calls - m->ssl_calls),
	       (unsigned long long)(l->calls - m->calls));
}

static void rr(struct load *l, int argc, char **argv)
{
	uint64_t deadline, ops = 0;
	char answer[1024];
	struct meter m;
	struct pair p;
	int n;

	memset(answer, 'x', sizeof(answer));
	n = snprintf(answer, sizeof(answer),
		     "HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nContent-Length: ");
	snprintf(answer + n, sizeof(answer) - n, "%zu\r\n\r", sizeof(answer) - n - 7);
	answer[n + 6] = '\n';
	pair__open(l, WAY_TCP, &p);
	meter__start(l, &m);
	deadline = m.wall_ns + (uint64_t)(atof(argv[1]) * NS_PER_S);
	do {
		for (int i = 0; i < RR_BATCH; i++) {
			pass(l, p.client, p.server, quiet_request, sizeof(quiet_request) - 1);
			pass(l, p.server, p.client, answer, sizeof(answer));
		}
		ops += RR_BATCH;
	} while (now_ns() < deadline);
	meter__print(l, &m, argv[0], ops);
	pair__close(&p);
}

/* What a tracer has long lost interest in. */
static void quiet(struct load *l, int argc, char **argv)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n"
				   "Content-Length: 1000000000000\r\n\r\n";
	uint64_t deadline, ops = 0;
	char body[1024];
	struct meter m;
	struct pair p;

	memset(body, 'x', sizeof(body));
	pair__open(l, WAY_TCP, &p);
	pass(l, p.client, p.server, quiet_request, sizeof(quiet_request) - 1);
	pass(l, p.server, p.client, head, sizeof(head) - 1);
	nanosleep(&(struct timespec){.tv_nsec = QUIET_AFTER_NS}, NULL);
	meter__start(l, &m);
	deadline = m.wall_ns + (uint64_t)(atof(argv[1]) * NS_PER_S);
	do {
		for (int i = 0; i < RR_BATCH; i++)
			pass(l, p.server, p.client, body, sizeof(body));
		ops += RR_BATCH;
	} while (now_ns() < deadline);
	meter__print(l, &m, argv[0], ops);
	pair__close(&p);
}

static void stream(struct load *l, int argc, char **argv)
{
	uint64_t deadline, ops = 0;
	char event[EVENT_BYTES_MAX + 16];
	size_t n = delta(event, sizeof(event), STREAM_EVENT_BYTES);
	struct meter m;
	struct pair p;

	pair__open(l, WAY_TCP, &p);
	meter__start(l, &m);
	deadline = m.wall_ns + (uint64_t)(atof(argv[1]) * NS_PER_S);
	do {
		stream_begin(l, &p);
		for (int i = 0; i < STREAM_EVENTS; i++)
			pass(l, p.server, p.client, event, n);
		stream_end(l, &p, STREAM_EVENTS);
		ops += STREAM_EVENTS;
	} while (now_ns() < deadline);
	meter__print(l, &m, argv[0], ops);
	pair__close(&p);
}

static void bulk(struct load *l, int argc, char **argv)
{
	uint64_t deadline, ops = 0;
	char buf[BULK_BYTES], request[1024], last[256];
	struct meter m;
	struct pair p;
	size_t n, n_last;

	pair__open(l, WAY_TCP, &p);
	meter__start(l, &m);
	deadline = m.wall_ns + (uint64_t)(atof(argv[1]) * NS_PER_S);
	do {
		n = model_request(request, sizeof(request), false);
		pass(l, p.client, p.server, request, n);
		n_last = snprintf(last, sizeof(last), answer_end, BULK_OPS);
		n = snprintf(buf, sizeof(buf),
			     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			     "Content-Length: %zu\r\n\r\n%s",
			     sizeof(answer_start) - 1 + BULK_OPS * sizeof(buf) + n_last,
			     answer_start);
		pass(l, p.server, p.client, buf, n);
		memset(buf, 'x', sizeof(buf));
		for (int i = 0; i < BULK_OPS; i++)
			pass(l, p.server, p.client, buf, sizeof(buf));
		pass(l, p.server, p.client, last, n_last);
		l->calls++;
		ops += BULK_OPS;
	} while (now_ns() < deadline);
	meter__print(l, &m, argv[0], ops);
	pair__close(&p);
}

static struct pair *open_many(struct load *l, unsigned int n)
{
	struct rlimit files = {2 * n + 64, 2 * n + 64}, now;
	struct pair *p = calloc(n, sizeof(*p));

	if (!p)
		err(1, "memory");
	if (getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur < files.rlim_cur &&
	    setrlimit(RLIMIT_NOFILE, &files))
		err(1, "%u connections need %u descriptors", n, 2 * n + 64);
	for (unsigned int i = 0; i < n; i++)
		pair__open(l, WAY_UNIX, &p[i]);
	return p;
}

/* Events are due at fixed times whatever they cost: a tracer that is too dear makes them late. */
static void open_loop(struct load *l, int argc, char **argv)
{
	unsigned int conns = atoi(argv[1]), sent = 0;
	double rate = atof(argv[2]) * conns, seconds = atof(argv[4]);
	size_t bytes = atoi(argv[3]), n;
	uint64_t want = (uint64_t)(rate * seconds), late_ns = 0, ops;
	char event[EVENT_BYTES_MAX + 16];
	struct pair *p;
	struct meter m;

	if (!conns || bytes < EVENT_BYTES_MIN || bytes > EVENT_BYTES_MAX)
		errx(2, "open CONNS RATE BYTES(%d..%d) SECONDS", EVENT_BYTES_MIN, EVENT_BYTES_MAX);
	n = delta(event, sizeof(event), bytes);
	p = open_many(l, conns);
	for (unsigned int i = 0; i < conns; i++)
		stream_begin(l, &p[i]);
	meter__start(l, &m);
	for (ops = 0; ops < want; ops++) {
		uint64_t due = m.wall_ns + (uint64_t)(ops / rate * NS_PER_S), now = now_ns();

		if (due > now + NS_PER_S / 2000)
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
					&(struct timespec){due / NS_PER_S, due % NS_PER_S}, NULL);
		else if (now > due && now - due > late_ns)
			late_ns = now - due;
		if (now > m.wall_ns + (uint64_t)(seconds * 1.5 * NS_PER_S))
			break; /* hopeless: what was reached says enough */
		pass(l, p[ops % conns].server, p[ops % conns].client, event, n);
	}
	meter__print(l, &m, argv[0], ops);
	for (unsigned int i = 0; i < conns; i++) {
		sent = (unsigned int)(ops / conns + (i < ops % conns));
		stream_end(l, &p[i], sent);
		pair__close(&p[i]);
	}
	free(p);
	printf(" due=%llu late_ms=%.1f ended=%u", (unsigned long long)want, late_ns / 1e6, conns);
}

static void idle(struct load *l, int argc, char **argv)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	unsigned int n = atoi(argv[1]);
	struct meter m;
	struct pair *p;

	meter__start(l, &m);
	/* Meant to live: nothing is closed. */
	p = open_many(l, n);
	for (unsigned int i = 0; i < n; i++) {
		pass(l, p[i].client, p[i].server, quiet_request, sizeof(quiet_request) - 1);
		pass(l, p[i].server, p[i].client, answer, sizeof(answer) - 1);
	}
	meter__print(l, &m, argv[0], n);
	free(p);
}

static const struct command {
	const char *name;
	int argc;
	void (*run)(struct load *l, int argc, char **argv);
} commands[] = {
	{"rr", 2, rr},	   {"quiet", 2, quiet},	   {"stream", 2, stream},
	{"bulk", 2, bulk}, {"open", 5, open_loop}, {"idle", 2, idle},
};

static void run(struct load *l, int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[0]) || commands[i].argc != argc)
			continue;
		commands[i].run(l, argc, argv);
		putchar('\n');
		fflush(stdout);
		return;
	}
	errx(2, "no such command, or not so many arguments: %s", argv[0]);
}

/* The last processor that we may use: the tracer gets the others. */
static void pin(void)
{
	cpu_set_t set;
	int last = -1;

	if (sched_getaffinity(0, sizeof(set), &set))
		return;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			last = i;
	CPU_ZERO(&set);
	CPU_SET(last, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int main(int argc, char **argv)
{
	static struct load l;
	char line[256], *words[8];

	pin();
	load__init(&l);
	if (argc > 1) {
		run(&l, argc - 1, argv + 1);
		return 0;
	}
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		int n = 0;

		for (char *w = strtok(line, " \n"); w && n < 8; w = strtok(NULL, " \n"))
			words[n++] = w;
		if (n)
			run(&l, n, words);
	}
	return 0;
}
