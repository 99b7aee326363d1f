# A request's head is lost: its answer is nobody's.
>>>
POST /v1/a HTTP/1.1
Host: a
\
---gap > 100
<<<
HTTP/1.1 200 OK
Content-Length: 2

ok\
>>>
POST /v1/b HTTP/1.1
Host: a
Content-Length: 2

hi\
<<<
HTTP/1.1 202 OK
Content-Length: 2

ok\
===
request 1 @4-4 POST /v1/b 11 host=a
request_body 1 @4-4 hi
request_end 1 @4
response 1 @5-5 202 11
response_body 1 @5-5 ok
response_end 1 @5
end 1 @5 ok
