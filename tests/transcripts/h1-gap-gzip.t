# Coded bytes that follow a loss cannot be decoded.
>>>
GET /v1/a HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Encoding: gzip
Content-Length: 50

\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\
---gap < 10
<<<
\*30{z}\
>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 0

===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
response 1 @2-2 200 11
gap 1 response 10
response_end 1 @4 gap
end 1 @4 ok
request 2 @5-5 GET /v1/b 11 host=a
request_end 2 @5
response 2 @6-6 200 11
response_end 2 @6
end 2 @6 ok
