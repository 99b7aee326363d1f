# Extensions, both cases of hex digits, leading zeros, trailers.
>>>
POST /v1/a HTTP/1.1
Host: a
Transfer-Encoding: Chunked

5;name=value;q="x y"
hello\r\n\
0
X-Trailer: 1

<<<
HTTP/1.1 200 OK
Transfer-Encoding: chunked
Content-Type: text/event-stream

000A \r\n0123456789\r\n\
<<<
1a
abcdefghijklmnopqrstuvwxyz
1A
ABCDEFGHIJKLMNOPQRSTUVWXYZ
<<<
0
Server-Timing: x

>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 1

x\
===
request 1 @1-1 POST /v1/a 11 host=a
request_body 1 @1-1 hello
request_end 1 @1
response 1 @2-2 200 11
response_body 1 @2-3 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ
response_end 1 @4
end 1 @4 ok
request 2 @5-5 GET /v1/b 11 host=a
request_end 2 @5
response 2 @6-6 200 11
response_body 2 @6-6 x
response_end 2 @6
end 2 @6 ok
