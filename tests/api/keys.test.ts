import { describe, expect, it } from 'vitest';
import { makeKey } from '@/server/domain/teams/api-keys/rules';
import { addMember, makeTeam, ownerPool } from '../support/team';
import { auditOf, expectProblem, useApi } from '../support/api-client';

const as = useApi();

/** Lets the overlap of a rotated key pass. */
const runOut = (teamId: string) =>
  ownerPool().query(
    "UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE team_id = $1 AND expires_at IS NOT NULL",
    [teamId],
  );

describe('POST /members/{id}/key/rotate', () => {
  it('creates a new key and revokes the old one at once', async () => {
    const team = await makeTeam();
    const { mem, key } = await addMember(team);
    const rotated = await as(team.ownerKey).post(`/members/${mem}/key/rotate`);
    expect(rotated.status).toBe(201);
    const { member, secrets } = rotated.body;
    expect(secrets.apiKey).not.toBe(key);
    expect(member.apiKey).toMatchObject({ prefix: secrets.apiKey.slice(0, 13), last4: secrets.apiKey.slice(-4) });
    expectProblem(await as(key).get('/me'), 'invalid_key');
    expect((await as(secrets.apiKey).get('/me')).status).toBe(200);
    expect((await auditOf(team)).at(-1)).toMatchObject({ action: 'key.rotated', channel: 'api' });
  });

  it('keeps the old key working until its overlap ends', async () => {
    const team = await makeTeam();
    const { mem, key } = await addMember(team);
    const { body } = await as(team.ownerKey).post(`/members/${mem}/key/rotate`, { overlapSeconds: 604_800 });
    expect((await as(key).get('/me')).status).toBe(200);
    expect((await as(body.secrets.apiKey).get('/me')).status).toBe(200);
    await runOut(team.teamId);
    expectProblem(await as(key).get('/me'), 'invalid_key');
    expect((await as(body.secrets.apiKey).get('/me')).status).toBe(200);
  });

  it('never extends the overlap of a key that is already expiring', async () => {
    const team = await makeTeam();
    const { mem, key } = await addMember(team);
    const owner = as(team.ownerKey);
    await owner.post(`/members/${mem}/key/rotate`, { overlapSeconds: 60 });
    await owner.post(`/members/${mem}/key/rotate`, { overlapSeconds: 3600 });
    const { rows } = await ownerPool().query<{ seconds: number }>(
      'SELECT extract(epoch FROM expires_at - now())::int AS seconds FROM api_keys WHERE team_id = $1 AND expires_at IS NOT NULL ORDER BY id',
      [team.teamId],
    );
    expect(rows.map(({ seconds }) => Math.ceil(seconds / 600))).toEqual([1, 6]);
    await owner.post(`/members/${mem}/key/rotate`);
    expectProblem(await as(key).get('/me'), 'invalid_key');
  });

  it('takes an overlap of 0 to 604,800 whole seconds', async () => {
    const team = await makeTeam();
    const { mem, key } = await addMember(team);
    for (const overlapSeconds of [-1, 604_801, 1.5, '60', null]) {
      const { errors } = expectProblem(
        await as(team.ownerKey).post(`/members/${mem}/key/rotate`, { overlapSeconds }),
        'invalid_request',
      );
      expect(errors[0].pointer).toBe('/overlapSeconds');
    }
    expect((await as(key).get('/me')).status).toBe(200);
  });

  it('lets a member rotate its own key only', async () => {
    const team = await makeTeam();
    const [own, other] = [await addMember(team), await addMember(team)];
    expectProblem(await as(own.key).post(`/members/${other.mem}/key/rotate`), 'not_found');
    const { body } = await as(own.key).post(`/members/${own.mem}/key/rotate`);
    expectProblem(await as(own.key).get('/me'), 'invalid_key');
    expect((await as(body.secrets.apiKey).get('/me')).body.member.id).toBe(own.mem);
    expect((await as(other.key).get('/me')).status).toBe(200);
  });

  it('refuses a deleted member', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    await as(team.ownerKey).delete(`/members/${mem}`);
    expectProblem(await as(team.ownerKey).post(`/members/${mem}/key/rotate`), 'member_deleted');
  });
});

