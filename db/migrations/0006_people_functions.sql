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
