// SPDX-License-Identifier: Apache-2.0
// What the node clients share; common.py tells the contract.
const env = process.env;
export const BASE = env.BASE ?? 'https://localhost:8443';
export const API = env.API ?? 'openai';
export const STREAM = (env.STREAM ?? '1') === '1';
export const MODEL = env.MODEL || (API === 'openai' ? 'gpt-4o-mini' : 'claude-sonnet-4-5');
export const CALLS = Number(env.CALLS ?? 1);
export const DEMO = env.DEMO ?? '';
const PROMPT = env.PROMPT ?? 'Say something about probes, in one sentence.';
export const URL_ = BASE + (API === 'openai' ? '/v1/chat/completions' : '/v1/messages');

export function body() {
	const b = { model: MODEL, messages: [{ role: 'user', content: PROMPT }] };
	if (API === 'anthropic')
		b.max_tokens = 4096;
	if (STREAM) {
		b.stream = true;
		if (API === 'openai')
			b.stream_options = { include_usage: true };
	}
	return b;
}

export function headers() {
	const h = { 'content-type': 'application/json', cookie: 'session=demo-not-a-key' };
	if (DEMO)
		h['x-demo'] = DEMO;
	if (API === 'openai')
		h.authorization = 'Bearer sk-demo-not-a-key';
	else
		Object.assign(h, { 'x-api-key': 'sk-ant-demo-not-a-key',
				   'anthropic-version': '2023-06-01' });
	return h;
}

// node's hrtime is CLOCK_MONOTONIC on Linux; that of bun and deno begins when they do, and says
// nothing of others' times. Who wants to compare them tells how far CLOCK_REALTIME is ahead of
// CLOCK_MONOTONIC, in nanoseconds: then hrtime is related to it at the edge of a millisecond.
// Numbers: 2^53 ns are 104 days of uptime.
const hrtime = () => Number(process.hrtime.bigint());

function shift() {
	let best = -Infinity;
	if (!env.REALTIME_AHEAD)
		return process.versions.bun || process.versions.deno ? undefined : 0;
	// Whoever is late at an edge is off in one direction only.
	for (let n = 0; n < 20; n++) {
		const last = Date.now();
		let edge;
		do
			edge = Date.now();
		while (edge === last);
		best = Math.max(best, Number(BigInt(edge) * 1000000n - BigInt(env.REALTIME_AHEAD)) -
				      hrtime());
	}
	return best;
}

const shifted = shift();
const now = () => shifted === undefined ? undefined : hrtime() + shifted;

function outputOf(e) {
	if (API === 'openai') {
		for (const c of e.choices ?? []) {
			if (c.delta?.content)
				return c.delta.content;
			for (const t of c.delta?.tool_calls ?? [])
				if (t.function?.arguments)
					return t.function.arguments;
		}
		return '';
	}
	return e.delta?.text || e.delta?.partial_json || e.delta?.thinking || '';
}

export class Call {
	constructor(client) {
		this.r = { client, api: API, stream: STREAM, start_ns: now() };
		this.text = '';
		this.rest = '';
		this.decoder = new TextDecoder();
	}
	event(e) {
		const t = now();
		if (API === 'openai') {
			this.r.id = e.id || this.r.id;
			for (const c of e.choices ?? [])
				this.r.finish = c.finish_reason || this.r.finish;
		} else {
			if (e.type === 'message_start')
				this.r.id = e.message.id;
			if (e.type === 'message_delta')
				this.r.finish = e.delta.stop_reason;
		}
		const text = outputOf(e);
		if (text) {
			this.r.first_ns ??= t;
			this.r.last_ns = t;
			this.text += text;
		}
	}
	// Bytes of an SSE stream.
	bytes(chunk) {
		const lines = (this.rest + this.decoder.decode(chunk, { stream: true })).split(/\r?\n/);
		this.rest = lines.pop();
		for (const line of lines) {
			const data = line.startsWith('data:') ? line.slice(5).trim() : '';
			if (data && data !== '[DONE]')
				this.event(JSON.parse(data));
		}
	}
	document(d) {
		this.r.first_ns = this.r.last_ns = now();
		this.r.id = d.id;
		if (API === 'openai') {
			for (const c of d.choices ?? []) {
				this.r.finish = c.finish_reason;
				this.text += c.message?.content ?? '';
			}
		} else {
			this.r.finish = d.stop_reason;
			for (const b of d.content ?? [])
				this.text += b.text ?? '';
		}
	}
	done(status, error) {
		Object.assign(this.r, { end_ns: now(), status, text: this.text.length });
		if (error)
			this.r.error = String(error).slice(0, 200);
		console.log(JSON.stringify(this.r));
	}
}
