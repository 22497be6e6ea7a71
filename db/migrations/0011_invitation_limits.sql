ALTER TABLE "invitations" ADD COLUMN "revoked_reason" text;--> statement-breakpoint
CREATE INDEX "invitations_pending_inviter" ON "invitations" USING btree ("team_id","actor_member") WHERE "invitations"."status" = 'pending';--> statement-breakpoint
CREATE INDEX "mails_invitations" ON "mails" USING btree ("team_id","created_at") WHERE "mails"."kind" = 'invitation';--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_revoked" CHECK ("invitations"."revoked_reason" IS NULL OR ("invitations"."status" = 'revoked' AND "invitations"."revoked_reason" IN ('by_owner', 'inviter_not_owner',
        'inviter_inactive', 'inviter_deleted', 'inviter_left')));