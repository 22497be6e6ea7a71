-- Names in the order that people expect, in any script, and 2 before 10. Needs a Postgres with ICU, which all packaged ones have.
CREATE COLLATION natural_order (provider = icu, locale = 'und-u-kn-true');
--> statement-breakpoint
CREATE TABLE "entries" (
	"team_id" uuid NOT NULL,
	"transfer_id" uuid NOT NULL,
	"leg" smallint NOT NULL,
	"account_id" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"balance_after" bigint,
	"seq" bigint,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "entries_team_id_transfer_id_leg_pk" PRIMARY KEY("team_id","transfer_id","leg"),
	CONSTRAINT "entries_leg" CHECK ("entries"."leg" IN (-1, 1) AND sign("entries"."amount") = "entries"."leg")
);
--> statement-breakpoint
CREATE TABLE "ledger_accounts" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"balance" bigint,
	"version" bigint DEFAULT 0 NOT NULL,
	"reserve" bigint DEFAULT 0 NOT NULL,
	"closed_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ledger_accounts_team_id_id_pk" PRIMARY KEY("team_id","id"),
	CONSTRAINT "ledger_accounts_reserve" CHECK ("ledger_accounts"."reserve" >= 0 AND ("ledger_accounts"."reserve" = 0 OR "ledger_accounts"."kind" = 'master')),
	CONSTRAINT "ledger_accounts_kind" CHECK ("ledger_accounts"."kind" IN ('master', 'member', 'usage', 'funding', 'receivable')),
	CONSTRAINT "ledger_accounts_running" CHECK (("ledger_accounts"."kind" IN ('master', 'member')) = ("ledger_accounts"."balance" IS NOT NULL)),
	CONSTRAINT "ledger_accounts_floor" CHECK ("ledger_accounts"."balance" >= 0),
	CONSTRAINT "ledger_accounts_closed" CHECK ("ledger_accounts"."closed_at" IS NULL OR "ledger_accounts"."balance" = 0),
	CONSTRAINT "ledger_accounts_master" CHECK (("ledger_accounts"."kind" = 'master') = ("ledger_accounts"."id" = "ledger_accounts"."team_id"))
) WITH (fillfactor = 50);
--> statement-breakpoint
CREATE TABLE "transfers" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"debit_account" uuid NOT NULL,
	"credit_account" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"debit_after" bigint,
	"debit_seq" bigint,
	"credit_after" bigint,
	"credit_seq" bigint,
	"member_id" uuid,
	"message_id" uuid,
	"note" text,
	"note_for_member" text,
	"reversal_of" uuid,
	"reference" text,
	"actor_type" text NOT NULL,
	"actor_id" text,
	"actor_name" text NOT NULL,
	"actor_member" uuid,
	"idempotency_key" text,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "transfers_team_id_id_pk" PRIMARY KEY("team_id","id"),
	CONSTRAINT "transfers_amount" CHECK ("transfers"."amount" > 0),
	CONSTRAINT "transfers_two_accounts" CHECK ("transfers"."debit_account" <> "transfers"."credit_account"),
	CONSTRAINT "transfers_note" CHECK (char_length("transfers"."note") <= 255 AND char_length("transfers"."note_for_member") <= 255)
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"member_id" uuid NOT NULL,
	"digest" "bytea" NOT NULL,
	"prefix" text NOT NULL,
	"last4" text NOT NULL,
	"sealed" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"last_used_address" text,
	CONSTRAINT "api_keys_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "key_lookup" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"team_id" uuid NOT NULL
);
--> statement-breakpoint
CREATE TABLE "members" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"email_generated" boolean DEFAULT false NOT NULL,
	"role" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"external_id" text,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"stepped_down_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "members_team_id_id_pk" PRIMARY KEY("team_id","id"),
	CONSTRAINT "members_role" CHECK ("members"."role" IN ('owner', 'member')),
	CONSTRAINT "members_status" CHECK ("members"."status" IN ('active', 'inactive', 'deleted')),
	CONSTRAINT "members_deleted" CHECK (("members"."status" = 'deleted') = ("members"."deleted_at" IS NOT NULL)),
	CONSTRAINT "members_stepped_down" CHECK ("members"."stepped_down_at" IS NULL OR "members"."role" = 'member')
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"member_id" uuid NOT NULL,
	"payer" text NOT NULL,
	"transfer_id" uuid,
	"recipient" text NOT NULL,
	"sender" text NOT NULL,
	"body" text NOT NULL,
	"country" text NOT NULL,
	"encoding" text NOT NULL,
	"segments" smallint NOT NULL,
	"price" bigint NOT NULL,
	"cost" bigint NOT NULL,
	"status" text NOT NULL,
	"error_code" text,
	"error_detail" text,
	"reference" text,
	"carrier" text,
	"carrier_ref" text,
	"claimed_until" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	"send_at" timestamp with time zone,
	"sent_at" timestamp with time zone,
	"delivered_at" timestamp with time zone,
	"failed_at" timestamp with time zone,
	"cancelled_at" timestamp with time zone,
	CONSTRAINT "messages_team_id_id_pk" PRIMARY KEY("team_id","id"),
	CONSTRAINT "messages_status" CHECK ("messages"."status" IN ('scheduled', 'held', 'queued', 'sent', 'delivered', 'failed', 'cancelled')),
	CONSTRAINT "messages_cost" CHECK ("messages"."cost" >= 0 AND "messages"."price" >= 0 AND "messages"."segments" > 0),
	CONSTRAINT "messages_refunded" CHECK ("messages"."status" <> 'failed' OR "messages"."cost" = 0)
) PARTITION BY RANGE ("id");
--> statement-breakpoint
CREATE TABLE "messages_dropped" (
	"month" date PRIMARY KEY NOT NULL,
	"dropped_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "usage_daily" (
	"team_id" uuid NOT NULL,
	"member_id" uuid NOT NULL,
	"day" date NOT NULL,
	"country" text NOT NULL,
	"messages" integer NOT NULL,
	"segments" integer NOT NULL,
	"delivered" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"cost" bigint NOT NULL,
	CONSTRAINT "usage_daily_team_id_member_id_day_country_pk" PRIMARY KEY("team_id","member_id","day","country"),
	CONSTRAINT "usage_daily_sums" CHECK ("usage_daily"."messages" >= "usage_daily"."delivered" + "usage_daily"."failed" AND "usage_daily"."cost" >= 0)
) WITH (fillfactor = 80);
--> statement-breakpoint
CREATE TABLE "usage_team_daily" (
	"team_id" uuid NOT NULL,
	"day" date NOT NULL,
	"country" text NOT NULL,
	"lane" smallint NOT NULL,
	"messages" integer NOT NULL,
	"segments" integer NOT NULL,
	"delivered" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"cost" bigint NOT NULL,
	CONSTRAINT "usage_team_daily_team_id_day_country_lane_pk" PRIMARY KEY("team_id","day","country","lane")
);
--> statement-breakpoint
CREATE TABLE "recharge_events" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"member_id" uuid NOT NULL,
	"episode" integer NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"outcome" text NOT NULL,
	"reason" text,
	"count" integer DEFAULT 1 NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"balance_before" bigint NOT NULL,
	"charge" bigint NOT NULL,
	"threshold" bigint NOT NULL,
	"amount" bigint NOT NULL,
	"transfer_id" uuid,
	CONSTRAINT "recharge_events_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "recharge_rules" (
	"team_id" uuid NOT NULL,
	"member_id" uuid NOT NULL,
	"enabled" boolean NOT NULL,
	"threshold" bigint NOT NULL,
	"amount" bigint,
	"target" bigint,
	"cap_amount" bigint,
	"cap_period" text,
	"waiting_since" timestamp with time zone,
	"reason" text,
	"episode" integer DEFAULT 1 NOT NULL,
	"last_fired_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "recharge_rules_team_id_member_id_pk" PRIMARY KEY("team_id","member_id"),
	CONSTRAINT "recharge_rules_step" CHECK (("recharge_rules"."amount" IS NULL) <> ("recharge_rules"."target" IS NULL)),
	CONSTRAINT "recharge_rules_amounts" CHECK ("recharge_rules"."threshold" >= 0 AND "recharge_rules"."amount" > 0 AND "recharge_rules"."cap_amount" > 0),
	CONSTRAINT "recharge_rules_target" CHECK ("recharge_rules"."target" > "recharge_rules"."threshold"),
	CONSTRAINT "recharge_rules_cap" CHECK (("recharge_rules"."cap_amount" IS NULL) = ("recharge_rules"."cap_period" IS NULL)),
	CONSTRAINT "recharge_rules_waiting" CHECK (("recharge_rules"."waiting_since" IS NULL) = ("recharge_rules"."reason" IS NULL))
) WITH (fillfactor = 80);
--> statement-breakpoint
CREATE TABLE "recharge_totals" (
	"team_id" uuid NOT NULL,
	"member_id" uuid NOT NULL,
	"day" date NOT NULL,
	"amount" bigint NOT NULL,
	CONSTRAINT "recharge_totals_team_id_member_id_day_pk" PRIMARY KEY("team_id","member_id","day")
);
--> statement-breakpoint
CREATE TABLE "audit_events" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"action" text NOT NULL,
	"actor_type" text NOT NULL,
	"actor_id" text,
	"actor_name" text NOT NULL,
	"door" text NOT NULL,
	"address" text,
	"request_id" text,
	"target_type" text NOT NULL,
	"target_id" text,
	"before" jsonb,
	"after" jsonb,
	CONSTRAINT "audit_events_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"team_id" uuid NOT NULL,
	"member_id" uuid NOT NULL,
	"key" text NOT NULL,
	"request_hash" "bytea" NOT NULL,
	"status" smallint NOT NULL,
	"answer" text,
	"made" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_team_id_member_id_key_pk" PRIMARY KEY("team_id","member_id","key")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"task" text NOT NULL,
	"payload" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "outbox_team_id_id_pk" PRIMARY KEY("team_id","id")
);
--> statement-breakpoint
CREATE TABLE "rates" (
	"team_id" uuid NOT NULL,
	"country" text NOT NULL,
	"prefix" text NOT NULL,
	"price" bigint NOT NULL,
	CONSTRAINT "rates_team_id_country_prefix_pk" PRIMARY KEY("team_id","country","prefix"),
	CONSTRAINT "rates_price" CHECK ("rates"."price" >= 0),
	CONSTRAINT "rates_names_something" CHECK ("rates"."country" <> '' OR "rates"."prefix" <> '')
);
--> statement-breakpoint
CREATE TABLE "team_slugs" (
	"slug" text PRIMARY KEY NOT NULL,
	"team_id" uuid NOT NULL
);
--> statement-breakpoint
CREATE TABLE "teams" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"slug" text NOT NULL,
	"currency" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"default_sender" text,
	"low_balance" bigint,
	"sample_prices" boolean DEFAULT true NOT NULL,
	"rates_version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "teams_status" CHECK ("teams"."status" IN ('active', 'suspended', 'closed')),
	CONSTRAINT "teams_currency" CHECK ("teams"."currency" ~ '^[A-Z]{3}$'),
	CONSTRAINT "teams_low_balance" CHECK ("teams"."low_balance" >= 0)
);
--> statement-breakpoint
CREATE TABLE "invitation_lookup" (
	"id" uuid PRIMARY KEY NOT NULL,
	"team_id" uuid NOT NULL
);
--> statement-breakpoint
CREATE TABLE "invitations" (
	"team_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"email" text NOT NULL,
	"name" text,
	"role" text NOT NULL,
	"member_id" uuid,
	"status" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"credit" bigint,
	"recharge" jsonb,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"accepted_at" timestamp with time zone,
	"invited_by" uuid NOT NULL,
	CONSTRAINT "invitations_team_id_id_pk" PRIMARY KEY("team_id","id"),
	CONSTRAINT "invitations_credit" CHECK ("invitations"."credit" > 0)
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	"address" text,
	"agent" text
);
--> statement-breakpoint
CREATE TABLE "sign_in_tries" (
	"key" text PRIMARY KEY NOT NULL,
	"points" integer DEFAULT 0 NOT NULL,
	"expire" bigint
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"password_hash" text,
	"email_proven_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_email_unique" UNIQUE("email")
);
--> statement-breakpoint
ALTER TABLE "ledger_accounts" ADD CONSTRAINT "ledger_accounts_team" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_member" FOREIGN KEY ("team_id","member_id") REFERENCES "public"."ledger_accounts"("team_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_reversal_of" FOREIGN KEY ("team_id","reversal_of") REFERENCES "public"."transfers"("team_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_member" FOREIGN KEY ("team_id","member_id") REFERENCES "public"."members"("team_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_team" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_member" FOREIGN KEY ("team_id","member_id") REFERENCES "public"."ledger_accounts"("team_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recharge_events" ADD CONSTRAINT "recharge_events_member" FOREIGN KEY ("team_id","member_id") REFERENCES "public"."members"("team_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recharge_rules" ADD CONSTRAINT "recharge_rules_member" FOREIGN KEY ("team_id","member_id") REFERENCES "public"."members"("team_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recharge_totals" ADD CONSTRAINT "recharge_totals_member" FOREIGN KEY ("team_id","member_id") REFERENCES "public"."members"("team_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_team" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_team" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_team" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "entries_chain" ON "entries" USING btree ("team_id","account_id","seq") WHERE "entries"."seq" IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "transfers_reversed_once" ON "transfers" USING btree ("team_id","reversal_of");--> statement-breakpoint
CREATE UNIQUE INDEX "transfers_message_once" ON "transfers" USING btree ("team_id","message_id","kind") WHERE "transfers"."message_id" IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "transfers_reference_once" ON "transfers" USING btree ("team_id","kind","reference") WHERE "transfers"."reference" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "transfers_by_member" ON "transfers" USING btree ("team_id","member_id","id");--> statement-breakpoint
CREATE INDEX "transfers_by_kind" ON "transfers" USING btree ("team_id","kind","id");--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_digest" ON "api_keys" USING btree ("team_id","digest");--> statement-breakpoint
CREATE INDEX "api_keys_member" ON "api_keys" USING btree ("team_id","member_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_current" ON "api_keys" USING btree ("team_id","member_id") WHERE "api_keys"."revoked_at" IS NULL AND "api_keys"."expires_at" IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "members_email" ON "members" USING btree ("team_id","email") WHERE "members"."status" <> 'deleted';--> statement-breakpoint
CREATE UNIQUE INDEX "members_user" ON "members" USING btree ("team_id","user_id") WHERE "members"."status" <> 'deleted';--> statement-breakpoint
CREATE INDEX "members_by_user" ON "members" USING btree ("user_id") WHERE "members"."user_id" IS NOT NULL AND "members"."status" <> 'deleted';--> statement-breakpoint
CREATE INDEX "members_external_id" ON "members" USING btree ("team_id","external_id");--> statement-breakpoint
CREATE INDEX "members_by_name" ON "members" USING btree ("team_id",lower("name" COLLATE natural_order),"id") WHERE "members"."status" <> 'deleted';--> statement-breakpoint
CREATE INDEX "messages_by_member" ON "messages" USING btree ("team_id","member_id","id");--> statement-breakpoint
CREATE INDEX "messages_by_status" ON "messages" USING btree ("team_id","status","id");--> statement-breakpoint
CREATE INDEX "messages_by_member_status" ON "messages" USING btree ("team_id","member_id","status","id");--> statement-breakpoint
CREATE INDEX "messages_by_country" ON "messages" USING btree ("team_id","country","id");--> statement-breakpoint
CREATE INDEX "messages_by_recipient" ON "messages" USING btree ("team_id","recipient" text_pattern_ops,"id");--> statement-breakpoint
CREATE INDEX "messages_by_beginning" ON "messages" USING btree ("team_id",left("recipient", 7),"id");--> statement-breakpoint
CREATE INDEX "messages_by_reference" ON "messages" USING btree ("team_id","reference","id") WHERE "messages"."reference" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "messages_queued" ON "messages" USING btree ("team_id","id") WHERE "messages"."status" = 'queued';--> statement-breakpoint
CREATE INDEX "messages_sent" ON "messages" USING btree ("team_id","id") WHERE "messages"."status" = 'sent';--> statement-breakpoint
CREATE INDEX "usage_daily_by_day" ON "usage_daily" USING btree ("team_id","day");--> statement-breakpoint
CREATE INDEX "recharge_events_by_member" ON "recharge_events" USING btree ("team_id","member_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "recharge_events_episode" ON "recharge_events" USING btree ("team_id","member_id","episode","reason") WHERE "recharge_events"."outcome" = 'refused';--> statement-breakpoint
CREATE INDEX "recharge_rules_waiting" ON "recharge_rules" USING btree ("team_id","waiting_since","member_id") WHERE "recharge_rules"."waiting_since" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "audit_events_by_target" ON "audit_events" USING btree ("team_id","target_type","target_id","id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "invitations_email" ON "invitations" USING btree ("team_id","email");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" USING btree ("user_id");