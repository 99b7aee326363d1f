# absolute-form, asterisk-form
>>>
GET http://user:pass@b:80/v1/a?q#f HTTP/1.1
Host: a

<<<
HTTP/1.1 204 x

>>>
OPTIONS * HTTP/1.1
Host: a

<<<
HTTP/1.1 204 x

>>>
GET http://b HTTP/1.1
Host: a

<<<
HTTP/1.1 204 x

>>>
GET /http://c?http://d HTTP/1.9
Host: a

<<<
HTTP/1.1 204 x

===
request 1 @1-1 GET /v1/a?q 11 host=b:80
request_end 1 @1
response 1 @2-2 204 11
response_end 1 @2
end 1 @2 ok
request 2 @3-3 OPTIONS * 11 host=a
request_end 2 @3
response 2 @4-4 204 11
response_end 2 @4
end 2 @4 ok
request 3 @5-5 GET / 11 host=b
request_end 3 @5
response 3 @6-6 204 11
response_end 3 @6
end 3 @6 ok
request 4 @7-7 GET /http://c?http://d 11 host=a
request_end 4 @7
response 4 @8-8 204 11
response_end 4 @8
end 4 @8 ok
