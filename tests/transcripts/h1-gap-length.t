# Bytes that are missing inside a body of known length cost nothing but themselves.
>>>
POST /v1/a HTTP/1.1
Host: a
Content-Length: 20

abcde\
---gap > 10
>>>
vwxyz\
<<<
HTTP/1.1 200 OK
Content-Length: 20

01234\
---gap < 5
<<<
56789\
---gap < 5
>>>
GET /v1/b HTTP/1.1
Host: a

<<<
HTTP/1.1 200 OK
Content-Length: 0

===
request 1 @1-1 POST /v1/a 11 host=a
request_body 1 @1-1 abcde
gap 1 request 10
request_body 1 @3-3 vwxyz
request_end 1 @3 gap
response 1 @4-4 200 11
response_body 1 @4-4 01234
gap 1 response 5
response_body 1 @6-6 56789
gap 1 response 5
response_end 1 @7 gap
end 1 @7 ok
request 2 @8-8 GET /v1/b 11 host=a
request_end 2 @8
response 2 @9-9 200 11
response_end 2 @9
end 2 @9 ok
