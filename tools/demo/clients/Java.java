// SPDX-License-Identifier: Apache-2.0
// Java's own HttpClient; common.py tells the contract. TRUSTSTORE is a PKCS #12 file.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Java {
	static String env(String name, String otherwise) {
		String value = System.getenv(name);
		return value == null || value.isEmpty() ? otherwise : value;
	}

	public static void main(String[] args) throws Exception {
		System.setProperty("javax.net.ssl.trustStore", System.getenv("TRUSTSTORE"));
		System.setProperty("javax.net.ssl.trustStorePassword", "changeit");
		boolean openai = env("API", "openai").equals("openai");
		boolean stream = env("STREAM", "1").equals("1");
		String body = "{\"model\":\"" + env("MODEL", openai ? "gpt-4o-mini" : "claude-sonnet-4-5")
			+ "\",\"max_tokens\":4096,\"messages\":[{\"role\":\"user\",\"content\":\"Say something.\"}]"
			+ (stream ? ",\"stream\":true" : "")
			+ (stream && openai ? ",\"stream_options\":{\"include_usage\":true}}" : "}");
		Pattern id = Pattern.compile("\"id\": ?\"((?:chatcmpl-|msg_)[^\"]*)\"");
		Pattern output = Pattern.compile("\"(?:content|text)\": ?\"[^\"]");
		HttpClient client = HttpClient.newHttpClient();
		for (int i = 0; i < Integer.parseInt(env("CALLS", "1")); i++) {
			long start = System.nanoTime();
			long[] first = {0}, last = {0};
			String[] name = {""};
			HttpRequest request = HttpRequest.newBuilder(URI.create(env("BASE", "")
					+ (openai ? "/v1/chat/completions" : "/v1/messages")))
				.header("content-type", "application/json").header("x-demo", env("DEMO", "x=1"))
				.POST(HttpRequest.BodyPublishers.ofString(body)).build();
			HttpResponse<java.util.stream.Stream<String>> answer =
				client.send(request, HttpResponse.BodyHandlers.ofLines());
			answer.body().forEach(line -> {
				Matcher m = id.matcher(line);
				if (m.find())
					name[0] = m.group(1);
				if (output.matcher(line).find()) {
					last[0] = System.nanoTime();
					first[0] = first[0] == 0 ? last[0] : first[0];
				}
			});
			System.out.printf("{\"client\": \"java\", \"id\": \"%s\", \"status\": %d, \"start_ns\": %d, "
				+ "\"first_ns\": %d, \"last_ns\": %d, \"end_ns\": %d, \"http\": \"%s\"}%n", name[0],
				answer.statusCode(), start, first[0], last[0], System.nanoTime(), answer.version());
		}
	}
}
