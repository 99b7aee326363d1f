# Content coding, then chunked; and one that is not what it says.
>>>
GET /v1/a HTTP/1.1
Host: a
Accept-Encoding: gzip

<<<
HTTP/1.1 200 OK
Content-Encoding: gzip
Content-Length: 40

\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x49\x2c\x49\xb4\x52\xa8\x56\xaa\x50\xb2\x32\xac\xe5\xe2\x4a\x19\xe5\xe2\xe6\x02\x00\x91\xa1\x47\xb2\x2c\x01\x00\x00\
>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Encoding: gzip
Content-Length: 7

{"a":1}\
>>>
GET /v1/c HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Encoding: x-unknown
Content-Length: 7

{"a":1}\
>>>
GET /v1/d HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Transfer-Encoding: gzip, chunked

28
\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x49\x2c\x49\xb4\x52\xa8\x56\xaa\x50\xb2\x32\xac\xe5\xe2\x4a\x19\xe5\xe2\xe6\x02\x00\x91\xa1\x47\xb2\x2c\x01\x00\x00
0

>>>
GET /v1/e HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Encoding: gzip
Content-Length: 7

<html/>\
>>>
GET /v1/f HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Encoding: gzip
Content-Length: 36

\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x49\x2c\x49\xb4\x52\xa8\x56\xaa\x50\xb2\x32\xac\xe5\xe2\x4a\x19\xe5\xe2\xe6\x02\x00\x91\xa1\x47\xb2\
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
response 1 @2-2 200 11
response_body 1 @2-2 300 bytes 222a005085dbf381
response_end 1 @2
end 1 @2 ok
request 2 @3-3 GET /v1/b 11 host=a
request_end 2 @3
response 2 @4-4 200 11
response_body 2 @4-4 {"a":1}
response_end 2 @4
end 2 @4 ok
request 3 @5-5 GET /v1/c 11 host=a
request_end 3 @5
response 3 @6-6 200 11
response_end 3 @6 coding
end 3 @6 ok
request 4 @7-7 GET /v1/d 11 host=a
request_end 4 @7
response 4 @8-8 200 11
response_body 4 @8-8 300 bytes 222a005085dbf381
response_end 4 @8
end 4 @8 ok
request 5 @9-9 GET /v1/e 11 host=a
request_end 5 @9
response 5 @10-10 200 11
response_end 5 @10 coding
end 5 @10 ok
request 6 @11-11 GET /v1/f 11 host=a
request_end 6 @11
response 6 @12-12 200 11
response_body 6 @12-12 300 bytes 222a005085dbf381
response_end 6 @12 coding
end 6 @12 ok
