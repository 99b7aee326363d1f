// SPDX-License-Identifier: Apache-2.0
#include "enrich/workload.h"

#include "enrich/labels.h"

/* apimachinery's SafeEncodeString maps each byte to alphabet[byte % 27]: of a number's digits only
 * these come, 0 to 9. */
static const char hash_digits[] = "456789bcdf";
static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";

#define SUFFIX_DIGITS 5 /* of generated names */
#define NAME_MAX_GENERATED 63
#define STATIC_UID_DIGITS 32

static struct span label(const struct who *w, const char *name)
{
	return labels__get(w->labels, "k8s.pod.label.", span_str(name));
}

/* Splits s at its last '-'. Returns what follows that; s keeps what is before. p NULL: no '-'. */
static struct span cut_last(struct span *s)
{
	size_t i;

	for (i = s->n; i > 0; i--) {
		if (s->p[i - 1] == '-') {
			struct span last = span(s->p + i, s->n - i);

			s->n = i - 1;
			return last;
		}
	}
	return SPAN_NONE;
}

static bool is_suffix(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!strchr(alphabet, s.p[i]) || !s.p[i])
			return false;
	return s.n == SUFFIX_DIGITS;
}

/* The number of 8 to 10 digits, none but the last of them leading, that s spells in the digits
 * given; -1: none. */
static int64_t number(struct span s, const char *digits)
{
	const char *digit;
	int64_t v = 0;
	size_t i;

	if (s.n < 8 || s.n > 10)
		return -1;
	for (i = 0; i < s.n; i++) {
		digit = s.p[i] ? strchr(digits, s.p[i]) : NULL;
		if (!digit || (!i && digit == digits))
			return -1;
		v = v * 10 + (digit - digits);
	}
	return v;
}

/* The hash of a pod template is 32 bits. */
static bool is_hash(struct span s)
{
	int64_t v = number(s, hash_digits);

	return v >= 0 && v <= UINT32_MAX;
}

/* Minutes since 1970 between 2015 and 2045: the time for which a CronJob made a Job. */
static bool is_minutes(struct span s)
{
	int64_t v = number(s, "0123456789");

	return v > 23668000 && v < 39447000;
}

static bool is_ordinal(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0 && s.n <= 6 && (s.n == 1 || s.p[0] != '0');
}

static void set_job(struct workload *x, struct span job)
{
	struct span cron = job;

	x->owners[OWNER_JOB] = job;
	if (is_minutes(cut_last(&cron)) && cron.n)
		x->owners[OWNER_CRONJOB] = cron;
}

static bool by_labels(const struct who *w, struct span base, struct span last, struct workload *x)
{
	struct span hash = label(w, "pod-template-hash"), rs = base, s;

	s = cut_last(&rs);
	if (hash.n && span_eq(s, hash) && rs.n) {
		x->owners[OWNER_DEPLOYMENT] = rs;
		x->owners[OWNER_REPLICASET] = base;
		return true;
	}
	if (label(w, "statefulset.kubernetes.io/pod-name").n && is_ordinal(last)) {
		x->owners[OWNER_STATEFULSET] = base;
		return true;
	}
	s = label(w, "batch.kubernetes.io/job-name");
	if (!s.n)
		s = label(w, "job-name");
	if (s.n) {
		set_job(x, s);
		return true;
	}
	if (label(w, "pod-template-generation").n && label(w, "controller-revision-hash").n &&
	    is_suffix(last)) {
		x->owners[OWNER_DAEMONSET] = base;
		return true;
	}
	return false;
}

/* What an operator (OpenTelemetry's, for one) wrote into the pod's template. */
static bool by_environment(const struct who *w, struct workload *x)
{
	static const char *const keys[N_POD_OWNERS] = {
		[OWNER_DEPLOYMENT] = "k8s.deployment.name",
		[OWNER_REPLICASET] = "k8s.replicaset.name",
		[OWNER_STATEFULSET] = "k8s.statefulset.name",
		[OWNER_DAEMONSET] = "k8s.daemonset.name",
		[OWNER_CRONJOB] = "k8s.cronjob.name",
		[OWNER_JOB] = "k8s.job.name",
	};
	bool any = false;
	size_t i;

	for (i = 0; i < N_POD_OWNERS; i++) {
		x->owners[i] = labels__resource(w->env, keys[i]);
		any |= x->owners[i].n > 0;
	}
	return any;
}

/* "web-7d4b9c5f6d-x2k8p" is a Deployment's, "report-28123456-x2k8p" a CronJob's: those numbers are
 * no accident. A name of full length may have lost its middle, and says nothing. */
static bool by_name(struct span base, struct span last, size_t n, struct workload *x)
{
	struct span rs = base, middle = cut_last(&rs);

	if (!is_suffix(last) || !rs.n || n >= NAME_MAX_GENERATED)
		return false;
	if (is_hash(middle)) {
		x->owners[OWNER_DEPLOYMENT] = rs;
		x->owners[OWNER_REPLICASET] = base;
		return true;
	}
	if (is_minutes(middle)) {
		set_job(x, base);
		return true;
	}
	if (is_ordinal(middle) && is_minutes(cut_last(&rs)) && rs.n) { /* an indexed Job */
		set_job(x, span_head(base, (size_t)(middle.p - base.p) - 1));
		return true;
	}
	return false;
}

void workload__of(const struct who *w, struct workload *ret)
{
	static const enum pod_owner order[] = {OWNER_DEPLOYMENT, OWNER_STATEFULSET,
					       OWNER_DAEMONSET,	 OWNER_CRONJOB,
					       OWNER_JOB,	 OWNER_REPLICASET};
	struct span pod = span_str(w->pod_name), base = pod, last;
	bool is_static = w->pod_uid && strlen(w->pod_uid) == STATIC_UID_DIGITS;
	size_t i;

	*ret = (struct workload){.name = pod};
	if (!pod.n)
		return;
	last = cut_last(&base);
	/* A static pod has the name of its node behind its own. */
	if (is_static || !last.p || !base.n)
		return;
	if (!by_labels(w, base, last, ret) && !by_environment(w, ret))
		by_name(base, last, pod.n, ret);
	/* Of what kind it is or not: pods that differ in their last part only are one thing. */
	if (is_suffix(last) || is_ordinal(last))
		ret->name = base;
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (ret->owners[order[i]].n) {
			ret->name = ret->owners[order[i]];
			return;
		}
	}
}
