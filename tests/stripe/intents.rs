//! Payment intents and their charges.

use serde_json::{Value, json};

use super::books::{Answer, Books, Params, Refusal, number, text, with_empty};

/// What a bank makes of a test payment method.
enum Verdict {
    Paid,
    Later,
    Challenge,
    Declined(&'static str, &'static str),
}

fn verdict(method: &str) -> Result<Verdict, Refusal> {
    Ok(match method {
        "pm_card_visa"
        | "pm_card_mastercard"
        | "pm_card_createDispute"
        | "pm_card_pendingRefund"
        | "pm_card_refundFail" => Verdict::Paid,
        "pm_usBankAccount" => Verdict::Later,
        "pm_card_threeDSecure2Required" => Verdict::Challenge,
        "pm_card_chargeDeclined" | "pm_card_visa_chargeDeclined" => {
            Verdict::Declined("card_declined", "generic_decline")
        }
        "pm_card_chargeDeclinedInsufficientFunds" | "pm_card_visa_chargeDeclinedInsufficientFunds" => {
            Verdict::Declined("card_declined", "insufficient_funds")
        }
        "pm_card_chargeDeclinedExpiredCard" => Verdict::Declined("expired_card", ""),
        other => return Err(Refusal::missing(400, "PaymentMethod", other, "payment_method")),
    })
}

/// What Stripe takes of an amount.
pub fn check_amount(amount: i64, currency: &str, param: &str) -> Result<(), Refusal> {
    if amount < 1 {
        return Err(Refusal::coded(
            param,
            "parameter_invalid_integer",
            "This value must be greater than or equal to 1.",
        ));
    }
    if amount > 99_999_999 {
        return Err(Refusal::coded(param, "amount_too_large", "Amount must be no more than 999,999.99"));
    }
    let whole = match currency {
        "isk" | "ugx" => 100,
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 10,
        _ => 1,
    };
    if amount % whole != 0 {
        let message = format!("Invalid amount: {currency} must be evenly divisible by {whole}.");
        return Err(Refusal::coded(param, "invalid_charge_amount_no_decimal_compatible", &message));
    }
    let least = match currency {
        "usd" | "eur" | "jpy" => 50,
        "gbp" => 30,
        "czk" => 1500,
        "huf" => 17_500,
        _ => 1,
    };
    if amount < least {
        return Err(Refusal::coded(param, "amount_too_small", &format!("Amount must be at least {least}")));
    }
    Ok(())
}

/// A currency in Stripe's spelling.
pub fn check_currency(currency: &str) -> Result<String, Refusal> {
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(Refusal::invalid("currency", &format!("Invalid currency: {currency}.")));
    }
    Ok(currency.to_ascii_lowercase())
}

impl Books {
    pub fn create_intent(&mut self, params: &Params) -> Answer {
        params.only(&[
            "amount",
            "currency",
            "customer",
            "metadata",
            "payment_method",
            "payment_method_types",
            "automatic_payment_methods",
            "confirm",
            "description",
            "receipt_email",
            "return_url",
        ])?;
        params.needed("amount")?;
        let amount = params.number("amount")?.unwrap_or_default();
        let currency = check_currency(params.needed("currency")?)?;
        check_amount(amount, &currency, "amount")?;
        if let Some(customer) = params.text("customer") {
            self.named(customer, "customer")?;
        }
        let method = params.text("payment_method");
        method.map(verdict).transpose()?;
        let metadata = params.metadata()?;
        let id = self.add_intent(amount, &currency, params.text("customer"), &metadata);
        let intent = self.at(&id);
        intent["description"] = json!(params.text("description"));
        intent["receipt_email"] = json!(params.text("receipt_email"));
        if let Some(method) = method {
            intent["payment_method"] = json!(method);
            intent["status"] = json!("requires_confirmation");
        }
        self.emit("payment_intent.created", &id);
        if params.text("confirm") == Some("true") {
            return self.confirm(&id, None);
        }
        self.get(&id, "payment_intent")
    }

