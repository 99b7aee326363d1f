# SPDX-License-Identifier: Apache-2.0
"""The judge of what agents leave (asides.py) excuses just that: what did not arrive, of a call
without tools, by an agent that was gone."""
import asides
import lib
from lib import check

NS = 1_795_000_000_000_000_000
TRUTH = {'offers_tools': False, 'complete': True, 'received_ns': 10 ** 9, 'sent_ns': [],
         'request_id': 'req_1', 'response_id': 'msg_1', 'api': 'anthropic.messages', 'status': 200,
         'input_tokens': 5, 'output_tokens': 7, 'request_model': 'm', 'response_model': 'm',
         'finish_reasons': ['end_turn'], 'stream': False}
WHOLE = {'time': '2026-11-21T00:00:00.000000000Z', 'duration_s': 0.1, 'llmsnoop.api':
         'anthropic.messages', 'http.response.status_code': 200, 'llmsnoop.request_id': 'req_1',
         'gen_ai.response.id': 'msg_1', 'gen_ai.usage.input_tokens': 5,
         'gen_ai.usage.output_tokens': 7, 'gen_ai.request.model': 'm', 'gen_ai.response.model': 'm',
         'gen_ai.response.finish_reasons': ['end_turn']}
CUT = {**{k: v for k, v in WHOLE.items() if 'output' not in k and 'finish' not in k},
       'llmsnoop.truncated': True}
GONE = {'time': WHOLE['time'], 'duration_s': 0.1, 'gen_ai.request.model': 'm', 'llmsnoop.api':
        'anthropic.messages', 'error.type': 'process_exit', 'llmsnoop.truncated': True}


def judged(record, agent=True, **truth):
    answer, _ = asides.faults(record, {**TRUTH, **truth}, None, agent)
    return [f[0] for f in answer]


def at(record):
    return {**TRUTH, 'received_ns': lib.record_mono_ns(record) + 1000}


check.equal(judged(WHOLE), [], 'a whole one')
check.equal(judged(CUT), [], 'what had arrived')
check.equal(judged(GONE), [], 'nothing had arrived')
check('llmsnoop.truncated' in judged(CUT, offers_tools=True), 'a round of the loop may not be cut')
check('llmsnoop.truncated' in judged(CUT, agent=False), 'a client that waits may not lose its end')
check('error.type' in judged(GONE, offers_tools=True), 'nor may its answer be missing')
check('error.type' in judged({**GONE, 'error.type': '500'}), 'that is no leaving')
check('gen_ai.usage.input_tokens' in judged({**CUT, 'gen_ai.usage.input_tokens': 6}), 'wrong')
check('gen_ai.usage.output_tokens' in judged({**CUT, 'gen_ai.usage.output_tokens': 1}),
      'a running count')
check('llmsnoop.lost_bytes' in judged({**CUT, 'llmsnoop.lost_bytes': 9}), 'lost is not left')
check('llmsnoop.midstream' in judged({**CUT, 'llmsnoop.midstream': True}), 'midstream')
check('gen_ai.usage.output_tokens' in judged({**WHOLE, 'gen_ai.usage.output_tokens': 8}),
      'a whole one that is wrong')

calls = asides.Calls([WHOLE, GONE])
check.equal(calls.take(TRUTH), [WHOLE], 'by its id')
check.equal(calls.take({**at(GONE), 'request_id': 'req_2', 'response_id': 'msg_2'}), [GONE],
            'by its time')
check.equal(calls.left, [], 'each was taken')
calls = asides.Calls([WHOLE, GONE, CUT])
check.equal(len(calls.take(TRUTH)), 2, 'two records of one call are told')
check.equal(calls.take({**at(GONE), 'received_ns': at(GONE)['received_ns'] + 10 ** 9,
                        'request_id': 'req_2', 'response_id': None}), [], 'too far off')
check.equal(calls.left, [GONE], 'a record of no call')
check.finish()
