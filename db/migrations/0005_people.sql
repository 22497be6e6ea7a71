CREATE TABLE "mailbox" (
	"id" uuid PRIMARY KEY NOT NULL,
	"address" text NOT NULL,
	"subject" text NOT NULL,
	"html" text NOT NULL,
	"text" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mails" (
	"id" uuid PRIMARY KEY NOT NULL,
	"team_id" uuid,
	"user_id" uuid,
	"member_id" uuid,
	"kind" text NOT NULL,
	"address" text NOT NULL,
	"about" uuid,
	"facts" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"provider" text,
	"provider_id" text,
	"error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"sent_at" timestamp with time zone,
	"settled_at" timestamp with time zone,
	CONSTRAINT "mails_state" CHECK ("mails"."state" IN ('queued', 'sent', 'delivered', 'bounced', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "mailed_links" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"email" text NOT NULL,
	"user_id" uuid,
	"address" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "recovery_codes" (
	"user_id" uuid NOT NULL,
	"digest" "bytea" NOT NULL,
	"used_at" timestamp with time zone,
	CONSTRAINT "recovery_codes_user_id_digest_pk" PRIMARY KEY("user_id","digest")
);
--> statement-breakpoint
ALTER TABLE "teams" DROP CONSTRAINT "teams_low_balance";--> statement-breakpoint
DROP INDEX "invitations_email";--> statement-breakpoint
ALTER TABLE "ledger_accounts" ADD COLUMN "alert_below" bigint;--> statement-breakpoint
ALTER TABLE "ledger_accounts" ADD COLUMN "low_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "muted_alerts" text[] DEFAULT '{}'::text[] NOT NULL;--> statement-breakpoint
ALTER TABLE "teams" ADD COLUMN "member_low_balance" bigint;--> statement-breakpoint
ALTER TABLE "teams" ADD COLUMN "text_retention_days" integer;--> statement-breakpoint
ALTER TABLE "teams" ADD COLUMN "ask_again" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "teams" ADD COLUMN "ask_again_above" bigint;--> statement-breakpoint
ALTER TABLE "invitations" ADD COLUMN "closed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "invitations" ADD COLUMN "accepted_by" uuid;--> statement-breakpoint
ALTER TABLE "invitations" ADD COLUMN "requested_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "invitations" ADD COLUMN "mail_id" uuid;--> statement-breakpoint
ALTER TABLE "invitations" ADD COLUMN "actor_type" text NOT NULL;--> statement-breakpoint
ALTER TABLE "invitations" ADD COLUMN "actor_id" text;--> statement-breakpoint
ALTER TABLE "invitations" ADD COLUMN "actor_name" text NOT NULL;--> statement-breakpoint
ALTER TABLE "invitations" ADD COLUMN "actor_member" uuid;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "last_seen_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "confirmed_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "totp_sealed" text;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "totp_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "totp_step" bigint;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "erased_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "mailed_links" ADD CONSTRAINT "mailed_links_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "mailbox_by_address" ON "mailbox" USING btree ("address","id");--> statement-breakpoint
CREATE INDEX "mails_by_team" ON "mails" USING btree ("team_id","id");--> statement-breakpoint
CREATE INDEX "mails_by_user" ON "mails" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "mails_by_provider" ON "mails" USING btree ("provider_id");--> statement-breakpoint
CREATE INDEX "mailed_links_by_email" ON "mailed_links" USING btree ("email");--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_member" FOREIGN KEY ("team_id","member_id") REFERENCES "public"."members"("team_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "invitations_by_status" ON "invitations" USING btree ("team_id","status","id");--> statement-breakpoint
CREATE UNIQUE INDEX "invitations_pending_email" ON "invitations" USING btree ("team_id","email") WHERE "invitations"."status" = 'pending';--> statement-breakpoint
CREATE UNIQUE INDEX "invitations_pending_member" ON "invitations" USING btree ("team_id","member_id") WHERE "invitations"."status" = 'pending' AND "invitations"."member_id" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "invitations" DROP COLUMN "accepted_at";--> statement-breakpoint
ALTER TABLE "invitations" DROP COLUMN "invited_by";--> statement-breakpoint
ALTER TABLE "teams" ADD CONSTRAINT "teams_text_retention" CHECK ("teams"."text_retention_days" > 0);--> statement-breakpoint
ALTER TABLE "teams" ADD CONSTRAINT "teams_low_balance" CHECK ("teams"."low_balance" >= 0 AND "teams"."member_low_balance" >= 0);--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_status" CHECK ("invitations"."status" IN ('pending', 'accepted', 'declined', 'expired', 'revoked'));--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_closed" CHECK (("invitations"."status" IN ('pending', 'expired')) = ("invitations"."closed_at" IS NULL));--> statement-breakpoint
ALTER TABLE "invitations" ADD COLUMN "transfer_id" uuid;
--> statement-breakpoint
CREATE INDEX "audit_events_by_action" ON "audit_events" USING btree ("team_id","action","id");--> statement-breakpoint
CREATE INDEX "audit_events_by_actor" ON "audit_events" USING btree ("team_id",coalesce("actor_id", ''),"id");--> statement-breakpoint
CREATE INDEX "audit_events_by_door" ON "audit_events" USING btree ("team_id","door","id");--> statement-breakpoint
ALTER TABLE "teams" ADD COLUMN "texts_removed_to" uuid;
--> statement-breakpoint
ALTER TABLE "mails" ADD COLUMN "claimed_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "mails" ADD COLUMN "once" text;--> statement-breakpoint
CREATE INDEX "ledger_accounts_low" ON "ledger_accounts" USING btree ("team_id","low_since","id") WHERE "ledger_accounts"."low_since" IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "mails_once" ON "mails" USING btree ("once");--> statement-breakpoint
CREATE INDEX "mails_queued" ON "mails" USING btree ("created_at") WHERE "mails"."state" = 'queued';--> statement-breakpoint
CREATE INDEX "mails_lost" ON "mails" USING btree ("team_id","id") WHERE "mails"."state" IN ('bounced', 'failed');
