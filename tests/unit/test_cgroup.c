// SPDX-License-Identifier: Apache-2.0
/* Paths of cgroups as every runtime makes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/cgroup.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define UID "3f2a1b0c-9d8e-4f7a-8b6c-5d4e3f2a1b0c"
#define UID_ "3f2a1b0c_9d8e_4f7a_8b6c_5d4e3f2a1b0c"
#define UID2 "11111111-2222-4333-8444-555555555555"
#define STATIC_UID "00112233445566778899aabbccddeeff"
#define USER "/user.slice/user-1000.slice/"
#define MANAGER USER "user@1000.service/"
#define PODS "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/"
#define KIND                                                                       \
	"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/" \
	"kubelet-kubepods-besteffort-pod" UID_ ".slice/"

/* What is not said is empty. */
struct want {
	const char *path;
	const char *id, *runtime, *name, *pod, *pod_id, *unit, *slice, *session;
};

static const struct want wants[] = {
	/* systemd, no container */
	{"/"},
	{""},
	{"/system.slice/nginx.service", .unit = "nginx.service", .slice = "system.slice"},
	{"/init.scope", .unit = "init.scope"},
	{USER "session-3.scope", .unit = "session-3.scope", .slice = "user-1000.slice",
	 .session = "3"},
	{USER "session-c12.scope", .unit = "session-c12.scope", .slice = "user-1000.slice",
	 .session = "c12"},
	{MANAGER "init.scope", .unit = "init.scope", .slice = "user-1000.slice"},
	{MANAGER "app.slice/foo.service", .unit = "foo.service", .slice = "app.slice"},
	{MANAGER "app.slice/app-gnome-x\\x2dy-12.scope", .unit = "app-gnome-x\\x2dy-12.scope",
	 .slice = "app.slice"},
	{MANAGER "app.slice/snap.firefox.firefox-0f0e0d0c-1111-2222-3333-444455556666.scope",
	 .unit = "snap.firefox.firefox-0f0e0d0c-1111-2222-3333-444455556666.scope",
	 .slice = "app.slice"},
	{MANAGER "tmux-spawn-0f0e0d0c-1111-2222-3333-444455556666.scope",
	 .unit = "tmux-spawn-0f0e0d0c-1111-2222-3333-444455556666.scope",
	 .slice = "user-1000.slice"},
	{MANAGER "background.slice", .unit = "user@1000.service", .slice = "background.slice"},
	{"/system.slice/snap.lxd.daemon.service", .unit = "snap.lxd.daemon.service",
	 .slice = "system.slice"},
	{"/system.slice/system-getty.slice/getty@tty1.service", .unit = "getty@tty1.service",
	 .slice = "system-getty.slice"},
	{"/../../system.slice/a.service", .unit = "a.service", .slice = "system.slice"},
	{"/a:b/c.service", .unit = "c.service"},
	{"/batch"},

	/* docker: cgroupfs, systemd, rootless, nested, with a systemd inside */
	{"/docker/" ID, ID, "docker"},
	{"/docker-ce/docker/" ID, ID, "docker"},
	{"/system.slice/docker-" ID ".scope", ID, "docker", .slice = "system.slice"},
	{"/system.slice:docker:" ID, ID, "docker"},
	{"/my.slice/docker-" ID ".scope", ID, "docker", .slice = "my.slice"},
	{"/system.slice/docker-" ID ".scope/init.scope", ID, "docker", .unit = "init.scope",
	 .slice = "system.slice"},
	{"/system.slice/docker-" ID ".scope/system.slice/ssh.service", ID, "docker",
	 .unit = "ssh.service", .slice = "system.slice"},
	{"/docker/" ID "/docker/" ID2, ID2, "docker"},
	{MANAGER "app.slice/docker.service/" ID, ID, "docker", .slice = "app.slice"},
	{MANAGER "user.slice/docker-" ID ".scope", ID, "docker", .unit = "user@1000.service",
	 .slice = "user.slice"},
	{"/actions_job/" ID, ID, "docker"},
	{"/system.slice/snap.docker.dockerd.service/docker/" ID, ID, "docker",
	 .slice = "system.slice"},
	{"/system.slice/docker.service", .unit = "docker.service", .slice = "system.slice"},
	{"/docker/buildkit/abcdefghijklmnopqrstuvwxy"},

	/* containerd without pods, nerdctl */
	{"/default/" ID, ID, "containerd"},
	{"/k8s.io/" ID, ID, "containerd"},
	{"/system.slice/nerdctl-" ID ".scope", ID, "containerd", .slice = "system.slice"},

	/* pods: the systemd driver, by quality of service */
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope", ID, "containerd",
	 .pod = UID, .pod_id = ID},
	{PODS "cri-containerd-" ID ".scope", ID, "containerd", .pod = UID, .pod_id = ID},
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_
	 ".slice/docker-" ID ".scope",
	 ID, "docker", .pod = UID, .pod_id = ID},
	{PODS "crio-" ID ".scope", ID, "cri-o", .pod = UID, .pod_id = ID},
	{PODS "crio-" ID ".scope/container", ID, "cri-o", .pod = UID, .pod_id = ID},
	{PODS "crio-conmon-" ID ".scope", .pod = UID, .unit = "crio-conmon-" ID ".scope"},
	{PODS, .pod = UID},
	/* a static pod */
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" STATIC_UID
	 ".slice/cri-containerd-" ID ".scope",
	 ID, "containerd", .pod = STATIC_UID, .pod_id = ID},
	/* cgroupfs: whose ids those are is not said */
	{"/kubepods/pod" UID "/" ID, ID, .pod = UID, .pod_id = ID},
	{"/kubepods/burstable/pod" UID "/" ID, ID, .pod = UID, .pod_id = ID},
	{"/kubepods/besteffort/pod" UID "/" ID, ID, .pod = UID, .pod_id = ID},
	{"/kubepods/besteffort/pod" UID "/crio-" ID, ID, "cri-o", .pod = UID, .pod_id = ID},
	{"/kubepods/burstable/pod" UID "/crio-conmon-" ID, .pod = UID},
	/* a runtime with cgroupfs below a kubelet with systemd */
	{"/system.slice/containerd.service/kubepods-besteffort-pod" UID_
	 ".slice:cri-containerd:" ID,
	 ID, "containerd", .pod = UID, .pod_id = ID, .slice = "system.slice"},
	{"/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID, ID, "containerd", .pod = UID,
	 .pod_id = ID},
	/* k3s, RKE2 */
	{"/system.slice/k3s.service/kubepods/burstable/pod" UID "/" ID, ID, .pod = UID,
	 .pod_id = ID, .slice = "system.slice"},
	{"/k3s/kubepods/pod" UID "/" ID, ID, .pod = UID, .pod_id = ID},
	/* kind: a kubelet in a container; minikube with docker alike */
	{"/docker/" ID "/kubelet/kubepods/besteffort/pod" UID "/" ID2, ID2, .pod = UID,
	 .pod_id = ID2},
	{"/docker/" ID KIND "cri-containerd-" ID2 ".scope", ID2, "containerd", .pod = UID,
	 .pod_id = ID2, .slice = "kubelet.slice"},
	{"/system.slice/docker-" ID ".scope" KIND "cri-containerd-" ID2 ".scope", ID2, "containerd",
	 .pod = UID, .pod_id = ID2, .slice = "kubelet.slice"},
	{"/docker/" ID PODS "docker-" ID2 ".scope", ID2, "docker", .pod = UID, .pod_id = ID2},
	/* docker inside a pod */
	{"/kubepods/burstable/pod" UID "/" ID "/docker/" ID2, ID2, "docker", .pod = UID,
	 .pod_id = ID},
	/* a pod in a pod */
	{"/kubepods/pod" UID2 "/" ID "/kubepods/pod" UID "/" ID2, ID2, .pod = UID, .pod_id = ID2},
	/* seen from a pod with a cgroup namespace of its own */
	{"/../../kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID ".scope", ID,
	 "containerd", .pod = UID, .pod_id = ID},
	{"/../../pod" UID "/" ID, ID, .pod = UID, .pod_id = ID},
	{"/../../../../system.slice/a.service", .unit = "a.service", .slice = "system.slice"},

	/* podman: rootful, rootless, pods, the payload in a unit, cgroupfs */
	{"/machine.slice/libpod-" ID ".scope", ID, "podman", .slice = "machine.slice"},
	{"/machine.slice/libpod-" ID ".scope/container", ID, "podman", .slice = "machine.slice"},
	{"/machine.slice/libpod-conmon-" ID ".scope", .unit = "libpod-conmon-" ID ".scope",
	 .slice = "machine.slice"},
	{"/machine.slice/machine-libpod_pod_" ID2 ".slice/libpod-" ID ".scope/container", ID,
	 "podman", .slice = "machine-libpod_pod_" ID2 ".slice"},
	{MANAGER "user.slice/libpod-" ID ".scope/container", ID, "podman",
	 .unit = "user@1000.service", .slice = "user.slice"},
	{MANAGER "user.slice/user-libpod_pod_" ID2 ".slice/libpod-" ID ".scope", ID, "podman",
	 .unit = "user@1000.service", .slice = "user-libpod_pod_" ID2 ".slice"},
	{"/system.slice/web.service/libpod-payload-" ID, ID, "podman", .unit = "web.service",
	 .slice = "system.slice"},
	{"/system.slice/web.service/runtime", .unit = "web.service", .slice = "system.slice"},
	{"/libpod_parent/libpod-" ID, ID, "podman"},
	{"/libpod_parent/" ID2 "/libpod-" ID, ID, "podman"},
	{"/libpod_parent/conmon"},
	{"/libpod_parent/libpod-" ID "/conmon", ID, "podman"},
	{USER "session-3.scope/libpod_parent/libpod-" ID, ID, "podman", .unit = "session-3.scope",
	 .slice = "user-1000.slice"},

	/* systemd-nspawn and other machines */
	{"/machine.slice/systemd-nspawn@web.service/payload/system.slice/ssh.service", "",
	 "systemd-nspawn", "web", .unit = "ssh.service", .slice = "system.slice"},
	{"/machine.slice/systemd-nspawn@my\\x2dbox.service/payload", "", "systemd-nspawn", "my-box",
	 .unit = "systemd-nspawn@my\\x2dbox.service", .slice = "machine.slice"},
	{"/machine.slice/systemd-nspawn@web.service/supervisor",
	 .unit = "systemd-nspawn@web.service", .slice = "machine.slice"},
	{"/machine.slice/systemd-nspawn@web.service", .unit = "systemd-nspawn@web.service",
	 .slice = "machine.slice"},
	{"/machine.slice/machine-web.scope/payload", "", "systemd-nspawn", "web",
	 .unit = "machine-web.scope", .slice = "machine.slice"},
	{"/machine.slice/machine-web.scope/supervisor", .unit = "machine-web.scope",
	 .slice = "machine.slice"},
	{"/machine.slice/machine-web.scope/init.scope", .name = "web", .unit = "init.scope",
	 .slice = "machine.slice"},
	{"/machine.slice/machine-box.scope", .name = "box", .unit = "machine-box.scope",
	 .slice = "machine.slice"},
	{"/machine.slice/machine-qemu\\x2d1\\x2dwin.scope/libvirt/emulator",
	 .unit = "machine-qemu\\x2d1\\x2dwin.scope", .slice = "machine.slice"},
	{"/machine.slice/machine-lxc\\x2d4242\\x2ddb.scope", "", "libvirt-lxc", "db",
	 .unit = "machine-lxc\\x2d4242\\x2ddb.scope", .slice = "machine.slice"},

	/* LXC, LXD, Incus, Proxmox */
	{"/lxc.payload.web", "", "lxc", "web"},
	{"/lxc.payload.web/system.slice/ssh.service", "", "lxc", "web", .unit = "ssh.service",
	 .slice = "system.slice"},
	{"/lxc.payload.project_web/init.scope", "", "lxc", "project_web", .unit = "init.scope"},
	{"/lxc.payload/web/init.scope", "", "lxc", "web", .unit = "init.scope"},
	{"/lxc/web", "", "lxc", "web"},
	{"/lxc/101/ns/system.slice/ssh.service", "", "lxc", "101", .unit = "ssh.service",
	 .slice = "system.slice"},
	{"/lxc.monitor.web"},
	{"/lxc.monitor/web"},
	{"/lxc.payload."},
	{"/lxc"},
	{"/lxc.payload"},
	{USER "session-3.scope/lxc.payload.mine", "", "lxc", "mine", .unit = "session-3.scope",
	 .slice = "user-1000.slice"},
	{"/lxc.payload.web/docker/" ID, ID, "docker"},
	{"/docker/" ID "/lxc.payload.web", "", "lxc", "web"},
	{"/lxc.payload.node/kubepods/pod" UID "/" ID, ID, .pod = UID, .pod_id = ID},

	/* runc and crun by themselves */
	{"/system.slice/runc-web.scope", "web", "runc", "web", .slice = "system.slice"},
	{"/user.slice/crun-my-test.scope/container", "my-test", "crun", "my-test",
	 .slice = "user.slice"},
	{"/system.slice/crun-" ID ".scope", ID, "crun", .slice = "system.slice"},
	{"/system.slice/runc-.scope", .unit = "runc-.scope", .slice = "system.slice"},
	{"/system.slice/runcible.scope", .unit = "runcible.scope", .slice = "system.slice"},
	{"/web"},

	/* ECS, Fargate, Nomad, balena */
	{"/ecs/aaaabbbbccccddddaaaabbbbccccdddd/" ID, ID, "docker"},
	{"/ecs/cluster/aaaabbbbccccddddaaaabbbbccccdddd/" ID, ID},
	{"/ecstasks.slice/ecstasks-aaaabbbbccccddddaaaabbbbccccdddd.slice/docker-" ID ".scope", ID,
	 "docker", .slice = "ecstasks-aaaabbbbccccddddaaaabbbbccccdddd.slice"},
	{"/ecs/aaaabbbbccccddddaaaabbbbccccdddd/aaaabbbbccccddddaaaabbbbccccdddd-1234567890",
	 "aaaabbbbccccddddaaaabbbbccccdddd-1234567890"},
	{"/ecs/aaaabbbbccccddddaaaabbbbccccdddd/aaaabbbbccccddddaaaabbbbccccdddd-"},
	{"/nomad/" UID ".web", .name = "web"},
	{"/nomad.slice/share.slice/" UID ".web.scope", .name = "web", .slice = "share.slice"},
	{"/nomad.slice/" UID ".web.v2", .name = "web.v2", .slice = "nomad.slice"},
	{"/nomad/web"},
	{"/system.slice/balena-" ID ".scope", ID, "balena-engine", .slice = "system.slice"},

	/* neither ids, nor uids, nor units */
	{"/docker/" ID "a"},
	{"/docker/0" ID},
	{"/docker/0123456789ABCDEF" ID},
	{"/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"},
	{"/docker/0123456789abcdef"},
	{"/.service/.scope/.slice"},
	{"/kubepods/podaaaa_bb/x"},
	{"/kubepods/pod3f2a1b0c-9d8e-4f7a-8b6c-5d4e3f2a1b0/x"},
	{"/kubepods/pod3f2a1b0cx9d8e-4f7a-8b6c-5d4e3f2a1b0c/x"},
	{"/kubepods/pod3F2A1B0C-9d8e-4f7a-8b6c-5d4e3f2a1b0c/x"},
	{"/kubepods/tripod" UID "/x"},
	{"/a/podpodpod-pod-pod/b"},
	{"/session-.scope", .unit = "session-.scope"},
	{"/machine-.scope", .unit = "machine-.scope"},
	{"/systemd-nspawn@.service/payload", .unit = "systemd-nspawn@.service"},
	{"//docker//" ID "//", ID, "docker"},
	{"docker/" ID, ID, "docker"},
};

