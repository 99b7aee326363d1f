# SPDX-License-Identifier: Apache-2.0
# make            build/llmsnoop
# make check      format, include direction, cppcheck, manual, unit tests under sanitizers
# make test       check, then the tests with real programs (needs root; see tools/check)
# make fuzz       every fuzz target for FUZZ_SECONDS
# make kernels    a live capture under each of Debian's kernels in qemu (needs root)
# make arm64      build/arm64/llmsnoop and the programs of the tests, by a cross compiler
# make bench      what capturing and the outputs cost, side by side in one run (needs root)
# V=1 shows commands; SAN=address,undefined builds with sanitizers into $(O)/san; O=DIR elsewhere.

O	?= build
V	?=
SAN	?=
PREFIX	?= /usr/local
CC	?= cc
CLANG	?= clang
# Ubuntu's /usr/sbin/bpftool is a wrapper that only knows the running kernel's own.
BPFTOOL	?= $(shell for b in bpftool /usr/sbin/bpftool /usr/lib/linux-tools*/bpftool \
		/usr/lib/linux-tools/*/bpftool; do \
		"$$b" version >/dev/null 2>&1 && echo "$$b" && exit; done; echo bpftool)
PKGCONF	?= pkg-config
PROTOC_C ?= protoc-c
FUZZ_SECONDS ?= 10

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1.0)
ARCH	:= $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
LIBS	:= libbpf libelf zlib libcjson libbrotlidec libzstd libnghttp2 capstone libcrypto libmicrohttpd inih \
	   libcurl libprotobuf-c libpcre2-8

ifneq ($(SAN),)
B	:= $(O)/san
SANFLAGS := -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
else
B	:= $(O)
endif

ifeq ($(V),1)
Q	:=
msg	:=
else
Q	:= @
msg	= @printf '  %-8s %s\n' "$(1)" "$(2)";
MAKEFLAGS += --no-print-directory
endif

WARN	:= -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla \
	   -Wpointer-arith -Wwrite-strings -Wno-unused-parameter -Wno-missing-field-initializers
override CPPFLAGS += -D_GNU_SOURCE -DLLMSNOOP_VERSION='"$(VERSION)"' -iquote user -iquote bpf -I$(O)/gen \
	   $(shell $(PKGCONF) --cflags $(LIBS))
CFLAGS	?= -O2 -g
override CFLAGS += -std=gnu11 $(WARN) $(SANFLAGS)
ifeq ($(SAN),)
override CFLAGS += -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
override LDFLAGS += -pie -Wl,-z,relro,-z,now
endif
override LDLIBS += $(shell $(PKGCONF) --libs $(LIBS)) -lm -lpthread
BPFFLAGS := -O2 -g -target bpf -D__TARGET_ARCH_$(ARCH) -Wall -Wextra -Werror -Wno-unused-parameter \
	   -I. -Ibpf -mcpu=v3

USER_SRC := $(wildcard user/*.c user/*/*.c user/*/*/*.c)
PROTO	:= $(patsubst user/%.proto,$(O)/gen/%.pb-c.c,$(wildcard user/*/*/*.proto))
LIB_OBJ	:= $(patsubst %.c,$(B)/%.o,$(filter-out user/main.c,$(USER_SRC))) \
	   $(patsubst $(O)/gen/%.c,$(B)/gen/%.o,$(PROTO))
