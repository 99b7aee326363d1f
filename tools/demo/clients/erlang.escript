#!/usr/bin/env escript
%% SPDX-License-Identifier: Apache-2.0
%% Erlang's own httpc and TLS, which Elixir's clients use too; common.py tells the contract.
-mode(compile).

env(Name, Otherwise) ->
    case os:getenv(Name) of
        Value when Value =:= false; Value =:= "" -> Otherwise;
        Value -> Value
    end.

%% The runtime's own monotonic time counts from elsewhere.
now_ns() ->
    os:system_time(nanosecond) - list_to_integer(env("REALTIME_AHEAD", "0")).

headers("openai") -> [{"authorization", "Bearer sk-demo-not-a-key"}];
headers(_) -> [{"x-api-key", "sk-ant-demo-not-a-key"}, {"anthropic-version", "2023-06-01"}].

path("openai") -> "/v1/chat/completions";
path(_) -> "/v1/messages".

body(Api, Stream) ->
    Model = env("MODEL", case Api of "openai" -> "gpt-4o-mini"; _ -> "claude-sonnet-4-5" end),
    ["{\"model\":\"", Model, "\",\"max_tokens\":4096",
     case Stream of true -> ",\"stream\":true"; false -> "" end,
     case {Stream, Api} of
         {true, "openai"} -> ",\"stream_options\":{\"include_usage\":true}";
         _ -> ""
     end,
     ",\"messages\":[{\"role\":\"user\",\"content\":\"Say something.\"}]}"].

%% {Status, all of the answer, when its first token came, and its last}
answer(Ref, Stream, Text, First, Last) ->
    receive
        {http, {Ref, stream_start, _}} -> answer(Ref, Stream, Text, First, Last);
        {http, {Ref, stream, Part}} ->
            Output = not Stream orelse
                re:run(Part, "\"(content|text)\": ?\"[^\"]") =/= nomatch,
            At = case Output of true -> now_ns(); false -> Last end,
            answer(Ref, Stream, [Text, Part], case First of 0 -> At; _ -> First end, At);
        {http, {Ref, stream_end, _}} -> {200, Text, First, Last};
        {http, {Ref, {{_, Status, _}, _, Whole}}} -> {Status, Whole, First, Last}
    end.

call(Api, Stream) ->
    Start = now_ns(),
    Tls = [{verify, verify_peer}, {cacertfile, os:getenv("SSL_CERT_FILE")}],
    Url = env("BASE", "https://localhost:8443") ++ path(Api),
    Headers = [{"x-demo", env("DEMO", "x=1")} | headers(Api)],
    {ok, Ref} = httpc:request(post, {Url, Headers, "application/json",
                                     iolist_to_binary(body(Api, Stream))},
                              [{ssl, Tls}], [{sync, false}, {stream, self}]),
    {Status, Text, First, Last} = answer(Ref, Stream, [], 0, 0),
    Id = case re:run(Text, "\"id\": ?\"([^\"]+)\"", [{capture, [1], binary}]) of
             {match, [Found]} -> Found;
             nomatch -> ""
         end,
    io:format("{\"client\":\"erlang\",\"id\":\"~s\",\"status\":~b,\"start_ns\":~b,"
              "\"first_ns\":~b,\"last_ns\":~b,\"end_ns\":~b}~n",
              [Id, Status, Start, First, Last, now_ns()]).

main(_) ->
    [{ok, _} = application:ensure_all_started(A) || A <- [ssl, inets]],
    Api = env("API", "openai"),
    Stream = env("STREAM", "1") =:= "1",
    [call(Api, Stream) || _ <- lists:seq(1, list_to_integer(env("CALLS", "1")))].
