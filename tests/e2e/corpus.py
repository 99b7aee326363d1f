# SPDX-License-Identifier: Apache-2.0
"""Recorded traffic of public projects as the end-to-end tests use it: where it is, how records of
it are graded. The reading of the recordings is that of the corpus's own player."""
import collections
import importlib.util
import json
import os
import sys

import lib
from lib import check

DIRECTORY = os.environ.get('LLMSNOOP_CORPUS', os.path.join(lib.ROOT, '../shared/corpus'))
PLAYER = os.path.join(DIRECTORY, 'e2e.py')
RIGHT = 99.8      # % of all facts
API_RIGHT = 99    # % of an API's facts, or at most one wrong
# What the scorer of the corpus calls a fact, and what tests/corpus/run.py calls it.
NAMES = {'input_tokens': 'input_tokens_total', 'output_tokens': 'output_tokens_total',
         'reasoning': 'reasoning_tokens'}
KEYS = {'gen_ai.response.id': 'response_id', 'gen_ai.response.model': 'response_model',
        'gen_ai.usage.input_tokens': 'input_tokens_total',
        'gen_ai.usage.output_tokens': 'output_tokens_total',
        'gen_ai.usage.cache_read.input_tokens': 'cache_read',
        'gen_ai.usage.reasoning.output_tokens': 'reasoning_tokens',
        'gen_ai.response.finish_reasons': 'finish_reasons', 'llmsnoop.tool_calls': 'tool_calls',
        'error.type': 'error'}


def module(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    made = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(made)
    return made


def need():
    if not os.path.exists(PLAYER):
        lib.skip('no corpus (LLMSNOOP_CORPUS names its directory)')


def player():
    return module(PLAYER, 'corpus_player')


def errata():
    """(end of the file's name, index in it, fact) of what the truth has wrong: see
    tests/corpus/README.md."""
    return module(os.path.join(lib.ROOT, 'tests/corpus/run.py'), 'corpus_run').EXPECTED


def grade(exchanges, records, what, scorer, known):
    """Checks the records of one run. An exchange is recognised by its port."""
    by, wrong = collections.defaultdict(list), collections.Counter()
    apis = collections.defaultdict(lambda: [0, 0])
    for r in records:
        i = r.get('server.port', 0) - 20000
        if 0 <= i < len(exchanges):
            by[i].append(r)
        else:
            check(False, what, 'a record of no exchange:', json.dumps(r)[:300])
    for i, (exchange, truth) in enumerate(exchanges):
        got = by.get(i, [])
        where = (truth['api'], exchange['url'][:80], exchange['file'][-60:], exchange['index'])
        excused = lambda name: (exchange['file'][-70:], exchange['index'], name) in known
        if not truth['is_llm']:
            if truth['api'] != 'mcp' and not scorer.UNGRADED.search(exchange['url']) and \
                    not excused('match'):
                check(not got, what, 'reported, but no model call:', exchange['method'], *where,
                      json.dumps(got)[:200])
            continue
        check.equal(len(got), 1, what, 'records of', *where)
        record = got[0] if got else {}
        for key, value in scorer.invented(truth, record):
            check(excused(KEYS.get(key, key)), what, 'nobody said', key, value, *where)
        for name, key, want in scorer.fields(truth):
            good = bool(got) and scorer.same(name, want, record.get(key), record)
            good = good or excused(NAMES.get(name, name))
            apis[truth['api']][0] += good
            apis[truth['api']][1] += 1
            if not good:
                wrong[name] += 1
                if got and wrong[name] <= 3:
                    print(what, name, 'want', repr(want)[:150], 'got',
                          repr(record.get(key))[:150], *where)
    right, all_of_them = (sum(column) for column in zip(*apis.values()))
    for api, (good, n) in sorted(apis.items()):
        check(n - good <= 1 or good >= n * API_RIGHT / 100, what, api, 'has', good, 'of', n)
    share = 100 * right / all_of_them
    check(share >= RIGHT, what, '%.3f %% of the facts' % share)
    print('%s: %d records of %d exchanges, %d of %d facts right (%.3f %%)%s' % (
        what, len(records), len(exchanges), right, all_of_them, share,
        ', wrong: ' + ', '.join('%d %s' % (n, k) for k, n in wrong.items()) if wrong else ''),
        flush=True)