describe('GET /members/{id}/keys and DELETE /keys/{id}', () => {
  it('lists a member’s keys with their states, and ends an overlap early', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { mem, key } = await addMember(team);
    const { secrets } = (await owner.post(`/members/${mem}/key/rotate`, { overlapSeconds: 3600 })).body;
    const keysOf = async () => (await owner.get(`/members/${mem}/keys`)).body.data;
    const [current, expiring] = await keysOf();
    expect([current.status, current.last4, current.expiresAt]).toEqual(['current', secrets.apiKey.slice(-4), null]);
    expect([expiring.status, expiring.last4, expiring.endedAt]).toEqual(['expiring', key.slice(-4), null]);
    expect(JSON.stringify(await keysOf())).not.toContain(key.slice(13));
    expect((await as(key).get('/me')).status).toBe(200);
    const ended = await owner.delete(`/keys/${expiring.id}`);
    expect([ended.status, ended.body.status, ended.body.memberId]).toEqual([200, 'ended', mem]);
    expectProblem(await as(key).get('/me'), 'invalid_key');
    expect((await as(secrets.apiKey).get('/me')).status).toBe(200);
    const again = await owner.delete(`/keys/${expiring.id}`);
    expect([again.status, again.text]).toEqual([200, ended.text]);
    expect((await auditOf(team)).filter(({ action }) => action === 'key.ended')).toHaveLength(1);
    expect((await keysOf()).map(({ status }: { status: string }) => status)).toEqual(['current', 'ended']);
  });

  it('distinguishes a key whose overlap has passed from a revoked one', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { mem } = await addMember(team);
    await owner.post(`/members/${mem}/key/rotate`, { overlapSeconds: 60 });
    await runOut(team.teamId);
    const [, old] = (await owner.get(`/members/${mem}/keys`)).body.data;
    expect([old.status, old.endedAt]).toEqual(['ended', old.expiresAt]);
  });

  it('lets a member revoke its own keys, the current one too, and see nobody else’s', async () => {
    const team = await makeTeam();
    const [own, other] = [await addMember(team), await addMember(team)];
    const idOf = async (mem: string) => (await as(team.ownerKey).get(`/members/${mem}/keys`)).body.data[0].id;
    expectProblem(await as(own.key).delete(`/keys/${await idOf(other.mem)}`), 'not_found');
    expectProblem(await as(own.key).get(`/members/${other.mem}/keys`), 'not_found');
    expect((await as(own.key).delete(`/keys/${await idOf(own.mem)}`)).body.status).toBe('ended');
    expectProblem(await as(own.key).get('/me'), 'invalid_key');
    expect((await as(team.ownerKey).get(`/members/${own.mem}`)).body.apiKey).toBe(null);
  });
});

describe('POST /members/{id}/key/reveal', () => {
  it('shows an owner the current key and writes an audit event', async () => {
    const team = await makeTeam();
    const { mem, key } = await addMember(team);
    const shown = await as(team.ownerKey).post(`/members/${mem}/key/reveal`);
    expect([shown.status, shown.body]).toEqual([200, { apiKey: key }]);
    expect((await auditOf(team)).at(-1)).toMatchObject({ action: 'key.revealed', actorType: 'key' });
    const { body } = await as(team.ownerKey).post(`/members/${mem}/key/rotate`, { overlapSeconds: 60 });
    expect((await as(team.ownerKey).post(`/members/${mem}/key/reveal`)).body).toEqual({ apiKey: body.secrets.apiKey });
  });

  it('is for owners only, and answers 404 when there is no key', async () => {
    const team = await makeTeam();
    const { mem, key } = await addMember(team);
    expectProblem(await as(key).post(`/members/${mem}/key/reveal`), 'owner_required');
    await as(team.ownerKey).delete(`/members/${mem}`);
    expectProblem(await as(team.ownerKey).post(`/members/${mem}/key/reveal`), 'not_found');
  });
});

describe('an API key', () => {
  it('is refused alike when it is mistyped, unknown, revoked or of a deleted member', async () => {
    const team = await makeTeam();
    const [rotated, deleted] = [await addMember(team), await addMember(team)];
    await as(team.ownerKey).post(`/members/${rotated.mem}/key/rotate`);
    await as(team.ownerKey).delete(`/members/${deleted.mem}`);
    const typo = rotated.key.slice(0, -1) + (rotated.key.endsWith('0') ? '1' : '0');
    const answers = await Promise.all(
      [typo, makeKey(), rotated.key, deleted.key, 'nonsense'].map((key) => as(key).get('/me')),
    );
    const bodies = answers.map((answer) => ({ ...expectProblem(answer, 'invalid_key'), requestId: null }));
    for (const body of bodies) expect(body).toEqual(bodies[0]);
  });

  it('is stored neither in plain text nor as a plain hash', async () => {
    const team = await makeTeam();
    const { key } = await addMember(team);
    const { rows } = await ownerPool().query<{ text: string; plain: boolean }>(
      `SELECT k::text AS text, k.digest = sha256(convert_to($2, 'UTF8')) AS plain FROM api_keys k WHERE team_id = $1`,
      [team.teamId, key],
    );
    expect(rows.length).toBeGreaterThan(1);
    for (const row of rows) {
      expect(row.text).not.toContain(key.slice(13, -4));
      expect(row.plain).toBe(false);
    }
  });

  it('records when it was last used', async () => {
    const team = await makeTeam();
    const { mem, key } = await addMember(team);
    expect((await as(team.ownerKey).get(`/members/${mem}`)).body.apiKey.lastUsedAt).toBe(null);
    await as(key).get('/me');
    await expect
      .poll(async () => (await as(team.ownerKey).get(`/members/${mem}`)).body.apiKey.lastUsedAt)
      .toMatch(/Z$/);
  });
});
