-- The ledger keeps its own invariants. Money moves through `ledger_post` and `messages_accept` alone; the guards below
-- refuse any other writer, whoever is at the keyboard. The functions are told by `purser_posting` in their search_path: a
-- setting that lasts exactly as long as the function, and that needs no superuser to declare, as one of our own would.
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger refuses % on %: money moves through ledger_post alone, and corrections are new transfers', TG_OP, TG_TABLE_NAME
    USING ERRCODE = '23001';
END $$;
--> statement-breakpoint
CREATE TRIGGER transfers_only_posted BEFORE INSERT ON transfers FOR EACH STATEMENT
  WHEN (current_setting('search_path') NOT LIKE '%purser_posting%') EXECUTE FUNCTION ledger_refuse();
--> statement-breakpoint
CREATE TRIGGER transfers_kept BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--> statement-breakpoint
CREATE TRIGGER transfers_never_emptied BEFORE TRUNCATE ON transfers EXECUTE FUNCTION ledger_refuse();
--> statement-breakpoint
CREATE TRIGGER entries_only_paired BEFORE INSERT ON entries FOR EACH STATEMENT
  WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION ledger_refuse();
--> statement-breakpoint
CREATE TRIGGER entries_kept BEFORE UPDATE OR DELETE ON entries FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--> statement-breakpoint
CREATE TRIGGER entries_never_emptied BEFORE TRUNCATE ON entries EXECUTE FUNCTION ledger_refuse();
--> statement-breakpoint
CREATE TRIGGER ledger_accounts_only_posted BEFORE UPDATE ON ledger_accounts FOR EACH ROW
  WHEN (current_setting('search_path') NOT LIKE '%purser_posting%') EXECUTE FUNCTION ledger_refuse();
--> statement-breakpoint
CREATE TRIGGER ledger_accounts_begin_empty BEFORE INSERT ON ledger_accounts FOR EACH ROW
  WHEN (NEW.balance <> 0 OR NEW.version <> 0) EXECUTE FUNCTION ledger_refuse();
--> statement-breakpoint
CREATE TRIGGER ledger_accounts_kept BEFORE DELETE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--> statement-breakpoint
CREATE TRIGGER ledger_accounts_never_emptied BEFORE TRUNCATE ON ledger_accounts EXECUTE FUNCTION ledger_refuse();
--> statement-breakpoint
-- The pair: whoever writes a transfer gets its two entries, which therefore always sum to zero and equal it.
CREATE FUNCTION transfers_write_entries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO public.entries (team_id, transfer_id, leg, account_id, amount, balance_after, seq, created_at) VALUES
    (NEW.team_id, NEW.id, -1, NEW.debit_account, -NEW.amount, NEW.debit_after, NEW.debit_seq, NEW.created_at),
    (NEW.team_id, NEW.id, 1, NEW.credit_account, NEW.amount, NEW.credit_after, NEW.credit_seq, NEW.created_at);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER transfers_pair AFTER INSERT ON transfers FOR EACH ROW EXECUTE FUNCTION transfers_write_entries();