# maps.bpf.c first: bpftool's linker wants what is referred to before what refers to it.
BPF_SRC	:= bpf/maps.bpf.c $(filter-out bpf/maps.bpf.c,$(wildcard bpf/*.bpf.c))
BPF_OBJ	:= $(patsubst bpf/%.bpf.c,$(O)/bpf/%.bpf.o,$(BPF_SRC))
SKEL	:= $(O)/gen/llmsnoop.skel.h
UNIT	:= $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
HELPERS := $(patsubst tests/tools/%.c,$(B)/tests/%,$(wildcard tests/tools/*.c)) $(B)/tests/tlscall_static

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY: $(PROTO)
.PHONY: all arches arm64 check test bench kernels fuzz fuzz-targets unit helpers fmt fmt-check includes cppcheck manual tidy \
	install install-service dist clean

all: $(B)/llmsnoop

$(B)/llmsnoop: $(B)/user/main.o $(B)/libllmsnoop.a
	$(call msg,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/libllmsnoop.a: $(LIB_OBJ)
	$(call msg,AR,$@)rm -f $@ && $(AR) rcs $@ $^

# Remade only when the version changes, so that what names it is rebuilt then.
$(O)/gen/version: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' > $@

FORCE:

$(B)/user/main.o $(B)/user/options.o $(B)/user/doctor.o $(B)/user/sink/otlp/resource.o \
	$(B)/user/sink/otlp/sender.o $(B)/user/sink/prometheus_process.o: $(O)/gen/version

# Says what is missing before compilers do in many more words.
$(O)/gen/packages:
	@mkdir -p $(@D)
	@$(PKGCONF) --exists --print-errors 'libbpf >= 1.1' $(LIBS) || { printf '%s\n' \
		'make: packages are missing, or older than those of Debian 12 and Ubuntu 24.04' \
		'      (sudo tools/install-deps build)' >&2; exit 1; }
	@touch $@

# user/sink/otlp/x.proto is #include "sink/otlp/x.pb-c.h". Newer versions say that they would rather
# be called by protoc, which Debian's package does not bring.
$(O)/gen/%.pb-c.c: user/%.proto | $(O)/gen/packages
	@mkdir -p $(@D)
	$(call msg,PROTO,$<)$(PROTOC_C) --proto_path=user --c_out=$(O)/gen $< 2>$@.err; end=$$?; \
		grep -v 'is deprecated' $@.err >&2; rm -f $@.err; exit $$end

$(B)/gen/%.pb-c.o: $(O)/gen/%.pb-c.c
	@mkdir -p $(@D)
	$(call msg,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/user/%.o: user/%.c | $(SKEL) $(PROTO)
	@mkdir -p $(@D)
	$(call msg,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/bpf/%.bpf.o: bpf/%.bpf.c vmlinux.h | $(O)/gen/packages
	@mkdir -p $(@D)
	$(call msg,BPF,$<)$(CLANG) $(BPFFLAGS) -MMD -MP -c -o $@ $<

$(O)/bpf/llmsnoop.o: $(BPF_OBJ)
	$(call msg,BPFLD,$@)$(BPFTOOL) gen object $@ $^

$(SKEL): $(O)/bpf/llmsnoop.o
	@mkdir -p $(@D)
	$(call msg,SKEL,$@)$(BPFTOOL) gen skeleton $< name llmsnoop_bpf > $@

# Unit tests: one program for each file, linked with everything but main.
$(B)/tests/test_%: tests/unit/test_%.c $(B)/libllmsnoop.a
	@mkdir -p $(@D)
	$(call msg,TEST,$<)$(CC) $(CPPFLAGS) -iquote tests/unit $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< \
		$(B)/libllmsnoop.a $(LDLIBS) -lcmocka

# Small programs that tests run (loads, victims, readers of capture files).
$(B)/tests/%: tests/tools/%.c $(B)/libllmsnoop.a
	@mkdir -p $(@D)
	$(call msg,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< \
		$(B)/libllmsnoop.a $(LDLIBS) -lssl -lcrypto

$(B)/tests/tinytls: tests/tools/tinytls.c
	@mkdir -p $(@D)
	$(call msg,CC,$<)$(CC) -O2 -Wall -shared -fPIC -o $@ $<

# With OpenSSL inside. Not every distribution has what it takes.
$(B)/tests/tlscall_static: tests/tools/tlscall.c tests/tools/tls_call.h
	@mkdir -p $(@D)
	$(call msg,CC,$@)$(CC) $(CPPFLAGS) $(CFLAGS) -static-pie -o $@ $< -lssl -lcrypto 2>$@.log || \
		echo '  (no static OpenSSL: not built; see $@.log)'

$(B)/fuzz/%: tests/fuzz/%.c $(B)/libllmsnoop.a
	@mkdir -p $(@D)
	$(call msg,FUZZ,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -fsanitize=fuzzer -MMD -MP -o $@ $< \
		$(B)/libllmsnoop.a $(LDLIBS)

# The BPF side for the architecture that this machine is not, too.
arches:
	@mkdir -p $(O)/bpf
	$(Q)for a in x86 arm64; do for f in bpf/*.bpf.c; do \
		$(CLANG) $(subst __TARGET_ARCH_$(ARCH),__TARGET_ARCH_$$a,$(BPFFLAGS)) -c \
			-o $(O)/bpf/arch.o $$f || exit 1; done; done

# All of it for arm64, against Debian's libraries in a root of their own. Any other way to name a
# compiler, its pkg-config, ARCH and O does as well.
ARM64_ROOT = $(abspath $(O))/arm64/root
ARM64_CC = aarch64-linux-gnu-gcc --sysroot=$(ARM64_ROOT)
ARM64_PKGCONF = env PKG_CONFIG_SYSROOT_DIR=$(ARM64_ROOT) \
	PKG_CONFIG_LIBDIR=$(ARM64_ROOT)/usr/lib/aarch64-linux-gnu/pkgconfig pkg-config
arm64:
	$(call msg,ROOT,$(O)/arm64/root)tools/debroot.py -a arm64 -d $(ARM64_ROOT) bookworm \
		$$(tools/install-deps --list build | grep -- '-dev$$') busybox-static
	$(Q)$(MAKE) O=$(O)/arm64 ARCH=arm64 CC='$(ARM64_CC)' AR=aarch64-linux-gnu-ar \
		PKGCONF='$(ARM64_PKGCONF)' all helpers

unit: $(UNIT)
	$(Q)for t in $(UNIT); do $$t || exit 1; done

helpers: $(HELPERS)

fuzz-targets: $(FUZZERS)

fuzz:
	$(Q)$(MAKE) CC=$(CLANG) SAN=fuzzer-no-link,address,undefined fuzz-targets
	$(Q)tests/fuzz/run $(O)/san/fuzz $(FUZZ_SECONDS)

check: fmt-check includes cppcheck manual arches
	$(Q)$(MAKE) SAN=address,undefined unit

test: all helpers check
	$(Q)tests/run

# Other kernels, in an emulated machine: slow, hence not part of test.
kernels: all helpers
	$(Q)tests/kernels/run

bench: all helpers
	$(Q)tests/bench/run
	$(Q)tests/bench/sinks

fmt:
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h' | grep -v '^vmlinux.h')

# Formatter and static checker judge differently from version to version: theirs are Debian 12's.
fmt-check:
	$(call msg,FMT,.)if clang-format --version | grep -q ' version 14\.'; then \
		clang-format --dry-run -Werror \
			$$(git ls-files '*.c' '*.h' | grep -v '^vmlinux.h'); \
	else echo '  (no clang-format 14: not checked)'; fi

includes:
	$(call msg,INCLUDES,user)tests/includes

cppcheck:
	$(call msg,CPPCHECK,user)if cppcheck --version | grep -q ' 2\.10'; then \
		cppcheck -q --std=c11 --error-exitcode=1 --inline-suppr -j 2 \
			--enable=warning,portability -Iuser -Ibpf --suppress=missingInclude \
			--suppress=unknownMacro --suppress=nullPointerArithmeticRedundantCheck \
			user; \
	else echo '  (no cppcheck 2.10: not checked)'; fi

manual:
	$(call msg,MANDOC,docs)if command -v mandoc >/dev/null; then \
		mandoc -T lint docs/llmsnoop.8; \
	else echo '  (no mandoc: not checked)'; fi

tidy: $(SKEL)
	$(Q)clang-tidy --quiet $(USER_SRC) -- $(CPPFLAGS) -std=gnu11

install: $(B)/llmsnoop
	install -D -m 0755 $(B)/llmsnoop $(DESTDIR)$(PREFIX)/bin/llmsnoop
	install -D -m 0644 docs/llmsnoop.8 $(DESTDIR)$(PREFIX)/share/man/man8/llmsnoop.8

# As a service of systemd; a configuration that is there stays.
install-service: install
	sed 's|/usr/local/bin/|$(PREFIX)/bin/|' deploy/systemd/llmsnoop.service | \
		install -D -m 0644 /dev/stdin $(DESTDIR)/etc/systemd/system/llmsnoop.service
	test -e $(DESTDIR)/etc/llmsnoop/llmsnoop.conf || \
		install -D -m 0600 deploy/systemd/llmsnoop.conf $(DESTDIR)/etc/llmsnoop/llmsnoop.conf
	install -D -m 0644 deploy/systemd/llmsnoop.logrotate $(DESTDIR)/etc/logrotate.d/llmsnoop

dist:
	$(Q)git archive --prefix=llmsnoop-$(VERSION)/ -o $(O)/llmsnoop-$(VERSION).tar.gz HEAD

clean:
	$(Q)rm -rf $(O)

# /dev/null: where nothing is built yet, find is not to search everything
-include $(shell find /dev/null $(wildcard $(addprefix $(O)/,bpf gen user tests fuzz san)) -type f -name "*.d")
