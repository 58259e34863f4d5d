-- One customer of a user for each account and mode at a provider. Those that are there are of an account that is not known ('').
-- SQLite changes no constraint of a table that is there, so the table is made anew under its name. Nothing refers to it.
CREATE TABLE new_customers (
  id blob NOT NULL CONSTRAINT pk_customers PRIMARY KEY,
  user_id blob NOT NULL CONSTRAINT fk_customers_user_id REFERENCES users (id),
  provider text NOT NULL,
  provider_account text NOT NULL,
  provider_customer_id text NOT NULL,
  created_at datetime NOT NULL,
  updated_at datetime NOT NULL,
  CONSTRAINT uq_customers_user_id_provider_provider_account UNIQUE (user_id, provider, provider_account)
);
INSERT INTO new_customers (id, user_id, provider, provider_account, provider_customer_id, created_at, updated_at)
  SELECT id, user_id, provider, '', provider_customer_id, created_at, updated_at FROM customers;
DROP TABLE customers;
ALTER TABLE new_customers RENAME TO customers;
