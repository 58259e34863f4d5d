//! Reading the configuration: its defaults, and what it refuses.

use super::*;

fn load(pairs: &[(&str, &str)]) -> Result<Config, String> {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(pairs).map_err(|error| error.0)
}

#[test]
fn defaults_are_readable_and_the_environment_overrides() {
    let config = load(&[("PALESTRA_LISTEN", "127.0.0.1:9999")]).unwrap();
    assert_eq!((config.listen.port(), config.json_limit_bytes), (9999, 262_144));
}

#[test]
fn refusals_name_the_setting_and_what_it_expects() {
    let refusal = |pairs: &[(&str, &str)]| load(pairs).err().unwrap();
    assert!(refusal(&[("PALESTRA_LISTEN", "8080")]).contains("PALESTRA_LISTEN is «8080»"));
    assert!(refusal(&[("PALESTRA_LISTNE", "x")]).contains("no setting PALESTRA_LISTNE"));
    assert!(refusal(&[("PALESTRA_MASTER_KEY", "short")]).contains("64 hexadecimal digits"));
    assert!(refusal(&[("PALESTRA_CORS_ORIGINS", "app.example.com")]).contains("PALESTRA_CORS_ORIGINS"));
    assert!(refusal(&[("PALESTRA_MUX_TOKEN_ID", "x")]).contains("half configured"));
    assert!(refusal(&[("PALESTRA_MUX_BASE_URL", "mux.com")]).contains("PALESTRA_MUX_BASE_URL"));
    assert!(refusal(&[("PALESTRA_STRIPE_SECRET_KEY", "sk_test_x")]).contains("half configured"));
    assert!(refusal(&[("PALESTRA_STRIPE_WEBHOOK_SECRETS", "whsec_x")]).contains("half configured"));
    assert!(refusal(&[("PALESTRA_STRIPE_BASE_URL", "stripe.com")]).contains("PALESTRA_STRIPE_BASE_URL"));
    assert!(refusal(&[("DATABASE_URL", "mysql://x")]).contains("DATABASE_URL"));
    let weak = [
        ("PALESTRA_ENVIRONMENT", "production"),
        ("PALESTRA_PUBLIC_URL", "https://a"),
        ("PALESTRA_APP_URL", "https://a"),
    ];
    assert!(load(&weak).is_ok());
    assert!(refusal(&[weak.as_slice(), &[("PALESTRA_ARGON2_PASSES", "1")]].concat()).contains("OWASP"));
}
