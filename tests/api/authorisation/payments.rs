//! Buying, receipts, sales, coupons and the sandbox.

use serde_json::{Value, json};

use super::{MEMBERS, PARTIES, Row, TRAINERS};

pub(super) fn rows() -> Vec<Row> {
    let none = Value::Null;
    vec![
        (
            "quoteCheckout",
            "POST /checkout/quote",
            json!({ "courseId": "{priced}" }),
            [401, 200, 409, 200, 409, 409],
        ),
        (
            "createCheckout",
            "POST /checkout",
            json!({ "courseId": "{priced}" }),
            [401, 201, 409, 201, 409, 409],
        ),
        ("listMyPayments", "GET /me/payments", none.clone(), MEMBERS),
        ("listMyPurchases", "GET /me/purchases", none.clone(), MEMBERS),
        ("listMyCustomers", "GET /me/customers", none.clone(), MEMBERS),
        ("getPayment", "GET /payments/{payment}", none.clone(), PARTIES),
        ("getReceipt", "GET /payments/{payment}/receipt", none.clone(), PARTIES),
        (
            "createRefund",
            "POST /payments/{payment}/refunds",
            json!({ "amount": 1 }),
            [401, 404, 404, 404, 201, 201],
        ),
        ("listMySales", "GET /me/sales", none.clone(), TRAINERS),
        ("getMyRevenue", "GET /me/takings", none.clone(), TRAINERS),
        ("listCourseSales", "GET /courses/{priced}/sales", none.clone(), [401, 404, 404, 404, 200, 200]),
        ("getCourseRevenue", "GET /courses/{priced}/takings", none.clone(), [401, 404, 404, 404, 200, 200]),
        ("listCoupons", "GET /coupons", none.clone(), TRAINERS),
        (
            "createCoupon",
            "POST /coupons",
            json!({ "code": "{unique}", "percentOff": 5 }),
            [401, 403, 403, 201, 201, 201],
        ),
        ("getCoupon", "GET /coupons/{coupon}", none.clone(), [401, 403, 403, 404, 200, 200]),
        (
            "updateCoupon",
            "PATCH /coupons/{coupon}",
            json!({ "maxPerUser": 1 }),
            [401, 403, 403, 404, 200, 200],
        ),
        ("deleteCoupon", "DELETE /coupons/{coupon}", none.clone(), [401, 403, 403, 404, 204, 404]),
        ("receiveStripeHook", "POST /hooks/stripe", json!({ "id": "evt_1" }), [400; 6]),
        (
            "completeSandboxPayment",
            "POST /sandbox/payments/{payment}/complete",
            none.clone(),
            [401, 404, 200, 404, 404, 200],
        ),
        (
            "failSandboxPayment",
            "POST /sandbox/payments/{payment}/fail",
            none.clone(),
            [401, 404, 200, 404, 404, 200],
        ),
        (
            "disputeSandboxPayment",
            "POST /sandbox/payments/{payment}/dispute",
            json!({}),
            [401, 404, 200, 404, 404, 200],
        ),
    ]
}
