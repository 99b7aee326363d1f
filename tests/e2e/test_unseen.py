# SPDX-License-Identifier: Apache-2.0
# timeout: 180
"""A program whose TLS cannot be seen (Java's, Erlang's, or one that is unknown) and that calls a model
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
ERLANG = '''
    [{ok, _} = application:ensure_all_started(A) || A <- [ssl, inets]],
    [Host, Ca, Body] = init:get_plain_arguments(),
    {ok, {{_, Status, _}, _, _}} = httpc:request(post,
        {"https://" ++ Host ++ "/v1/chat/completions", [], "application/json", Body},
        [{ssl, [{verify, verify_peer}, {cacertfile, Ca}]}], []),
    io:format("~b~n", [Status]), timer:sleep(500), halt().
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


def erlang(host):
    return ['erl', '-noshell', '-eval', ERLANG, '-extra', host, provider.ca, json.dumps(BODY)]


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

# ---- bytecode


def opaque(name, client, library, program):
    """What no probe sees into is named, however it is traced and replayed."""
    cap = os.path.join(directory, name + '.cap')
    want = ('tls', 'api.openai.com', library, 1)
    for all in (False, True):
        tracer, pids, said, unseen = run(
            [client('api.openai.com'), python('api.openai.com'), client('www.example.org')], all,
            more=() if all else ('-w', cap))
        check.equal(unseen, [want], name, tracer.lines)
        check.equal(len(said), 1, name, 'said', tracer.lines)
        for word in (program, str(pids[0]), 'api.openai.com', library):
            check(said and word in said[0], name, word, 'is not in', said)
        got = [r for r in tracer.records() if r['process.pid'] == pids[1]]
        check.equal(len(got), 1, name, 'the call beside it that is seen')
        print('\n'.join(said))
    out = os.path.join(directory, name + '.out')
    again = subprocess.run([lib.LLMSNOOP, '-r', cap, '-q', '-o', out], capture_output=True,
                           text=True)
    with open(out) as f:
        stats = [r for r in map(json.loads, f) if r['type'] == 'stats'][-1]
    check.equal(stats.get('unseen'), [dict(zip(('protocol', 'host', 'library', 'connections'),
                                               want))], name, 'replayed')
    check(library in again.stderr, name, 'replayed: said', again.stderr)


directory = lib.temporary_directory()
if shutil.which('javac'):
    classes = directory
    source = os.path.join(classes, 'Call.java')
    with open(source, 'w') as f:
        f.write(JAVA)
    subprocess.run(['javac', '-d', classes, source], check=True)
    opaque('Java', java, 'JSSE (Java)', 'java')
else:
    print('no javac: Java is not tried')
if shutil.which('erl') and not subprocess.run(
        ['erl', '-noshell', '-eval', 'halt(length([1 || {error, _} <- [code:lib_dir(inets), '
         'code:lib_dir(ssl)]])).'], capture_output=True).returncode:
    opaque('Erlang', erlang, "OTP's ssl (Erlang, Elixir)", 'beam.smp')
else:
    print('no erl with inets and ssl: Erlang is not tried')
provider.stop()
check.finish()
