# Headers past a limit are left out, those that frame still count.
headers
limit header_value 8
limit headers 3
>>>
POST /v1/a HTTP/1.1
Host: a
X-Long: 12345678901234567890
X-Three: 3
X-Four: 4
Content-Length: 2

hi\
<<<
HTTP/1.1 200 OK
X-A: \*2000{z}
X-B: 2
X-\*3000{y}: 3
Transfer-Encoding: chunked

2
ok
0

===
request 1 @1-1 POST /v1/a 11 host=a
  truncated
  Host: a
  X-Long: 12345678
  X-Three: 3
request_body 1 @1-1 hi
request_end 1 @1
response 1 @2-2 200 11
  truncated
  X-A: zzzzzzzz
  X-B: 2
  Transfer-Encoding: chunked
response_body 1 @2-2 ok
response_end 1 @2
end 1 @2 ok
