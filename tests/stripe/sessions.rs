//! Checkout sessions, and what a buyer does on their page.

use serde_json::{Value, json};

use super::{
    books::{Answer, Books, Params, Refusal, metadata, nobody, number, text, with_empty},
    intents::{check_amount, check_currency},
};

impl Books {
    pub fn create_session(&mut self, base: &str, params: &Params) -> Answer {
        params.only(&[
            "mode",
            "line_items",
            "success_url",
            "cancel_url",
            "client_reference_id",
            "customer",
            "metadata",
            "payment_intent_data",
            "expires_at",
            "adaptive_pricing",
            "payment_method_types",
            "ui_mode",
            "locale",
        ])?;
        if params.text("mode") != Some("payment") {
            return Err(Refusal::invalid(
                "mode",
                "Invalid mode: must be payment, as far as this double goes",
            ));
        }
        params.needed("success_url")?;
        let (amount, currency) = total(params)?;
        if let Some(customer) = params.text("customer") {
            self.named(customer, "customer")?;
        }
        let now = self.now();
        let expires_at = params.number("expires_at")?.unwrap_or(now + 86_400);
        if !(now + 1800..=now + 86_400).contains(&expires_at) {
            let message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.";
            return Err(Refusal::invalid("expires_at", message));
        }
        let own = params.metadata()?;
        let of_intent = params.0.get("payment_intent_data").cloned().unwrap_or_default();
        Params(of_intent.clone()).only(&["metadata", "description", "receipt_email"])?;
        let of_intent = metadata(of_intent.get("metadata"))?;
        let id = self.name("cs_test");
        self.kept.insert(id.clone(), of_intent);
        let mut session = quiet();
        let said = json!({
            "id": id, "amount_subtotal": amount, "amount_total": amount, "cancel_url": params.text("cancel_url"),
            "client_reference_id": params.text("client_reference_id"), "created": now, "currency": currency,
            "customer": params.text("customer"), "expires_at": expires_at, "metadata": own,
            "success_url": params.text("success_url"), "url": format!("{base}/pay/{id}"),
        });
        for (name, value) in said.as_object().into_iter().flatten() {
            session[name] = value.clone();
        }
        self.add(session);
        self.get(&id, "checkout.session")
    }

    pub fn expire(&mut self, id: &str, params: &Params) -> Answer {
        params.only(&[])?;
        let session = self.get(id, "checkout.session")?;
        if session["status"] != "open" {
            let message = format!(
                "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `{}`.",
                text(&session, "status")
            );
            return Err(Refusal::state(None, &message));
        }
        self.end_session(id);
        self.get(id, "checkout.session")
    }

    fn end_session(&mut self, id: &str) {
        let intent = text(self.at(id), "payment_intent");
        if !intent.is_empty() {
            self.end_intent(&intent, Some("expired"));
        }
        let session = self.at(id);
        session["status"] = json!("expired");
        session["url"] = Value::Null;
        self.emit("checkout.session.expired", id);
    }

    /// What is past its time ends.
    pub fn tidy(&mut self) {
        let now = self.now();
        let open = |row: &&Value| {
            row["object"] == "checkout.session" && row["status"] == "open" && number(row, "expires_at") <= now
        };
        let due: Vec<String> = self.objects.values().filter(open).map(|row| text(row, "id")).collect();
        self.request = nobody();
        due.iter().for_each(|id| self.end_session(id));
    }

    /// The buyer presses the button.
    pub fn pay(&mut self, id: &str, method: &str) -> Answer {
        let session = self.get(id, "checkout.session")?;
        if session["status"] != "open" {
            return Err(Refusal::state(None, "This Checkout Session is not open."));
        }
        if session["amount_total"] == 0 {
            self.complete(id, "no_payment_required");
            return self.get(id, "checkout.session");
        }
        let mut intent = text(&session, "payment_intent");
        if intent.is_empty() {
            let (metadata, customer) = (self.kept[id].clone(), text(&session, "customer"));
            let customer = Some(customer.as_str()).filter(|customer| !customer.is_empty());
            intent = self.add_intent(
                number(&session, "amount_total"),
                &text(&session, "currency"),
                customer,
                &metadata,
            );
            self.emit("payment_intent.created", &intent);
            self.at(id)["payment_intent"] = json!(intent);
        }
        let confirmed = self.confirm(&intent, Some(method))?;
        match confirmed["status"].as_str() {
            Some("succeeded") => self.complete(id, "paid"),
            Some("processing") => self.complete(id, "unpaid"),
            _ => {}
        }
        self.get(id, "checkout.session")
    }

