// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/export.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "sink/otlp/gzip.h"
#include "sink/otlp/retry.h"
#include "sink/otlp/sender.h"

#define NS_PER_MS 1000000ULL
#define POLL_MS 1000
#define POLL_FAILED_US 100000 /* no memory: not at once again */
#define KINDS 16	      /* of failures of one signal that are told */

/* One signal. What the thread alone touches needs no lock. */
struct lane {
	struct otlp_sender sender;
	bool enabled;
	/* the thread's */
	struct otlp_batch *sending; /* the queue's first; NULL: no attempt is under way */
	uint64_t due_ns;	    /* not before that; CLOCK_MONOTONIC */
	unsigned int in_a_row;	    /* failures */
	/* under the lock */
	struct otlp_queue queue;
	struct otlp_signal_stats stats;
	long told[KINDS];
	unsigned int n_told;
	char text[768]; /* to be said; "": nothing */
	bool recovered; /* to be said */
};

struct otlp_export {
	struct lane lanes[N_OTLP_SIGNALS];
	const struct limits *lim;
	CURLM *multi;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t settled; /* an attempt has ended */
	bool stop;
	uint64_t deadline_ns; /* once stop is set */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* ---- the thread ---- */

static struct otlp_batch *first_of(struct otlp_export *x, struct lane *l)
{
	struct otlp_batch *b, *packed = NULL;

	pthread_mutex_lock(&x->lock);
	b = l->queue.first;
	pthread_mutex_unlock(&x->lock);
	/* Others only append: the first stays where it is. */
	if (b && l->sender.target->gzip && !b->gzip && !b->attempts)
		packed = otlp_gzip__batch(b);
	if (packed) {
		pthread_mutex_lock(&x->lock);
		otlp_queue__replace_first(&l->queue, packed);
		pthread_mutex_unlock(&x->lock);
		b = packed;
	}
	return b;
}

static void begin(struct otlp_export *x, struct lane *l, uint64_t now, uint64_t deadline)
{
	uint64_t timeout_ms = l->sender.target->timeout_ms;
	struct otlp_batch *b = first_of(x, l);

	if (!b)
		return;
	if (deadline && (deadline - now) / NS_PER_MS < timeout_ms)
		timeout_ms = (deadline - now) / NS_PER_MS;
	otlp_sender__begin(&l->sender, b, timeout_ms ? timeout_ms : 1);
	if (curl_multi_add_handle(x->multi, l->sender.easy)) {
		l->due_ns = now + RETRY_FIRST_MS * NS_PER_MS;
		return;
	}
	l->sending = b;
	if (b->attempts++) {
		pthread_mutex_lock(&x->lock);
		l->stats.retries++;
		pthread_mutex_unlock(&x->lock);
	}
}

static bool told(struct lane *l, long kind)
{
	unsigned int i;

	for (i = 0; i < l->n_told; i++)
		if (l->told[i] == kind)
			return true;
	if (l->n_told == KINDS)
		return true;
	l->told[l->n_told++] = kind;
	return false;
}

static void settle(struct lane *l, const struct otlp_result *r)
{
	struct otlp_signal_stats *st = &l->stats;
	uint64_t n = l->sending->n_items, rejected = r->rejected < n ? r->rejected : n;

	if (r->kind && !told(l, r->kind))
		snprintf(l->text, sizeof(l->text), "%s", r->text);
	if (r->fate == OTLP_TAKEN) {
		st->requests++;
		st->sent += n - rejected;
		st->dropped[EXPORT_DROP_REJECTED] += rejected;
		l->recovered = l->recovered || st->failing;
	} else {
		st->failures++;
		if (r->fate == OTLP_LOST)
			st->dropped[r->reason] += n;
	}
	st->failing = r->fate != OTLP_TAKEN;
	if (r->fate != OTLP_AGAIN)
		free(otlp_queue__take(&l->queue));
}

static void end(struct otlp_export *x, struct lane *l, CURLcode code)
{
	struct otlp_result r;
	uint32_t random = 0;
	unsigned int ms;

	otlp_sender__end(&l->sender, code, &r);
	curl_multi_remove_handle(x->multi, l->sender.easy);
	pthread_mutex_lock(&x->lock);
	settle(l, &r);
	pthread_cond_broadcast(&x->settled);
	pthread_mutex_unlock(&x->lock);
	l->sending = NULL;
	if (r.fate == OTLP_AGAIN) {
		if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
			random = (uint32_t)now_ns();
		ms = retry__backoff_ms(++l->in_a_row, random);
		ms = r.retry_after_ms ? r.retry_after_ms : ms;
		l->due_ns = now_ns() + ms * NS_PER_MS;
	} else {
		l->in_a_row = 0;
		l->due_ns = 0;
	}
}

/* At the end each signal has one attempt at once, and more as far as there is time to wait. */
static void hurry(struct otlp_export *x)
{
	struct lane *l;

	for (l = x->lanes; l < x->lanes + N_OTLP_SIGNALS; l++)
		l->due_ns = 0;
}

/* Starts what is due. Returns the milliseconds until something is; -1: nothing is left to do. */
static int start_due(struct otlp_export *x, uint64_t deadline)
{
	uint64_t now = now_ns(), next = now + POLL_MS * NS_PER_MS;
	bool left = false, waits;
	struct lane *l;

	if (deadline && now >= deadline)
		return -1;
	for (l = x->lanes; l < x->lanes + N_OTLP_SIGNALS; l++) {
		if (!l->enabled)
			continue;
		if (!l->sending && l->due_ns <= now)
			begin(x, l, now, deadline);
		pthread_mutex_lock(&x->lock);
		waits = l->queue.first;
		pthread_mutex_unlock(&x->lock);
		if (!waits)
			continue;
		if (l->sending || !deadline || l->due_ns < deadline)
			left = true;
		if (!l->sending && l->due_ns > now && l->due_ns < next)
			next = l->due_ns;
	}
	if (deadline && deadline < next)
		next = deadline;
	return deadline && !left ? -1 : (int)((next - now) / NS_PER_MS + 1);
}

/* Have any ended? */
static bool end_done(struct otlp_export *x)
{
	bool any = false;
	struct otlp_sender *s;
	struct CURLMsg *m;
	struct lane *l;
	CURLcode code;
	int left;

	while ((m = curl_multi_info_read(x->multi, &left))) {
		if (m->msg != CURLMSG_DONE)
			continue;
		code = m->data.result; /* m does not outlive the removal */
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &s);
		l = (struct lane *)((char *)s - offsetof(struct lane, sender));
		end(x, l, code);
		any = true;
	}
	return any;
}

