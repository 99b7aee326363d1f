# The end of a request is lost, no answer is seen.
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 20

abcde\
---gap > 100
---close server
===
request 1 @1-1 POST /v1/a 11 host=a
request_body 1 @1-1 abcde
gap 1 request 100
request_end 1 @2 gap
end 1 @3 lost
