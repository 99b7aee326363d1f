# The answer is incomplete when the connection ends.
>>>
GET /v1/a HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 100

some text\
---close unsure
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
response 1 @2-2 200 11
response_body 1 @2-2 some text
end 1 @3 unanswered
