<?php
// SPDX-License-Identifier: Apache-2.0
// PHP's own HTTPS streams; common.py tells the contract.
$api = getenv('API') ?: 'openai';
$stream = (getenv('STREAM') === false ? '1' : getenv('STREAM')) === '1';
$url = getenv('BASE') . ($api === 'openai' ? '/v1/chat/completions' : '/v1/messages');
$headers = ['content-type: application/json'];
if (getenv('DEMO'))
	$headers[] = 'x-demo: ' . getenv('DEMO');
if ($api === 'openai')
	$headers[] = 'authorization: Bearer sk-demo-not-a-key';
else
	array_push($headers, 'x-api-key: sk-ant-demo-not-a-key', 'anthropic-version: 2023-06-01');
$body = ['model' => getenv('MODEL') ?: ($api === 'openai' ? 'gpt-4o-mini' : 'claude-sonnet-4-5'),
	 'messages' => [['role' => 'user', 'content' => getenv('PROMPT') ?: 'Say something.']]];
if ($api === 'anthropic')
	$body['max_tokens'] = 4096;
if ($stream)
	$body['stream'] = true;
if ($stream && $api === 'openai')
	$body['stream_options'] = ['include_usage' => true];

for ($i = 0; $i < (int)(getenv('CALLS') ?: 1); $i++) {
	$line = ['client' => 'php', 'api' => $api, 'stream' => $stream, 'start_ns' => hrtime(true)];
	$answer = fopen($url, 'r', false, stream_context_create([
		'http' => ['method' => 'POST', 'header' => $headers, 'protocol_version' => '1.1',
			   'content' => json_encode($body), 'ignore_errors' => true],
		'ssl' => ['cafile' => getenv('SSL_CERT_FILE')]]));
	if ($answer === false)
		exit(1);
	$line['status'] = (int)explode(' ', stream_get_meta_data($answer)['wrapper_data'][0])[1];
	if ($stream) {
		while (($text = fgets($answer)) !== false) {
			if (!preg_match('/^data: ?(\{.*)/', $text, $m))
				continue;
			$event = json_decode($m[1], true);
			$line['id'] = $event['id'] ?? $event['message']['id'] ?? $line['id'] ?? null;
			$said = $event['delta']['text'] ?? $event['choices'][0]['delta']['content'] ?? '';
			if ($said !== '') {
				$line['last_ns'] = hrtime(true);
				$line['first_ns'] ??= $line['last_ns'];
			}
		}
	} else {
		$line['id'] = json_decode(stream_get_contents($answer), true)['id'] ?? null;
		$line['first_ns'] = $line['last_ns'] = hrtime(true);
	}
	fclose($answer);
	$line['end_ns'] = hrtime(true);
	echo json_encode($line), "\n";
}
