# SPDX-License-Identifier: Apache-2.0
"""The official anthropic package."""
import anthropic

import common as c

client = anthropic.Anthropic(base_url=c.BASE, api_key='sk-ant-demo-not-a-key', max_retries=0,
                             default_headers={'X-Demo': c.DEMO} if c.DEMO else None)


def one(_):
    call = c.Call('anthropic-python')
    body = c.body()
    try:
        answer = client.messages.create(**body)
        if c.STREAM:
            for event in answer:
                call.event(event.model_dump())
        else:
            call.document(answer.model_dump())
        call.done(200)
    except anthropic.APIStatusError as e:
        call.done(e.status_code, e)
    except anthropic.APIError as e:
        call.done(None, e)


c.each(one)
