-- The account and mode at the provider in which the session was made; NULL where it is not known.
ALTER TABLE payments ADD COLUMN provider_account text;
-- When the buyer had paid, while the money was still on its way; the offer was judged then.
ALTER TABLE payments ADD COLUMN accepted_at {time};
