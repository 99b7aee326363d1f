# The same, but the client stops sending.
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 10

abc\
<<<
HTTP/1.1 413 Too Large
Content-Length: 2

no\
---close client
===
request 1 @1-1 POST /v1/a 11 host=a
request_body 1 @1-1 abc
response 1 @2-2 413 11
response_body 1 @2-2 no
response_end 1 @2
end 1 @3 ok
