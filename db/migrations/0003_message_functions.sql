-- Accepts one message or a batch: one decision, one charge in the eyes of the rule, a transfer a message, the log rows
-- and the daily sums. Locks the seat's account first; holds it until the commit.
--   p_messages   [{to, from, body, country, encoding, segments, price, cost, reference}]
--   p_recharge   NULL at first. If the charge would take the balance below the threshold of an enabled rule, nothing is
--                written and the answer is `decide` with what a decision needs; the caller calls again, in the same
--                transaction, with the amount to recharge first (0: none).
--   p_rule       who the recharge is recorded as (ledger_post's p_post)
-- result: accepted | decide | short_member | short_master | inactive | deleted | missing.
-- Bigints are text: JSON numbers lose what is above 2^53.
CREATE FUNCTION messages_accept(p_team uuid, p_member uuid, p_messages jsonb, p_post jsonb, p_at timestamptz,
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
      segments smallint, price bigint, cost bigint, reference text)) WITH ORDINALITY
      AS x(recipient, sender, body, country, encoding, segments, price, cost, reference, ord)
    WINDOW w AS (ORDER BY x.ord ROWS UNBOUNDED PRECEDING)
  ), moved AS (
    INSERT INTO public.transfers (team_id, id, kind, debit_account, credit_account, amount, debit_after, debit_seq, member_id, message_id,
      actor_type, actor_id, actor_name, actor_member, idempotency_key, created_at)
    SELECT p_team, r.transfer_id, 'charge', v_payer, c_usage, r.cost, v_after + v_total - r.upto, v_seq - v_count + r.nth, p_member, r.id,
      p_post->>'actorType', p_post->>'actorId', p_post->>'actorName', (p_post->>'actorMember')::uuid, p_post->>'key', v_at
    FROM rows r WHERE r.cost > 0 ORDER BY r.ord
  ), logged AS (
    INSERT INTO public.messages (team_id, id, member_id, payer, transfer_id, recipient, sender, body, country, encoding, segments, price,
      cost, status, reference, created_at)
    SELECT p_team, r.id, p_member, CASE WHEN v_payer = p_team THEN 'master' ELSE 'member' END, r.transfer_id, r.recipient, r.sender,
      r.body, r.country, r.encoding, r.segments, r.price, r.cost, 'queued', r.reference, v_at
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
-- Adds to the team's sums, on the lane of this connection: two charges of one team wait for each other only when their
-- connections happen to share one. Rows in the order of their key, and always after those of members.
--   p_counts   [{day, country, messages, segments, delivered, failed, cost}], absent figures are 0; several of one key are one
-- Called by the functions around it, with their rights. Not in plain SQL, whose plan would be made anew at each call.
CREATE FUNCTION usage_count_team(p_team uuid, p_counts jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.usage_team_daily AS u (team_id, day, country, lane, messages, segments, delivered, failed, cost)
  SELECT p_team, x.day, x.country, pg_backend_pid() % 16, coalesce(sum(x.messages), 0), coalesce(sum(x.segments), 0),
    coalesce(sum(x.delivered), 0), coalesce(sum(x.failed), 0), coalesce(sum(x.cost), 0)
  FROM jsonb_to_recordset(p_counts) AS x(day date, country text, messages integer, segments integer, delivered integer, failed integer, cost bigint)
  GROUP BY x.day, x.country ORDER BY x.day, x.country
  ON CONFLICT (team_id, day, country, lane) DO UPDATE SET messages = u.messages + excluded.messages, segments = u.segments + excluded.segments,
    delivered = u.delivered + excluded.delivered, failed = u.failed + excluded.failed, cost = u.cost + excluded.cost;
END $$;
--> statement-breakpoint
-- Adds to what a member's rule drew on a day.
CREATE FUNCTION recharge_count(p_team uuid, p_member uuid, p_day date, p_amount bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO public.recharge_totals AS t (team_id, member_id, day, amount) VALUES (p_team, p_member, p_day, p_amount)
  ON CONFLICT (team_id, member_id, day) DO UPDATE SET amount = t.amount + excluded.amount;
$$;
--> statement-breakpoint
-- A rule with all that a decision needs: what it drew in the period of its cap (0 without a cap). NULL: no rule.
CREATE FUNCTION recharge_state(p_team uuid, p_member uuid, p_at timestamptz) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT jsonb_build_object('enabled', r.enabled, 'threshold', r.threshold::text, 'amount', r.amount::text, 'target', r.target::text,
    'capAmount', r.cap_amount::text, 'capPeriod', r.cap_period, 'reason', r.reason, 'waitingSince', r.waiting_since, 'episode', r.episode, 'lastFiredAt', r.last_fired_at,
    'spentInPeriod', (SELECT coalesce(sum(t.amount), 0)::text FROM public.recharge_totals t
      WHERE t.team_id = p_team AND t.member_id = p_member
        AND t.day >= date_trunc(coalesce(r.cap_period, 'day'), p_at AT TIME ZONE 'UTC')::date
        AND t.day < (date_trunc(coalesce(r.cap_period, 'day'), p_at AT TIME ZONE 'UTC') + ('1 ' || coalesce(r.cap_period, 'day'))::interval)::date))
  FROM public.recharge_rules r WHERE r.team_id = p_team AND r.member_id = p_member
$$;
--> statement-breakpoint
-- What became of messages: [{id, status: sent | delivered | failed, code, detail, carrier, ref}]. A final state stays final; each message
-- that ends failed is refunded whole, once, and its day is put right. Of several words on one message the first final one
-- counts. Locks the seats of what may be refunded by id (an owner's too, though the master paid: `ledger_post` locks it),
-- then the messages by id, then (in `ledger_post`) the master, then the days: the same order as everywhere.
-- Answers the ids that changed, the seats they are of, those that were refunded, and whether a rule waits for the money that
-- came back.
CREATE FUNCTION messages_report(p_team uuid, p_reports jsonb, p_post jsonb, p_at timestamptz,
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
      AS (id uuid, status text, code text, detail text, carrier text, ref text)) WITH ORDINALITY AS x(id, status, code, detail, carrier, ref, ord)
    ORDER BY x.id, x.status = 'sent', x.ord
  ), was AS (
    SELECT m.id, m.member_id, m.payer, m.country, (m.created_at AT TIME ZONE 'UTC')::date AS day, m.cost, s.status, s.code, s.detail, s.carrier, s.ref
    FROM public.messages m JOIN said s ON s.id = m.id
    WHERE m.team_id = p_team AND m.id = ANY (v_ids) AND (m.status = 'queued' OR (m.status = 'sent' AND s.status <> 'sent'))
    ORDER BY m.id FOR UPDATE OF m
  ), became AS (
    UPDATE public.messages m SET status = w.status, carrier = coalesce(w.carrier, m.carrier), carrier_ref = coalesce(w.ref, m.carrier_ref),
      error_code = w.code, error_detail = w.detail, claimed_until = NULL,
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
-- Locks a seat by its account (and the master after it, where who owns the team is to be judged), then reads it with its
-- rule: each statement sees what was committed before the lock was won. NULL: no such seat.
CREATE FUNCTION seat_lock(p_team uuid, p_member uuid, p_master boolean, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_balance bigint; v_closed timestamptz; v_seat jsonb;
BEGIN
  SELECT a.balance, a.closed_at INTO v_balance, v_closed FROM public.ledger_accounts a
    WHERE a.team_id = p_team AND a.id = p_member AND a.kind = 'member' FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF p_master THEN PERFORM 1 FROM public.ledger_accounts a WHERE a.team_id = p_team AND a.id = p_team FOR UPDATE; END IF;
  SELECT jsonb_build_object('balance', v_balance::text, 'role', m.role, 'status', m.status, 'name', m.name, 'email', m.email,
      'steppedDown', m.stepped_down_at IS NOT NULL, 'deletedAt', m.deleted_at,
      'rule', public.recharge_state(p_team, p_member, coalesce(p_at, now())))
    INTO v_seat FROM public.members m WHERE m.team_id = p_team AND m.id = p_member;
  RETURN v_seat;
END $$;
--> statement-breakpoint
-- Remembers what a rule did or was refused, with the seat's account locked. A firing begins a new episode; refusals of
-- one episode for one reason are one event with a count. Answers whether the rule begins to wait now.
CREATE FUNCTION recharge_remember(p_team uuid, p_member uuid, p_at timestamptz, p_outcome text, p_reason text, p_waiting boolean,
  p_before bigint, p_charge bigint, p_amount bigint, p_transfer uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_at timestamptz := coalesce(p_at, now()); v_rule record;
BEGIN
  SELECT r.episode, r.threshold, r.waiting_since INTO v_rule FROM public.recharge_rules r WHERE r.team_id = p_team AND r.member_id = p_member;
  IF p_outcome IS NOT NULL THEN
    INSERT INTO public.recharge_events AS e (team_id, id, member_id, episode, at, outcome, reason, last_at, balance_before, charge, threshold, amount, transfer_id)
    VALUES (p_team, uuid7(p_at), p_member, v_rule.episode, v_at, p_outcome, p_reason, v_at, p_before, p_charge, v_rule.threshold, p_amount, p_transfer)
    ON CONFLICT (team_id, member_id, episode, reason) WHERE outcome = 'refused' DO UPDATE SET count = e.count + 1, last_at = excluded.last_at;
  END IF;
  UPDATE public.recharge_rules r SET
      waiting_since = CASE WHEN p_waiting THEN coalesce(r.waiting_since, v_at) END,
      reason = CASE WHEN p_waiting THEN p_reason END,
      episode = CASE WHEN p_outcome = 'fired' OR (r.waiting_since IS NOT NULL AND NOT p_waiting) THEN r.episode + 1 ELSE r.episode END,
      last_fired_at = CASE WHEN p_outcome = 'fired' THEN v_at ELSE r.last_fired_at END
    WHERE r.team_id = p_team AND r.member_id = p_member;
  RETURN p_waiting AND v_rule.waiting_since IS NULL;
END $$;
