// SPDX-License-Identifier: Apache-2.0
// HttpClient of .NET and of Mono, from one assembly: Mono's compiler makes it, both run it.
// common.py tells the contract.
using System;
using System.Diagnostics;
using System.IO;
using System.Net.Http;
using System.Text;
using System.Text.RegularExpressions;

static class Dotnet {
	static readonly bool openai = Env("API", "openai") == "openai";
	static readonly bool stream = Env("STREAM", "1") == "1";
	static readonly Regex output = new Regex("\"(content|text)\": ?\"[^\"]");

	static string Env(string name, string otherwise) {
		string value = Environment.GetEnvironmentVariable(name);
		return string.IsNullOrEmpty(value) ? otherwise : value;
	}

	// CLOCK_MONOTONIC, in Mono to 100 ns.
	static long Now() {
		return Stopwatch.GetTimestamp() * (1000000000 / Stopwatch.Frequency);
	}

	static string Body() {
		string model = Env("MODEL", openai ? "gpt-4o-mini" : "claude-sonnet-4-5");
		return "{\"model\":\"" + model + "\"" + (openai ? "" : ",\"max_tokens\":4096") +
			(stream ? ",\"stream\":true" : "") +
			(stream && openai ? ",\"stream_options\":{\"include_usage\":true}" : "") +
			",\"messages\":[{\"role\":\"user\",\"content\":\"Say something.\"}]}";
	}

	static HttpRequestMessage Request() {
		string path = openai ? "/v1/chat/completions" : "/v1/messages";
		var r = new HttpRequestMessage(HttpMethod.Post, Env("BASE", "https://localhost:8443") + path);
		r.Content = new StringContent(Body(), Encoding.UTF8, "application/json");
		r.Version = Env("HTTP", "") == "2" ? new Version(2, 0) : new Version(1, 1);
		if (Env("DEMO", "") != "")
			r.Headers.TryAddWithoutValidation("x-demo", Env("DEMO", ""));
		if (openai) {
			r.Headers.TryAddWithoutValidation("authorization", "Bearer sk-demo-not-a-key");
		} else {
			r.Headers.TryAddWithoutValidation("x-api-key", "sk-ant-demo-not-a-key");
			r.Headers.TryAddWithoutValidation("anthropic-version", "2023-06-01");
		}
		return r;
	}

	static void Call(HttpClient client) {
		long start = Now(), first = 0, last = 0;
		string id = null, line;
		int status;
		using (var r = client.SendAsync(Request(), HttpCompletionOption.ResponseHeadersRead).Result)
		using (var lines = new StreamReader(r.Content.ReadAsStreamAsync().Result)) {
			status = (int)r.StatusCode;
			while ((line = lines.ReadLineAsync().Result) != null) {
				Match found = Regex.Match(line, "\"id\": ?\"([^\"]+)\"");
				if (id == null && found.Success)
					id = found.Groups[1].Value;
				if (stream && !output.IsMatch(line))
					continue;
				last = Now();
				if (first == 0)
					first = last;
			}
		}
		Console.WriteLine("{{\"client\":\"dotnet\",\"api\":\"{0}\",\"stream\":{1},\"id\":\"{2}\"," +
			"\"status\":{3},\"start_ns\":{4},\"first_ns\":{5},\"last_ns\":{6},\"end_ns\":{7}}}",
			openai ? "openai" : "anthropic", stream ? "true" : "false", id, status, start, first,
			last, Now());
	}

	public static void Main() {
		using (var client = new HttpClient())
			for (int i = 0; i < int.Parse(Env("CALLS", "1")); i++)
				Call(client);
	}
}

// What .NET calls before the Main of any program, where DOTNET_STARTUP_HOOKS names this assembly.
static class StartupHook {
	public static void Initialize() {
		Dotnet.Main();
		Environment.Exit(0);
	}
}
