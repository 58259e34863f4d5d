-- Access ----------------------------------------------------------------------------------------------------------

-- Every change of a grant, so that access at any instant can be told afterwards. Never changed, never deleted; what stands
-- in `grants` is the last of these.
CREATE TABLE grant_events (
  id {uuid} NOT NULL CONSTRAINT pk_grant_events PRIMARY KEY,
  grant_id {uuid} NOT NULL CONSTRAINT fk_grant_events_grant_id REFERENCES grants (id),
  user_id {uuid} NOT NULL,
  course_id {uuid} NOT NULL,
  -- The grant from then on.
  status text NOT NULL CONSTRAINT ck_grant_events_status
    CHECK (status IN ('ACTIVE', 'SUSPENDED', 'REFUNDED', 'REVOKED', 'ENDED')),
  starts_at {time} NOT NULL,
  ends_at {time},
  reason text,
  -- Who did it; NULL is the system itself, such as a payment provider's word.
  actor_id {uuid},
  created_at {time} NOT NULL
);
CREATE INDEX ix_grant_events_user_id ON grant_events (user_id, course_id, created_at, id);
CREATE INDEX ix_grant_events_grant_id ON grant_events (grant_id, created_at, id);
INSERT INTO grant_events (id, grant_id, user_id, course_id, status, starts_at, ends_at, reason, created_at)
  SELECT id, id, user_id, course_id, status, starts_at, ends_at, status_reason, status_changed_at FROM grants;

-- Coupons ---------------------------------------------------------------------------------------------------------

CREATE TABLE coupons (
  id {uuid} NOT NULL CONSTRAINT pk_coupons PRIMARY KEY,
  -- Whose courses it is for; an admin's is for everybody's.
  owner_id {uuid} NOT NULL CONSTRAINT fk_coupons_owner_id REFERENCES users (id),
  code text NOT NULL,
  scope text NOT NULL CONSTRAINT ck_coupons_scope CHECK (scope IN ('ALL', 'OWNER', 'COURSES')),
  percent_off bigint CONSTRAINT ck_coupons_percent_off CHECK (percent_off >= 1 AND percent_off <= 100),
  amount_off bigint CONSTRAINT ck_coupons_amount_off CHECK (amount_off >= 1),
  currency text,
  is_active {bool} NOT NULL,
  starts_at {time},
  ends_at {time},
  max_redemptions bigint CONSTRAINT ck_coupons_max_redemptions CHECK (max_redemptions >= 1),
  max_per_user bigint CONSTRAINT ck_coupons_max_per_user CHECK (max_per_user >= 1),
  -- Reserved and confirmed ones together: the quota is kept here, whoever races.
  redemption_count bigint NOT NULL,
  version bigint NOT NULL,
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_coupons_code UNIQUE (code),
  CONSTRAINT ck_coupons_kind CHECK ((percent_off IS NULL) <> (amount_off IS NULL)),
  CONSTRAINT ck_coupons_currency CHECK ((amount_off IS NULL) = (currency IS NULL)),
  CONSTRAINT ck_coupons_window CHECK (starts_at IS NULL OR ends_at IS NULL OR starts_at < ends_at),
  CONSTRAINT ck_coupons_quota CHECK (redemption_count >= 0
    AND (max_redemptions IS NULL OR redemption_count <= max_redemptions))
);
CREATE INDEX ix_coupons_owner_id ON coupons (owner_id, created_at, id);

CREATE TABLE coupon_courses (
  coupon_id {uuid} NOT NULL CONSTRAINT fk_coupon_courses_coupon_id REFERENCES coupons (id) ON DELETE CASCADE,
  course_id {uuid} NOT NULL CONSTRAINT fk_coupon_courses_course_id REFERENCES courses (id) ON DELETE CASCADE,
  CONSTRAINT pk_coupon_courses PRIMARY KEY (coupon_id, course_id)
);
CREATE INDEX ix_coupon_courses_course_id ON coupon_courses (course_id);

-- Payments --------------------------------------------------------------------------------------------------------

-- Who somebody is at a provider.
CREATE TABLE customers (
  id {uuid} NOT NULL CONSTRAINT pk_customers PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_customers_user_id REFERENCES users (id),
  provider text NOT NULL,
  provider_customer_id text NOT NULL,
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_customers_user_id_provider UNIQUE (user_id, provider),
  CONSTRAINT uq_customers_provider_provider_customer_id UNIQUE (provider, provider_customer_id)
);

