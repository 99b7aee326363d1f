// SPDX-License-Identifier: Apache-2.0
// Agents of Vercel's AI SDK; plan.py tells the contract. api: chat, responses or messages.
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const require = createRequire(process.env.MODULES + '/');
const from = (name) => import(require.resolve(name));
const { generateText, streamText, stepCountIs, tool } = await from('ai');
const { createOpenAI } = await from('@ai-sdk/openai');
const { createAnthropic } = await from('@ai-sdk/anthropic');
const { z } = await from('zod');

const inputSchema = z.object({ what: z.string() });
const tools = {
	look: tool({ description: 'Looks something up.', inputSchema, execute: async ({ what }) => {
		await sleep(50);
		return 'found ' + what;
	} }),
	work: tool({ description: 'Does something, which may fail.', inputSchema,
		     execute: async ({ what }) => {
		await sleep(150);
		if (what === 'fail')
			throw new Error('it does not work');
		return 'did ' + what;
	} }),
};
const openai = createOpenAI(), anthropic = createAnthropic();
const models = { chat: openai.chat, responses: openai.responses, messages: anthropic };

async function run({ tag, prompt, api, model, stream }) {
	const given = { model: models[api](model), prompt, tools, stopWhen: stepCountIs(30),
			headers: { 'x-demo': `tag=${tag}&tokens=12` } };
	try {
		if (stream) {
			const errors = [];
			const result = streamText({ ...given, onError: ({ error }) => errors.push(error) });
			await result.consumeStream();
			if (errors.length)
				throw errors[0];
		} else {
			await generateText(given);
		}
		console.log('done', tag);
	} catch (e) {
		console.log('failed', tag, e?.name, e?.message);
		console.error(e);
	}
}

await Promise.all(JSON.parse(process.env.PLAN).map(run));