--> statement-breakpoint
-- Each kind has its two sides. The master account's id is the team's, a member account's the member's; 1 is usage,
-- 2 funding, 3 receivable. IS TRUE, because a NULL would pass a CHECK.
ALTER TABLE transfers ADD CONSTRAINT transfers_sides CHECK ((CASE
  WHEN kind IN ('funding', 'opening') THEN
    debit_account = '00000000-0000-7000-8000-000000000002' AND credit_account = team_id AND member_id IS NULL
  WHEN kind = 'withdrawal' THEN
    debit_account = team_id AND credit_account = '00000000-0000-7000-8000-000000000002' AND member_id IS NULL
  WHEN kind IN ('credit', 'recharge') THEN debit_account = team_id AND credit_account = member_id
  WHEN kind IN ('debit', 'closing') THEN debit_account = member_id AND credit_account = team_id
  WHEN kind = 'charge' THEN debit_account IN (team_id, member_id) AND credit_account = '00000000-0000-7000-8000-000000000001'
  WHEN kind = 'refund' THEN debit_account = '00000000-0000-7000-8000-000000000001' AND credit_account IN (team_id, member_id)
  WHEN kind IN ('funding_refund', 'dispute') THEN credit_account = '00000000-0000-7000-8000-000000000002'
    AND debit_account IN (team_id, '00000000-0000-7000-8000-000000000003') AND member_id IS NULL
  WHEN kind = 'dispute_reversal' THEN debit_account = '00000000-0000-7000-8000-000000000002'
    AND credit_account IN (team_id, '00000000-0000-7000-8000-000000000003') AND member_id IS NULL
END) IS TRUE);
--> statement-breakpoint
ALTER TABLE transfers ADD CONSTRAINT transfers_running CHECK (
  (debit_account < '00000000-0000-7000-8000-000000000004') = (debit_after IS NULL) AND (debit_after IS NULL) = (debit_seq IS NULL) AND
  (credit_account < '00000000-0000-7000-8000-000000000004') = (credit_after IS NULL) AND (credit_after IS NULL) = (credit_seq IS NULL));
--> statement-breakpoint
ALTER TABLE transfers ADD CONSTRAINT transfers_reversal CHECK (reversal_of IS NULL OR kind IN ('debit', 'credit'));
--> statement-breakpoint
-- Opens a team's own four accounts.
CREATE FUNCTION ledger_open_team(p_team uuid, p_at timestamptz DEFAULT NULL) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO public.ledger_accounts (team_id, id, kind, balance, created_at) VALUES
    (p_team, p_team, 'master', 0, coalesce(p_at, now())),
    (p_team, '00000000-0000-7000-8000-000000000001', 'usage', NULL, coalesce(p_at, now())),
    (p_team, '00000000-0000-7000-8000-000000000002', 'funding', NULL, coalesce(p_at, now())),
    (p_team, '00000000-0000-7000-8000-000000000003', 'receivable', NULL, coalesce(p_at, now()));
