// SPDX-License-Identifier: Apache-2.0
// An HTTP/2 server over TLS that passes everything on to UPSTREAM (https://host:port) and answers
// back as it comes. Takes the provider's arguments --dir and --life; prints READY as it does.
import fs from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';

const arg = (name) => process.argv[process.argv.indexOf(name) + 1];
const dir = arg('--dir');
const upstream = new URL(process.env.UPSTREAM);
const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
const dropped = ['connection', 'transfer-encoding', 'keep-alive', 'host'];
const keep = (headers) => Object.fromEntries(
	Object.entries(headers).filter(([k]) => !k.startsWith(':') && !dropped.includes(k)));

const server = http2.createSecureServer({
	cert: fs.readFileSync(dir + '/cert.pem'), key: fs.readFileSync(dir + '/key.pem'),
	allowHTTP1: true,
}, (request, response) => {
	const onward = https.request({
		agent, host: upstream.hostname, port: upstream.port, method: request.method,
		path: request.url, headers: keep(request.headers),
	}, (answer) => {
		response.writeHead(answer.statusCode, keep(answer.headers));
		answer.pipe(response);
	});
	onward.on('error', () => response.stream?.close());
	request.pipe(onward);
});
server.listen(0, '127.0.0.1', () =>
	console.log(`READY port=${server.address().port} ca=${dir}/ca.pem`));
setTimeout(() => process.exit(0), Number(arg('--life')) * 1000);
