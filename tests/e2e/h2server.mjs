// SPDX-License-Identifier: Apache-2.0
// An HTTP/2 server over TLS, with a certificate from DIR, that answers a chat completion.
// Takes the provider's arguments --dir and --life; prints READY as it does.
import fs from 'node:fs';
import http2 from 'node:http2';

const arg = (name) => process.argv[process.argv.indexOf(name) + 1];
const dir = arg('--dir');
const server = http2.createSecureServer({
	cert: fs.readFileSync(dir + '/cert.pem'), key: fs.readFileSync(dir + '/key.pem'),
});
server.on('stream', (stream) => {
	stream.respond({ ':status': 200, 'content-type': 'application/json' });
	stream.end(JSON.stringify({ id: 'chatcmpl-h2', model: 'gpt-4o-mini', choices: [
		{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
		usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
});
server.listen(0, '127.0.0.1', () =>
	console.log(`READY port=${server.address().port} ca=${dir}/ca.pem`));
setTimeout(() => process.exit(0), Number(arg('--life')) * 1000);
