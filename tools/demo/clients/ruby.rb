# SPDX-License-Identifier: Apache-2.0
# Ruby's own Net::HTTP; common.py tells the contract.
require 'json'
require 'net/http'
require 'uri'

API = ENV['API'] || 'openai'
STREAM = (ENV['STREAM'] || '1') == '1'
URL = URI(ENV['BASE'] + (API == 'openai' ? '/v1/chat/completions' : '/v1/messages'))

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
end

def output_of(event)
  return event.dig('delta', 'text').to_s if API == 'anthropic'

  event.dig('choices', 0, 'delta', 'content').to_s
end

def finish_of(event)
  API == 'anthropic' ? event.dig('delta', 'stop_reason') : event.dig('choices', 0, 'finish_reason')
end

headers = { 'content-type' => 'application/json' }
headers['x-demo'] = ENV['DEMO'] if ENV['DEMO']
if API == 'openai'
  headers['authorization'] = 'Bearer sk-demo-not-a-key'
else
  headers.merge!('x-api-key' => 'sk-ant-demo-not-a-key', 'anthropic-version' => '2023-06-01')
end
body = { model: ENV['MODEL'] || (API == 'openai' ? 'gpt-4o-mini' : 'claude-sonnet-4-5'),
         messages: [{ role: 'user', content: ENV['PROMPT'] || 'Say something.' }] }
body[:max_tokens] = 4096 if API == 'anthropic'
body[:stream] = true if STREAM
body[:stream_options] = { include_usage: true } if STREAM && API == 'openai'

Net::HTTP.start(URL.host, URL.port, use_ssl: true) do |http|
  (ENV['CALLS'] || 1).to_i.times do
    line = { client: 'ruby', api: API, stream: STREAM, start_ns: now }
    request = Net::HTTP::Post.new(URL.path, headers)
    request.body = body.to_json
    http.request(request) do |answer|
      line[:status] = answer.code.to_i
      rest = +''
      answer.read_body do |piece|
        rest << piece
        while STREAM && (text = rest.slice!(/\A.*?\r?\n/m))
          next unless text =~ /\Adata: ?(\{.*)/

          event = JSON.parse($1)
          line[:id] = event['id'] || event.dig('message', 'id') || line[:id]
          line[:finish] = finish_of(event) || line[:finish]
          next if output_of(event).empty?

          line[:last_ns] = now
          line[:first_ns] ||= line[:last_ns]
        end
      end
      unless STREAM
        line[:first_ns] = line[:last_ns] = now
        line[:id] = JSON.parse(rest)['id']
      end
    end
    line[:end_ns] = now
    puts line.to_json
    $stdout.flush
  end
end
