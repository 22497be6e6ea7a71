-- The message is queued for the carrier of its row. Otherwise as before.
CREATE OR REPLACE FUNCTION messages_accept(p_team uuid, p_member uuid, p_messages jsonb, p_post jsonb, p_at timestamptz,
  p_recharge bigint DEFAULT NULL, p_rule jsonb DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, purser_posting, pg_temp AS $$
DECLARE
  c_usage constant uuid := '00000000-0000-7000-8000-000000000001';
  v_at timestamptz := coalesce(p_at, now());
  v_day date := (coalesce(p_at, now()) AT TIME ZONE 'UTC')::date;
  v_account record; v_seat record; v_rule record; v_paid record;
  v_total bigint; v_count bigint; v_before bigint; v_after bigint; v_seq bigint; v_payer uuid; v_closed timestamptz;
  v_recharge jsonb; v_ids jsonb;
BEGIN
  SELECT a.balance, a.version INTO v_account FROM public.ledger_accounts a
    WHERE a.team_id = p_team AND a.id = p_member AND a.kind = 'member' FOR UPDATE;
  IF NOT FOUND THEN RETURN '{"result": "missing"}'; END IF;
  SELECT m.role, m.status INTO v_seat FROM public.members m WHERE m.team_id = p_team AND m.id = p_member;
  IF v_seat.status <> 'active' THEN RETURN jsonb_build_object('result', v_seat.status); END IF;
  SELECT coalesce(sum(x.cost), 0), count(*) FILTER (WHERE x.cost > 0) INTO v_total, v_count
    FROM jsonb_to_recordset(p_messages) AS x(cost bigint);
  v_before := v_account.balance;

  IF v_seat.role = 'owner' THEN
    v_payer := p_team;
    LOOP
      UPDATE public.ledger_accounts a SET balance = a.balance - v_total, version = a.version + v_count
        WHERE a.team_id = p_team AND a.id = p_team AND a.closed_at IS NULL AND a.balance >= v_total
        RETURNING a.balance, a.version INTO v_after, v_seq;
      EXIT WHEN FOUND;
      SELECT a.balance, a.closed_at INTO v_after, v_closed FROM public.ledger_accounts a WHERE a.team_id = p_team AND a.id = p_team FOR UPDATE;
      IF NOT FOUND OR v_closed IS NOT NULL THEN RETURN '{"result": "missing"}'; END IF;
      IF v_after < v_total THEN
        RETURN jsonb_build_object('result', 'short_master', 'balance', v_after::text, 'total', v_total::text);
      END IF;
    END LOOP;
  ELSE
    v_payer := p_member;
    IF p_recharge IS NULL THEN
      SELECT r.* INTO v_rule FROM public.recharge_rules r WHERE r.team_id = p_team AND r.member_id = p_member AND r.enabled;
      IF FOUND AND v_before - v_total < v_rule.threshold THEN
        RETURN jsonb_build_object('result', 'decide', 'balance', v_before::text, 'total', v_total::text, 'rule',
          public.recharge_state(p_team, p_member, v_at));
      END IF;
    ELSIF p_recharge > 0 AND v_before + p_recharge >= v_total THEN
      SELECT * INTO v_paid FROM public.ledger_post(p_team, 'recharge', p_member, p_recharge, p_rule, p_at);
      IF v_paid.outcome = 'posted' THEN
        v_before := v_paid.member_balance;
        PERFORM public.recharge_count(p_team, p_member, v_day, p_recharge);
      END IF;
      v_recharge := jsonb_build_object('outcome', v_paid.outcome, 'id', v_paid.posted_id);
    END IF;
    IF v_before < v_total THEN
      RETURN jsonb_build_object('result', 'short_member', 'balance', v_before::text, 'total', v_total::text, 'recharge', v_recharge);
    END IF;
    UPDATE public.ledger_accounts a SET balance = a.balance - v_total, version = a.version + v_count
      WHERE a.team_id = p_team AND a.id = p_member RETURNING a.balance, a.version INTO v_after, v_seq;
  END IF;

  WITH rows AS MATERIALIZED (
    SELECT x.*, uuid7(p_at + x.ord * interval '1 microsecond') AS id,
      CASE WHEN x.cost > 0 THEN uuid7(p_at + x.ord * interval '1 microsecond') END AS transfer_id,
      sum(x.cost) OVER w AS upto, count(*) FILTER (WHERE x.cost > 0) OVER w AS nth
    FROM ROWS FROM (jsonb_to_recordset(p_messages) AS ("to" text, "from" text, body text, country text, encoding text,
      segments smallint, price bigint, cost bigint, reference text, carrier text)) WITH ORDINALITY
      AS x(recipient, sender, body, country, encoding, segments, price, cost, reference, carrier, ord)
    WINDOW w AS (ORDER BY x.ord ROWS UNBOUNDED PRECEDING)
  ), moved AS (
    INSERT INTO public.transfers (team_id, id, kind, debit_account, credit_account, amount, debit_after, debit_seq, member_id, message_id,
      actor_type, actor_id, actor_name, actor_member, idempotency_key, created_at)
    SELECT p_team, r.transfer_id, 'charge', v_payer, c_usage, r.cost, v_after + v_total - r.upto, v_seq - v_count + r.nth, p_member, r.id,
      p_post->>'actorType', p_post->>'actorId', p_post->>'actorName', (p_post->>'actorMember')::uuid, p_post->>'key', v_at
    FROM rows r WHERE r.cost > 0 ORDER BY r.ord
  ), logged AS (
    INSERT INTO public.messages (team_id, id, member_id, payer, transfer_id, recipient, sender, body, country, encoding, segments, price,
      cost, status, reference, carrier, created_at)
    SELECT p_team, r.id, p_member, CASE WHEN v_payer = p_team THEN 'master' ELSE 'member' END, r.transfer_id, r.recipient, r.sender,
      r.body, r.country, r.encoding, r.segments, r.price, r.cost, 'queued', r.reference, r.carrier, v_at
    FROM rows r ORDER BY r.ord
  ), summed AS (
    INSERT INTO public.usage_daily AS u (team_id, member_id, day, country, messages, segments, cost)
    SELECT p_team, p_member, v_day, r.country, count(*), sum(r.segments), sum(r.cost) FROM rows r GROUP BY r.country ORDER BY r.country
    ON CONFLICT (team_id, member_id, day, country) DO UPDATE
      SET messages = u.messages + excluded.messages, segments = u.segments + excluded.segments, cost = u.cost + excluded.cost
  )
  SELECT jsonb_agg(jsonb_build_array(r.id, r.transfer_id) ORDER BY r.ord) INTO v_ids FROM rows r;
  -- After the member's own sums, as everywhere.
  PERFORM public.usage_count_team(p_team, (SELECT jsonb_agg(jsonb_build_object('day', v_day, 'country', c.country, 'messages', c.messages,
      'segments', c.segments, 'cost', c.cost)) FROM (SELECT x.country, count(*) AS messages, sum(x.segments) AS segments, sum(x.cost) AS cost
    FROM jsonb_to_recordset(p_messages) AS x(country text, segments integer, cost bigint) GROUP BY x.country) c));
  RETURN jsonb_build_object('result', 'accepted', 'at', v_at, 'ids', v_ids, 'balance', v_after::text, 'total', v_total::text,
    'payer', CASE WHEN v_payer = p_team THEN 'master' ELSE 'member' END, 'recharge', v_recharge);
END $$;
--> statement-breakpoint
-- A report may carry the attempt that it ends. Otherwise as before.
CREATE OR REPLACE FUNCTION messages_report(p_team uuid, p_reports jsonb, p_post jsonb, p_at timestamptz,
  OUT changed uuid[], OUT seats uuid[], OUT refunded uuid[], OUT waiting boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, purser_posting, pg_temp AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, now());
  -- Looked up by id, in the partitions of these ids alone: a plan by status would read all that the team has under way.
  v_ids uuid[] := ARRAY(SELECT x.id FROM jsonb_to_recordset(p_reports) AS x(id uuid));
  v_rows jsonb; v_row record; v_paid record;
BEGIN
  waiting := false;
  PERFORM 1 FROM public.ledger_accounts a WHERE a.team_id = p_team AND a.id IN (
    SELECT m.member_id FROM public.messages m WHERE m.team_id = p_team
      AND m.id = ANY (ARRAY(SELECT x.id FROM jsonb_to_recordset(p_reports) AS x(id uuid, status text) WHERE x.status = 'failed')))
    ORDER BY a.id FOR UPDATE;
  WITH said AS (
    SELECT DISTINCT ON (x.id) x.* FROM ROWS FROM (jsonb_to_recordset(p_reports)
      AS (id uuid, status text, code text, detail text, carrier text, ref text, attempt jsonb)) WITH ORDINALITY
      AS x(id, status, code, detail, carrier, ref, attempt, ord)
    ORDER BY x.id, x.status = 'sent', x.ord
  ), was AS (
    SELECT m.id, m.member_id, m.payer, m.country, (m.created_at AT TIME ZONE 'UTC')::date AS day, m.cost, s.status, s.code, s.detail, s.carrier, s.ref, s.attempt
    FROM public.messages m JOIN said s ON s.id = m.id
    WHERE m.team_id = p_team AND m.id = ANY (v_ids) AND (m.status = 'queued' OR (m.status = 'sent' AND s.status <> 'sent'))
    ORDER BY m.id FOR UPDATE OF m
  ), became AS (
    UPDATE public.messages m SET status = w.status, carrier = coalesce(w.carrier, m.carrier), carrier_ref = coalesce(w.ref, m.carrier_ref),
      error_code = w.code, error_detail = w.detail, claimed_until = NULL,
      attempts = CASE WHEN w.attempt IS NULL THEN m.attempts ELSE coalesce(m.attempts, '[]') || w.attempt END,
      cost = CASE WHEN w.status = 'failed' THEN 0 ELSE m.cost END,
      sent_at = CASE WHEN w.status = 'failed' THEN m.sent_at ELSE coalesce(m.sent_at, v_at) END,
      delivered_at = CASE WHEN w.status = 'delivered' THEN v_at END, failed_at = CASE WHEN w.status = 'failed' THEN v_at END
    FROM was w WHERE m.team_id = p_team AND m.id = ANY (v_ids) AND m.id = w.id
  )
  SELECT jsonb_agg(to_jsonb(w)), array_agg(w.id), array_agg(DISTINCT w.member_id),
      array_agg(DISTINCT w.member_id) FILTER (WHERE w.status = 'failed' AND w.cost > 0)
    INTO v_rows, changed, seats, refunded FROM was w;
  IF v_rows IS NULL THEN RETURN; END IF;

  FOR v_row IN SELECT * FROM jsonb_to_recordset(v_rows) AS x(id uuid, member_id uuid, payer text, cost bigint, status text)
    WHERE x.status = 'failed' AND x.cost > 0 ORDER BY x.payer = 'master', x.member_id, x.id
  LOOP
    SELECT * INTO v_paid FROM public.ledger_post(p_team, 'refund', v_row.member_id, v_row.cost,
      p_post || jsonb_build_object('messageId', v_row.id, 'payer', v_row.payer), p_at);
    IF v_paid.outcome <> 'posted' THEN
      RAISE EXCEPTION 'refund of message % came out %', v_row.id, v_paid.outcome USING ERRCODE = '23001';
    END IF;
    waiting := waiting OR v_paid.waiting;
  END LOOP;
  v_rows := (SELECT jsonb_agg(to_jsonb(c)) FROM (
    SELECT x.member_id, x.day, x.country, count(*) FILTER (WHERE x.status = 'delivered') AS delivered,
      count(*) FILTER (WHERE x.status = 'failed') AS failed, -coalesce(sum(x.cost) FILTER (WHERE x.status = 'failed'), 0) AS cost
    FROM jsonb_to_recordset(v_rows) AS x(member_id uuid, day date, country text, cost bigint, status text)
    WHERE x.status <> 'sent' GROUP BY 1, 2, 3) c);
  FOR v_row IN SELECT * FROM jsonb_to_recordset(v_rows) AS x(member_id uuid, day date, country text, delivered integer, failed integer, cost bigint)
    ORDER BY x.member_id, x.day, x.country
  LOOP
    UPDATE public.usage_daily u SET delivered = u.delivered + v_row.delivered, failed = u.failed + v_row.failed, cost = u.cost + v_row.cost
      WHERE u.team_id = p_team AND u.member_id = v_row.member_id AND u.day = v_row.day AND u.country = v_row.country;
  END LOOP;
  PERFORM public.usage_count_team(p_team, v_rows);
END $$;
--> statement-breakpoint
-- Queues messages again after an attempt that did not succeed: [{id, carrier, waitMs, attempt}]. A message that is no longer queued
-- stays as it is. The last attempts are kept, so that a carrier that is down for days does not fill the row.
CREATE FUNCTION messages_retry(p_team uuid, p_retries jsonb) RETURNS uuid[]
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH changed AS (
    UPDATE public.messages m SET carrier = x.carrier, claimed_until = now() + x."waitMs" * interval '1 millisecond',
      attempts = (SELECT jsonb_agg(a.one ORDER BY a.n) FROM jsonb_array_elements(coalesce(m.attempts, '[]') || x.attempt)
        WITH ORDINALITY AS a(one, n) WHERE a.n > jsonb_array_length(coalesce(m.attempts, '[]')) + 1 - 20)
    FROM jsonb_to_recordset(p_retries) AS x(id uuid, carrier text, "waitMs" bigint, attempt jsonb)
    WHERE m.team_id = p_team AND m.id = ANY (ARRAY(SELECT y.id FROM jsonb_to_recordset(p_retries) AS y(id uuid)))
      AND m.id = x.id AND m.status = 'queued'
    RETURNING m.id
  )
  SELECT array_agg(id) FROM changed
$$;
--> statement-breakpoint
-- Gives queued messages of a carrier that no longer exists, or that were accepted before there were carriers, to another one.
CREATE FUNCTION messages_adopt(p_known text[], p_carrier text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH adopted AS (
    UPDATE public.messages m SET carrier = p_carrier
    WHERE m.status = 'queued' AND (m.carrier IS NULL OR m.carrier <> ALL (p_known)) RETURNING 1
  )
  SELECT count(*) FROM adopted
$$;
--> statement-breakpoint
-- The final state of each message by the reports on its parts: failed as soon as one part is, delivered when all are. Absent while
-- it is open.
CREATE FUNCTION carrier_refs_state(p_carrier text, p_messages jsonb) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(to_jsonb(s)), '[]') FROM (
    SELECT r.team_id AS team, r.message_id AS id,
      CASE WHEN bool_or(r.status = 'failed') THEN 'failed' ELSE 'delivered' END AS status,
      (array_agg(r.code) FILTER (WHERE r.status = 'failed'))[1] AS code,
      (array_agg(r.detail) FILTER (WHERE r.status = 'failed'))[1] AS detail
    FROM public.carrier_refs r JOIN jsonb_to_recordset(p_messages) AS x(team uuid, id uuid) ON r.team_id = x.team AND r.message_id = x.id
    WHERE r.carrier = p_carrier GROUP BY 1, 2
    HAVING bool_or(r.status = 'failed') OR bool_and(r.status IS NOT DISTINCT FROM 'delivered')) s
$$;
--> statement-breakpoint
-- Records the carrier's ids of messages: [{id, ref}]. Answers the messages that are final by reports that came before.
CREATE FUNCTION carrier_refs_record(p_carrier text, p_team uuid, p_refs jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO public.carrier_refs AS r (carrier, ref, team_id, message_id)
    SELECT p_carrier, x.ref, p_team, x.id FROM jsonb_to_recordset(p_refs) AS x(id uuid, ref text) ORDER BY x.ref
    ON CONFLICT (carrier, ref) DO UPDATE SET team_id = excluded.team_id, message_id = excluded.message_id WHERE r.message_id IS NULL;
  RETURN public.carrier_refs_state(p_carrier, (SELECT jsonb_agg(DISTINCT jsonb_build_object('team', p_team, 'id', x.id))
    FROM jsonb_to_recordset(p_refs) AS x(id uuid)));
END $$;
--> statement-breakpoint
-- Takes reports that name the carrier's ids: [{ref, status, code, detail}]. The first final report on a part counts. An unknown id is
-- kept, because the report may have come before the id. Answers the messages that are final now. All parts of a message are locked
-- first, in the order of their ids, so that two reports at once see each other.
CREATE FUNCTION carrier_refs_report(p_carrier text, p_reports jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_touched jsonb;
BEGIN
  PERFORM 1 FROM public.carrier_refs r WHERE r.carrier = p_carrier AND (r.ref IN (SELECT x.ref FROM jsonb_to_recordset(p_reports) AS x(ref text))
    OR (r.team_id, r.message_id) IN (SELECT o.team_id, o.message_id FROM public.carrier_refs o
      WHERE o.carrier = p_carrier AND o.ref IN (SELECT x.ref FROM jsonb_to_recordset(p_reports) AS x(ref text)) AND o.message_id IS NOT NULL))
    ORDER BY r.ref FOR UPDATE;
  INSERT INTO public.carrier_refs AS r (carrier, ref, status, code, detail)
    SELECT DISTINCT ON (x.ref) p_carrier, x.ref, x.status, x.code, x.detail
    FROM ROWS FROM (jsonb_to_recordset(p_reports) AS (ref text, status text, code text, detail text)) WITH ORDINALITY AS x(ref, status, code, detail, ord)
    ORDER BY x.ref, x.ord
    ON CONFLICT (carrier, ref) DO UPDATE SET status = excluded.status, code = excluded.code, detail = excluded.detail WHERE r.status IS NULL;
  SELECT jsonb_agg(DISTINCT jsonb_build_object('team', r.team_id, 'id', r.message_id)) INTO v_touched FROM public.carrier_refs r
    WHERE r.carrier = p_carrier AND r.ref IN (SELECT x.ref FROM jsonb_to_recordset(p_reports) AS x(ref text)) AND r.message_id IS NOT NULL;
  RETURN public.carrier_refs_state(p_carrier, coalesce(v_touched, '[]'));
END $$;
