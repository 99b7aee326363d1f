# A repeated equal value is tolerated.
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 5, 5
Content-Length: 5

hello\
<<<
HTTP/1.1 200 OK
Content-Length: 0

===
request 1 @1-1 POST /v1/a 11 host=a
request_body 1 @1-1 hello
request_end 1 @1
response 1 @2-2 200 11
response_end 1 @2
end 1 @2 ok
