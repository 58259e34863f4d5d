//! What settings have to be, alone and together.

use super::{Config, ConfigError, Mode, PaymentProvider};

impl Config {
    /// Refuses what cannot work, and what would be dangerous in production.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let refuse = |text: String| Err(ConfigError(text));
        if let Some(key) = &self.master_key
            && (key.len() != 64 || !key.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            return refuse(
                "PALESTRA_MASTER_KEY has to be 64 hexadecimal digits: openssl rand -hex 32".to_owned(),
            );
        }
        for (name, url) in [("PALESTRA_PUBLIC_URL", &self.public_url), ("PALESTRA_APP_URL", &self.app_url)] {
            if !url.starts_with("http://") && !url.starts_with("https://") {
                return refuse(format!("{name} has to begin with https:// or http://"));
            }
            if self.environment == Mode::Production && !url.starts_with("https://") {
                return refuse(format!("{name} has to begin with https:// in production"));
            }
        }
        if let Some(url) = &self.database_url
            && !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme))
        {
            return refuse("DATABASE_URL has to begin with sqlite:, postgres:// or postgresql://".to_owned());
        }
        for origin in &self.cors_origins {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            if host.is_none_or(|host| host.is_empty() || host.contains('/')) {
                return refuse(format!(
                    "PALESTRA_CORS_ORIGINS has «{origin}», but an origin is like https://app.example.com"
                ));
            }
        }
        let mux = [
            &self.mux_token_id,
            &self.mux_token_secret,
            &self.mux_signing_key_id,
            &self.mux_signing_private_key,
            &self.mux_webhook_secret,
        ];
        if !matches!(mux.iter().filter(|part| part.is_some()).count(), 0 | 5) {
            return refuse(
                "Mux is half configured: give all five of PALESTRA_MUX_TOKEN_ID, PALESTRA_MUX_TOKEN_SECRET, \
                 PALESTRA_MUX_SIGNING_KEY_ID, PALESTRA_MUX_SIGNING_PRIVATE_KEY and PALESTRA_MUX_WEBHOOK_SECRET, or none of them"
                    .to_owned(),
            );
        }
        if self.payments == PaymentProvider::Sandbox && self.environment == Mode::Production {
            return refuse(
                "PALESTRA_PAYMENTS is sandbox: courses would be given away. In production it has to be stripe or off".to_owned(),
            );
        }
        // Stripe's page waits for 30 minutes at least, from when it hears of it.
        if !(31..=1439).contains(&self.checkout_minutes) {
            return refuse("PALESTRA_CHECKOUT_MINUTES has to be from 31 to 1439".to_owned());
        }
        if self.stripe_secret_key.is_some() == self.stripe_webhook_secrets.is_empty() {
            return refuse(
                "Stripe is half configured: give both of PALESTRA_STRIPE_SECRET_KEY and PALESTRA_STRIPE_WEBHOOK_SECRETS, or \
                 none of them"
                    .to_owned(),
            );
        }
        for (name, url) in [
            ("PALESTRA_MUX_BASE_URL", &self.mux_base_url),
            ("PALESTRA_STRIPE_BASE_URL", &self.stripe_base_url),
        ] {
            let plain = url.starts_with("http://") && self.environment == Mode::Development;
            if !plain && !url.starts_with("https://") {
                return refuse(format!("{name} has to begin with https:// (in development also http://)"));
            }
        }
        if let Some(missing) = self.missing_of_s3() {
            return refuse(format!(
                "files in S3 need a bucket, a region and a key: {missing} is missing. Give it, or none of them to keep files \
                 in the data folder"
            ));
        }
        if let Some(endpoint) = &self.s3_endpoint {
            let plain = endpoint.starts_with("http://");
            if !plain && !endpoint.starts_with("https://") {
                return refuse("PALESTRA_S3_ENDPOINT has to begin with https:// or http://".to_owned());
            }
            if plain && (!self.s3_allow_http || self.environment == Mode::Production) {
                return refuse(
                    "PALESTRA_S3_ENDPOINT is without TLS: PALESTRA_S3_ALLOW_HTTP=true allows that, outside production"
                        .to_owned(),
                );
            }
        }
        // Signatures of S3 hold for a week at most.
        for (name, seconds) in [
            ("PALESTRA_UPLOAD_SECONDS", self.upload_seconds),
            ("PALESTRA_DOWNLOAD_SECONDS", self.download_seconds),
            ("PALESTRA_PLAYBACK_SECONDS", self.playback_seconds),
        ] {
            if !(1..=604_800).contains(&seconds) {
                return refuse(format!("{name} has to be 1 to 604800"));
            }
        }
        let weak = self.argon2_memory_kib < 19_456 || self.argon2_passes < 2;
        if weak && self.environment == Mode::Production {
            return refuse(
                "argon2's cost is below OWASP's minimum (19456 KiB, 2 passes), which production refuses"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// The first setting of S3 that is missing, where one of the others is given.
    fn missing_of_s3(&self) -> Option<&'static str> {
        let needed = [
            ("PALESTRA_S3_BUCKET", &self.s3_bucket),
            ("PALESTRA_S3_REGION", &self.s3_region),
            ("PALESTRA_S3_ACCESS_KEY", &self.s3_access_key),
            ("PALESTRA_S3_SECRET_KEY", &self.s3_secret_key),
        ];
        let begun = self.s3_endpoint.is_some() || needed.iter().any(|(_, value)| value.is_some());
        let missing = needed.iter().find(|(_, value)| value.is_none());
        missing.filter(|_| begun).map(|(name, _)| *name)
    }
}
