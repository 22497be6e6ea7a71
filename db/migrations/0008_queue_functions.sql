-- Returns since when the oldest job of the queue is due, and whether a worker is alive. The application's role does not read the
-- queue's own schema, which the first worker creates.
CREATE FUNCTION queue_health(p_silent_seconds integer, OUT due_since timestamptz, OUT worker_alive boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  worker_alive := EXISTS (SELECT 1 FROM public.worker_heartbeats b WHERE b.beat_at > now() - make_interval(secs => p_silent_seconds));
  IF to_regclass('graphile_worker._private_jobs') IS NULL THEN RETURN; END IF;
  SELECT min(j.run_at) INTO due_since FROM graphile_worker._private_jobs j WHERE j.is_available AND j.run_at <= now();
END $$;