-- One try to buy one course. What is to be paid is frozen here when the checkout begins.
CREATE TABLE payments (
  id {uuid} NOT NULL CONSTRAINT pk_payments PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_payments_user_id REFERENCES users (id),
  course_id {uuid} NOT NULL CONSTRAINT fk_payments_course_id REFERENCES courses (id),
  -- Who sells: the course's owner.
  author_id {uuid} NOT NULL CONSTRAINT fk_payments_author_id REFERENCES users (id),
  course_title text NOT NULL,
  status text NOT NULL CONSTRAINT ck_payments_status CHECK (status IN ('PENDING', 'COMPLETED', 'FAILED', 'REFUNDED')),
  provider text NOT NULL CONSTRAINT ck_payments_provider CHECK (provider IN ('STRIPE', 'SANDBOX', 'NONE')),
  method text NOT NULL CONSTRAINT ck_payments_method CHECK (method IN ('CHECKOUT_SESSION', 'PAYMENT_INTENT', 'NONE')),
  currency text NOT NULL,
  -- The list price; what the course's own discount and then the coupon take off; what is left to pay.
  base_amount bigint NOT NULL,
  discount_amount bigint NOT NULL,
  coupon_id {uuid} CONSTRAINT fk_payments_coupon_id REFERENCES coupons (id),
  coupon_amount bigint NOT NULL,
  amount bigint NOT NULL,
  refunded_amount bigint NOT NULL,
  -- On its way back; with what is back already never more than was paid.
  refunding_amount bigint NOT NULL,
  provider_session_id text,
  provider_payment_id text,
  -- Where the buyer pays, sealed: whoever has it may look at the purchase.
  sealed_handover {bytes},
  -- Why it failed, or the last refusal of a try.
  failure_code text,
  -- When it stops waiting for the buyer.
  expires_at {time} NOT NULL,
  -- When the provider was last asked about it.
  asked_at {time},
  completed_at {time},
  failed_at {time},
  refunded_at {time},
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_payments_provider_provider_session_id UNIQUE (provider, provider_session_id),
  CONSTRAINT uq_payments_provider_provider_payment_id UNIQUE (provider, provider_payment_id),
  CONSTRAINT ck_payments_amount CHECK (amount >= 0 AND base_amount >= 0 AND discount_amount >= 0 AND coupon_amount >= 0
    AND amount = base_amount - discount_amount - coupon_amount),
  CONSTRAINT ck_payments_refunded CHECK (refunded_amount >= 0 AND refunding_amount >= 0
    AND refunded_amount + refunding_amount <= amount),
  CONSTRAINT ck_payments_coupon CHECK (coupon_id IS NOT NULL OR coupon_amount = 0),
  CONSTRAINT ck_payments_completed_at CHECK ((status IN ('COMPLETED', 'REFUNDED')) = (completed_at IS NOT NULL)),
  CONSTRAINT ck_payments_failed_at CHECK ((status = 'FAILED') = (failed_at IS NOT NULL)),
  CONSTRAINT ck_payments_refunded_at CHECK ((status = 'REFUNDED') = (refunded_at IS NOT NULL))
);
-- Of two checkouts of one course at once, one waits for its buyer.
CREATE UNIQUE INDEX uq_payments_user_id_course_id ON payments (user_id, course_id) WHERE status = 'PENDING';
CREATE INDEX ix_payments_user_id ON payments (user_id, created_at, id);
CREATE INDEX ix_payments_author_id ON payments (author_id, completed_at, id) WHERE completed_at IS NOT NULL;
CREATE INDEX ix_payments_course_id ON payments (course_id, completed_at, id) WHERE completed_at IS NOT NULL;
CREATE INDEX ix_payments_waiting ON payments (created_at, id) WHERE status = 'PENDING';
CREATE INDEX ix_payments_refunding ON payments (updated_at, id) WHERE refunding_amount > 0;
CREATE INDEX ix_payments_coupon_id ON payments (coupon_id) WHERE coupon_id IS NOT NULL;

-- A place in a coupon's quota: held by a checkout, kept by its payment, given back when it comes to nothing.
CREATE TABLE coupon_redemptions (
  id {uuid} NOT NULL CONSTRAINT pk_coupon_redemptions PRIMARY KEY,
  coupon_id {uuid} NOT NULL CONSTRAINT fk_coupon_redemptions_coupon_id REFERENCES coupons (id),
  user_id {uuid} NOT NULL CONSTRAINT fk_coupon_redemptions_user_id REFERENCES users (id),
  payment_id {uuid} NOT NULL CONSTRAINT fk_coupon_redemptions_payment_id REFERENCES payments (id),
  status text NOT NULL CONSTRAINT ck_coupon_redemptions_status CHECK (status IN ('RESERVED', 'CONFIRMED', 'RELEASED')),
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_coupon_redemptions_payment_id UNIQUE (payment_id)
);
CREATE INDEX ix_coupon_redemptions_coupon_id ON coupon_redemptions (coupon_id, user_id);
CREATE INDEX ix_coupon_redemptions_user_id ON coupon_redemptions (user_id);