static void *work(void *ctx)
{
	struct otlp_export *x = ctx;
	uint64_t deadline = 0;
	int ms, running;
	bool stop;

	for (;;) {
		pthread_mutex_lock(&x->lock);
		stop = x->stop;
		if (stop && !deadline) {
			deadline = x->deadline_ns;
			hurry(x);
		}
		pthread_mutex_unlock(&x->lock);
		ms = start_due(x, deadline);
		if (ms < 0)
			break;
		curl_multi_perform(x->multi, &running);
		/* What has just ended leaves room for the next. */
		if (!end_done(x) && curl_multi_poll(x->multi, NULL, 0, ms, NULL))
			usleep(POLL_FAILED_US);
	}
	return NULL;
}

/* Not before it is needed: by then a command that is to be traced has been forked, and inherits
 * none of the descriptors. */
static int start(struct otlp_export *x)
{
	sigset_t all, old;
	int err;

	x->multi = curl_multi_init();
	if (!x->multi)
		return -ENOMEM;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&x->thread, NULL, work, x);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		curl_multi_cleanup(x->multi);
		x->multi = NULL;
		return -ENOMEM;
	}
	pthread_setname_np(x->thread, "llmsnoop-otlp");
	x->started = true;
	return 0;
}

/* ---- the callers ---- */

int otlp_export__new(const struct otlp_config *config, const struct limits *lim,
		     struct otlp_export **ret)
{
	const size_t bytes[N_OTLP_SIGNALS] = {lim->otlp_traces_bytes, lim->otlp_metrics_bytes,
					      lim->otlp_logs_bytes};
	const unsigned int items[N_OTLP_SIGNALS] = {config->spans.max_queue, 0,
						    config->logs.max_queue};
	pthread_condattr_t monotonic;
	struct otlp_export *x;
	int i, err = 0;

	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return -EIO;
	x = calloc(1, sizeof(*x));
	if (!x)
		return -ENOMEM;
	x->lim = lim;
	pthread_mutex_init(&x->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&x->settled, &monotonic);
	pthread_condattr_destroy(&monotonic);
	for (i = 0; i < N_OTLP_SIGNALS; i++) {
		otlp_queue__init(&x->lanes[i].queue, bytes[i], items[i]);
		if (!config->targets[i].enabled || err)
			continue;
		err = otlp_sender__init(&x->lanes[i].sender, &config->targets[i], lim);
		x->lanes[i].enabled = !err;
	}
	if (err) {
		otlp_export__flush_free(x, 0, NULL);
		return err;
	}
	*ret = x;
	return 0;
}

