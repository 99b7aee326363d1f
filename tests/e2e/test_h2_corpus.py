# SPDX-License-Identifier: Apache-2.0
# timeout: 900
"""The recorded traffic of test_corpus.py over HTTP/2: many streams at once, everything interleaved
and cut at random (h2play.py). Wanted is the same as over HTTP/1. SEEDS and SERVER_SEEDS as there."""
import os
import subprocess
import sys

import corpus
import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
corpus.need()
lib.need_tracing()
lib.need_module('hpack')
sys.path.insert(0, lib.DEMO)
import wire  # noqa: E402

scorer, known = corpus.player(), corpus.errata()
directory = lib.temporary_directory()
wire.make_certificates(directory)
PLAY = [lib.VENV_PYTHON, os.path.join(HERE, 'h2play.py')]
env = {**os.environ, **lib.private_libssl(), 'PYTHONDONTWRITEBYTECODE': '1'}


def run(seed, side):
    what = 'seed %s, %s' % (seed, side)
    server = lib.spawn([*PLAY, 'serve', corpus.DIRECTORY, seed, directory], env=env,
                       stdout=subprocess.PIPE, text=True)
    port = server.stdout.readline().strip().rpartition('=')[2]
    client = lib.Held([*PLAY, 'client', corpus.DIRECTORY, seed, port], env=env)
    tracer = lib.Tracer('-q', '--role', side, '-p', server.pid if side == 'server' else client.pid)
    client.go()
    client.go()
    said = lib.json_lines(client.finish())
    exchanges = scorer.load(corpus.DIRECTORY, [], [], 0, int(seed))
    if not check(said and said[0]['good'] == len(exchanges), what, 'the player says', said):
        return
    tracer.settle(seconds=10)
    check.equal(tracer.stop(), 0, what, 'exit status')
    server.kill()
    records = tracer.records()
    corpus.grade(exchanges, records, what, scorer, known)
    print('   ', said[0]['connections'], 'connections,', said[0]['most'], 'streams at once,',
          said[0]['pushes'], 'pushes', flush=True)
    check.equal({r.get('network.protocol.version') for r in records}, {'2'}, what, 'version')
    stats = tracer.stats()
    check.equal([stats.get(k) for k in ('lost_records', 'gaps', 'parse_errors')], [0, 0, 0], what,
                'lost, gaps, parse errors', stats)


seeds = os.environ.get('SEEDS', '1 2 3 4 5').split()
served = os.environ.get('SERVER_SEEDS', ' '.join(seeds[:2])).split()
for each in seeds:
    run(each, 'client')
for each in served:
    run(each, 'server')
check.finish()
