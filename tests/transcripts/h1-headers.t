# What is told of a head.
headers
>>>
POST /v1/a?x=1&key=sk-1&api_key=2&y=&X-Amz-Signature=3#frag HTTP/1.1
hOsT:api.example.com:8443
Authorization: Bearer sk-2
Cookie: a=b
X-Empty:
X-Twice: 1
x-twice:\t 2 \t
Referer: https://h/p?token=t&z=1
X-Colon: a:b

<<<
HTTP/1.1 200
Set-Cookie: secret
Location: /x?sig=abc
Content-Length: 0

===
request 1 @1-1 POST /v1/a?x=1&key=&api_key=&y=&X-Amz-Signature= 11 host=api.example.com:8443
  key
  hOsT: api.example.com:8443
  Authorization: 
  Cookie: 
  X-Empty: 
  X-Twice: 1
  x-twice: 2
  Referer: https://h/p?token=&z=1
  X-Colon: a:b
request_end 1 @1
response 1 @2-2 200 11
  Set-Cookie: 
  Location: /x?sig=
  Content-Length: 0
response_end 1 @2
end 1 @2 ok
