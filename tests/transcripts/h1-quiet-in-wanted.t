# Nobody agreed to leave out a wanted body: that is a loss.
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 10

abc\
---quiet >
<<<
HTTP/1.1 200 OK
Content-Length: 2

o\
---quiet <
>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 2

ok\
===
request 1 @1-1 POST /v1/a 11 host=a
request_body 1 @1-1 abc
gap 1 request 0
request_end 1 @2 gap
response 1 @3-3 200 11
response_body 1 @3-3 o
gap 1 response 0
end 1 @5 lost
request 2 @5-5 GET /v1/b 11 host=a
request_end 2 @5
response 2 @6-6 200 11
response_body 2 @6-6 ok
response_end 2 @6
end 2 @6 ok
