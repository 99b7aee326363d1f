# SPDX-License-Identifier: Apache-2.0
"""Agents of LangGraph (plan.py) with a tool that is a graph itself, with an agent of its own."""
import warnings

from langchain_anthropic import ChatAnthropic
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.prebuilt import create_react_agent

import plan

warnings.simplefilter('ignore')
tools = [tool(plan.look), tool(plan.work)]


async def run(agent):
    kind = ChatAnthropic if agent['api'] == 'messages' else ChatOpenAI
    model = kind(model=agent['model'], default_headers=plan.headers(agent))
    digger = create_react_agent(model, tools, name='digger')

    @tool
    async def dig(input: str) -> str:
        """Digs something up."""
        said = await digger.ainvoke({'messages': [('user', input)]}, {'recursion_limit': 60})
        return said['messages'][-1].content

    main = create_react_agent(model, [*tools, dig], name=agent['tag'])
    await main.ainvoke({'messages': [('user', agent['prompt'])]}, {'recursion_limit': 60})


plan.main(run)
