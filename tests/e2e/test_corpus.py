# SPDX-License-Identifier: Apache-2.0
# timeout: 900
"""Recorded traffic of public projects, every API of it, played over TLS with writes cut at random
places: traced at the client, for some seeds at the server too. Needs the corpus beside the
checkout, or LLMSNOOP_CORPUS. SEEDS names others than the usual ones, SERVER_SEEDS those that are
traced at the server, too."""
import json
import os
import subprocess

import corpus
import lib
from lib import check

corpus.need()
lib.need_tracing()
env = {**os.environ, **lib.private_libssl(), 'PYTHONDONTWRITEBYTECODE': '1'}
scorer, known = corpus.player(), corpus.errata()
seeds = os.environ.get('SEEDS', '1 2 3 4 5').split()
served = os.environ.get('SERVER_SEEDS', ' '.join(seeds[:2])).split()
for side, seed in [('pid', s) for s in seeds] + [('server', s) for s in served]:
    out = os.path.join(lib.temporary_directory(), 'out.jsonl')
    # The server runs until it is killed, with the tracer gone. Graded below, not by the player.
    p = subprocess.run(
        [lib.SYSTEM_PYTHON, corpus.PLAYER, '--corpus', corpus.DIRECTORY, '--out', out,
         '--seed', seed, '--min', '0', '--faults', '1000000',
         '--trace', '%s -q -p {%s} -o {out}' % (lib.LLMSNOOP, side)],
        env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400)
    what = 'seed %s, %s' % (seed, side)
    if not check(p.returncode == 0, what, 'exit', p.returncode):
        print(p.stdout[-3000:], p.stderr[-2000:])
        check.finish()
    check(' 0 broken' in p.stderr, what, 'the player:', p.stderr[-500:])
    records = []
    for line in open(out, encoding='utf-8'):
        records.append(json.loads(line))
    corpus.grade(scorer.load(corpus.DIRECTORY, [], [], 0, int(seed)),
                 [r for r in records if r['type'] == 'llm.call'], what, scorer, known)
check.finish()
