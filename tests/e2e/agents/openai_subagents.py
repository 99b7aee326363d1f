# SPDX-License-Identifier: Apache-2.0
"""Agents of the OpenAI Agents SDK (plan.py) with others: one as a tool, one to hand over to."""
import openai
from agents import (Agent, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner,
                    function_tool)

import plan

client = openai.AsyncOpenAI()
tools = [function_tool(plan.look), function_tool(plan.work)]


async def run(agent):
    kind = OpenAIChatCompletionsModel if agent['api'] == 'chat' else OpenAIResponsesModel

    def make(name, *more, **rest):
        return Agent(name=name, instructions='Be brief.', tools=[*tools, *more],
                     model=kind(agent['model'], client), model_settings=ModelSettings(
                         extra_headers=plan.headers(agent)), **rest)

    dig = make('digger').as_tool('dig', 'Digs something up.')
    main = make(agent['tag'], dig, handoffs=[make('closer')])
    await Runner.run(main, agent['prompt'], max_turns=30)


plan.main(run)
