//! Stripe's double as a program: `stripe-double 127.0.0.1:12111`. What no client of Stripe's can do, a buyer's payment say, is
//! asked for under `/_test/`.

#[path = "../stripe/mod.rs"]
#[expect(dead_code, reason = "the tests use all of it, this program a part")]
mod stripe;

use std::sync::Arc;

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let double = stripe::StripeDouble::start_at(&address, Arc::new(kernel::SystemClock));
    println!("{}", double.base());
    tokio::signal::ctrl_c().await.unwrap();
}
