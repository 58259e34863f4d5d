//! Health, the contract, accounts, sessions and their admins.

use serde_json::{Value, json};

use super::{ADMINS, ALL, MEMBERS, Row};

pub(super) fn rows() -> Vec<Row> {
    let none = Value::Null;
    vec![
        ("getLiveness", "GET //livez", none.clone(), ALL),
        ("getReadiness", "GET //readyz", none.clone(), ALL),
        ("getMetrics", "GET //metrics", none.clone(), ALL),
        ("getJsonWebKeySet", "GET //.well-known/jwks.json", none.clone(), ALL),
        ("getOpenApi", "GET /openapi.json", none.clone(), ALL),
        (
            "register",
            "POST /auth/register",
            json!({ "email": "{unique}@example.com", "password": "seven purple anvils" }),
            [201; 6],
        ),
        (
            "login",
            "POST /auth/login",
            json!({ "email": "x@example.com", "password": "seven purple anvils" }),
            [401; 6],
        ),
        ("refreshSession", "POST /auth/refresh", json!({ "refreshToken": "x" }), [401; 6]),
        ("logout", "POST /auth/logout", json!({ "refreshToken": "x" }), [204; 6]),
        ("verifyEmail", "POST /auth/verify-email", json!({ "token": "x" }), [422; 6]),
        (
            "resendVerification",
            "POST /auth/verify-email/resend",
            json!({ "email": "x@example.com" }),
            [202; 6],
        ),
        ("requestPasswordReset", "POST /auth/forgot-password", json!({ "email": "x@example.com" }), [202; 6]),
        (
            "resetPassword",
            "POST /auth/reset-password",
            json!({ "token": "x", "newPassword": "seven purple anvils" }),
            [422; 6],
        ),
        ("getMe", "GET /me", none.clone(), MEMBERS),
        ("updateMe", "PATCH /me", json!({ "bio": "x" }), MEMBERS),
        ("getMyProfile", "GET /me/profile", none.clone(), MEMBERS),
        ("updateMyProfile", "PATCH /me/profile", json!({ "phone": "1" }), MEMBERS),
        (
            "changePassword",
            "PUT /me/password",
            json!({ "currentPassword": "x", "newPassword": "eight green anvils" }),
            [401, 422, 422, 422, 422, 422],
        ),
        ("listMySessions", "GET /me/sessions", none.clone(), MEMBERS),
        ("revokeMyOtherSessions", "DELETE /me/sessions", none.clone(), [401, 204, 204, 204, 204, 204]),
        ("revokeMySession", "DELETE /me/sessions/{other}", none.clone(), [401, 404, 404, 404, 404, 404]),
        ("getUser", "GET /users/{author}", none.clone(), ALL),
        ("listUsers", "GET /admin/users", none.clone(), ADMINS),
        ("getUserAccount", "GET /admin/users/{author}", none.clone(), ADMINS),
        ("updateUserAccount", "PATCH /admin/users/{author}", json!({}), ADMINS),
    ]
}
