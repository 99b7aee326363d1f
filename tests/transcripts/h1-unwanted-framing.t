# An unwanted body that looks like requests does not start any.
want /v1
>>>
POST /other HTTP/1.1
Host: a
Content-Length: 45

GET /v1/x HTTP/1.1
Host: a

GET /v1/x HTTP/1.1
<<<
HTTP/1.1 200 OK
Transfer-Encoding: chunked

11
HTTP/1.1 200 OK
\r\n\
0

>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 2

ok\
===
request 2 @3-3 GET /v1/b 11 host=a
request_end 2 @3
response 2 @4-4 200 11
response_body 2 @4-4 ok
response_end 2 @4
end 2 @4 ok
