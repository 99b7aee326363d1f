#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes up records as llmsnoop writes them, for tests and measurements of `llmsnoop report`.

usage: records.py COUNT [SEED [DAYS]] > FILE

All of one seed are the same. They end at records.END and go back DAYS (2); there is one of each kind,
most of them calls; some fail, are retried, have no price, are told of by a server, too, or lack what
others have."""
import random, sys

END = 1795219200  # 2026-11-21T00:00:00Z
FEATURES = ['prod/rag', 'prod/search', 'me/claude', 'batch/nightly', 'web', 'a "quoted", name\n', 'naïve']
MODELS = [('gpt-4o-mini', 150, 600), ('gpt-4o', 2500, 10000), ('claude-sonnet-4-5', 3000, 15000), ('gemini-2.5-flash', 300, 2500),
          ('own-model', None, None)]
ERRORS = [('rate_limit_error', 429), ('overloaded_error', 529), ('timeout', None), ('500', 500)]

def nano(n):
    """Billionths as a decimal number, as the program writes them."""
    s = '%d.%09d' % (n // 10**9, n % 10**9)
    return s.rstrip('0').rstrip('.')

def when(r, days):
    return at((END - days * 86400) * 10**9 + r.randrange(days * 86400 * 10**9))

def at(ns):
    import time
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(ns // 10**9)) + '.%09dZ' % (ns % 10**9)

def text(s):
    import json
    return json.dumps(s, ensure_ascii=False)

def call(r, i, days):
    model, price_in, price_out = MODELS[min(int(r.expovariate(1)), len(MODELS) - 1)]
    feature = FEATURES[min(int(r.expovariate(0.8)), len(FEATURES) - 1)]
    failed = r.random() < 0.03 and ERRORS[r.randrange(len(ERRORS))]
    server = r.random() < 0.02
    n_in, n_out = r.randrange(20, 60000), r.randrange(1, 4000)
    cached = r.randrange(n_in)
    duration, ttft = r.randrange(10**8, 4 * 10**10), r.randrange(10**7, 3 * 10**9)
    out = ['"v":1,"type":"llm.call","time":"%s","trace_id":"%032x","span_id":"%016x","name":"chat %s","duration_s":%s' %
           (when(r, days), r.getrandbits(128), r.getrandbits(64), model, nano(duration)),
           '"gen_ai.operation.name":"chat","gen_ai.provider.name":"%s","gen_ai.request.model":"%s"' % (
               'anthropic' if 'claude' in model else 'openai', model)]
    if not failed:
        out.append('"gen_ai.response.model":"%s","gen_ai.response.id":"msg_%016x","gen_ai.request.stream":true,"gen_ai.request.max_tokens":8192' % (
            model, r.getrandbits(64)))
        out.append('"gen_ai.usage.input_tokens":%d,"gen_ai.usage.output_tokens":%d' % (n_in, n_out))
        if r.random() < 0.8:
            out.append('"gen_ai.usage.cache_read.input_tokens":%d,"gen_ai.usage.reasoning.output_tokens":%d' % (cached, n_out // 3))
        if price_in:
            out.append('"gen_ai.usage.cost":%s' % nano(n_in * price_in + n_out * price_out))
        out.append('"gen_ai.response.time_to_first_chunk":%s,"gen_ai.response.finish_reasons":["stop"]' % nano(ttft))
    else:
        out.append('"error.type":"%s"' % failed[0])
    if not failed or failed[1]:
        out.append('"http.response.status_code":%d' % (failed[1] if failed else 200))
    out.append('"http.request.method":"POST","url.path":"/v1/chat/completions","server.address":"api.example.org","server.port":443,'
               '"network.peer.address":"198.51.100.7","network.peer.port":443,"network.protocol.version":"1.1","user_agent.original":"python/1.0"')
    out.append('"process.pid":%d,"process.executable.name":"python3.11","process.linux.cgroup":"/kubepods.slice/kubepods-pod%d.slice/cri-%d.scope","user.id":"1000"' %
               (r.randrange(1, 99999), i % 7, i % 7))
    out.append('"k8s.namespace.name":"prod","k8s.pod.name":"rag-%d"' % (i % 7) if r.random() < 0.5 else '"llmsnoop.unit":"rag.service"')
    out.append('"service.name":"rag.py","llmsnoop.comm":"python3","llmsnoop.feature":%s,"llmsnoop.role":"%s","llmsnoop.api":"openai.chat"' % (
        text(feature), 'server' if server else 'client'))
    out.append('"llmsnoop.tool_calls":[{"id":"call_%d","name":"Bash"}],"llmsnoop.streamed":true' % i)
    if not failed:
        out.append('"llmsnoop.ttft_s":%s,"llmsnoop.ttlt_s":%s,"llmsnoop.itl_p50_s":0.012,"llmsnoop.itl_p99_s":0.09,"llmsnoop.chunks":611' % (
            nano(ttft), nano(duration)))
    out.append('"llmsnoop.request_bytes":4711,"llmsnoop.response_bytes":81511,"llmsnoop.tls":"openssl","llmsnoop.key_fp":"k_%012x"' % (i % 3))
    if not failed:
        out.append('"llmsnoop.cost.source":"list:2026-11","llmsnoop.usage.source":"provider"')
    if r.random() < 0.05:
        out.append('"llmsnoop.attempt":2')
    out.append('"llmsnoop.request_id":"req_%016x","llmsnoop.ratelimit.tokens.remaining":61000,"llmsnoop.truncated":%s,"llmsnoop.lost_bytes":0' % (
        r.getrandbits(64), 'true' if r.random() < 0.01 else 'false'))
    return out

def fetched(r, i, days):
    out = call(r, i, days)
    out[0] = out[0].replace('"name":"chat', '"name":"fetch_response')
    out[1] = out[1].replace('"chat"', '"fetch_response"')
    return out

def tool(r, i, days):
    return ['"v":1,"type":"mcp.call","time":"%s","trace_id":"%032x","span_id":"%016x","name":"tools/call search","duration_s":%s' %
            (when(r, days), r.getrandbits(128), r.getrandbits(64), nano(r.randrange(10**10))),
            '"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"search","mcp.method.name":"tools/call"',
            '"llmsnoop.feature":"me/claude","llmsnoop.role":"client"']

def run(r, i, days):
    return ['"v":1,"type":"agent.run","time":"%s","trace_id":"%032x","span_id":"%016x","name":"invoke_agent claude","duration_s":%s' %
            (when(r, days), r.getrandbits(128), r.getrandbits(64), nano(r.randrange(10**12))),
            '"gen_ai.operation.name":"invoke_agent","gen_ai.usage.input_tokens":1000,"gen_ai.usage.cost":1.5',
            '"llmsnoop.feature":"me/claude","llmsnoop.run.loops":%d' % r.randrange(3)]

# Runs of llmsnoop on two hosts: each ends where the next begins. One lasts three quarters of a day, and
# each loses at its own speed, in steps: totals only grow.
RUN = 64800 * 10**9

def stats(r, i, days):
    first = (END - days * 86400) * 10**9
    ns, host = first + r.randrange(days * 86400 * 10**9), r.randrange(3)
    if host == 2:  # of before there was "started"
        return ['"v":1,"type":"stats","time":"%s","calls":%d,"lost_records":3,"lost_bytes":4096' % (at(ns), i)]
    n = (ns - first + host * RUN // 3) // RUN
    started = first - host * RUN // 3 + n * RUN
    hours = (ns - started) // (3600 * 10**9)
    return ['"v":1,"type":"stats","time":"%s","started":"%s","calls":%d,"refused":0,"unwritten":%d' % (at(ns), at(started), i, hours // 9),
            '"lost_records":%d,"lost_bytes":%d,"gaps":%d,"missed_calls":%d' % (hours * (n + 2), hours * 4096, hours // 2 * (host + 1), n * hours // 3)]

def records(n, seed=1, days=2):
    r = random.Random(seed)
    for i in range(n):
        kind = r.random()
        make = call if kind < 0.95 else tool if kind < 0.97 else run if kind < 0.98 else fetched if kind < 0.99 else stats
        yield '{' + ','.join(make(r, i, days)) + '}'

if __name__ == '__main__':
    numbers = [int(x) for x in sys.argv[1:]]
    for line in records(*numbers):
        sys.stdout.write(line + '\n')
