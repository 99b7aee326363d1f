# SPDX-License-Identifier: Apache-2.0
"""What the agents here share. $PLAN is a JSON list of agents that run at once, in this process:
{"tag", "prompt", "api", "model", "stream"}; the tag goes with each request, so that the mock knows
whose script it is in. A line `done TAG` for each that came to its answer, `failed TAG WHY` else."""
import asyncio
import json
import os
import sys
import traceback

PLAN = json.loads(os.environ['PLAN'])
SECONDS = {'look': 0.05, 'work': 0.15}


def headers(agent):
    return {'x-demo': 'tag=%s&tokens=12' % agent['tag']}


async def look(what: str) -> str:
    """Looks something up."""
    await asyncio.sleep(SECONDS['look'])
    return 'found ' + what


async def work(what: str) -> str:
    """Does something, which may fail."""
    await asyncio.sleep(SECONDS['work'])
    if what == 'fail':
        raise ValueError('it does not work')
    return 'did ' + what


async def one(run, agent):
    try:
        await run(agent)
        print('done', agent['tag'], flush=True)
    except Exception as e:
        print('failed', agent['tag'], type(e).__name__, e, flush=True)
        traceback.print_exc(file=sys.stderr)


def main(run):
    async def everything():
        await asyncio.gather(*(one(run, agent) for agent in PLAN))
    asyncio.run(everything())
