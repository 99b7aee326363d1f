# RFC 9112, 6.3: unrecoverable. What follows is found again by its beginning.
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 5
Content-Length: 6

helloX\
<<<
HTTP/1.1 400 Bad Request
Content-Length: 3

bad\
>>>
POST /v1/b HTTP/1.1
Host: a
Content-Length: 2

ok\
<<<
HTTP/1.1 200 OK
Content-Length: 4

good\
===
request 1 @1-1 POST /v1/a 11 host=a
end 1 @1 protocol
request 2 @3-3 POST /v1/b 11 host=a
request_body 2 @3-3 ok
request_end 2 @3
response 2 @4-4 200 11
response_body 2 @4-4 good
response_end 2 @4
end 2 @4 ok