static void check(struct span got, const char *want, const char *what, const char *path)
{
	if (!span_eq(got, span_str(want)))
		fail_msg("%s: %s is [%.*s], not [%s]", path, what, (int)got.n, got.p,
			 want ? want : "");
}

static void test_facts(void **state)
{
	struct cgroup_facts f;
	size_t i;

	for (i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		const struct want *w = &wants[i];

		cgroup__facts(span_str(w->path), &f);
		check(f.container_id, w->id, "id", w->path);
		check(span_str(f.runtime), w->runtime, "runtime", w->path);
		check(span_str(f.container_name), w->name, "name", w->path);
		check(span_str(f.pod_uid), w->pod, "pod", w->path);
		check(f.pod_container_id, w->pod_id, "the pod's container", w->path);
		check(f.unit, w->unit, "unit", w->path);
		check(f.slice, w->slice, "slice", w->path);
		check(f.session, w->session, "session", w->path);
	}
}

/* A path without its last byte, and with one byte that is another: whatever comes of it, it stays
 * within the path, which ends where memory does for the sanitizer. */
static void test_damaged(void **state)
{
	static const char bytes[] = "/-:._\\x2d\xff";
	struct cgroup_facts f;
	size_t i, j, b, n;
	char *copy;

	for (i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		n = strlen(wants[i].path);
		for (j = 0; j < n; j++) {
			copy = malloc(n);
			memcpy(copy, wants[i].path, n);
			cgroup__facts(span(copy, j), &f);
			for (b = 0; b < sizeof(bytes); b++) {
				copy[j] = bytes[b];
				cgroup__facts(span(copy, n), &f);
				assert_true(strlen(f.container_name) <= CGROUP_NAME_MAX);
				assert_true(strlen(f.pod_uid) <= CGROUP_POD_UID_MAX);
			}
			free(copy);
		}
	}
}