    pub fn add_intent(
        &mut self,
        amount: i64,
        currency: &str,
        customer: Option<&str>,
        metadata: &Value,
    ) -> String {
        let (id, created) = (self.name("pi"), self.now());
        let intent = json!({
            "id": id, "object": "payment_intent", "amount": amount, "amount_capturable": 0, "amount_details": { "tip": {} },
            "amount_received": 0, "automatic_payment_methods": { "allow_redirects": "always", "enabled": true },
            "capture_method": "automatic_async", "client_secret": format!("{id}_secret_double"),
            "confirmation_method": "automatic", "created": created, "currency": currency, "customer": customer,
            "livemode": false, "metadata": metadata, "payment_method_options": {}, "payment_method_types": ["card"],
            "status": "requires_payment_method",
        });
        let empty = "allowed_payment_method_types application application_fee_amount canceled_at cancellation_reason \
            customer_account description excluded_payment_method_types last_payment_error latest_charge managed_payments \
            next_action on_behalf_of payment_method payment_method_configuration_details payment_record processing \
            receipt_email review setup_future_usage shipping source statement_descriptor statement_descriptor_suffix \
            transfer_data transfer_group";
        self.add(with_empty(intent, empty));
        id
    }

    /// The buyer's bank is asked.
    pub fn confirm(&mut self, id: &str, method: Option<&str>) -> Answer {
        let intent = self.get(id, "payment_intent")?;
        let status = text(&intent, "status");
        if !matches!(status.as_str(), "requires_payment_method" | "requires_confirmation" | "requires_action")
        {
            return Err(unexpected(&intent, "confirm"));
        }
        let kept = text(&intent, "payment_method");
        let Some(method) = method.or(Some(kept.as_str()).filter(|kept| !kept.is_empty())) else {
            return Err(unexpected(&intent, "confirm"));
        };
        let verdict = verdict(method)?;
        self.at(id)["payment_method"] = json!(method);
        self.at(id)["last_payment_error"] = Value::Null;
        match verdict {
            Verdict::Challenge => {
                let action = json!({ "type": "use_stripe_sdk", "use_stripe_sdk": { "type": "three_d_secure_redirect" } });
                self.at(id)["next_action"] = action;
                self.at(id)["status"] = json!("requires_action");
                self.emit("payment_intent.requires_action", id);
            }
            Verdict::Paid => self.receive(id),
            Verdict::Later => {
                self.charge(id, "pending");
                self.at(id)["status"] = json!("processing");
                self.emit("payment_intent.processing", id);
            }
            Verdict::Declined(code, decline) => return Err(self.decline(id, code, decline)),
        }
        let disputed = method == "pm_card_createDispute";
        if disputed {
            self.open_dispute(id, "fraudulent", "needs_response")?;
        }
        self.get(id, "payment_intent")
    }

    /// The challenge of the buyer's bank is met.
    pub fn authenticate(&mut self, id: &str) {
        self.at(id)["next_action"] = Value::Null;
        self.receive(id);
    }

    fn receive(&mut self, id: &str) {
        let charge = self.charge(id, "succeeded");
        self.emit("charge.succeeded", &charge);
        self.succeed(id);
    }

    fn succeed(&mut self, id: &str) {
        let amount = self.at(id)["amount"].clone();
        self.at(id)["amount_received"] = amount;
        self.at(id)["status"] = json!("succeeded");
        self.emit("payment_intent.succeeded", id);
    }

    /// The money that was on its way is there.
    pub fn settle_intent(&mut self, id: &str) {
        let charge = text(self.at(id), "latest_charge");
        let row = self.at(&charge);
        row["status"] = json!("succeeded");
        row["paid"] = json!(true);
        row["amount_captured"] = row["amount"].clone();
        self.emit("charge.succeeded", &charge);
        self.succeed(id);
    }

    /// The money that was on its way does not come.
    pub fn bounce_intent(&mut self, id: &str) {
        let charge = text(self.at(id), "latest_charge");
        let row = self.at(&charge);
        row["status"] = json!("failed");
        row["failure_code"] = json!("insufficient_funds");
        self.emit("charge.failed", &charge);
        self.fail(id, "payment_intent_payment_attempt_failed", "");
    }

