ALTER FUNCTION seat_lock(uuid, uuid, boolean, timestamptz) RENAME TO member_lock;
--> statement-breakpoint
-- The first statement of every change: who acts now, checked inside the transaction, and, for a request with an
-- `Idempotency-Key`, whether it ran before. A function and not a query, because each of its statements sees what was
-- committed a moment ago: the lookup must not be older than the lock.
-- Returns {now, team: null | {...}, role, status, idempotency: null | {busy: true} | {busy: false, found: null | {...}}}.
CREATE OR REPLACE FUNCTION request_begin(p_team uuid, p_member uuid, p_key text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_idempotency jsonb; v_now jsonb;
BEGIN
  IF p_key IS NOT NULL THEN
    IF pg_try_advisory_xact_lock(hashtextextended(p_team::text || p_member::text || p_key, 0)) THEN
      v_idempotency := jsonb_build_object('busy', false, 'found', (
        SELECT jsonb_build_object('hash', encode(k.request_hash, 'hex'), 'status', k.status, 'answer', k.answer, 'createdId', k.created_id)
        FROM public.idempotency_keys k WHERE k.team_id = p_team AND k.member_id = p_member AND k.key = p_key));
    ELSE
      v_idempotency := '{"busy": true}';
    END IF;
  END IF;
  SELECT jsonb_build_object('team', jsonb_build_object('status', t.status, 'defaultSender', t.default_sender, 'ratesVersion', t.rates_version),
      'role', m.role, 'status', m.status)
    INTO v_now
    FROM public.teams t LEFT JOIN public.members m ON m.team_id = t.id AND m.id = p_member AND m.team_id = p_team
    WHERE t.id = p_team;
  RETURN coalesce(v_now, '{}') || jsonb_build_object('now', now(), 'idempotency', v_idempotency);
END $$;
--> statement-breakpoint
-- The last statement before COMMIT: inserts the audit events, the jobs and the stored response in one round trip.
CREATE OR REPLACE FUNCTION request_finish(p_team uuid, p_audit jsonb, p_jobs jsonb, p_answer jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF p_audit IS NOT NULL THEN
    INSERT INTO public.audit_events (team_id, id, at, action, actor_type, actor_id, actor_name, channel, address, request_id, target_type, target_id, before, after)
    SELECT p_team, uuid7(x.at), coalesce(x.at, now()), x.action, x."actorType", x."actorId", x."actorName", x.channel, x.address, x."requestId",
      x."targetType", x."targetId", x.before, x.after
    FROM jsonb_to_recordset(p_audit) AS x(at timestamptz, action text, "actorType" text, "actorId" text, "actorName" text, channel text,
      address text, "requestId" text, "targetType" text, "targetId" text, before jsonb, after jsonb);
  END IF;
  IF p_jobs IS NOT NULL THEN
    INSERT INTO public.outbox (team_id, id, task, payload)
    SELECT p_team, uuid7(), x.task, x.payload FROM jsonb_to_recordset(p_jobs) AS x(task text, payload jsonb);
  END IF;
  IF p_answer IS NOT NULL THEN
    INSERT INTO public.idempotency_keys (team_id, member_id, key, request_hash, status, answer, created_id)
    VALUES (p_team, (p_answer->>'memberId')::uuid, p_answer->>'key', decode(p_answer->>'hash', 'hex'), (p_answer->>'status')::smallint,
      p_answer->>'answer', p_answer->>'createdId');
  END IF;
END $$;
--> statement-breakpoint
DROP FUNCTION person_finish(jsonb, jsonb);
--> statement-breakpoint
-- The last statement of a change of a user's own data: inserts an audit event in each of the user's teams, and the jobs.
CREATE FUNCTION user_finish(p_audit jsonb, p_jobs jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO public.audit_events (team_id, id, at, action, actor_type, actor_id, actor_name, channel, address, request_id, target_type, target_id, before, after)
  SELECT m.team_id, uuid7(), now(), x.action, 'user', x."userId", u.name, 'web', x.address, x."requestId", 'member', m.id, x.before, x.after
  FROM jsonb_to_recordset(p_audit) AS x("userId" uuid, "teamId" uuid, action text, address text, "requestId" text, before jsonb, after jsonb)
    JOIN public.users u ON u.id = x."userId"
    JOIN public.members m ON m.user_id = x."userId" AND m.status <> 'deleted' AND m.team_id = coalesce(x."teamId", m.team_id);
  INSERT INTO public.outbox (team_id, id, task, payload)
  SELECT '00000000-0000-0000-0000-000000000000', uuid7(), x.task, x.payload FROM jsonb_to_recordset(p_jobs) AS x(task text, payload jsonb);
END $$;
--> statement-breakpoint
UPDATE audit_events SET channel = 'system' WHERE channel = 'job';
--> statement-breakpoint
UPDATE audit_events SET action = 'user.' || substr(action, 8) WHERE action LIKE 'person.%';
--> statement-breakpoint
UPDATE mails SET facts = jsonb_set(facts, '{by}', '"self"') WHERE facts->>'by' = 'himself';
--> statement-breakpoint
-- Refuses to touch what a member did unless its user was erased: the audit log is the proof.
CREATE OR REPLACE FUNCTION person_must_be_erased(p_team uuid, p_member uuid) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.audit_events a WHERE a.team_id = p_team AND a.target_type = 'member' AND a.target_id = p_member::text
    AND a.action = 'user.erased') THEN
    RAISE EXCEPTION 'no erased user of member % was erased', p_member USING ERRCODE = '23001';
  END IF;
END $$;
