# Forgotten requests are answered after all: whose answers these are is open.
want /v1
>>>
GET /other HTTP/1.1
Host: a

>>>
GET /other HTTP/1.1
Host: a

>>>
GET /other HTTP/1.1
Host: a

>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 4

no, \
===
request 4 @4-4 GET /v1/b 11 host=a
request_end 4 @4
end 4 @5 lost
