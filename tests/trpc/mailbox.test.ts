import { describe, expect, it } from 'vitest';
import { newRequestId, newUuid7 } from '@/server/domain/core/ids';
import { putInMailbox } from '@/server/domain/notifications/emails/write';
import { services } from '@/server/http/services';
import { createCaller } from '@/server/trpc/router';
import { HERE } from '../support/procedures';

/** Calls a procedure as a visitor, at a process with these settings. */
const ask = (set: object = { demo: true, mail: 'mailbox' }) =>
  createCaller({
    services: { ...services(), ...set },
    actor: null,
    user: null,
    origin: HERE,
    requestId: newRequestId(),
    idempotencyKey: null,
  }).mailbox;

let made = 0;

/** Puts emails to one address into the mailbox, one a second, and returns their ids, the newest first. */
async function put(address: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, i) => newUuid7(new Date(Date.now() - 60_000 + i * 1_000)));
  for (const id of ids) {
    await putInMailbox(services(), {
      id,
      address,
      subject: `Mail ${(made += 1)}`,
      html: '<p>Hello</p>',
      text: 'Hello',
    });
  }
  return ids.toReversed();
}

describe('the demo’s mailbox', () => {
  it('shows a visitor the emails to an address, newest first, page by page', async () => {
    const ids = await put('many@example.test', 60);
    const first = await ask().browseMails({ to: 'MANY@example' });
    expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 50));
    expect(first.next).toBe(ids[49]);
    const rest = await ask().browseMails({ to: 'many@example', before: first.next! });
    expect(rest.data.map(({ id }) => id)).toEqual(ids.slice(50));
    expect(rest.next).toBeNull();
    expect((await ask().browseMails({ to: 'm_ny%' })).data).toEqual([]);
  });

  it('shows one email as text and as HTML, as it was when it was stored', async () => {
    const [id] = await put('one@example.test', 1);
    const mail = await ask().getMail({ id: id! });
    expect(mail).toMatchObject({ address: 'one@example.test', html: '<p>Hello</p>', text: 'Hello' });
    expect(Date.now() - new Date(mail.at).getTime()).toBeGreaterThan(59_000);
    await expect(ask().getMail({ id: newUuid7() })).rejects.toMatchObject({ problem: { code: 'not_found' } });
  });

  it('stores an email once when it is stored twice', async () => {
    const [id] = await put('twice@example.test', 1);
    await putInMailbox(services(), { id: id!, address: 'twice@example.test', subject: 'Again', html: '', text: '' });
    expect((await ask().browseMails({ to: 'twice@' })).data).toHaveLength(1);
  });

  it.each([
    ['outside the demo', { demo: false, mail: 'mailbox' }],
    ['where emails are sent', { demo: true, mail: 'smtp' }],
    ['where no email can be sent', { demo: true, mail: null }],
  ])('does not exist %s', async (_where, set) => {
    const [id] = await put('nobody@example.test', 1);
    await expect(ask(set).browseMails({})).rejects.toMatchObject({ problem: { code: 'not_found' } });
    await expect(ask(set).getMail({ id: id! })).rejects.toMatchObject({ problem: { code: 'not_found' } });
  });
});
