// SPDX-License-Identifier: Apache-2.0
/* Capture files that are cut, damaged, of other versions, or made to do harm. */
#include "cap_rig.h"

static void test_cut(void **state)
{
	struct cap_write *w = writer(path("c.cap"), false);
	static uint8_t copy[1 << 20];
	struct cap_error error;
	struct log whole, got;
	struct span file;
	size_t n;

	play(&cap_write_ops, w);
	cap_write__close(w);
	read_all(path("c.cap"), &whole);
	file = load(path("c.cap"));
	memcpy(copy, file.p, file.n);
	for (n = 0; n < file.n; n++) {
		store(path("cut.cap"), span(copy, n));
		error = read_all(path("cut.cap"), &got);
		assert_non_null(error.what);
		assert_true(error.offset <= n);
		if (n < CAP_HEAD_BYTES)
			assert_int_equal(error.err, n ? -EBADMSG : -ENODATA);
		else
			assert_int_equal(error.err, 0);
		assert_true(span_starts(buf__span(&whole.out), buf__span(&got.out)));
		buf__free(&got.out);
	}
	buf__free(&whole.out);
}

static void test_corrupt(void **state)
{
	struct cap_write *w = writer(path("c.cap"), false);
	static uint8_t copy[1 << 20];
	struct cap_error error;
	struct log whole, got;
	struct span file;
	size_t i;

	play(&cap_write_ops, w);
	cap_write__close(w);
	read_all(path("c.cap"), &whole);
	file = load(path("c.cap"));
	memcpy(copy, file.p, file.n);
	for (i = 0; i < file.n; i++) {
		copy[i] ^= 0x41;
		store(path("bad.cap"), span(copy, file.n));
		copy[i] ^= 0x41;
		error = read_all(path("bad.cap"), &got);
		assert_true(error.err == -EBADMSG || (i < 8 && error.err == -ENOMSG));
		assert_true(error.offset <= i);
		assert_true(span_starts(buf__span(&whole.out), buf__span(&got.out)));
		buf__free(&got.out);
	}
	buf__free(&whole.out);
}

static void put_le32(uint8_t *p, uint32_t v)
{
	p[0] = v, p[1] = v >> 8, p[2] = v >> 16, p[3] = v >> 24;
}

/* A record with right sums, whatever is in it. */
static size_t make_record(uint8_t *p, uint16_t type, struct span payload)
{
	p[0] = type, p[1] = type >> 8, p[2] = p[3] = 0;
	put_le32(p + 4, payload.n);
	put_le32(p + 8, crc32(0, p, 8));
	memcpy(p + CAP_RECORD_HEAD, payload.p, payload.n);
	put_le32(p + CAP_RECORD_HEAD + payload.n, crc32(0, payload.p, payload.n));
	return CAP_RECORD_HEAD + payload.n + CAP_RECORD_TAIL;
}

static size_t make_head(uint8_t *p, uint16_t major, uint16_t minor)
{
	memcpy(p, CAP_MAGIC, 8);
	p[8] = major, p[9] = major >> 8, p[10] = minor, p[11] = 0;
	put_le32(p + 12, CAP_MARK);
	put_le32(p + 16, crc32(0, p, 16));
	return CAP_HEAD_BYTES;
}

