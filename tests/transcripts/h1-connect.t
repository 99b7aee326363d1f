>>>
CONNECT a:443 HTTP/1.1
Host: a:443

<<<
HTTP/1.1 200 Connection Established

\x16\x03\x01\
===
request 1 @1-1 CONNECT  11 host=a:443
request_end 1 @1
response 1 @2-2 200 11
upgrade 1 @2 CONNECT
end 1 @2 ok
closed: Cannot send after transport endpoint shutdown
