>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 5 5

hello\
>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 0

===
request 1 @1-1 POST /v1/a 11 host=a
end 1 @1 protocol
request 2 @2-2 GET /v1/b 11 host=a
request_end 2 @2
response 2 @3-3 200 11
response_end 2 @3
end 2 @3 ok