static void test_versions(void **state)
{
	static uint8_t file[4096];
	struct cap_error error;
	struct log got;
	size_t n;

	/* a later minor version: unknown records, more fields */
	n = make_head(file, CAP_MAJOR, CAP_MINOR + 7);
	n += make_record(file + n, 999, SPAN_LIT("whatever"));
	n += make_record(file + n, CAP_TICK, SPAN_LIT("\5\0\0\0\0\0\0\0new field"));
	n += make_record(file + n, 0, SPAN_LIT(""));
	n += make_record(file + n, CAP_END, SPAN_LIT("\3\0\0\0\0\0\0\0"));
	store(path("v.cap"), span(file, n));
	error = read_all(path("v.cap"), &got);
	assert_null(error.what);
	assert_memory_equal(got.out.p, "tick 5\n", got.out.n);
	buf__free(&got.out);
	/* a later major one */
	make_head(file, CAP_MAJOR + 1, 0);
	store(path("v.cap"), span(file, n));
	error = read_all(path("v.cap"), &got);
	assert_int_equal(error.err, -EPROTO);
	assert_non_null(strstr(error.what, "newer"));
	/* records missing before the end */
	n = make_head(file, CAP_MAJOR, CAP_MINOR);
	n += make_record(file + n, CAP_END, SPAN_LIT("\3\0\0\0\0\0\0\0"));
	store(path("v.cap"), span(file, n));
	error = read_all(path("v.cap"), &got);
	assert_int_equal(error.err, -EBADMSG);
	assert_int_equal(error.offset, CAP_HEAD_BYTES);
	/* no such thing */
	store(path("v.cap"), SPAN_LIT("\x7f"
				      "ELF and so on, long enough to be a head"));
	error = read_all(path("v.cap"), &got);
	assert_int_equal(error.err, -ENOMSG);
	error = read_all(path("none.cap"), &got);
	assert_int_equal(error.err, -ENOENT);
	error = read_all(dir, &got);
	assert_int_equal(error.err, -EISDIR);
}

static const char old_process[] = "\x2a\0\0\0\1\0\0\0\xe8\3\0\0"
				  "\5\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0"
				  "\1\0\0\0c\1\0\0\0e\1\0\0\0a\2\0\0\0/g\0\0\0\0"
				  "\6\0\0\0u.unit\4\0\0\0A=b\n";

/* A file from before processes had names of containers and pods. */
static void test_old_process(void **state)
{
	uint8_t file[512];
	size_t n = make_head(file, CAP_MAJOR, 3);
	struct cap_error error;
	struct log got;

	n += make_record(file + n, CAP_PROCESS, span(old_process, sizeof(old_process) - 1));
	n += make_record(file + n, CAP_END, SPAN_LIT("\1\0\0\0\0\0\0\0"));
	store(path("v.cap"), span(file, n));
	error = read_all(path("v.cap"), &got);
	assert_null(error.what);
	buf__add(&got.out, SPAN_LIT("\0"));
	assert_string_equal(got.out.p, "process 42 1 1000 5 6 0 [c][e][a][/g][][u.unit][A=b\n]"
				       "[][][][][][][][][][][]\n");
	buf__free(&got.out);
}

/* Right sums around wrong contents: every payload cut short, and every byte of it 0xff. */
static void test_hostile(void **state)
{
	struct cap_write *w = writer(path("h.cap"), true);
	static uint8_t copy[1 << 20], file[1 << 20];
	size_t at, len, i, n, head;
	struct cap_error error;
	struct span all;
	struct log got;

	play(&cap_write_ops, w);
	cap_write__close(w);
	all = load(path("h.cap"));
	memcpy(copy, all.p, all.n);
	head = make_head(file, CAP_MAJOR, CAP_MINOR);
	for (at = CAP_HEAD_BYTES; at < all.n; at += CAP_RECORD_HEAD + len + CAP_RECORD_TAIL) {
		uint8_t *payload = copy + at + CAP_RECORD_HEAD;

		len = copy[at + 4] | copy[at + 5] << 8 | copy[at + 6] << 16;
		for (i = 0; i < len; i++) {
			uint8_t old = payload[i];

			n = head + make_record(file + head, copy[at], span(payload, i));
			store(path("hh.cap"), span(file, n));
			error = read_all(path("hh.cap"), &got);
			assert_non_null(error.what);
			buf__free(&got.out);
			payload[i] = 0xff;
			n = head + make_record(file + head, copy[at], span(payload, len));
			store(path("hh.cap"), span(file, n));
			read_all(path("hh.cap"), &got);
			buf__free(&got.out);
			payload[i] = old;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),	 cmocka_unit_test(test_corrupt),
		cmocka_unit_test(test_versions), cmocka_unit_test(test_old_process),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
