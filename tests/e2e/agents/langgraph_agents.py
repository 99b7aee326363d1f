# SPDX-License-Identifier: Apache-2.0
"""Agents of LangGraph, with the models of LangChain (plan.py). api: chat or messages."""
import warnings

from langchain_anthropic import ChatAnthropic
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.prebuilt import ToolNode, create_react_agent

import plan

warnings.simplefilter('ignore')
# What a tool raises is its result.
tools = ToolNode([tool(plan.look), tool(plan.work)], handle_tool_errors=True)


async def run(agent):
    kind = ChatAnthropic if agent['api'] == 'messages' else ChatOpenAI
    model = kind(model=agent['model'], default_headers=plan.headers(agent),
                 streaming=agent['stream'])
    graph = create_react_agent(model, tools, name=agent['tag'])
    await graph.ainvoke({'messages': [('user', agent['prompt'])]}, {'recursion_limit': 60})


plan.main(run)
