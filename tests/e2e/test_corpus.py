# SPDX-License-Identifier: Apache-2.0
# timeout: 900
"""Recorded traffic of public projects, played over TLS with writes cut at random places: traced at
the client and at the server. Needs the corpus beside the checkout, or LLMSNOOP_CORPUS."""
import os
import subprocess
import sys

import lib
from lib import check

corpus = os.environ.get('LLMSNOOP_CORPUS', os.path.join(lib.ROOT, '../shared/corpus'))
player = os.path.join(corpus, 'e2e.py')
if not os.path.exists(player):
    lib.skip('no corpus (LLMSNOOP_CORPUS names its directory)')
lib.need_tracing()
env = {**os.environ, **lib.private_libssl(), 'PYTHONDONTWRITEBYTECODE': '1'}
seeds = os.environ.get('SEEDS', '1 2 3 4 5').split()
for seed in seeds:
    for side in ('pid', 'server'):
        out = os.path.join(lib.temporary_directory(), 'out.jsonl')
        # The server runs until it is killed, with the tracer gone.
        p = subprocess.run(
            [lib.SYSTEM_PYTHON, player, '--corpus', corpus, '--out', out, '--seed', seed,
             '--api', 'openai.chat,anthropic.messages', '--min', '99.8', '--faults', '0',
             '--trace', '%s -q -p {%s} -o {out}' % (lib.LLMSNOOP, side)],
            env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400)
        last = p.stdout.strip().splitlines()[-2:]
        print('seed %s, %s:' % (seed, side), '; '.join(last), flush=True)
        if not check(p.returncode == 0, 'seed', seed, side, 'exit', p.returncode):
            print(p.stdout[-6000:], p.stderr[-2000:])
            check.finish()
check.finish()
