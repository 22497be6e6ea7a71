ALTER TABLE "audit_events" RENAME COLUMN "door" TO "channel";--> statement-breakpoint
ALTER TABLE "idempotency_keys" RENAME COLUMN "made" TO "created_id";--> statement-breakpoint
ALTER TABLE "teams" RENAME COLUMN "ask_again" TO "require_reauthentication";--> statement-breakpoint
ALTER TABLE "teams" RENAME COLUMN "ask_again_above" TO "reauthenticate_above";--> statement-breakpoint
DROP INDEX "audit_events_by_door";--> statement-breakpoint
CREATE INDEX "audit_events_by_channel" ON "audit_events" USING btree ("team_id","channel","id");