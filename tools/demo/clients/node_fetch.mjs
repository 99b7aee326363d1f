// SPDX-License-Identifier: Apache-2.0
// The fetch that node brings.
import * as c from './common.mjs';

for (let i = 0; i < c.CALLS; i++) {
	const call = new c.Call('node-fetch');
	const r = await fetch(c.URL_, { method: 'POST', headers: c.headers(),
					body: JSON.stringify(c.body()) });
	if (c.STREAM && r.status === 200)
		for await (const chunk of r.body)
			call.bytes(chunk);
	else
		call.document(await r.json());
	call.done(r.status);
}
