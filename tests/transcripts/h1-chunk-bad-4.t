>>>
GET /v1/a HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Transfer-Encoding: chunked

2
ab
 5
hello
0

>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 2

ok\
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
response 1 @2-2 200 11
response_body 1 @2-2 ab
end 1 @2 protocol
request 2 @3-3 GET /v1/b 11 host=a
request_end 2 @3
response 2 @4-4 200 11
response_body 2 @4-4 ok
response_end 2 @4
end 2 @4 ok