int otlp_export__put(struct otlp_export *x, enum otlp_signal signal, struct span body,
		     unsigned int n_items)
{
	struct lane *l = &x->lanes[signal];
	enum export_drop reason = EXPORT_DROP_NO_MEMORY;
	struct otlp_batch *b = NULL;
	int err;

	if (!l->enabled)
		return -ENOENT;
	pthread_mutex_lock(&x->lock);
	err = body.n > x->lim->otlp_request_bytes ? -E2BIG
						  : otlp_queue__fits(&l->queue, body.n, n_items);
	pthread_mutex_unlock(&x->lock);
	if (!err && !x->started)
		err = start(x);
	if (!err) {
		b = otlp_batch__new(body, n_items);
		err = b ? 0 : -ENOMEM;
	}
	pthread_mutex_lock(&x->lock);
	if (!err)
		err = otlp_queue__put(&l->queue, b);
	if (err) {
		if (err != -ENOMEM)
			reason = err == -E2BIG ? EXPORT_DROP_TOO_LARGE : EXPORT_DROP_QUEUE_FULL;
		l->stats.dropped[reason] += n_items;
	}
	pthread_mutex_unlock(&x->lock);
	if (err)
		free(b);
	else
		curl_multi_wakeup(x->multi);
	return err;
}

void otlp_export__lost(struct otlp_export *x, enum otlp_signal signal, unsigned int n_items)
{
	pthread_mutex_lock(&x->lock);
	x->lanes[signal].stats.dropped[EXPORT_DROP_NO_MEMORY] += n_items;
	pthread_mutex_unlock(&x->lock);
}

void otlp_export__wait(struct otlp_export *x, enum otlp_signal signal, size_t n_bytes,
		       uint64_t timeout_ns)
{
	struct lane *l = &x->lanes[signal];
	uint64_t end = now_ns() + timeout_ns;
	struct timespec until = {.tv_sec = (time_t)(end / 1000000000ULL),
				 .tv_nsec = (long)(end % 1000000000ULL)};
	int err = 0;

	pthread_mutex_lock(&x->lock);
	while (!err && !l->stats.failing && otlp_queue__fits(&l->queue, n_bytes, 0) == -ENOBUFS)
		err = pthread_cond_timedwait(&x->settled, &x->lock, &until);
	pthread_mutex_unlock(&x->lock);
}

void otlp_export__stats(struct otlp_export *x, struct otlp_stats *ret)
{
	struct otlp_signal_stats *st;
	int i;

	pthread_mutex_lock(&x->lock);
	for (i = 0; i < N_OTLP_SIGNALS; i++) {
		st = &ret->signals[i];
		*st = x->lanes[i].stats;
		st->waiting_items = x->lanes[i].queue.items;
		st->waiting_bytes = x->lanes[i].queue.bytes;
	}
	pthread_mutex_unlock(&x->lock);
}

void otlp_export__say(struct otlp_export *x)
{
	char text[sizeof(x->lanes[0].text)];
	bool recovered;
	struct lane *l;

	for (l = x->lanes; l < x->lanes + N_OTLP_SIGNALS; l++) {
		pthread_mutex_lock(&x->lock);
		snprintf(text, sizeof(text), "%s", l->text);
		recovered = l->recovered;
		l->text[0] = '\0';
		l->recovered = false;
		pthread_mutex_unlock(&x->lock);
		if (*text)
			log__warn("%s", text);
		if (recovered)
			log__warn("OTLP to %s: works again", l->sender.where);
	}
}

static void say_drops(const struct otlp_stats *all)
{
	const struct otlp_signal_stats *st;
	char text[256];
	size_t n;
	int i, j;

	for (i = 0; i < N_OTLP_SIGNALS; i++) {
		st = &all->signals[i];
		for (j = 0, n = 0; j < N_EXPORT_DROPS && n < sizeof(text); j++)
			if (st->dropped[j])
				n += (size_t)snprintf(
					text + n, sizeof(text) - n, "%s%llu %s", n ? ", " : "",
					(unsigned long long)st->dropped[j], export_drop_names[j]);
		if (n)
			log__warn("OTLP %s: %llu delivered, not delivered: %s",
				  otlp_signal__name((enum otlp_signal)i),
				  (unsigned long long)st->sent, text);
	}
}

void otlp_export__flush_free(struct otlp_export *x, uint64_t timeout_ns, struct otlp_stats *ret)
{
	struct otlp_stats last;
	struct lane *l;

	if (!x)
		return;
	if (x->started) {
		pthread_mutex_lock(&x->lock);
		x->stop = true;
		x->deadline_ns = now_ns() + timeout_ns;
		pthread_mutex_unlock(&x->lock);
		curl_multi_wakeup(x->multi);
		pthread_join(x->thread, NULL);
	}
	for (l = x->lanes; l < x->lanes + N_OTLP_SIGNALS; l++) {
		l->stats.dropped[EXPORT_DROP_AT_EXIT] += l->queue.items;
		if (l->sending)
			curl_multi_remove_handle(x->multi, l->sender.easy);
	}
	otlp_export__say(x);
	for (l = x->lanes; l < x->lanes + N_OTLP_SIGNALS; l++) {
		otlp_queue__free(&l->queue);
		otlp_sender__free(&l->sender);
	}
	curl_multi_cleanup(x->multi);
	otlp_export__stats(x, &last);
	say_drops(&last);
	if (ret)
		*ret = last;
	pthread_cond_destroy(&x->settled);
	pthread_mutex_destroy(&x->lock);
	free(x);
}
