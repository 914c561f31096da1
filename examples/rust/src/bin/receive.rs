//! Receives events and rejects requests without a valid signature.
use std::env;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{json, Value};
use standardwebhooks::Webhook;
use tiny_http::{Request, Response, Server};

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let webhook = Webhook::new(&env::var("WEBHOOK_SECRET")?)?;
    let server = Server::http(format!("0.0.0.0:{}", env::var("PORT")?))?;
    for mut request in server.incoming_requests() {
        let mut body = Vec::new();
        request.as_reader().read_to_end(&mut body)?;
        if webhook.verify(&body, &headers_of(&request)).is_err() {
            request.respond(Response::empty(400))?;
            continue;
        }
        let event: Value = serde_json::from_slice(&body)?;
        if event["type"] == "webhook.validation" {
            // Echoes the code, which confirms the webhook.
            let code = json!({ "code": event["data"]["code"] });
            request.respond(Response::from_string(code.to_string()))?;
            continue;
        }
        println!("{} {}", event["id"].as_str().unwrap(), event["type"].as_str().unwrap());
        request.respond(Response::empty(204))?;
    }
    Ok(())
}

fn headers_of(request: &Request) -> HeaderMap {
    let header = |header: &tiny_http::Header| {
        let name: HeaderName = header.field.as_str().as_str().parse().ok()?;
        Some((name, HeaderValue::from_str(header.value.as_str()).ok()?))
    };
    request.headers().iter().filter_map(header).collect()
}