    fn complete(&mut self, id: &str, payment_status: &str) {
        let session = self.at(id);
        session["status"] = json!("complete");
        session["payment_status"] = json!(payment_status);
        session["url"] = Value::Null;
        self.emit("checkout.session.completed", id);
    }

    /// The bank of a buyer who paid by transfer says yes, or no.
    pub fn hear_of(&mut self, id: &str, good: bool) {
        let intent = text(self.at(id), "payment_intent");
        if good {
            self.settle_intent(&intent);
            self.at(id)["payment_status"] = json!("paid");
            self.emit("checkout.session.async_payment_succeeded", id);
        } else {
            self.bounce_intent(&intent);
            self.emit("checkout.session.async_payment_failed", id);
        }
    }
}

fn total(params: &Params) -> Result<(i64, String), Refusal> {
    let items = params.0.get("line_items").and_then(Value::as_array).cloned().unwrap_or_default();
    if items.is_empty() {
        return Err(Refusal::coded("line_items", "parameter_missing", "Missing required param: line_items."));
    }
    let (mut amount, mut currency) = (0, None);
    for item in items {
        let item = Params(item);
        item.only(&["price_data", "quantity"])?;
        let price = Params(item.0.get("price_data").cloned().unwrap_or_default());
        price.only(&["currency", "unit_amount", "product_data"])?;
        let product = Params(price.0.get("product_data").cloned().unwrap_or_default());
        product.only(&["name", "description", "metadata"])?;
        product.needed("name")?;
        let own = check_currency(price.needed("currency")?)?;
        if currency.replace(own.clone()).is_some_and(|other| other != own) {
            return Err(Refusal::invalid(
                "line_items",
                "All prices on a Checkout Session must be in the same currency.",
            ));
        }
        price.needed("unit_amount")?;
        let unit = price.number("unit_amount")?.unwrap_or_default();
        let quantity = item.number("quantity")?.unwrap_or(1);
        if unit < 0 || quantity < 1 {
            return Err(Refusal::invalid("line_items[0]", "Invalid integer."));
        }
        amount += unit * quantity;
    }
    let currency = currency.unwrap_or_default();
    if amount > 0 {
        check_amount(amount, &currency, "line_items[0][price_data][unit_amount]")?;
    }
    Ok((amount, currency))
}

/// A session, with nothing in it yet.
fn quiet() -> Value {
    let custom_text =
        with_empty(json!({}), "after_submit shipping_address submit terms_of_service_acceptance");
    let session = json!({
        "object": "checkout.session", "adaptive_pricing": { "enabled": false },
        "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null }, "custom_fields": [], "custom_text": custom_text,
        "discounts": [], "livemode": false, "mode": "payment", "payment_method_collection": "if_required",
        "payment_method_options": {}, "payment_method_types": ["card"], "payment_status": "unpaid",
        "phone_number_collection": { "enabled": false }, "shipping_options": [], "status": "open",
        "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 }, "ui_mode": "hosted_page",
    });
    let empty = "after_expiration allow_promotion_codes allowed_payment_method_types billing_address_collection \
        client_secret collected_information consent consent_collection currency_conversion customer_account \
        customer_creation customer_details customer_email integration_identifier invoice invoice_creation locale \
        managed_payments origin_context payment_intent payment_link payment_method_configuration_details permissions \
        recovered_from saved_payment_method_options setup_intent shipping_address_collection shipping_cost submit_type \
        subscription wallet_options";
    with_empty(session, empty)
}
