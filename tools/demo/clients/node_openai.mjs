// SPDX-License-Identifier: Apache-2.0
// The official openai package. It is found through MODULES, the directory of node_modules.
import { createRequire } from 'node:module';
import * as c from './common.mjs';

const require = createRequire((process.env.MODULES ?? process.cwd()) + '/');
const { OpenAI } = require('openai');
const client = new OpenAI({ baseURL: c.BASE + '/v1', apiKey: 'sk-demo-not-a-key', maxRetries: 0,
			    defaultHeaders: c.DEMO ? { 'x-demo': c.DEMO } : {} });

for (let i = 0; i < c.CALLS; i++) {
	const call = new c.Call('openai-node');
	try {
		const answer = await client.chat.completions.create(c.body());
		if (c.STREAM)
			for await (const chunk of answer)
				call.event(chunk);
		else
			call.document(answer);
		call.done(200);
	} catch (e) {
		call.done(e.status, e);
	}
}
