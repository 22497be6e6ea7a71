CREATE TABLE "carrier_health" (
	"carrier" text NOT NULL,
	"worker_id" text NOT NULL,
	"is_connected" boolean NOT NULL,
	"detail" text,
	"since" timestamp with time zone NOT NULL,
	"checked_at" timestamp with time zone NOT NULL,
	CONSTRAINT "carrier_health_carrier_worker_id_pk" PRIMARY KEY("carrier","worker_id")
);
--> statement-breakpoint
CREATE TABLE "carrier_refs" (
	"carrier" text NOT NULL,
	"ref" text NOT NULL,
	"team_id" uuid,
	"message_id" uuid,
	"status" text,
	"code" text,
	"detail" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "carrier_refs_carrier_ref_pk" PRIMARY KEY("carrier","ref")
);
--> statement-breakpoint
DROP INDEX "messages_queued";--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "attempts" jsonb;--> statement-breakpoint
CREATE INDEX "carrier_refs_of_message" ON "carrier_refs" USING btree ("team_id","message_id");--> statement-breakpoint
CREATE INDEX "carrier_refs_by_age" ON "carrier_refs" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "messages_to_carrier" ON "messages" USING btree ("carrier","team_id","id") WHERE "messages"."status" = 'queued';