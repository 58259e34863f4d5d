//! Signatures that Stripe's own library made (see contract/stripe/vectors.mjs), and events in every state.

use entity::enums::{DisputeStatus, RefundStatus};
use kernel::{Code, Environment, Timestamp};
use serde_json::{Value, json};

use super::{Stripe, StripeSettings, acceptable_email, webhook};
use crate::provider::{Fact, Provider, ProviderUpdate, WebhookEvent};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../../contract/stripe/vectors.json")).unwrap()
}

fn stripe(key: &str, secrets: &[&str]) -> Result<Stripe, String> {
    let settings = StripeSettings {
        secret_key: key.to_owned(),
        webhook_secrets: secrets.iter().map(|secret| (*secret).to_owned()).collect(),
        base_url: "http://127.0.0.1:1".to_owned(),
    };
    Stripe::new(settings, Environment::default())
}

fn secrets(vectors: &Value) -> [&str; 2] {
    [0, 1].map(|index| vectors["secrets"][index].as_str().unwrap())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn signed_at(vectors: &Value, seconds: i64) -> Timestamp {
    let at = vectors["signedAt"].as_i64().unwrap() + seconds;
    chrono::DateTime::from_timestamp(at, 0).unwrap()
}

fn read(stripe: &Stripe, header: &str, body: &str, now: Timestamp) -> Result<WebhookEvent, Code> {
    let read = stripe.read_webhook(header, body.as_bytes(), now);
    read.map_err(|error| error.code())
}

#[test]
fn a_signature_of_stripes_library_is_accepted_by_either_secret() {
    let vectors = vectors();
    let both = secrets(&vectors);
    let stripe_of_both = stripe("sk_test_x", &both).unwrap();
    for (index, vector) in vectors["vectors"].as_array().unwrap().iter().enumerate() {
        let (header, body) = (text(vector, "header"), text(vector, "body"));
        for seconds in [0, 300, -300] {
            let event = read(&stripe_of_both, header, body, signed_at(&vectors, seconds)).unwrap();
            assert_eq!(event.id, format!("evt_{}", text(vector, "name")));
        }
        for seconds in [301, -301, 86_400] {
            let late = read(&stripe_of_both, header, body, signed_at(&vectors, seconds));
            assert_eq!(late, Err(Code::HookSignatureInvalid), "{seconds}");
        }
        for (secret, good) in [(both[index % 2], true), (both[(index + 1) % 2], false)] {
            let one = stripe("sk_test_x", &[secret]).unwrap();
            assert_eq!(read(&one, header, body, signed_at(&vectors, 0)).is_ok(), good);
        }
    }
}

#[test]
fn a_signed_event_reports_facts() {
    let vectors = vectors();
    let stripe = stripe("sk_test_x", &secrets(&vectors)).unwrap();
    let update = |index: usize| {
        let vector = &vectors["vectors"][index];
        let event =
            read(&stripe, text(vector, "header"), text(vector, "body"), signed_at(&vectors, 0)).unwrap();
        event.update
    };
    let session = update(0).unwrap();
    assert_eq!(session.payment_id, text(&vectors, "payment").parse().ok());
    let captured = Fact::Captured {
        provider_payment_id: "pi_vector".to_owned(),
        amount: 4900,
        currency: "USD".to_owned(),
    };
    assert_eq!(session.facts, [captured]);
    let refund = Fact::Refund {
        id: "re_vector".to_owned(),
        refund_id: None,
        amount: 1900,
        status: RefundStatus::Succeeded,
        code: None,
    };
    assert_eq!(update(2).unwrap().facts, [refund]);
    assert_eq!(update(4), None);
}

#[test]
fn a_thousand_forged_and_altered_webhooks_are_refused() {
    let vectors = vectors();
    let stripe = stripe("sk_test_x", &secrets(&vectors)).unwrap();
    let (vector, now) = (&vectors["vectors"][0], signed_at(&vectors, 0));
    let (header, body) = (text(vector, "header"), text(vector, "body"));
    let mut count = 0;
    let mut refused = |header: &str, body: &[u8]| {
        let read = stripe.read_webhook(header, body, now).map_err(|error| error.code());
        assert_eq!(read, Err(Code::HookSignatureInvalid), "{header}");
        count += 1;
    };
    for at in 0..body.len() {
        for bit in [1, 4] {
            let mut altered = body.as_bytes().to_vec();
            altered[at] ^= bit;
            refused(header, &altered);
        }
        refused(header, &body.as_bytes()[..at]);
    }
    for at in 0..header.len() {
        let mut altered = header.as_bytes().to_vec();
        altered[at] = if altered[at] == b'0' { b'1' } else { b'0' };
        refused(&String::from_utf8(altered).unwrap(), body.as_bytes());
    }
    let (time, tag) = header.split_once(",v1=").unwrap();
    let zeros = "0".repeat(64);
    for wrong in [
        String::new(),
        ",".repeat(10_000),
        "=".repeat(10_000),
        time.to_owned(),
        format!("v1={tag}"),
        format!("{time},v0={tag}"),
        format!("{time},v1={zeros}"),
        format!("{time},v1={}", &tag[..62]),
        format!("{time},v1={}é", &tag[..62]),
        format!("t=,v1={tag}"),
        format!("t=99999999999999999999,v1={tag}"),
        format!("t=9223372036854775807,v1={tag}"),
        format!("t=-9223372036854775808,v1={tag}"),
        format!("{time},{}v1={tag}", format!("v1={zeros},").repeat(9)),
    ] {
        refused(&wrong, body.as_bytes());
    }
    let foreign = &vectors["foreign"];
    refused(text(foreign, "header"), text(foreign, "body").as_bytes());
    assert!(count > 1000, "{count}");
    // Several, while a secret is replaced.
    assert!(read(&stripe, &format!("{time}, v1={zeros}, v1={tag}"), body, now).is_ok());
}

#[test]
fn the_key_decides_the_mode_and_webhooks_have_to_agree() {
    let vectors = vectors();
    let (vector, now) = (&vectors["vectors"][0], signed_at(&vectors, 0));
    for (key, live) in [("sk_test_x", false), ("rk_test_x", false), ("sk_live_x", true), ("rk_live_x", true)]
    {
        let stripe = stripe(key, &secrets(&vectors)).unwrap();
        let event = read(&stripe, text(vector, "header"), text(vector, "body"), now).unwrap();
        assert_eq!((stripe.is_live(), event.update.is_none()), (live, live));
    }
    for key in ["", "pk_test_x", "sk_test_", "sk_live", "whsec_x", "sk_prod_x"] {
        assert!(stripe(key, &["whsec_x"]).err().unwrap().contains("SECRET_KEY"));
    }
    for none in [&[][..], &[" "][..]] {
        assert!(stripe("sk_test_x", none).err().unwrap().contains("WEBHOOK_SECRETS"));
    }
}

/// What an event of this kind reports about an object.
fn update_of(kind: &str, object: Value) -> Option<ProviderUpdate> {
    let event = json!({ "id": "evt_1", "type": kind, "livemode": false, "data": { "object": object } });
    webhook::read(event.to_string().as_bytes(), false).unwrap().update
}

#[test]
fn refunds_and_disputes_are_read_in_every_state_that_stripe_has() {
    let refund = |status: Value| {
        let update = update_of(
            "refund.updated",
            json!({ "id": "re_1", "amount": 5, "currency": "usd", "status": status, "payment_intent": { "id": "pi_1" } }),
        )
        .unwrap();
        assert_eq!(update.provider_payment_id.as_deref(), Some("pi_1"));
        match update.facts.as_slice() {
            [Fact::Refund { status, code, .. }] => (*status, code.clone()),
            other => panic!("{other:?}"),
        }
    };
    for pending in [json!("pending"), json!("requires_action"), json!("new"), Value::Null] {
        assert_eq!(refund(pending), (RefundStatus::Pending, None));
    }
    assert_eq!(refund(json!("succeeded")), (RefundStatus::Succeeded, None));
    assert_eq!(refund(json!("failed")), (RefundStatus::Failed, None));
    assert_eq!(refund(json!("canceled")), (RefundStatus::Failed, Some("canceled".to_owned())));

    for (status, expected) in [
        ("warning_needs_response", None),
        ("warning_under_review", None),
        ("warning_closed", None),
        ("prevented", None),
        ("new", None),
        ("needs_response", Some(DisputeStatus::Open)),
        ("under_review", Some(DisputeStatus::Open)),
        ("appeal_needs_response", Some(DisputeStatus::Open)),
        ("appeal_under_review", Some(DisputeStatus::Open)),
        ("won", Some(DisputeStatus::Won)),
        ("lost", Some(DisputeStatus::Lost)),
    ] {
        let object = json!({ "id": "du_1", "amount": 500, "currency": "isk", "status": status, "payment_intent": "pi_1" });
        let facts = update_of("charge.dispute.updated", object).unwrap().facts;
        let expected =
            expected.map(|status| Fact::Dispute { id: "du_1".to_owned(), amount: 5, status, reason: None });
        assert_eq!(facts, Vec::from_iter(expected), "{status}");
    }
    let of_no_payment = json!({ "id": "re_1", "amount": 5, "payment_intent": null });
    assert_eq!(update_of("refund.created", of_no_payment), None);
}

#[test]
fn what_is_not_paid_is_not_captured() {
    let session = |status: &str, payment_status: &str| {
        let metadata = json!({ "palestra_payment_id": "01932f6e-8a00-7000-8000-000000000001" });
        let object = json!({
            "id": "cs_1", "status": status, "payment_status": payment_status, "amount_total": 0, "currency": "usd",
            "metadata": metadata,
        });
        update_of("checkout.session.completed", object).unwrap().facts
    };
    let free =
        Fact::Captured { provider_payment_id: "cs_1".to_owned(), amount: 0, currency: "USD".to_owned() };
    assert_eq!(session("complete", "no_payment_required"), [free]);
    assert_eq!(session("complete", "unpaid"), [Fact::Processing]);
    assert_eq!(session("open", "unpaid"), []);
    assert_eq!(session("expired", "unpaid"), [Fact::closed("expired")]);
    // Anybody can write a payment link's reference; only we write metadata.
    let link = json!({
        "id": "cs_1", "status": "complete", "payment_status": "paid", "amount_total": 100, "currency": "usd",
        "client_reference_id": "01932f6e-8a00-7000-8000-000000000001", "metadata": {},
    });
    assert_eq!(update_of("checkout.session.completed", link), None);
}

#[test]
fn an_address_goes_to_stripe_in_a_form_that_it_takes() {
    for (given, sent) in [
        ("lena@example.com", Some("lena@example.com")),
        ("lena+gym@mail.example.com", Some("lena+gym@mail.example.com")),
        ("ops@b\u{fc}cher.example", Some("ops@xn--bcher-kva.example")),
        ("j\u{fc}rgen@example.com", None),
        ("otameshi@com", None),
        ("lena@localhost", None),
        ("lena@127.0.0.1", None),
        ("lena@[::1]", None),
        ("lena@example.com.", None),
        ("@example.com", None),
        ("no-address", None),
    ] {
        assert_eq!(acceptable_email(given).as_deref(), sent, "{given}");
    }
}

#[test]
fn a_charge_of_an_older_version_reports_its_refunds() {
    let refund = json!({ "id": "re_1", "amount": 5, "currency": "usd", "status": "succeeded" });
    let charge = |refunds: Value| json!({ "id": "ch_1", "payment_intent": "pi_1", "refunds": refunds });
    let count = |refunds: Value| update_of("charge.refunded", charge(refunds)).unwrap().facts.len();
    assert_eq!(count(json!({ "object": "list", "data": [refund] })), 1);
    assert_eq!(count(Value::Null), 0);
}
