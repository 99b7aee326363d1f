>>>
CONNECT a:443 HTTP/1.1
Host: a:443

<<<
HTTP/1.1 407 Proxy Authentication Required
Content-Length: 2

no\
>>>
CONNECT a:443 HTTP/1.1
Host: a:443
Proxy-Authorization: Basic Zm9v

<<<
HTTP/1.1 200 OK

===
request 1 @1-1 CONNECT  11 host=a:443
request_end 1 @1
response 1 @2-2 407 11
response_body 1 @2-2 no
response_end 1 @2
end 1 @2 ok
request 2 @3-3 CONNECT  11 host=a:443
request_end 2 @3
response 2 @4-4 200 11
upgrade 2 @4 CONNECT
end 2 @4 ok
closed: Cannot send after transport endpoint shutdown
