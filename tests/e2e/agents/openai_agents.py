# SPDX-License-Identifier: Apache-2.0
"""Agents of the OpenAI Agents SDK (plan.py). api: responses (each request brings all that was
said), previous (it names the response before it), or chat."""
import openai
from agents import (Agent, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner,
                    function_tool)

import plan

client = openai.AsyncOpenAI()
tools = [function_tool(plan.look), function_tool(plan.work)]


async def run(agent):
    kind = OpenAIChatCompletionsModel if agent['api'] == 'chat' else OpenAIResponsesModel
    it = Agent(name=agent['tag'], instructions='Be brief.', tools=tools,
               model=kind(agent['model'], client),
               model_settings=ModelSettings(extra_headers=plan.headers(agent)))
    more = {'max_turns': 30, 'auto_previous_response_id': agent['api'] == 'previous'}
    if agent['stream']:
        result = Runner.run_streamed(it, agent['prompt'], **more)
        async for _ in result.stream_events():
            pass
    else:
        await Runner.run(it, agent['prompt'], **more)


plan.main(run)
