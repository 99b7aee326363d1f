# WebSocket: what follows are messages, the first of them in the bytes of the answer's head.
headers
>>>
GET /v1/realtime?model=m&token=s HTTP/1.1
Host: a
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.s

---unwanted no
<<<
HTTP/1.1 101 Switching Protocols
Upgrade: WebSocket
Connection: Upgrade

\x81\x05hello\
>>>
\x81\x82\x00\x00\x00\x00hi\x01\x81\x01\x02\x03\x04`\
---unwanted no
<<<
\x89\x00\x02\x03one\
>>>
\x80\x81\x00\x00\x00\x00b\
<<<
\x80\x04 two\
---unwanted no
---close server
===
request 1 @1-1 GET /v1/realtime?model=m&token= 11 host=a
  Host: a
  Connection: Upgrade
  Upgrade: websocket
  Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
  Sec-WebSocket-Protocol: 
request_end 1 @1
response 1 @3-3 101 11
  Upgrade: WebSocket
  Connection: Upgrade
upgrade 1 @3 websocket
message 1 response @3-3 hello
message 1 request @4-4 hi
message 1 request part @4-4 a
message 1 response part @6-6 one
message 1 request @7-7 b
message 1 response @8-8  two
end 1 @10 server
