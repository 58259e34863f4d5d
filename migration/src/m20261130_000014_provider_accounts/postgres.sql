-- One customer of a user for each account and mode at a provider. Those that are there are of an account that is not known ('').
ALTER TABLE customers
  ADD COLUMN provider_account text NOT NULL DEFAULT '',
  DROP CONSTRAINT uq_customers_user_id_provider,
  DROP CONSTRAINT uq_customers_provider_provider_customer_id,
  ADD CONSTRAINT uq_customers_user_id_provider_provider_account UNIQUE (user_id, provider, provider_account);
ALTER TABLE customers ALTER COLUMN provider_account DROP DEFAULT;
