# SPDX-License-Identifier: Apache-2.0
"""SIGHUP reads prices, rules and masks again, all of them or none; calls under way lose nothing."""
import json
import os
import signal
import subprocess
import time

import lib
from lib import check

lib.need_tracing()
directory = lib.temporary_directory()
CONFIG, PRICES, MASKS = (os.path.join(directory, n) for n in ('conf', 'prices.json', 'masks'))
AGENT = '''
import json, os, ssl, sys, urllib.request
for line in sys.stdin:
    body = json.dumps({'model': 'gpt-4o-mini', 'messages': [
        {'role': 'user', 'content': 'mail a@example.com about WIDGET-77'}]}).encode()
    urllib.request.urlopen(urllib.request.Request(
        os.environ['BASE'] + '/v1/chat/completions', body,
        {'content-type': 'application/json'})).read()
    print('done', flush=True)
'''


def write(price, mask, feature):
    """Dollars for a million tokens, an own mask, the name of a feature."""
    with open(PRICES, 'w') as f:
        json.dump({'gpt-4o-mini': {'litellm_provider': 'openai', 'mode': 'chat',
                                   'input_cost_per_token': price / 1e6,
                                   'output_cost_per_token': price / 1e6}}, f)
    with open(MASKS, 'w') as f:
        f.write(mask + '\n')
    with open(CONFIG, 'w') as f:
        f.write('prices = %s\nredact = @%s\n[feature]\n%s = process.pid=*\n' %
                (PRICES, MASKS, feature))


def call():
    """Returns when its record is there: it is made by what held then."""
    before = len(tracer.records())
    agent.stdin.write('go\n')
    agent.stdin.flush()
    agent.stdout.readline()
    tracer.settle(before + 1)


def reload(says):
    seen = len(tracer.lines)
    tracer.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 10
    while time.monotonic() < end and not any(says in x for x in tracer.lines[seen:]):
        time.sleep(0.05)
    check(any(says in x for x in tracer.lines[seen:]), 'nobody said', says, tracer.lines[seen:])


provider = lib.Provider('--speed', 0.1)
agent = lib.spawn([lib.SYSTEM_PYTHON, '-c', AGENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                  text=True, env={**os.environ, **provider.env, **lib.private_libssl()})
write(1, 'widget = WIDGET-[0-9]+', 'one')
tracer = lib.Tracer('--config', CONFIG, '--content', 'full', '-p', agent.pid)
call()
write(2, 'part = WIDGET-[0-9]+', 'two')
reload('read again')
call()
# Each file that is wrong keeps all of them as they are.
for path, text in ((PRICES, '{'), (MASKS, 'x = ['), (CONFIG, '[feature')):
    write(3, 'third = WIDGET-[0-9]+', 'three')
    with open(path, 'w') as f:
        f.write(text)
    reload(path + ':')
    call()
agent.stdin.close()
agent.wait(10)
tracer.settle(5)
check.equal(tracer.stop(), 0, 'exit status')
records = tracer.records()
check.equal(len(records), 5, 'records')
for r, (price, mask, feature) in zip(records, [(1, 'widget', 'one')] + 4 * [(2, 'part', 'two')]):
    tokens = r['gen_ai.usage.input_tokens'] + r['gen_ai.usage.output_tokens']
    check.equal(round(r['gen_ai.usage.cost'] * 1e9), tokens * price * 1000, 'cost')
    check.equal(r['llmsnoop.feature'], feature, 'feature')
    check.equal(r['gen_ai.input.messages'][0]['parts'][0]['content'],
                'mail [email] about [%s]' % mask, 'what is said')
provider.stop()
check.finish()
