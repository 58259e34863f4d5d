-- When the buyer had paid, while the money was still on its way; the offer was judged then.
ALTER TABLE payments ADD COLUMN accepted_at {time};
