// SPDX-License-Identifier: Apache-2.0
// The official @anthropic-ai/sdk package, found through MODULES.
import { createRequire } from 'node:module';
import * as c from './common.mjs';

const require = createRequire((process.env.MODULES ?? process.cwd()) + '/');
const { Anthropic } = require('@anthropic-ai/sdk');
const client = new Anthropic({ baseURL: c.BASE, apiKey: 'sk-ant-demo-not-a-key', maxRetries: 0,
			       defaultHeaders: c.DEMO ? { 'x-demo': c.DEMO } : {} });

for (let i = 0; i < c.CALLS; i++) {
	const call = new c.Call('anthropic-node');
	try {
		const answer = await client.messages.create(c.body());
		if (c.STREAM)
			for await (const event of answer)
				call.event(event);
		else
			call.document(answer);
		call.done(200);
	} catch (e) {
		call.done(e.status, e);
	}
}
