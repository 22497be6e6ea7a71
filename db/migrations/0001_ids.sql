-- Ids are uuid v7 (RFC 9562, with the sub-millisecond fraction in rand_a), so that id order is time order.
-- Without a time the wall clock is taken, not the transaction's: an id made after a lock was won sorts after its predecessor.
CREATE FUNCTION uuid7(p_at timestamptz DEFAULT NULL) RETURNS uuid LANGUAGE plpgsql VOLATILE AS $$
DECLARE us bigint := (extract(epoch FROM coalesce(p_at, clock_timestamp())) * 1000000)::bigint;
BEGIN
  RETURN encode(overlay(uuid_send(gen_random_uuid())
    placing int8send(((us / 1000) << 16) | 28672 | ((us % 1000) * 4096 / 1000)) FROM 1 FOR 8), 'hex')::uuid;
END $$;
--> statement-breakpoint
-- The lowest id that an instant can have: bounds of partitions and of ranges of time.
CREATE FUNCTION uuid7_floor(p_at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT encode(int8send(((extract(epoch FROM p_at) * 1000)::bigint) << 16) || '\x0000000000000000'::bytea, 'hex')::uuid
$$;
--> statement-breakpoint
-- Makes the partition of one month of the log. Rows that fell into the default partition meanwhile move into it.
CREATE FUNCTION messages_partition(p_month date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_name text := 'messages_' || to_char(p_month, 'YYYY_MM');
  v_from uuid := uuid7_floor(date_trunc('month', p_month)::timestamp AT TIME ZONE 'UTC');
  v_to uuid := uuid7_floor((date_trunc('month', p_month) + interval '1 month')::timestamp AT TIME ZONE 'UTC');
BEGIN
  IF to_regclass('public.' || v_name) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE public.%I (LIKE public.messages INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', v_name);
  EXECUTE format('WITH moved AS (DELETE FROM public.messages_default WHERE id >= %L AND id < %L RETURNING *)
    INSERT INTO public.%I SELECT * FROM moved', v_from, v_to, v_name);
  EXECUTE format('ALTER TABLE public.messages ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', v_name, v_from, v_to);
  RETURN true;
END $$;
--> statement-breakpoint
-- Where a row goes when nobody made its month in time: the log never refuses a message for want of a partition.
CREATE TABLE messages_default PARTITION OF messages DEFAULT;
--> statement-breakpoint
SELECT messages_partition((date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => m))::date) FROM generate_series(-3, 3) m;
--> statement-breakpoint
-- Drops one month of the log, unless messages of it are still under way. A message never goes back to being under way, and
-- none is made in a month long past: what is looked up before the lock still holds after it.
-- The lock is asked of the parent first, as every reader does. It waits a second: everyone who came after waits behind it.
-- result: dropped | under_way | busy | missing. (DETACH CONCURRENTLY is not to be had beside a default partition.)
CREATE FUNCTION messages_drop_month(p_month date) RETURNS text LANGUAGE plpgsql SET lock_timeout = '1s' AS $$
DECLARE
  v_name text := 'messages_' || to_char(p_month, 'YYYY_MM');
  v_under_way boolean;
BEGIN
  IF to_regclass('public.' || v_name) IS NULL THEN RETURN 'missing'; END IF;
  EXECUTE format($q$SELECT EXISTS (SELECT FROM public.%I WHERE status IN ('scheduled', 'held', 'queued', 'sent'))$q$, v_name) INTO v_under_way;
  IF v_under_way THEN RETURN 'under_way'; END IF;
  LOCK TABLE ONLY public.messages IN ACCESS EXCLUSIVE MODE;
  EXECUTE format('DROP TABLE public.%I', v_name);
  INSERT INTO public.messages_dropped (month) VALUES (p_month) ON CONFLICT (month) DO NOTHING;
  RETURN 'dropped';
EXCEPTION WHEN lock_not_available THEN RETURN 'busy';
END $$;
--> statement-breakpoint
-- Deletes from the default partition, some at a time, what is older than an instant's month and no longer under way.
CREATE FUNCTION messages_drop_strays(p_before date, p_limit integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE v_gone integer;
BEGIN
  WITH gone AS (
    DELETE FROM public.messages_default WHERE ctid = ANY (ARRAY(SELECT ctid FROM public.messages_default
      WHERE id < uuid7_floor(p_before::timestamp AT TIME ZONE 'UTC') AND status NOT IN ('scheduled', 'held', 'queued', 'sent')
      LIMIT p_limit FOR UPDATE SKIP LOCKED))
    RETURNING created_at
  ), noted AS (
    INSERT INTO public.messages_dropped (month)
    SELECT DISTINCT date_trunc('month', created_at AT TIME ZONE 'UTC')::date FROM gone ON CONFLICT (month) DO NOTHING
  )
  SELECT count(*) INTO v_gone FROM gone;
  RETURN v_gone;
END $$;
