// SPDX-License-Identifier: Apache-2.0
// node's https module with a keep-alive agent.
import https from 'node:https';
import * as c from './common.mjs';

const agent = new https.Agent({ keepAlive: true });

function one() {
	return new Promise((resolve, reject) => {
		const call = new c.Call('node-https');
		const request = https.request(c.URL_, { method: 'POST', headers: c.headers(), agent },
			(r) => {
				let whole = '';
				r.on('data', (d) => {
					if (c.STREAM && r.statusCode === 200)
						call.bytes(d);
					else
						whole += d;
				});
				r.on('end', () => {
					if (whole)
						call.document(JSON.parse(whole));
					call.done(r.statusCode);
					resolve();
				});
			});
		request.on('error', reject);
		request.end(JSON.stringify(c.body()));
	});
}

for (let i = 0; i < c.CALLS; i++)
	await one();
agent.destroy();
