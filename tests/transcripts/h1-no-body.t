# HEAD, 204 and 304 have none, whatever they say.
>>>
HEAD /v1/a HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 1000

>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 304 Not Modified
Content-Length: 1000

>>>
DELETE /v1/c HTTP/1.1
Host: a

<<<
HTTP/1.1 204 No Content
Transfer-Encoding: chunked

>>>
GET /v1/d HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 2

ok\
===
request 1 @1-1 HEAD /v1/a 11 host=a
request_end 1 @1
response 1 @2-2 200 11
response_end 1 @2
end 1 @2 ok
request 2 @3-3 GET /v1/b 11 host=a
request_end 2 @3
response 2 @4-4 304 11
response_end 2 @4
end 2 @4 ok
request 3 @5-5 DELETE /v1/c 11 host=a
request_end 3 @5
response 3 @6-6 204 11
response_end 3 @6
end 3 @6 ok
request 4 @7-7 GET /v1/d 11 host=a
request_end 4 @7
response 4 @8-8 200 11
response_body 4 @8-8 ok
response_end 4 @8
end 4 @8 ok
