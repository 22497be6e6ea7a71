ALTER TABLE "mails" DROP CONSTRAINT "mails_state";--> statement-breakpoint
DROP INDEX "mails_by_user";--> statement-breakpoint
ALTER TABLE "mails" ADD COLUMN "digest_id" uuid;--> statement-breakpoint
CREATE INDEX "mails_by_digest" ON "mails" USING btree ("digest_id","id") WHERE "mails"."digest_id" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "mails_by_user" ON "mails" USING btree ("user_id","id");--> statement-breakpoint
ALTER TABLE "mails" ADD CONSTRAINT "mails_state" CHECK ("mails"."state" IN ('queued', 'digested', 'sent', 'delivered', 'bounced', 'failed'));