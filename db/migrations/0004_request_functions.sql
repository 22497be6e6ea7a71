-- The first statement of every change: who acts *now*, judged inside the transaction, and, for a request with an
-- `Idempotency-Key`, whether it ran before. A function and not a query, because each statement in it sees what was
-- committed a moment ago: the look-up must not be older than the lock.
-- Answers {now, team: null | {...}, role, status, idempotency: null | {busy: true} | {busy: false, found: null | {...}}}.
CREATE FUNCTION request_begin(p_team uuid, p_member uuid, p_key text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_idempotency jsonb; v_seat jsonb;
BEGIN
  IF p_key IS NOT NULL THEN
    IF pg_try_advisory_xact_lock(hashtextextended(p_team::text || p_member::text || p_key, 0)) THEN
      v_idempotency := jsonb_build_object('busy', false, 'found', (
        SELECT jsonb_build_object('hash', encode(k.request_hash, 'hex'), 'status', k.status, 'answer', k.answer, 'made', k.made)
        FROM public.idempotency_keys k WHERE k.team_id = p_team AND k.member_id = p_member AND k.key = p_key));
    ELSE
      v_idempotency := '{"busy": true}';
    END IF;
  END IF;
  SELECT jsonb_build_object('team', jsonb_build_object('status', t.status, 'defaultSender', t.default_sender, 'ratesVersion', t.rates_version),
      'role', m.role, 'status', m.status)
    INTO v_seat
    FROM public.teams t LEFT JOIN public.members m ON m.team_id = t.id AND m.id = p_member AND m.team_id = p_team
    WHERE t.id = p_team;
  RETURN coalesce(v_seat, '{}') || jsonb_build_object('now', now(), 'idempotency', v_idempotency);
END $$;
--> statement-breakpoint
-- The last statement before COMMIT: all that goes with the change (audit rows, jobs, the stored answer), in one round trip.
CREATE FUNCTION request_finish(p_team uuid, p_audit jsonb, p_jobs jsonb, p_answer jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF p_audit IS NOT NULL THEN
    INSERT INTO public.audit_events (team_id, id, at, action, actor_type, actor_id, actor_name, door, address, request_id, target_type, target_id, before, after)
    SELECT p_team, uuid7(x.at), coalesce(x.at, now()), x.action, x."actorType", x."actorId", x."actorName", x.door, x.address, x."requestId",
      x."targetType", x."targetId", x.before, x.after
    FROM jsonb_to_recordset(p_audit) AS x(at timestamptz, action text, "actorType" text, "actorId" text, "actorName" text, door text,
      address text, "requestId" text, "targetType" text, "targetId" text, before jsonb, after jsonb);
  END IF;
  IF p_jobs IS NOT NULL THEN
    INSERT INTO public.outbox (team_id, id, task, payload)
    SELECT p_team, uuid7(), x.task, x.payload FROM jsonb_to_recordset(p_jobs) AS x(task text, payload jsonb);
  END IF;
  IF p_answer IS NOT NULL THEN
    INSERT INTO public.idempotency_keys (team_id, member_id, key, request_hash, status, answer, made)
    VALUES (p_team, (p_answer->>'memberId')::uuid, p_answer->>'key', decode(p_answer->>'hash', 'hex'), (p_answer->>'status')::smallint,
      p_answer->>'answer', p_answer->>'made');
  END IF;
END $$;
