# SPDX-License-Identifier: Apache-2.0
"""Model calls and other requests at random on kept-alive connections: all model calls, nothing
else, and the bodies of the others stay in the kernel."""
import os

import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
lib.need_tracing()
for seed in (1, 2, 3):
    provider = lib.Provider('--speed', 0.05)
    held = lib.Held([lib.SYSTEM_PYTHON, os.path.join(HERE, 'load.py'), 'mixed', '250', str(seed)],
                    env={**provider.env, **lib.private_libssl(), 'DEMO': 'tokens=8'})
    tracer = lib.Tracer('-p', held.pid)
    held.go()
    said = lib.json_lines(held.finish())[0]
    tracer.settle(said['good'])
    check.equal(tracer.stop(), 0, 'exit status')
    truths = provider.truth(said['good'])
    check.equal(len(truths), said['good'], 'calls answered')
    lib.verify(tracer.records(), truths)
    stats = tracer.stats()
    copied = stats.get('copied_bytes')
    wanted = sum(t['request_bytes'] + t['response_bytes'] for t in truths)
    other = said['other_bytes']
    print('seed', seed, said, 'copied', copied, 'of model calls', wanted)
    if check(copied, 'stats have no bytes:', stats):
        # A quiet verdict comes a moment after the head: the first piece of a body may be copied.
        check(copied - wanted < other * 0.05, 'seed', seed, 'copied', copied, 'where model calls '
              'have', wanted, 'and others', other)
        check(stats.get('quiet_calls', 0) > 100, 'seed', seed, 'quiet calls', stats)
    provider.stop()
check.finish()
