# The same inside a chunk.
>>>
GET /v1/a HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Transfer-Encoding: chunked

10
0123\
---gap < 12
<<<

4
abcd
0

===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
response 1 @2-2 200 11
response_body 1 @2-2 0123
gap 1 response 12
response_body 1 @4-4 abcd
response_end 1 @4 gap
end 1 @4 ok
