//! Money that goes back: refunds and disputes.

use serde_json::{Value, json};

use super::books::{Answer, Books, Params, Refusal, number, text, with_empty};

/// What may be said in one's defence.
const EVIDENCE: &str = "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure \
    cancellation_rebuttal customer_communication customer_email_address customer_name customer_purchase_ip \
    customer_signature duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id \
    product_description receipt refund_policy refund_policy_disclosure refund_refusal_explanation service_date \
    service_documentation shipping_address shipping_carrier shipping_date shipping_documentation \
    shipping_tracking_number uncategorized_file uncategorized_text";

impl Books {
    pub fn create_refund(&mut self, params: &Params) -> Answer {
        params.only(&["payment_intent", "charge", "amount", "reason", "metadata"])?;
        let metadata = params.metadata()?;
        let reason = params.text("reason");
        if reason
            .is_some_and(|reason| !["duplicate", "fraudulent", "requested_by_customer"].contains(&reason))
        {
            let message = "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer";
            return Err(Refusal::invalid("reason", message));
        }
        let charge = match (params.text("charge"), params.text("payment_intent")) {
            (Some(charge), None) => self.named(charge, "charge")?,
            (None, Some(intent)) => {
                let intent = self.named(intent, "payment_intent")?;
                if intent["status"] != "succeeded" {
                    let message = format!(
                        "This PaymentIntent ({}) does not have a successful charge to refund.",
                        text(&intent, "id")
                    );
                    return Err(Refusal::state(None, &message));
                }
                self.get(&text(&intent, "latest_charge"), "charge")?
            }
            _ => {
                return Err(Refusal::invalid(
                    "charge",
                    "One of the following params should be provided: payment_intent or charge.",
                ));
            }
        };
        let id = text(&charge, "id");
        let left = number(&charge, "amount_captured") - number(&charge, "amount_refunded");
        if charge["disputed"] == true && !self.is_won(&id) {
            let message = format!("Charge {id} has been charged back; cannot issue a refund.");
            return Err(Refusal::state(Some("charge_disputed"), &message));
        }
        if left == 0 {
            let message = format!("Charge {id} has already been refunded.");
            return Err(Refusal::state(Some("charge_already_refunded"), &message));
        }
        let amount = params.number("amount")?.unwrap_or(left);
        if amount < 1 {
            return Err(Refusal::coded(
                "amount",
                "parameter_invalid_integer",
                "This value must be greater than or equal to 1.",
            ));
        }
        if amount > left {
            let mut refusal = Refusal::state(
                None,
                &format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"),
            );
            refusal.error["param"] = json!("amount");
            return Err(refusal);
        }
        let pending = charge["payment_method"] == "pm_card_pendingRefund";
        let (refund, created) = (self.name("re"), self.now());
        self.add(json!({
            "id": refund, "object": "refund", "amount": amount, "balance_transaction": null, "charge": id,
            "created": created, "currency": charge["currency"], "customer": charge["customer"],
            "customer_account": null, "payment_method": charge["payment_method"],
            "destination_details": { "card": { "type": "refund" }, "type": "card" }, "metadata": metadata,
            "payment_intent": charge["payment_intent"], "reason": reason, "receipt_number": null,
            "source_transfer_reversal": null, "status": if pending { "pending" } else { "succeeded" },
            "transfer_reversal": null,
        }));
        self.give_back(&id, amount);
        self.emit("refund.created", &refund);
        self.emit("charge.refunded", &id);
        self.get(&refund, "refund")
    }

    fn give_back(&mut self, charge: &str, amount: i64) {
        let row = self.at(charge);
        let refunded = number(row, "amount_refunded") + amount;
        row["amount_refunded"] = json!(refunded);
        row["refunded"] = json!(refunded == number(row, "amount_captured"));
    }

    /// A refund that was on its way has arrived.
    pub fn settle_refund(&mut self, id: &str) {
        self.at(id)["status"] = json!("succeeded");
        self.emit("refund.updated", id);
        self.emit("charge.refund.updated", id);
    }

    /// The buyer's bank sends the money back to us, perhaps after it had arrived.
    pub fn fail_refund(&mut self, id: &str) {
        let refund = self.at(id);
        refund["status"] = json!("failed");
        refund["failure_reason"] = json!("lost_or_stolen_card");
        let (charge, amount) = (text(refund, "charge"), number(refund, "amount"));
        self.give_back(&charge, -amount);
        for kind in ["refund.updated", "refund.failed", "charge.refund.updated"] {
            self.emit(kind, id);
        }
    }

    fn is_won(&self, charge: &str) -> bool {
        let of = |row: &&Value| row["object"] == "dispute" && row["charge"] == charge;
        self.objects
            .values()
            .filter(of)
            .all(|row| row["status"] == "won" || text(row, "status").starts_with("warning_"))
    }

    /// The buyer's bank asks for the money back, or, where the status is a `warning_…`, only asks.
    pub fn open_dispute(&mut self, intent: &str, reason: &str, status: &str) -> Answer {
        let intent = self.get(intent, "payment_intent")?;
        let charge = text(&intent, "latest_charge");
        if intent["status"] != "succeeded" {
            return Err(Refusal::state(None, "Only what was paid can be disputed."));
        }
        let (id, created) = (self.name("du"), self.now());
        let evidence = with_empty(json!({ "enhanced_evidence": {} }), EVIDENCE);
        self.add(json!({
            "id": id, "object": "dispute", "amount": intent["amount_received"], "balance_transactions": [], "charge": charge,
            "created": created, "currency": intent["currency"], "enhanced_eligibility_types": [], "evidence": evidence,
            "evidence_details": {
                "due_by": created + 604_800, "enhanced_eligibility": {}, "has_evidence": false, "past_due": false,
                "submission_count": 0, "submission_method": "not_submitted",
            },
            "intended_submission_method": null, "is_charge_refundable": status.starts_with("warning_"), "livemode": false,
            "metadata": {}, "payment_intent": intent["id"],
            "payment_method_details": { "card": { "brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "10.4" }, "type": "card" },
            "reason": reason, "status": status,
        }));
        self.at(&charge)["disputed"] = json!(true);
        self.emit("charge.dispute.created", &id);
        if !status.starts_with("warning_") {
            self.emit("charge.dispute.funds_withdrawn", &id);
        }
        self.get(&id, "dispute")
    }

    /// `needs_response`, `under_review`, `won`, `lost`, or a `warning_…`.
    pub fn decide_dispute(&mut self, id: &str, status: &str) -> Answer {
        let before = text(&self.get(id, "dispute")?, "status");
        self.at(id)["status"] = json!(status);
        match status {
            "won" | "lost" | "warning_closed" | "prevented" => self.emit("charge.dispute.closed", id),
            _ => self.emit("charge.dispute.updated", id),
        }
        match status {
            "won" => self.emit("charge.dispute.funds_reinstated", id),
            "needs_response" if before.starts_with("warning_") => {
                self.emit("charge.dispute.funds_withdrawn", id)
            }
            _ => {}
        }
        self.get(id, "dispute")
    }
}
