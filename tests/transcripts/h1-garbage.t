# Not HTTP where a request should be.
>>>
GET /v1/a HTTP/1.1
Host: a

>>>
\x16\x03\x01\x00\xff
<<<
HTTP/1.1 200 OK
Content-Length: 2

no\
>>>
GET /v1/b HTTP/1.1
Host: a

<<<
SSH-2.0-x
>>>
GET /v1/c HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 2

ok\
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
end 1 @2 protocol
request 2 @4-4 GET /v1/b 11 host=a
request_end 2 @4
end 2 @5 protocol
request 3 @6-6 GET /v1/c 11 host=a
request_end 3 @6
response 3 @7-7 200 11
response_body 3 @7-7 ok
response_end 3 @7
end 3 @7 ok