-- What somebody bought. One that was refunded or lost has ended, and the course may be bought again.
CREATE TABLE purchases (
  id {uuid} NOT NULL CONSTRAINT pk_purchases PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_purchases_user_id REFERENCES users (id),
  course_id {uuid} NOT NULL CONSTRAINT fk_purchases_course_id REFERENCES courses (id),
  author_id {uuid} NOT NULL,
  payment_id {uuid} NOT NULL CONSTRAINT fk_purchases_payment_id REFERENCES payments (id),
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  ended_at {time},
  CONSTRAINT uq_purchases_payment_id UNIQUE (payment_id)
);
CREATE UNIQUE INDEX uq_purchases_user_id_course_id ON purchases (user_id, course_id) WHERE ended_at IS NULL;
CREATE INDEX ix_purchases_user_id ON purchases (user_id, created_at, id);
CREATE INDEX ix_purchases_course_id ON purchases (course_id);

CREATE TABLE refunds (
  id {uuid} NOT NULL CONSTRAINT pk_refunds PRIMARY KEY,
  payment_id {uuid} NOT NULL CONSTRAINT fk_refunds_payment_id REFERENCES payments (id),
  user_id {uuid} NOT NULL,
  author_id {uuid} NOT NULL,
  amount bigint NOT NULL CONSTRAINT ck_refunds_amount CHECK (amount >= 0),
  currency text NOT NULL,
  status text NOT NULL CONSTRAINT ck_refunds_status CHECK (status IN ('PENDING', 'SUCCEEDED', 'FAILED')),
  reason text NOT NULL CONSTRAINT ck_refunds_reason CHECK (reason IN ('REQUESTED_BY_CUSTOMER', 'DUPLICATE', 'FRAUDULENT', 'OTHER')),
  note text,
  -- Whether the course goes with the money, however little it is.
  ends_access {bool} NOT NULL,
  -- NULL where the provider told of it first: made in its own dashboard.
  requested_by {uuid},
  provider_refund_id text,
  failure_code text,
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_refunds_payment_id_provider_refund_id UNIQUE (payment_id, provider_refund_id)
);
CREATE INDEX ix_refunds_payment_id ON refunds (payment_id, created_at, id);

CREATE TABLE disputes (
  id {uuid} NOT NULL CONSTRAINT pk_disputes PRIMARY KEY,
  payment_id {uuid} NOT NULL CONSTRAINT fk_disputes_payment_id REFERENCES payments (id),
  user_id {uuid} NOT NULL,
  author_id {uuid} NOT NULL,
  provider_dispute_id text NOT NULL,
  amount bigint NOT NULL CONSTRAINT ck_disputes_amount CHECK (amount >= 0),
  currency text NOT NULL,
  status text NOT NULL CONSTRAINT ck_disputes_status CHECK (status IN ('OPEN', 'WON', 'LOST')),
  reason text,
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_disputes_payment_id_provider_dispute_id UNIQUE (payment_id, provider_dispute_id)
);

-- The last number that somebody gave in a year: taken in the transaction of the payment, so that none is left out.
CREATE TABLE receipt_numbers (
  issuer_id {uuid} NOT NULL CONSTRAINT fk_receipt_numbers_issuer_id REFERENCES users (id),
  year bigint NOT NULL,
  last_number bigint NOT NULL,
  CONSTRAINT pk_receipt_numbers PRIMARY KEY (issuer_id, year)
);

CREATE TABLE receipts (
  id {uuid} NOT NULL CONSTRAINT pk_receipts PRIMARY KEY,
  payment_id {uuid} NOT NULL CONSTRAINT fk_receipts_payment_id REFERENCES payments (id),
  user_id {uuid} NOT NULL,
  issuer_id {uuid} NOT NULL CONSTRAINT fk_receipts_issuer_id REFERENCES users (id),
  year bigint NOT NULL,
  number bigint NOT NULL CONSTRAINT ck_receipts_number CHECK (number >= 1),
  -- As they were called then: a receipt does not change with its people.
  issuer_name text NOT NULL,
  buyer_name text NOT NULL,
  created_at {time} NOT NULL,
  CONSTRAINT uq_receipts_payment_id UNIQUE (payment_id),
  CONSTRAINT uq_receipts_issuer_id_year_number UNIQUE (issuer_id, year, number)
);
