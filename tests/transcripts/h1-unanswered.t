>>>
GET /v1/a HTTP/1.1
Host: a

---close server
===
request 1 @1-1 GET /v1/a 11 host=a
request_end 1 @1
end 1 @2 server
