# SPDX-License-Identifier: Apache-2.0
# timeout: 300
"""What lasts long or is large holds no more memory than limits.h says: a conversation of twenty
requests of 1 MB, streams with pauses, and an hour of them in a capture file."""
import json
import os
import shutil
import subprocess
import sys
import time

import capfile
import lib
import test_join
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
STREAMS, SECONDS = 40, 45
# What allocators round up and keep.
SLACK = 1 << 20


def anonymous(pid):
    return lib.proc_status(pid, 'RssAnon') << 10


def conversation(version):
    """Memory before, at most during, and after."""
    provider = lib.Provider()
    front = provider
    if version == 2:
        if not lib.has_module('h2') or not shutil.which('node'):
            print('HTTP/2 not tried: no node or no httpx[http2]')
            return
        front = test_join.server('node', provider, {})
    python = lib.VENV_PYTHON if version == 2 else lib.SYSTEM_PYTHON
    held = lib.Held([python, os.path.join(HERE, 'conversation.py'), str(version), '20', '1000000'],
                    env={**provider.env, **lib.private_libssl(), 'BASE': front.base,
                         'DEMO': 'burst=1&tokens=40'})
    tracer = lib.Tracer('-p', held.pid)
    held.go()
    seen = []
    for i in range(20):
        held.go()
        check.equal(held.process.stdout.readline().strip(), 'done', 'HTTP/%d request' % version, i)
        tracer.settle(i + 1)
        seen.append(anonymous(tracer.pid))
    held.finish()
    check.equal(tracer.stop(), 0, 'exit status')
    lib.verify(tracer.records(), provider.truth(20))
    grown = max(seen) - seen[0]
    print('HTTP/%d: %d KiB after the first request, %d more at most' % (
        version, seen[0] >> 10, grown >> 10))
    # Only one call is open at a time.
    check(grown <= lib.limit('call_bytes') + SLACK, 'HTTP/%d grew by' % version, grown)
    for each in {provider, front}:
        each.stop()


def streams():
    """Many at once that wait most of the time."""
    provider = lib.Provider()
    held = lib.Held([lib.SYSTEM_PYTHON, os.path.join(HERE, 'load.py'), 'threads', str(STREAMS)], env={
        **provider.env, **lib.private_libssl(),
        'DEMO': 'ttft=3&gap=%f&tokens=14' % ((SECONDS - 3) / 14)})
    tracer = lib.Tracer('-p', held.pid)
    before = anonymous(tracer.pid)
    held.go()
    most, began = before, time.monotonic()
    while held.process.poll() is None and time.monotonic() - began < SECONDS * 2:
        most = max(most, anonymous(tracer.pid))
        time.sleep(0.5)
    check.equal(lib.json_lines(held.finish()), [{'good': STREAMS}], 'what the clients say')
    took = time.monotonic() - began
    tracer.settle(STREAMS)
    check.equal(tracer.stop(), 0, 'exit status')
    truths = provider.truth(STREAMS)
    lib.verify(tracer.records(), truths)
    check(took > SECONDS * 0.6, 'lasted', took)
    each = (most - before) / STREAMS
    print('%d streams of %.0f s: %d KiB each' % (STREAMS, took, each / 1024))
    check(each <= lib.limit('call_bytes') + SLACK / STREAMS, 'a stream held', each)
    provider.stop()


# ---- an hour, in a file

def sse(kind, **more):
    return b'event: %s\ndata: %s\n\n' % (kind.encode(), json.dumps({'type': kind, **more}).encode())


def answer(n, tokens):
    """Events of one Messages stream; the first and the two last have no output."""
    yield sse('message_start', message={'id': 'msg_%d' % n, 'type': 'message', 'role': 'assistant',
              'model': 'claude-sonnet-4-5', 'content': [], 'usage': {'input_tokens': 100 + n, 'output_tokens': 1}})
    for i in range(tokens):
        yield sse('content_block_delta', index=0, delta={'type': 'text_delta', 'text': 'word %d ' % i})
    yield sse('message_delta', delta={'stop_reason': 'end_turn'}, usage={'output_tokens': 1000 + n})
    yield sse('message_stop')


def head(n):
    body = b'{"model":"claude-sonnet-4-5","max_tokens":9000,"stream":true,"messages":[]}'
    return b'POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com:%d\r\nContent-Length: %d\r\n\r\n%s' % (
        20000 + n, len(body), body)


def hour(path, calls, tokens, pause):
    """So many calls side by side, each on a connection of its own."""
    w = capfile.Writer(path)
    w.process(7)
    for n in range(calls):
        w.data(n + 1, 7, capfile.WRITE, head(n))
        w.data(n + 1, 7, capfile.READ, b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n'
               b'Transfer-Encoding: chunked\r\n\r\n')
    for events in zip(*(answer(n, tokens) for n in range(calls))):
        w.wait(pause)
        for n, event in enumerate(events):
            w.data(n + 1, 7, capfile.READ, b'%x\r\n%s\r\n' % (len(event), event))
    for n in range(calls):
        w.data(n + 1, 7, capfile.READ, b'0\r\n\r\n')
        w.close(n + 1, 7)
    w.end()


def replay(path):
    """(records, the most memory that it held)"""
    code = ('import json,resource,subprocess,sys\n'
            'p=subprocess.run(sys.argv[1:],capture_output=True,text=True,timeout=120)\n'
            'print(json.dumps([p.returncode,p.stdout,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))')
    p = subprocess.run([sys.executable, '-c', code, lib.LLMSNOOP, '-j', '-r', path],
                       capture_output=True, text=True, timeout=130)
    status, out, kib = json.loads(p.stdout)
    check.equal(status, 0, 'replay: exit status')
    return [r for r in lib.json_lines(out) if r['type'] == 'llm.call'], kib << 10


def replayed():
    directory, calls, tokens, pause = lib.temporary_directory(), 50, 119, 30
    short, path = (os.path.join(directory, name) for name in ('short.cap', 'hour.cap'))
    hour(short, 1, 1, 0.01)
    hour(path, calls, tokens, pause)
    _, little = replay(short)
    records, most = replay(path)
    check.equal(len(records), calls, 'an hour: records')
    for r in records:
        n = r['server.port'] - 20000
        for key, want in (('gen_ai.response.id', 'msg_%d' % n), ('llmsnoop.chunks', tokens),
                          ('gen_ai.usage.input_tokens', 100 + n), ('error.type', None),
                          ('gen_ai.usage.output_tokens', 1000 + n), ('llmsnoop.truncated', False)):
            check.equal(r.get(key), want, 'an hour:', n, key)
        check(abs(r['duration_s'] - (tokens + 3) * pause) < 1, 'an hour:', n, 'took', r['duration_s'])
        check(abs(r['llmsnoop.ttft_s'] - 2 * pause) < 1, 'an hour:', n, 'ttft', r['llmsnoop.ttft_s'])
        check(abs(r['llmsnoop.itl_p50_s'] - pause) < 1, 'an hour:', n, 'itl', r['llmsnoop.itl_p50_s'])
    each = (most - little) / calls
    print('an hour of %d streams: %d KiB each' % (calls, each / 1024))
    check(each <= lib.limit('call_bytes') + SLACK / calls, 'a stream of an hour held', each)


def main():
    if os.access(lib.LLMSNOOP, os.X_OK):
        replayed()
    lib.need_tracing()
    conversation(1)
    conversation(2)
    streams()
    check.finish()


if __name__ == '__main__':
    main()
