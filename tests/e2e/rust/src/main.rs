// SPDX-License-Identifier: Apache-2.0

//! Calls a provider as tools/demo/clients/common.py tells: BASE, API, STREAM, MODEL, CALLS, DEMO and
//! PROMPT in, a JSON line for each call out. More of its own: TASKS calls at a time, PAD bytes of
//! prompt besides, HTTP=1 or 2 (what the server offers), FRESH=1 for a connection each call, TLS12=1.

use futures_util::StreamExt;
use serde_json::{json, Value};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

fn var(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_string())
}

fn number(name: &str, otherwise: usize) -> usize {
    var(name, "").parse().unwrap_or(otherwise)
}

fn now() -> u64 {
    // CLOCK_MONOTONIC, which std::time::Instant does not tell.
    #[repr(C)]
    struct Timespec {
        s: i64,
        ns: i64,
    }
    extern "C" {
        fn clock_gettime(clock: i32, t: *mut Timespec) -> i32;
    }
    let mut t = Timespec { s: 0, ns: 0 };
    unsafe { clock_gettime(1, &mut t) };
    t.s as u64 * 1_000_000_000 + t.ns as u64
}

struct Plan {
    openai: bool,
    stream: bool,
    url: String,
    body: String,
    demo: String,
}

fn plan() -> Plan {
    let openai = var("API", "openai") == "openai";
    let stream = var("STREAM", "1") == "1";
    let model = var("MODEL", if openai { "gpt-4o-mini" } else { "claude-sonnet-4-5" });
    let prompt = var("PROMPT", "Say something about probes.") + &" pad".repeat(number("PAD", 0) / 4);
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": prompt}]});
    if !openai {
        body["max_tokens"] = json!(4096);
    }
    if stream {
        body["stream"] = json!(true);
        if openai {
            body["stream_options"] = json!({"include_usage": true});
        }
    }
    let path = if openai { "/v1/chat/completions" } else { "/v1/messages" };
    Plan { openai, stream, url: var("BASE", "") + path, body: body.to_string(), demo: var("DEMO", "") }
}

fn client() -> reqwest::Client {
    let mut b = reqwest::Client::builder();
    let pem = std::fs::read(var("SSL_CERT_FILE", "")).expect("SSL_CERT_FILE");
    b = b.add_root_certificate(reqwest::Certificate::from_pem(&pem).expect("a certificate"));
    if var("HTTP", "2") == "1" {
        b = b.http1_only();
    }
    if var("TLS12", "0") == "1" {
        b = b.max_tls_version(reqwest::tls::Version::TLS_1_2);
    }
    b.build().expect("a client")
}

/// Text that an event or a whole answer brings.
fn output(openai: bool, v: &Value) -> usize {
    let mut n = 0;
    if openai {
        for c in v["choices"].as_array().unwrap_or(&Vec::new()) {
            n += c["delta"]["content"].as_str().unwrap_or("").len();
            n += c["message"]["content"].as_str().unwrap_or("").len();
            for t in c["delta"]["tool_calls"].as_array().unwrap_or(&Vec::new()) {
                n += t["function"]["arguments"].as_str().unwrap_or("").len();
            }
        }
    } else {
        for key in ["text", "partial_json", "thinking"] {
            n += v["delta"][key].as_str().unwrap_or("").len();
        }
        for b in v["content"].as_array().unwrap_or(&Vec::new()) {
            n += b["text"].as_str().unwrap_or("").len();
        }
    }
    n
}

async fn one(c: &reqwest::Client, p: &Plan) -> Result<Value, reqwest::Error> {
    let mut said = json!({"client": "rust", "start_ns": now()});
    let mut r = c.post(&p.url).header("content-type", "application/json").body(p.body.clone());
    if !p.demo.is_empty() {
        r = r.header("x-demo", &p.demo);
    }
    r = if p.openai {
        r.header("authorization", "Bearer sk-demo-not-a-key")
    } else {
        r.header("x-api-key", "sk-ant-demo-not-a-key").header("anthropic-version", "2023-06-01")
    };
    let answer = r.send().await?;
    said["status"] = json!(answer.status().as_u16());
    said["version"] = json!(format!("{:?}", answer.version()));
    let mut text = 0;
    if p.stream && answer.status() == 200 {
        let mut stream = answer.bytes_stream();
        let mut held: Vec<u8> = Vec::new();
        while let Some(piece) = stream.next().await {
            held.extend_from_slice(&piece?);
            while let Some(end) = held.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = held.drain(..=end).collect();
                let Some(data) = line.strip_prefix(b"data:") else { continue };
                let Ok(v) = serde_json::from_slice::<Value>(data) else { continue };
                let id = if p.openai { &v["id"] } else { &v["message"]["id"] };
                if id.is_string() {
                    said["id"] = id.clone();
                }
                let n = output(p.openai, &v);
                if n > 0 {
                    if text == 0 {
                        said["first_ns"] = json!(now());
                    }
                    said["last_ns"] = json!(now());
                    text += n;
                }
            }
        }
    } else {
        let v: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or(Value::Null);
        said["first_ns"] = json!(now());
        said["last_ns"] = said["first_ns"].clone();
        said["id"] = v["id"].clone();
        text = output(p.openai, &v);
    }
    said["end_ns"] = json!(now());
    said["text"] = json!(text);
    Ok(said)
}

async fn worker(shared: Arc<(Plan, reqwest::Client, AtomicUsize)>, calls: usize) {
    let (plan, client_shared, next) = &*shared;
    let fresh = var("FRESH", "0") == "1";
    while next.fetch_add(1, Ordering::Relaxed) < calls {
        let own = if fresh { Some(client()) } else { None };
        match one(own.as_ref().unwrap_or(client_shared), plan).await {
            Ok(said) => println!("{said}"),
            Err(e) => println!("{}", json!({"client": "rust", "error": format!("{e:?}")})),
        }
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 4)]
async fn main() {
    #[cfg(feature = "ring")]
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[cfg(feature = "aws-lc-rs")]
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let shared = Arc::new((plan(), client(), AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..number("TASKS", 1))
        .map(|_| tokio::spawn(worker(shared.clone(), number("CALLS", 1))))
        .collect();
    for t in tasks {
        let _ = t.await;
    }
}
