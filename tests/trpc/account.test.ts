import { describe, expect, it } from 'vitest';
import { newRequestId, newUuid7 } from '@/server/domain/ids';
import type { Person } from '@/server/domain/person';
import { services } from '@/server/http/services';
import { ProblemError } from '@/server/trpc/problem';
import { createCaller } from '@/server/trpc/router';
import { HERE, listPersonal, sessionOf } from '../support/procedures';
import { makeTeam, ownerPool, type TestTeam } from '../support/team';

const call = (person: Person | null, actor: Awaited<ReturnType<typeof sessionOf>> | null = null) =>
  createCaller({ services: services(), actor, person, origin: HERE, requestId: newRequestId(), idempotencyKey: null })
    .account;

async function ownerOf(team: TestTeam): Promise<Person> {
  const { rows } = await ownerPool().query<Person>(
    `SELECT u.id AS "userId", u.name, u.email FROM users u JOIN members m ON m.user_id = u.id WHERE m.team_id = $1 AND m.id = $2`,
    [team.teamId, team.ownerId],
  );
  return { ...rows[0]!, sessionId: newUuid7() };
}

describe('what is a person’s own', () => {
  it('is asked for by these, and by no others', () => {
    expect(listPersonal().map(({ id }) => id)).toEqual([
      'listSeats',
      'leaveTeam',
      'exportMe',
      'eraseMe',
      'listAlerts',
      'setAlerts',
    ]);
  });

  it('is shut to who is not signed in', async () => {
    const answer = await call(null)
      .listSeats()
      .catch((error: unknown) => error);
    expect(answer).toBeInstanceOf(ProblemError);
    expect(answer).toMatchObject({ problem: { code: 'missing_key', detail: 'Sign in first.' } });
  });

  it('is nobody else’s, whatever team the page is in', async () => {
    const [one, other] = [await makeTeam({ name: 'One' }), await makeTeam({ name: 'Other' })];
    const seats = await call(await ownerOf(one), await sessionOf(other.ownerKey)).listSeats();
    expect(seats).toEqual([
      {
        team: { id: one.id, name: 'One', slug: expect.stringMatching(/^one/), currency: 'USD', status: 'active' },
        member: { id: expect.stringMatching(/^mem_/), name: 'First Owner', role: 'owner', status: 'active' },
        canTakeBack: false,
      },
    ]);
    expect(await call({ ...(await ownerOf(one)), userId: newUuid7() }).listSeats()).toEqual([]);
  });
});
