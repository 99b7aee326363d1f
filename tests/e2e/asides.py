# SPDX-License-Identifier: Apache-2.0
"""Which record is of which call of an agent, and what can be held against it.

An agent asks things on the side (a title, a topic), without tools, and waits for none of them when
its work is done: it ends, or hangs up. What the mock sent whole did not have to arrive then; and of
a call that is left before anything came back the record has no id."""
import lib

# How a call ends that its own client leaves.
LEFT = ('cancelled', 'process_exit', 'connection_closed')
NEAR_NS = 50_000_000


def keys_of(record):
    return {record.get('llmsnoop.request_id'), record.get('gen_ai.response.id')} - {None}


class Calls:
    """Records to be taken, each once."""

    def __init__(self, records):
        self.left, self.by = sorted(records, key=lambda r: r['time']), {}
        for r in self.left:
            for key in keys_of(r):
                self.by.setdefault(key, []).append(r)

    def take(self, truth):
        """[record]: more than one is a fault. By request or response; by time where neither came
        back: errors on a WebSocket, what was left."""
        found = self.by.get(truth.get('request_id')) or self.by.get(truth.get('response_id'))
        if not found:
            found = [r for r in self.left if not keys_of(r) and 'error.type' in r and abs(
                lib.record_mono_ns(r) - truth['received_ns']) < NEAR_NS]
        for r in found:
            if r in self.left:
                self.left.remove(r)
        return found


def was_left(record, truth):
    return not truth['offers_tools'] and (
        not truth['complete'] or bool(record.get('llmsnoop.truncated')) or
        record.get('error.type') in LEFT)


def faults(record, truth, said=None, agent=True):
    """(of what the provider answered, of the times): for a call that its agent left only what the
    record tells and should not."""
    bad = lib.differences(record, truth)
    if agent and was_left(record, truth):
        return [f for f in bad if f[1] is not None and f[0] not in (
            'llmsnoop.truncated', 'llmsnoop.tool_calls') and
            (f[0] != 'error.type' or f[1] not in LEFT)], []
    return bad, lib.timing_faults(record, truth, said)
