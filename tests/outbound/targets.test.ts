import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPublicAddress, makeAnyTargets, makePublicTargets, type Targets } from '@/server/outbound/targets';
import { startStandIn } from '../support/carrier-peers';

describe('a public address', () => {
  it.each(['8.8.8.8', '2a00:1450:4001:81c::200e', '::ffff:8.8.8.8'])('is %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '127.0.0.1',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'fd12:3456::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
    'ff02::1',
    'localhost',
    '',
  ])('is not %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('the targets of an owner', () => {
  const targets = makePublicTargets();

  it.each([
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data',
    'http://example.com/',
    'https://user:password@example.com/',
    'ftp://example.com/',
  ])('are not %s', (url) => {
    expect(targets.refusalOf(new URL(url))).toMatch(/\S/);
  });

  it('are https URLs', () => {
    expect(targets.refusalOf(new URL('https://example.com/hook'))).toBeNull();
    expect(targets.refusalOf(new URL('https://8.8.8.8:8443/'))).toBeNull();
  });
});

describe('a connection', () => {
  let server: Awaited<ReturnType<typeof startStandIn>>;
  let port: string;
  beforeAll(async () => {
    server = await startStandIn();
    port = new URL(server.url).port;
  });
  afterAll(() => server.close());

  /** Returns the code of the fault, or the status of the answer. */
  const outcomeOf = async (url: string, targets: Targets = makePublicTargets()): Promise<unknown> =>
    request(url, { dispatcher: await targets.dispatcher() }).then(
      async ({ statusCode, body }) => {
        await body.dump();
        return statusCode;
      },
      (error: { code?: unknown }) => error.code,
    );

  it('is not made to a name that resolves to a private address, or to an address itself', async () => {
    expect(await outcomeOf(`http://localhost:${port}/`)).toBe('TARGET_REFUSED');
    expect(await outcomeOf(`http://127.0.0.1:${port}/`)).toBe('TARGET_REFUSED');
    expect(await outcomeOf(`http://[::ffff:127.0.0.1]:${port}/`)).toBe('TARGET_REFUSED');
    expect(server.received).toEqual([]);
  });

  it('is not made if one of the addresses of a name is private', async () => {
    const mixed = makePublicTargets(() =>
      Promise.resolve([
        { address: '8.8.8.8', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ]),
    );
    expect(await outcomeOf('http://mixed.example/', mixed)).toBe('TARGET_REFUSED');
    expect(
      await outcomeOf(
        'http://none.example/',
        makePublicTargets(() => Promise.resolve([])),
      ),
    ).toBe('TARGET_REFUSED');
  });

  it('asks for the name once, so that it cannot change between the check and the connection', async () => {
    let asked = 0;
    const rebinding = makePublicTargets(() => {
      asked += 1;
      return Promise.resolve([{ address: asked === 1 ? '192.0.2.1' : '127.0.0.1', family: 4 }]);
    });
    expect(await outcomeOf(`http://rebinding.example:${port}/`, rebinding)).toBe('TARGET_REFUSED');
    expect(asked).toBe(1);
    expect(server.received).toEqual([]);
  });

  it('is made anywhere for the operator', async () => {
    const targets = makeAnyTargets();
    expect(await outcomeOf(`http://localhost:${port}/`, targets)).toBe(200);
    expect(targets.refusalOf(new URL('http://10.0.0.1/'))).toBeNull();
    expect(targets.refusalOf(new URL('ftp://10.0.0.1/'))).toMatch(/\S/);
  });
});
