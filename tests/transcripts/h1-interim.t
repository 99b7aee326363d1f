# 100, 102 and 103 say nothing of the exchange.
>>>
POST /v1/a HTTP/1.1
Host: a
Expect: 100-continue
Content-Length: 3

<<<
HTTP/1.1 100 Continue

>>>
abc\
<<<
HTTP/1.1 103 Early Hints
Link: </style.css>

HTTP/1.1 200 OK
Content-Length: 2

ok\
===
request 1 @1-1 POST /v1/a 11 host=a
request_body 1 @3-3 abc
request_end 1 @3
response 1 @4-4 200 11
response_body 1 @4-4 ok
response_end 1 @4
end 1 @4 ok