static void test_long_names(void **state)
{
	char path[600] = "/lxc.payload.";
	struct cgroup_facts f;

	memset(path + strlen(path), 'x', 500);
	cgroup__facts(span_str(path), &f);
	assert_int_equal(strlen(f.container_name), CGROUP_NAME_MAX);
	memcpy(path, "/machine-\\x2d", 13);
	strcpy(path + 500, ".scope/payload");
	cgroup__facts(span_str(path), &f);
	assert_int_equal(strlen(f.container_name), CGROUP_NAME_MAX);
	assert_int_equal(f.container_name[0], '-');
	/* a NUL in a name would cut it */
	cgroup__facts(span_str("/machine-a\\x00b.scope/payload"), &f);
	assert_string_equal(f.container_name, "a\\x00b");
}

static const struct {
	const char *text, *path;
} texts[] = {
	{"0::/system.slice/nginx.service\n", "/system.slice/nginx.service"},
	{"0::/\n", "/"},
	{"", ""},
	{"13:name=systemd:/docker/" ID "\n12:pids:/docker/" ID "\n1:cpu,cpuacct:/docker/" ID "\n",
	 "/docker/" ID},
	/* a v2 line that says less than v1's */
	{"11:memory:/kubepods/burstable/pod1/" ID "\n1:name=systemd:/kubepods/burstable/pod1/" ID
	 "\n0::/system.slice/containerd.service\n",
	 "/kubepods/burstable/pod1/" ID},
	{"4:memory:/kubepods/pod" UID "\n0::/system.slice/containerd.service\n",
	 "/kubepods/pod" UID},
	/* hybrid */
	{"12:pids:/user.slice\n1:name=systemd:/system.slice/a.service\n0::/\n",
	 "/system.slice/a.service"},
	{"2:cpu,cpuacct:/batch\n3:freezer:/\n", "/batch"},
	{"4:memory:/m\n1:name=systemd:/\n", "/m"},
	{"5:devices:/lxc/web\n1:name=systemd:/lxc/web/system.slice/ssh.service\n",
	 "/lxc/web/system.slice/ssh.service"},
	{"garbage\n0::\n:\n5:x:relative\n0::/ok", "/ok"},
};

static void test_paths(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check(cgroup__path(span_str(texts[i].text)), texts[i].path, "path", texts[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
