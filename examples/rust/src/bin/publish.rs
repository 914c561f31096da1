//! Publishes an event with XADD.
use std::env;

use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let invoice = env::args().nth(1).ok_or("usage: publish INVOICE")?;
    let prefix = env::var("POSTHORN_QUEUE_PREFIX").unwrap_or("posthorn".into());
    let mut redis = redis::Client::open(env::var("REDIS_URL")?)?.get_connection()?;
    redis::cmd("XADD")
        .arg(format!("{prefix}:intake"))
        .arg("*")
        .arg("type")
        .arg("invoice.paid")
        .arg("data")
        .arg(json!({ "invoice": invoice }).to_string())
        .arg("key")
        .arg(format!("invoice-{invoice}-paid"))
        .exec(&mut redis)?;
    Ok(())
}