    fn fail(&mut self, id: &str, code: &str, decline: &str) -> Value {
        let charge = self.at(id)["latest_charge"].clone();
        let mut error = json!({
            "charge": charge, "code": code, "message": "Your card was declined.", "type": "card_error",
            "doc_url": format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")),
        });
        if !decline.is_empty() {
            error["decline_code"] = json!(decline);
        }
        let intent = self.at(id);
        intent["status"] = json!("requires_payment_method");
        intent["payment_method"] = Value::Null;
        intent["last_payment_error"] = error.clone();
        self.emit("payment_intent.payment_failed", id);
        error
    }

    fn decline(&mut self, id: &str, code: &str, decline: &str) -> Refusal {
        let charge = self.charge(id, "failed");
        self.at(&charge)["failure_code"] = json!(code);
        self.emit("charge.failed", &charge);
        let mut error = self.fail(id, code, decline);
        error["payment_intent"] = self.objects[id].clone();
        Refusal { status: 402, error, kept: true }
    }

    fn charge(&mut self, intent: &str, status: &str) -> String {
        let (id, created, of) = (self.name("ch"), self.now(), self.objects[intent].clone());
        let paid = status == "succeeded";
        let captured = if paid { number(&of, "amount") } else { 0 };
        let card = json!({
            "brand": "visa", "country": "US", "exp_month": 12, "exp_year": 2034, "funding": "credit", "last4": "4242",
            "network": "visa",
        });
        let unknown = "amount_authorized authorization_code checks electronic_commerce_indicator installments mandate \
            network_transaction_id regulated_status three_d_secure transaction_link_id wallet";
        let charge = json!({
            "id": id, "object": "charge", "amount": of["amount"], "amount_captured": captured, "amount_refunded": 0,
            "billing_details": with_empty(json!({}), "address email name phone tax_id"),
            "calculated_statement_descriptor": "DOUBLE", "captured": true, "created": created, "currency": of["currency"],
            "customer": of["customer"], "description": of["description"], "disputed": false, "fraud_details": {},
            "livemode": false, "metadata": of["metadata"], "paid": paid, "payment_intent": intent,
            "payment_method": of["payment_method"],
            "payment_method_details": { "card": with_empty(card, unknown), "type": "card" }, "refunded": false,
            "status": status,
        });
        let empty = "application application_fee application_fee_amount balance_transaction failure_balance_transaction \
            failure_code failure_message on_behalf_of outcome receipt_email receipt_number receipt_url review shipping \
            source source_transfer statement_descriptor statement_descriptor_suffix transfer_data transfer_group";
        self.add(with_empty(charge, empty));
        self.at(intent)["latest_charge"] = json!(id);
        id
    }

    pub fn cancel(&mut self, id: &str, params: &Params) -> Answer {
        params.only(&["cancellation_reason"])?;
        let intent = self.get(id, "payment_intent")?;
        if !text(&intent, "status").starts_with("requires_") {
            return Err(unexpected(&intent, "cancel"));
        }
        self.end_intent(id, params.text("cancellation_reason"));
        self.get(id, "payment_intent")
    }

    pub fn end_intent(&mut self, id: &str, reason: Option<&str>) {
        let now = self.now();
        let intent = self.at(id);
        intent["status"] = json!("canceled");
        intent["canceled_at"] = json!(now);
        intent["cancellation_reason"] = json!(reason);
        intent["next_action"] = Value::Null;
        self.emit("payment_intent.canceled", id);
    }
}

fn unexpected(intent: &Value, verb: &str) -> Refusal {
    let status = text(intent, "status");
    let message = format!("You cannot {verb} this PaymentIntent because it has a status of {status}.");
    let mut refusal = Refusal::state(Some("payment_intent_unexpected_state"), &message);
    refusal.error["payment_intent"] = intent.clone();
    refusal
}
