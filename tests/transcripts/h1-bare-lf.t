# Most servers and clients take LF alone for a line's end.
>>>
POST /v1/a HTTP/1.1\nHost: a\nContent-Length: 2\n\nhi\
<<<
HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\n\n\
===
request 1 @1-1 POST /v1/a 11 host=a
request_body 1 @1-1 hi
request_end 1 @1
response 1 @2-2 200 11
response_body 1 @2-2 ok
response_end 1 @2
end 1 @2 ok
