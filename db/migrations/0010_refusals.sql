CREATE TABLE "refusals" (
	"team_id" uuid NOT NULL,
	"member_id" uuid NOT NULL,
	"day" date NOT NULL,
	"reason" text NOT NULL,
	"count" integer NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	CONSTRAINT "refusals_team_id_member_id_day_reason_pk" PRIMARY KEY("team_id","member_id","day","reason"),
	CONSTRAINT "refusals_count" CHECK ("refusals"."count" > 0)
);
--> statement-breakpoint
ALTER TABLE "refusals" ADD CONSTRAINT "refusals_member" FOREIGN KEY ("team_id","member_id") REFERENCES "public"."members"("team_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "refusals_by_day" ON "refusals" USING btree ("team_id","day");