$$;
--> statement-breakpoint
-- Opens a seat's account.
CREATE FUNCTION ledger_open_member(p_team uuid, p_member uuid, p_at timestamptz DEFAULT NULL) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO public.ledger_accounts (team_id, id, kind, balance, created_at) VALUES (p_team, p_member, 'member', 0, coalesce(p_at, now()));
$$;
--> statement-breakpoint
-- Opens the account of a seat that is restored. It was closed empty, so its chain goes on from 0.
CREATE FUNCTION ledger_reopen_member(p_team uuid, p_member uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, purser_posting, pg_temp AS $$
  UPDATE public.ledger_accounts SET closed_at = NULL WHERE team_id = p_team AND id = p_member AND kind = 'member';
$$;
--> statement-breakpoint
-- Sets the reserve on the master's own row: whoever recharges reads it under the same lock. Says whether a rule waits.
CREATE FUNCTION ledger_set_reserve(p_team uuid, p_reserve bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, purser_posting, pg_temp AS $$
BEGIN
  UPDATE public.ledger_accounts SET reserve = p_reserve WHERE team_id = p_team AND id = p_team;
  RETURN EXISTS (SELECT 1 FROM public.recharge_rules WHERE team_id = p_team AND waiting_since IS NOT NULL);
END $$;
--> statement-breakpoint
-- Posts one transfer. Locks the seat's account, then the master: the one order of the whole system.
--   p_amount NULL   all that the member has (debit, closing)
--   p_post          who and why: actorType, actorId, actorName, actorMember, note, noteForMember, key, reversalOf,
--                   messageId, reference; payer ('master' | 'member') for a refund
--   p_at NULL       now; else the time of a demo or an import
-- outcome: posted | nothing (p_amount NULL and the balance is 0) | short_master | short_reserve (a recharge that only
--   the reserve forbids) | short_member | closed | missing. All but `posted` have moved nothing, and are values, not
--   errors: the transaction can go on and remember them.
-- waiting: money came to the master or to a seat that still waits, and a rule waits: the job should look.
CREATE FUNCTION ledger_post(p_team uuid, p_kind text, p_member uuid, p_amount bigint, p_post jsonb, p_at timestamptz,
  OUT outcome text, OUT posted_id uuid, OUT posted_amount bigint, OUT master_balance bigint, OUT member_balance bigint,
  OUT posted_at timestamptz, OUT waiting boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, purser_posting, pg_temp AS $$
DECLARE
  c_usage constant uuid := '00000000-0000-7000-8000-000000000001';
  c_funding constant uuid := '00000000-0000-7000-8000-000000000002';
  v_debit uuid; v_credit uuid; v_closed timestamptz; v_reserve bigint;
  v_master_seq bigint; v_member_seq bigint;
BEGIN
  posted_at := coalesce(p_at, now());
  posted_amount := p_amount;
  waiting := false;
  IF p_member IS NOT NULL THEN
    SELECT a.balance, a.closed_at INTO member_balance, v_closed FROM public.ledger_accounts a
      WHERE a.team_id = p_team AND a.id = p_member AND a.kind = 'member' FOR UPDATE;
    IF NOT FOUND THEN outcome := 'missing'; RETURN; END IF;
    IF v_closed IS NOT NULL AND p_kind <> 'refund' THEN outcome := 'closed'; RETURN; END IF;
    posted_amount := coalesce(p_amount, member_balance);
  END IF;
  CASE
    WHEN p_kind IN ('funding', 'opening') THEN v_debit := c_funding; v_credit := p_team;
    WHEN p_kind = 'withdrawal' THEN v_debit := p_team; v_credit := c_funding;
    WHEN p_kind IN ('credit', 'recharge') THEN v_debit := p_team; v_credit := p_member;
    WHEN p_kind IN ('debit', 'closing') THEN v_debit := p_member; v_credit := p_team;
    WHEN p_kind = 'refund' THEN v_debit := c_usage;
      v_credit := CASE WHEN v_closed IS NULL AND p_post->>'payer' = 'member' THEN p_member ELSE p_team END;
    ELSE RAISE EXCEPTION 'ledger_post does not post a %', p_kind USING ERRCODE = '22023';
  END CASE;
  IF posted_amount = 0 THEN
    outcome := 'nothing';
    SELECT a.balance INTO master_balance FROM public.ledger_accounts a WHERE a.team_id = p_team AND a.id = p_team;
    IF p_kind = 'closing' THEN
      UPDATE public.ledger_accounts a SET closed_at = posted_at WHERE a.team_id = p_team AND a.id = p_member;
    END IF;
    RETURN;
  END IF;
  IF v_debit = p_member AND member_balance < posted_amount THEN outcome := 'short_member'; RETURN; END IF;

  IF v_debit = p_team THEN
    LOOP
      UPDATE public.ledger_accounts a SET balance = a.balance - posted_amount, version = a.version + 1
        WHERE a.team_id = p_team AND a.id = p_team AND a.closed_at IS NULL
          AND a.balance - posted_amount >= CASE WHEN p_kind = 'recharge' THEN a.reserve ELSE 0 END
        RETURNING a.balance, a.version INTO master_balance, v_master_seq;
      EXIT WHEN FOUND;
      -- No row is no verdict: the row may have changed since. Look under the lock, then decide.
      SELECT a.balance, a.reserve, a.closed_at INTO master_balance, v_reserve, v_closed FROM public.ledger_accounts a
        WHERE a.team_id = p_team AND a.id = p_team FOR UPDATE;
      IF NOT FOUND THEN outcome := 'missing'; RETURN; END IF;
      IF v_closed IS NOT NULL THEN outcome := 'closed'; RETURN; END IF;
      IF master_balance < posted_amount THEN outcome := 'short_master'; RETURN; END IF;
      IF p_kind = 'recharge' AND master_balance - posted_amount < v_reserve THEN outcome := 'short_reserve'; RETURN; END IF;
    END LOOP;
  ELSIF v_credit = p_team THEN
    UPDATE public.ledger_accounts a SET balance = a.balance + posted_amount, version = a.version + 1
      WHERE a.team_id = p_team AND a.id = p_team AND a.closed_at IS NULL
      RETURNING a.balance, a.version INTO master_balance, v_master_seq;
    IF NOT FOUND THEN outcome := 'missing'; RETURN; END IF;
  END IF;
  IF p_member IN (v_debit, v_credit) THEN
    UPDATE public.ledger_accounts a
      SET balance = a.balance + CASE WHEN v_credit = p_member THEN posted_amount ELSE -posted_amount END, version = a.version + 1,
        closed_at = CASE WHEN p_kind = 'closing' THEN posted_at END
      WHERE a.team_id = p_team AND a.id = p_member RETURNING a.balance, a.version INTO member_balance, v_member_seq;
  END IF;

  posted_id := uuid7(p_at);
  INSERT INTO public.transfers (team_id, id, kind, debit_account, credit_account, amount, debit_after, debit_seq, credit_after, credit_seq,
    member_id, message_id, note, note_for_member, reversal_of, reference, actor_type, actor_id, actor_name, actor_member, idempotency_key, created_at)
  VALUES (p_team, posted_id, p_kind, v_debit, v_credit, posted_amount,
    CASE v_debit WHEN p_team THEN master_balance WHEN p_member THEN member_balance END,
    CASE v_debit WHEN p_team THEN v_master_seq WHEN p_member THEN v_member_seq END,
    CASE v_credit WHEN p_team THEN master_balance WHEN p_member THEN member_balance END,
    CASE v_credit WHEN p_team THEN v_master_seq WHEN p_member THEN v_member_seq END,
    p_member, (p_post->>'messageId')::uuid, p_post->>'note', p_post->>'noteForMember', (p_post->>'reversalOf')::uuid, p_post->>'reference',
    p_post->>'actorType', p_post->>'actorId', p_post->>'actorName', (p_post->>'actorMember')::uuid, p_post->>'key', posted_at);
  outcome := 'posted';

  IF v_credit = p_member THEN
    UPDATE public.recharge_rules r SET waiting_since = NULL, reason = NULL, episode = r.episode + 1
      WHERE r.team_id = p_team AND r.member_id = p_member AND r.waiting_since IS NOT NULL AND r.threshold <= member_balance;
    waiting := EXISTS (SELECT 1 FROM public.recharge_rules r
      WHERE r.team_id = p_team AND r.member_id = p_member AND r.waiting_since IS NOT NULL);
  ELSIF v_credit = p_team THEN
    waiting := EXISTS (SELECT 1 FROM public.recharge_rules r WHERE r.team_id = p_team AND r.waiting_since IS NOT NULL);
  END IF;
END $$;
--> statement-breakpoint
-- Locks seats by id, then the master where asked, in the system's one order: whoever changes a seat (status, role, rule)
-- holds its account, so that money and seat are never judged apart. The application's role has no other way to lock them.
CREATE FUNCTION ledger_lock(p_team uuid, p_members uuid[], p_master boolean)
RETURNS TABLE (id uuid, balance bigint, reserve bigint, closed_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT a.id, a.balance, a.reserve, a.closed_at FROM public.ledger_accounts a
    WHERE a.team_id = p_team AND a.id = ANY (p_members) AND a.kind = 'member' ORDER BY a.id FOR UPDATE;
  IF p_master THEN
    RETURN QUERY SELECT a.id, a.balance, a.reserve, a.closed_at FROM public.ledger_accounts a WHERE a.team_id = p_team AND a.id = p_team FOR UPDATE;
  END IF;
END $$;
