# Compressed messages: those of the server refer to earlier ones.
>>>
GET /v1/responses HTTP/1.1
Host: a
Upgrade: websocket
Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits

<<<
HTTP/1.1 101 Switching Protocols
Upgrade: websocket
Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover

>>>
\xc1\x87\x00\x00\x00\x00\xf2\x48\xcd\xc9\xc9\x07\x00\
>>>
\xc1\x87\x00\x00\x00\x00\xf2\x48\xcd\xc9\xc9\x07\x00\
<<<
\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00\
---close process
===
request 1 @1-1 GET /v1/responses 11 host=a
request_end 1 @1
response 1 @2-2 101 11
upgrade 1 @2 websocket
message 1 request @3-3 Hello
message 1 request @4-4 Hello
message 1 response @5-5 Hello
message 1 response @5-5 Hello
end 1 @6 process
