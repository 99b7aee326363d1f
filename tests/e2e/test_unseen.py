# SPDX-License-Identifier: Apache-2.0
# timeout: 180
"""A program whose TLS cannot be seen (Java's, or one that is unknown) and that calls a model
provider is named, with the host and the library: on standard error and in the totals. Programs
that are seen, other hosts and other processes are not."""
import json
import os
import shutil
import ssl
import subprocess
import sys
import time

import lib
from lib import check

lib.need_tracing()
HOSTS = ('api.openai.com', 'api.anthropic.com', 'www.example.org')
if sys.argv[1:] != ['inside']:
    # A machine of its own: nothing but lo, on which the hosts are this one.
    if subprocess.run(['unshare', '-mn', 'true'], capture_output=True).returncode:
        lib.skip('no namespaces')
    names = os.path.join(lib.temporary_directory(), 'hosts')
    with open(names, 'w') as f:
        f.write('127.0.0.1 localhost %s\n' % ' '.join(HOSTS))
    sys.exit(subprocess.run(
        ['unshare', '-mn', '/bin/sh', '-c',
         'ip link set lo up && mount --bind "$0" /etc/hosts && exec "$@"',
         names, sys.executable, os.path.abspath(__file__), 'inside']).returncode)

provider = lib.Provider('--port', 443, '--speed', 0.02, *(w for h in HOSTS for w in ('--name', h)))
BODY = {'model': 'gpt-4o-mini', 'messages': [{'role': 'user', 'content': 'hi'}]}

JAVA = '''
import java.io.*; import java.net.URI; import java.net.http.*; import java.security.KeyStore;
import java.security.cert.CertificateFactory; import javax.net.ssl.*;
public class Call {
    public static void main(String[] a) throws Exception {
        KeyStore keys = KeyStore.getInstance(KeyStore.getDefaultType());
        keys.load(null);
        keys.setCertificateEntry("ca", CertificateFactory.getInstance("X.509")
            .generateCertificate(new FileInputStream(a[1])));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(keys);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        System.out.println(HttpClient.newBuilder().sslContext(context).build().send(
            HttpRequest.newBuilder(URI.create("https://" + a[0] + "/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(a[2])).build(),
            HttpResponse.BodyHandlers.ofString()).statusCode());
        Thread.sleep(500);
    }
}
'''
PYTHON = '''
import json, ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
print(urllib.request.urlopen(urllib.request.Request(
    'https://%s/v1/chat/completions' % sys.argv[1], sys.argv[3].encode(),
    {'content-type': 'application/json'}), context=context).status)
'''
# Speaks TLS, as far as anybody can see, and maps no library for it.
RAW = '''
import socket, sys, time
s = socket.create_connection(('127.0.0.1', 443))
s.sendall(bytes.fromhex(sys.argv[1]))
s.recv(5)
time.sleep(0.3)
print(200)
'''


def hello(host):
    mine = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), mine, server_hostname=host)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return mine.read().hex()


def java(host):
    return ['java', '-cp', classes, 'Call', host, provider.ca, json.dumps(BODY)]


def python(host):
    return [lib.SYSTEM_PYTHON, '-c', PYTHON, host, provider.ca, json.dumps(BODY)]


def raw(host):
    return [lib.SYSTEM_PYTHON, '-c', RAW, hello(host)]


def run(commands, all=False, traced=True, more=()):
    held = [lib.Held(c) for c in commands]
    other = lib.Held(['cat'])
    pids = [h.pid for h in held] if traced else [other.pid]
    tracer = lib.Tracer(*([] if all else ['-p', ','.join(map(str, pids))]), *more)
    for h in held:
        h.go()
    for h, c in zip(held, commands):
        check.equal(h.finish(), '200\n', c[0], 'the client')
    tracer.settle(seconds=1)
    check.equal(tracer.stop(), 0, 'exit status')
    other.go()
    other.process.stdin.close()
    other.process.wait(10)
    said = [line for line in tracer.lines if 'cannot be seen (' in line]
    unseen = [(u['protocol'], u['host'], u.get('library'), u['connections'])
              for u in tracer.stats().get('unseen', [])]
    return tracer, [h.pid for h in held], said, unseen


# ---- one whose library nobody knows; it is gone before its time to be told of

tracer, pids, said, unseen = run([raw('api.anthropic.com')])
check.equal(unseen, [('tls', 'api.anthropic.com', None, 1)], 'unknown TLS', tracer.lines)
check.equal(len(said), 1, 'unknown TLS: said', tracer.lines)
for word in ('api.anthropic.com', str(pids[0]), 'doctor'):
    check(said and word in said[0], word, 'is not in', said)

# ---- who is seen, goes elsewhere, or is another's

tracer, pids, said, unseen = run([python('api.openai.com'), raw('www.example.org')])
check.equal((said, unseen), ([], []), 'seen, and elsewhere')
check.equal(len(tracer.records()), 1, 'the call that is seen')
tracer, pids, said, unseen = run([raw('api.openai.com')], traced=False)
check.equal((said, unseen), ([], []), "another's")

# ---- Java

if shutil.which('javac'):
    classes = lib.temporary_directory()
    source = os.path.join(classes, 'Call.java')
    with open(source, 'w') as f:
        f.write(JAVA)
    subprocess.run(['javac', '-d', classes, source], check=True)
    cap = os.path.join(classes, 'cap')
    for all in (False, True):
        tracer, pids, said, unseen = run(
            [java('api.openai.com'), python('api.openai.com'), java('www.example.org')], all,
            more=() if all else ('-w', cap))
        check.equal(unseen, [('tls', 'api.openai.com', 'JSSE (Java)', 1)], 'Java', tracer.lines)
        check.equal(len(said), 1, 'Java: said', tracer.lines)
        for word in ('java', str(pids[0]), 'api.openai.com', 'JSSE'):
            check(said and word in said[0], word, 'is not in', said)
        got = [r for r in tracer.records() if r['process.pid'] == pids[1]]
        check.equal(len(got), 1, 'the call beside it that is seen')
        print('\n'.join(said))
    out = os.path.join(classes, 'out')
    again = subprocess.run([lib.LLMSNOOP, '-r', cap, '-q', '-o', out], capture_output=True,
                           text=True)
    with open(out) as f:
        stats = [r for r in map(json.loads, f) if r['type'] == 'stats'][-1]
    check.equal(stats.get('unseen'), [{'protocol': 'tls', 'host': 'api.openai.com',
                                       'library': 'JSSE (Java)', 'connections': 1}], 'replayed')
    check('JSSE' in again.stderr, 'replayed: said', again.stderr)
else:
    print('no javac: Java is not tried')
provider.stop()
check.finish()
