-- The last statement of a change of a person's own things: an audit row in each team in which the person has a seat, and what
-- must follow. A job of no team stands under the nil UUID.
CREATE FUNCTION person_finish(p_audit jsonb, p_jobs jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO public.audit_events (team_id, id, at, action, actor_type, actor_id, actor_name, door, address, request_id, target_type, target_id, before, after)
  SELECT m.team_id, uuid7(), now(), x.action, 'user', x."userId", u.name, 'web', x.address, x."requestId", 'member', m.id, x.before, x.after
  FROM jsonb_to_recordset(p_audit) AS x("userId" uuid, "teamId" uuid, action text, address text, "requestId" text, before jsonb, after jsonb)
    JOIN public.users u ON u.id = x."userId"
    JOIN public.members m ON m.user_id = x."userId" AND m.status <> 'deleted' AND m.team_id = coalesce(x."teamId", m.team_id);
  INSERT INTO public.outbox (team_id, id, task, payload)
  SELECT '00000000-0000-0000-0000-000000000000', uuid7(), x.task, x.payload FROM jsonb_to_recordset(p_jobs) AS x(task text, payload jsonb);
END $$;
--> statement-breakpoint
-- A transfer never changes, but for one thing: an erased person's name on it. Who may do even that is told by
-- `purser_erasing` in the search_path, as posting is by `purser_posting`.
CREATE FUNCTION transfers_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('search_path') LIKE '%purser_erasing%' AND NEW.actor_name = 'Erased person'
    AND OLD.actor_type IN ('user', 'key') AND to_jsonb(NEW) - 'actor_name' = to_jsonb(OLD) - 'actor_name' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the ledger refuses % on %: corrections are new transfers', TG_OP, TG_TABLE_NAME USING ERRCODE = '23001';
END $$;
--> statement-breakpoint
DROP TRIGGER transfers_kept ON transfers;
--> statement-breakpoint
CREATE TRIGGER transfers_kept BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION transfers_keep();
--> statement-breakpoint
-- The teams that know something of a person: a seat, now or once; what was done or asked; an invitation. `p_email` is NULL for
-- who has never proven that the address he signs in with is his: others may know its real holder by it.
CREATE FUNCTION person_teams(p_user uuid, p_email text) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.id FROM public.teams t
  WHERE EXISTS (SELECT FROM public.members m WHERE m.team_id = t.id AND m.user_id = p_user)
    OR EXISTS (SELECT FROM public.members m WHERE m.team_id = t.id AND m.email = p_email)
    OR EXISTS (SELECT FROM public.audit_events a WHERE a.team_id = t.id AND coalesce(a.actor_id, '') = p_user::text)
    OR EXISTS (SELECT FROM public.invitations i WHERE i.team_id = t.id AND (i.email = p_email OR i.accepted_by = p_user))
  ORDER BY t.id
$$;
--> statement-breakpoint
-- Takes a person's name and addresses off all that one team keeps, but for the ledger and the texts, which may be many (see
-- the two functions below). Ids stay: they name nobody any more. Answers the seats whose transfers and texts are still his,
-- and until when they are: until he left, or until now, by the clock: what was accepted before has begun before.
-- Of who has not proven his address (`p_proven`) only what he had himself goes: a seat that he left and nobody has since.
CREATE FUNCTION person_erase_in(p_team uuid, p_user uuid, p_email text, p_proven boolean) RETURNS TABLE (seat uuid, until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  c_name constant text := 'Erased person';
  v_own uuid[] := ARRAY(SELECT m.id FROM public.members m
    WHERE m.team_id = p_team AND (m.user_id = p_user OR (m.user_id IS NULL AND m.email = p_email AND (p_proven
      OR EXISTS (SELECT FROM public.audit_events a WHERE a.team_id = p_team AND coalesce(a.actor_id, '') = p_user::text
        AND a.action = 'member.left' AND a.target_id = m.id::text)))));
  -- Seats that he left and that another has since.
  v_left jsonb := (SELECT coalesce(jsonb_object_agg(a.target_id, a.at), '{}') FROM public.audit_events a
    WHERE a.team_id = p_team AND coalesce(a.actor_id, '') = p_user::text AND a.action = 'member.left' AND a.target_id <> ALL (v_own::text[]));
  v_invitations text[] := ARRAY(SELECT i.id::text FROM public.invitations i
    WHERE i.team_id = p_team AND ((p_proven AND i.email = p_email) OR i.accepted_by = p_user OR i.member_id = ANY (v_own)));
  -- What the team mailed to him as the holder of a seat.
  v_mails uuid[] := ARRAY(SELECT l.id FROM public.mails l JOIN public.members m ON m.team_id = l.team_id AND m.id = l.member_id
    WHERE l.team_id = p_team AND ((m.id = ANY (v_own) AND l.address IN (m.email, p_email)) OR (v_left ? m.id::text AND l.address = p_email)));
BEGIN
  UPDATE public.audit_events a SET actor_name = c_name, address = NULL
    WHERE a.team_id = p_team AND (coalesce(a.actor_id, '') = p_user::text OR coalesce(a.actor_id, '') IN (SELECT k.id::text FROM public.api_keys k
      WHERE k.team_id = p_team AND (k.member_id = ANY (v_own) OR (v_left ? k.member_id::text AND a.at < (v_left->>k.member_id::text)::timestamptz))));
  UPDATE public.audit_events a SET before = person_hidden(a.before), after = person_hidden(a.after)
    WHERE a.team_id = p_team AND ((a.target_type = 'member' AND (a.target_id = ANY (v_own::text[])
        OR (v_left ? a.target_id AND a.at <= (v_left->>a.target_id)::timestamptz)))
      OR (a.target_type = 'invitation' AND a.target_id = ANY (v_invitations)));
  UPDATE public.invitations i SET email = 'erased-' || i.id || '@members.invalid', name = NULL,
      status = CASE WHEN i.status = 'pending' THEN 'revoked' ELSE i.status END,
      closed_at = CASE WHEN i.status = 'pending' THEN now() ELSE i.closed_at END
    WHERE i.team_id = p_team AND i.id::text = ANY (v_invitations);
  UPDATE public.invitations i SET actor_name = c_name WHERE i.team_id = p_team AND i.actor_type = 'user' AND i.actor_id = p_user::text;
  UPDATE public.invitations i SET actor_name = c_name WHERE i.team_id = p_team AND i.actor_member = ANY (v_own);
  UPDATE public.api_keys k SET last_used_address = NULL WHERE k.team_id = p_team AND k.member_id = ANY (v_own);
  UPDATE public.idempotency_keys k SET answer = NULL WHERE k.team_id = p_team AND k.answer IS NOT NULL AND (k.member_id = ANY (v_own)
    OR (v_left ? k.member_id::text AND k.created_at < (v_left->>k.member_id::text)::timestamptz));
  UPDATE public.mails l SET facts = '{}' WHERE l.team_id = p_team AND l.member_id = ANY (v_own) AND l.state <> 'queued';
  -- What is not yet sent has nobody to go to.
  UPDATE public.mails l SET address = 'erased-' || p_user || '@members.invalid', facts = '{}', error = NULL,
    state = CASE WHEN l.state = 'queued' THEN 'failed' ELSE l.state END WHERE l.id = ANY (v_mails);
  DELETE FROM public.mailbox b WHERE b.id = ANY (v_mails);
  UPDATE public.members m SET user_id = NULL, name = c_name, email = 'erased-' || m.id || '@members.invalid', email_generated = true, updated_at = now()
    WHERE m.team_id = p_team AND m.id = ANY (v_own);
  RETURN QUERY SELECT s.id, clock_timestamp() FROM unnest(v_own) AS s(id)
    UNION ALL SELECT l.key::uuid, l.value::timestamptz FROM jsonb_each_text(v_left) AS l;
END $$;
--> statement-breakpoint
-- What an audit row said of a person's name and address, hidden; all else as it was.
CREATE FUNCTION person_hidden(p_facts jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT p_facts || CASE WHEN p_facts ? 'name' THEN '{"name": "Erased person"}'::jsonb ELSE '{}' END
    || CASE WHEN p_facts ? 'email' THEN '{"email": "erased@members.invalid"}'::jsonb ELSE '{}' END
$$;
--> statement-breakpoint
-- Refuses what is left to do of an erasure that the team's log does not tell of.
CREATE FUNCTION person_must_be_erased(p_team uuid, p_member uuid) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.audit_events a WHERE a.team_id = p_team AND a.target_type = 'member' AND a.target_id = p_member::text
    AND a.action = 'person.erased') THEN
    RAISE EXCEPTION 'nobody of seat % was erased', p_member USING ERRCODE = '23001';
  END IF;
END $$;
--> statement-breakpoint
-- Takes an erased person's name off the transfers that a seat made, some at a time, oldest first. Answers where to go on;
-- NULL at the end.
CREATE FUNCTION person_erase_transfers(p_team uuid, p_member uuid, p_until timestamptz, p_after uuid, p_limit integer) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, purser_erasing, pg_temp AS $$
DECLARE v_ids uuid[] := ARRAY(SELECT t.id FROM public.transfers t
  WHERE t.team_id = p_team AND (p_after IS NULL OR t.id > p_after) ORDER BY t.id LIMIT p_limit);
BEGIN
  PERFORM public.person_must_be_erased(p_team, p_member);
  UPDATE public.transfers t SET actor_name = 'Erased person'
    WHERE t.team_id = p_team AND t.id = ANY (v_ids) AND t.actor_member = p_member AND t.created_at < p_until
      AND t.actor_type IN ('user', 'key') AND t.actor_name <> 'Erased person';
  RETURN v_ids[p_limit];
END $$;
--> statement-breakpoint
-- Removes the texts of an erased person's seat, some at a time, oldest first; a message that is under way keeps its own for
-- now. `reached` is where to go on, NULL at the end; `waiting` says whether some keep theirs.
CREATE FUNCTION person_erase_texts(p_team uuid, p_member uuid, p_until timestamptz, p_after uuid, p_limit integer,
  OUT reached uuid, OUT waiting boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_ids uuid[] := ARRAY(SELECT m.id FROM public.messages m
  WHERE m.team_id = p_team AND m.member_id = p_member AND (p_after IS NULL OR m.id > p_after) ORDER BY m.id LIMIT p_limit);
BEGIN
  PERFORM public.person_must_be_erased(p_team, p_member);
  UPDATE public.messages m SET body = '' WHERE m.team_id = p_team AND m.id = ANY (v_ids) AND m.created_at < p_until
    AND m.status IN ('delivered', 'failed', 'cancelled') AND m.body <> '';
  waiting := EXISTS (SELECT FROM public.messages m WHERE m.team_id = p_team AND m.id = ANY (v_ids) AND m.created_at < p_until AND m.body <> '');
  reached := v_ids[p_limit];
END $$;
--> statement-breakpoint
-- Removes the texts that a team keeps no longer, some at a time, oldest first, from where it was done before; of a message
-- that is under way later. With them go the stored answers of that time, which hold texts too.
-- `reached` is where to go on, NULL at the end.
CREATE FUNCTION messages_remove_texts(p_team uuid, p_from uuid, p_limit integer, OUT reached uuid, OUT removed integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_before timestamptz; v_done uuid; v_ids uuid[]; v_open uuid;
BEGIN
  SELECT now() - make_interval(days => t.text_retention_days), t.texts_removed_to INTO v_before, v_done FROM public.teams t WHERE t.id = p_team;
  removed := 0;
  IF v_before IS NULL THEN RETURN; END IF;
  v_ids := ARRAY(SELECT m.id FROM public.messages m WHERE m.team_id = p_team AND m.id < uuid7_floor(v_before)
    AND m.id >= coalesce(p_from, v_done, uuid7_floor('epoch')) ORDER BY m.id LIMIT p_limit);
  WITH gone AS (
    UPDATE public.messages m SET body = '' WHERE m.team_id = p_team AND m.id = ANY (v_ids)
      AND m.status IN ('delivered', 'failed', 'cancelled') AND m.body <> '' RETURNING 1
  ) SELECT count(*) INTO removed FROM gone;
  SELECT m.id INTO v_open FROM public.messages m WHERE m.team_id = p_team AND m.id = ANY (v_ids) AND m.body <> '' ORDER BY m.id LIMIT 1;
  reached := v_ids[p_limit];
  -- Done up to here, unless an earlier one still keeps its text: then from that one on it is looked at again.
  UPDATE public.teams t SET texts_removed_to = greatest(v_done, coalesce(v_open, reached, uuid7_floor(v_before)))
    WHERE t.id = p_team AND (p_from IS NULL OR p_from = v_done);
  IF reached IS NULL THEN
    UPDATE public.idempotency_keys k SET answer = NULL WHERE k.team_id = p_team AND k.answer IS NOT NULL AND k.created_at < v_before;
  END IF;
END $$;
--> statement-breakpoint
-- Keeps `low_since` of an account: since when it has been below what it is to be told of. A crossing is told with the change that
-- made it, once, whoever makes it. Not told: an account that begins or is opened again empty, and the members' when an owner sets
-- what is low for all of them, who sees it on the overview. One trigger with the guard, whose condition is prepared anew by each
-- statement: a second one would cost an ordinary charge a twentieth of its time.
CREATE FUNCTION ledger_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('search_path') NOT LIKE '%purser_posting%' THEN
    RAISE EXCEPTION 'the ledger refuses % on %: money moves through ledger_post alone, and corrections are new transfers', TG_OP, TG_TABLE_NAME
      USING ERRCODE = '23001';
  END IF;
  NEW.low_since := CASE WHEN NEW.low_since IS NULL THEN now() END;
  IF NEW.low_since IS NOT NULL AND OLD.closed_at IS NULL
    AND (NEW.kind = 'master' OR NEW.alert_below IS NOT DISTINCT FROM OLD.alert_below)
  THEN
    INSERT INTO public.outbox (team_id, id, task, payload)
    VALUES (NEW.team_id, public.uuid7(), 'alert', jsonb_build_object('teamId', NEW.team_id, 'accountId', NEW.id));
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
DROP TRIGGER ledger_accounts_only_posted ON ledger_accounts;
--> statement-breakpoint
CREATE TRIGGER ledger_accounts_only_posted BEFORE UPDATE ON ledger_accounts FOR EACH ROW
  WHEN (current_setting('search_path') NOT LIKE '%purser_posting%'
    OR coalesce(NEW.balance < NEW.alert_below AND NEW.closed_at IS NULL, false) <> (NEW.low_since IS NOT NULL))
  EXECUTE FUNCTION ledger_guard_account();
--> statement-breakpoint
-- Opens a seat's account, which is told of below what the team has set for all of them.
CREATE OR REPLACE FUNCTION ledger_open_member(p_team uuid, p_member uuid, p_at timestamptz DEFAULT NULL) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO public.ledger_accounts (team_id, id, kind, balance, created_at, alert_below, low_since)
  SELECT p_team, p_member, 'member', 0, coalesce(p_at, now()), t.member_low_balance, CASE WHEN t.member_low_balance > 0 THEN now() END
  FROM (SELECT (SELECT member_low_balance FROM public.teams WHERE id = p_team)) t;
$$;
--> statement-breakpoint
-- Sets below what the master, or every member of the team, is told of (NULL: never). Members are locked by id, as everywhere.
CREATE FUNCTION alerts_set(p_team uuid, p_kind text, p_below bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, purser_posting, pg_temp AS $$
BEGIN
  IF p_kind NOT IN ('master', 'member') THEN RAISE EXCEPTION 'no alert is set on a % account', p_kind USING ERRCODE = '22023'; END IF;
  PERFORM 1 FROM public.ledger_accounts a
    WHERE a.team_id = p_team AND a.kind = p_kind AND a.alert_below IS DISTINCT FROM p_below ORDER BY a.id FOR UPDATE;
  UPDATE public.ledger_accounts a SET alert_below = p_below
    WHERE a.team_id = p_team AND a.kind = p_kind AND a.alert_below IS DISTINCT FROM p_below;
END $$;
--> statement-breakpoint
SELECT alerts_set(id, 'master', low_balance) FROM teams WHERE low_balance IS NOT NULL;
