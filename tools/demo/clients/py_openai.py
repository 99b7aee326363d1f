# SPDX-License-Identifier: Apache-2.0
"""The official openai package."""
import openai

import common as c

client = openai.OpenAI(base_url=c.BASE + '/v1', api_key='sk-demo-not-a-key', max_retries=0,
                       default_headers={'X-Demo': c.DEMO} if c.DEMO else None)


def one(_):
    call = c.Call('openai-python')
    body = c.body()
    try:
        answer = client.chat.completions.create(**body)
        if c.STREAM:
            for chunk in answer:
                call.event(chunk.model_dump())
        else:
            call.document(answer.model_dump())
        call.done(200)
    except openai.APIStatusError as e:
        call.done(e.status_code, e)
    except openai.APIError as e:
        call.done(None, e)


c.each(one)
