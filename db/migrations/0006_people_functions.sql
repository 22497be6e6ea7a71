-- The last statement of a change of a person's own things: an audit row in each team in which the person has a seat, and what
-- must follow. A job of no team stands under the nil UUID.
CREATE FUNCTION person_finish(p_audit jsonb, p_jobs jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO public.audit_events (team_id, id, at, action, actor_type, actor_id, actor_name, door, address, request_id, target_type, target_id, before, after)
  SELECT m.team_id, uuid7(), now(), x.action, 'user', x."userId", u.name, 'web', x.address, x."requestId", 'member', m.id, x.before, x.after
  FROM jsonb_to_recordset(p_audit) AS x("userId" uuid, action text, address text, "requestId" text, before jsonb, after jsonb)
    JOIN public.users u ON u.id = x."userId"
    JOIN public.members m ON m.user_id = x."userId" AND m.status <> 'deleted';
  INSERT INTO public.outbox (team_id, id, task, payload)
  SELECT '00000000-0000-0000-0000-000000000000', uuid7(), x.task, x.payload FROM jsonb_to_recordset(p_jobs) AS x(task text, payload jsonb);
END $$;
