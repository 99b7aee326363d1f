headers
limit head_bytes 200
>>>
POST /v1/a HTTP/1.1
Host: a
X-A: \*100{a}
X-B: \*100{b}
X-C: c
Content-Length: 2

hi\
<<<
HTTP/1.1 200 OK
Content-Length: 2

ok\
>>>
POST /v1/\*300{x} HTTP/1.1
Host: a

>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 2

ok\
===
request 1 @1-1 POST /v1/a 11 host=a
  truncated
  Host: a
  X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  X-C: c
  Content-Length: 2
request_body 1 @1-1 hi
request_end 1 @1
response 1 @2-2 200 11
  Content-Length: 2
response_body 1 @2-2 ok
response_end 1 @2
end 1 @2 ok
request 2 @4-4 GET /v1/b 11 host=a
  Host: a
request_end 2 @4
response 2 @5-5 200 11
  Content-Length: 2
response_body 2 @5-5 ok
response_end 2 @5
end 2 @5 ok
