// SPDX-License-Identifier: Apache-2.0
// Makes the calls of a plan over one HTTP/2 connection, see test_join.py.
import fs from 'node:fs';
import http2 from 'node:http2';
import readline from 'node:readline';

const plan = JSON.parse(fs.readFileSync(process.env.PLAN));
const session = http2.connect(process.env.BASE, { ca: fs.readFileSync(process.env.SSL_CERT_FILE) });
let good = 0;

const one = (call) => new Promise((done) => {
	const stream = session.request({ ':method': 'POST', ':path': call.path, ...call.headers });
	let status, bytes = 0;
	stream.on('response', (headers) => { status = headers[':status']; });
	stream.on('data', (data) => { bytes += data.length; });
	stream.on('error', (e) => { console.error(String(e)); });
	stream.on('close', () => { good += status === 200 && bytes > 0; done(); });
	stream.end(call.body);
});

for (const call of plan.first)
	await one(call);
console.log('joined');
await new Promise((go) => readline.createInterface({ input: process.stdin }).once('line', go));
while (plan.then.length)
	await Promise.all(plan.then.splice(0, 5).map(one));
console.log(JSON.stringify({ good, connections: 1 }));
session.close();
process.stdin.destroy();
