//! Money: amounts in minor units, and the currencies that they are in.

use std::{fmt, str::FromStr};

/// An ISO 4217 currency code, three upper-case letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The code, such as `USD`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = ();
    /// Accepts the codes of ISO 4217's active list that payment providers settle.
    fn from_str(s: &str) -> Result<Self, ()> {
        const ACTIVE: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD \
            BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL \
            GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD \
            KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK \
            NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP \
            STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF \
            XPF YER ZAR ZMW ZWG";
        let bytes: [u8; 3] = s.as_bytes().try_into().map_err(|_| ())?;
        if ACTIVE.split_ascii_whitespace().any(|code| code == s) { Ok(Self(bytes)) } else { Err(()) }
    }
}

/// An amount in the currency's minor units (cents for USD, yen for JPY). Never a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// Minor units, not negative for a price.
    pub amount: i64,
    /// Whose minor units.
    pub currency: Currency,
}

impl Money {
    /// The amount with its decimals, as people write it: `49.00`.
    fn decimal(self) -> String {
        let decimals = self.currency.decimals();
        let unit = 10_i64.pow(decimals);
        let (whole, part) = (self.amount / unit, (self.amount % unit).unsigned_abs());
        if decimals == 0 {
            whole.to_string()
        } else {
            format!("{whole}.{part:0width$}", width = decimals as usize)
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

impl Currency {
    /// How many decimals its minor unit has by ISO 4217.
    fn decimals(self) -> u32 {
        match self.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
            | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_written_with_the_decimals_of_its_currency() {
        for (amount, currency, written) in [
            (4900, "USD", "49.00 USD"),
            (5, "EUR", "0.05 EUR"),
            (500, "JPY", "500 JPY"),
            (5120, "KWD", "5.120 KWD"),
        ] {
            assert_eq!(Money { amount, currency: currency.parse().unwrap() }.to_string(), written);
        }
    }
}
