import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { generatedEmail, generatedName, isGeneratedEmail } from '@/server/domain/teams/members/rules';
import { externalIdSchema, metadataSchema } from '@/server/domain/teams/members/schema';
import { normaliseName, emailSchema, nameSchema } from '@/server/domain/core/fields';
import { generatePassword, isCommonPassword } from '@/server/domain/identity/passwords/rules';
import { passwordSchema, passwordShape } from '@/server/domain/identity/passwords/schema';

const accepts = (schema: z.ZodType, input: unknown) => schema.safeParse(input).success;

describe('generated members', () => {
  it('have a readable name that is a valid name', () => {
    const names = Array.from({ length: 2_000 }, () => generatedName());
    for (const name of names) {
      expect(name).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+ [1-9][0-9]$/);
      expect(nameSchema.parse(name)).toBe(name);
    }
    expect(new Set(names.map((name) => name.split(' ')[0])).size).toBeGreaterThanOrEqual(64);
    expect(new Set(names.map((name) => name.split(' ')[1])).size).toBeGreaterThanOrEqual(64);
  });

  it('have the name that the random source gives', () => {
    expect(generatedName(() => 0)).toBe('Amber Badger 10');
    expect(generatedName(() => 0.999_999)).toBe('Zesty Zebra 99');
  });

  it('have a valid address that nobody has, whatever the name', () => {
    expect(generatedEmail('Amber Falcon 42')).toMatch(/^amber-falcon-42\.[0-9a-hjkmnp-tv-z]{12}@members\.invalid$/);
    expect(generatedEmail('Ação & Çelik')).toMatch(/^acao-celik\./);
    expect(generatedEmail('山田')).toMatch(/^member\./);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
        const email = generatedEmail(name);
        expect(emailSchema.parse(email)).toBe(email);
        expect(isGeneratedEmail(email)).toBe(true);
      }),
    );
    expect(new Set(Array.from({ length: 5_000 }, () => generatedEmail('Same'))).size).toBe(5_000);
    expect(isGeneratedEmail('a@members.invalid.example.com')).toBe(false);
    expect(isGeneratedEmail('a@example.com')).toBe(false);
  });

  it('have a valid password without look-alike characters', async () => {
    for (let i = 0; i < 200; i += 1) {
      const password = generatePassword();
      expect(password).toMatch(/^[1-9A-HJ-NP-Za-km-z]{5}(-[1-9A-HJ-NP-Za-km-z]{5}){3}$/);
      expect((await passwordSchema.safeParseAsync(password)).success).toBe(true);
    }
  });
});

describe('generated passwords', () => {
  it('favour no character', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 6_000; i += 1) {
      for (const char of generatePassword().replaceAll('-', '')) counts.set(char, (counts.get(char) ?? 0) + 1);
    }
    const expected = (6_000 * 20) / 58;
    expect(counts.size).toBe(58);
    for (const count of counts.values()) expect(Math.abs(count - expected)).toBeLessThan(7 * Math.sqrt(expected));
  });
});

describe('member names', () => {
  it.each([
    'A',
    'Zoë Müller',
    'محمد عبدالله',
    'نمی‌خواهم',
    'क्‍ष',
    'Ольга',
    '山田太郎',
    '👩‍💻 Team',
    "O'Brien-Smith, Jr. (2)",
    '42',
    'x'.repeat(120),
    '😀'.repeat(120),
    'two  spaces',
  ])('accept %s', (name) => {
    expect(nameSchema.parse(name)).toBe(name);
  });

  it('are stored in one form', () => {
    expect(nameSchema.parse('  Zoe\u0308 \n')).toBe('Zoë');
    expect(normaliseName(' e\u0301 ')).toBe('é');
  });

  it.each([
    '',
    '   ',
    'x'.repeat(121),
    '😀'.repeat(121),
    'a\nb',
    'a\tb',
    'a\0b',
    'a\u007fb',
    'a\u0085b',
    'a\u2028b',
    'a\u202eb',
    'a\u202ab',
    'a\u2066b',
    'a\u2069b',
    'a\u200eb',
    'a\u200fb',
    'a\u061cb',
    'a\u200bb',
    'a\u2060b',
    'a\ufeffb',
    'a\ud800b',
    '\u200d',
    '\u200c\u200d',
    '\u3164',
    '\u2800',
    '\u0301',
  ])('refuse %j', (name) => {
    expect(accepts(nameSchema, name)).toBe(false);
  });

  it('never throw, and are unchanged when validated again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 150 }), (text) => {
        const name = nameSchema.safeParse(text);
        if (name.success) expect(nameSchema.parse(name.data)).toBe(name.data);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('email addresses', () => {
  it.each([
    ['a@example.com', 'a@example.com'],
    [' Ada.Lovelace+sms@Example.CO.UK\n', 'ada.lovelace+sms@example.co.uk'],
    ['ａｄａ＠example.com', 'ada@example.com'],
    ["o'brien@example.com", "o'brien@example.com"],
    ['K@example.com', 'k@example.com'],
  ])('store %j as %j', (text, email) => {
    expect(emailSchema.parse(text)).toBe(email);
  });

  it.each([
    '',
    'a',
    'a@b',
    '@example.com',
    'a@',
    'a b@example.com',
    'a@example.com, b@example.com',
    'a@example.com\nBcc: b@example.com',
    'a\0@example.com',
    'Ada <a@example.com>',
    'a@@example.com',
    'a..b@example.com',
    `${'a'.repeat(250)}@example.com`,
  ])('refuse %j', (text) => {
    expect(accepts(emailSchema, text)).toBe(false);
  });
});

describe('passwords', () => {
  it.each(['correct horse battery staple', 'k7Rwd-3mXpa-', 'долгий пароль 7', 'x7'.repeat(100), '   spaces   12 '])(
    'accept %j unchanged',
    async (password) => {
      expect(await passwordSchema.parseAsync(password)).toBe(password);
    },
  );

  it.each([
    '',
    'short-pass1',
    'aaaaaaaaaaaa',
    '            ',
    'x7'.repeat(100) + 'x',
    'password1234',
    'PASSWORD1234',
    'Password123!',
    'Password1234!',
    'welcome12345',
    'changeme1234',
    '123456789012',
    '1234567890123',
    'qwertyuiop123',
    'passwordpassword',
    'dragondragondragon',
    'hunter2hunter2',
  ])('refuse %j', async (password) => {
    expect((await passwordSchema.safeParseAsync(password)).success).toBe(false);
  });

  it('have a format that can be checked without the list of common passwords', () => {
    expect(accepts(passwordShape, 'password1234')).toBe(true);
    expect(accepts(passwordShape, 'short')).toBe(false);
    expect(accepts(passwordShape, 'a'.repeat(12))).toBe(false);
  });

  it('are looked up quickly, however long the text', async () => {
    await isCommonPassword('load the list');
    const start = performance.now();
    for (const text of ['ab'.repeat(99), '1'.repeat(200), `${'a1'.repeat(99)}b`, `${'12'.repeat(250_000)}b`]) {
      await passwordSchema.safeParseAsync(text);
    }
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('external ids', () => {
  it.each(['1', 'crm:42/äö', ' kept as given ', 'x'.repeat(255), '客戶'])('accept %j', (id) => {
    expect(externalIdSchema.parse(id)).toBe(id);
  });

  it.each(['', ' ', 'x'.repeat(256), 'a\nb', 'a\0', 'a\u202eb', '\ud800', 5, null])('refuse %j', (id) => {
    expect(accepts(externalIdSchema, id)).toBe(false);
  });
});

const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']));

describe('metadata', () => {
  it('accepts fifty keys and long texts', () => {
    expect(metadataSchema.parse({ ...keys(49), ['k'.repeat(40)]: 'line\n'.repeat(100) })).toHaveProperty('k0', 'v');
    expect(metadataSchema.parse({})).toEqual({});
  });

  it.each<[string, unknown]>([
    ['51 keys', keys(51)],
    ['an empty key', { '': 'v' }],
    ['a key of 41', { ['k'.repeat(41)]: 'v' }],
    ['a text of 501', { k: 'v'.repeat(501) }],
    ['a number', { k: 1 }],
    ['a null', { k: null }],
    ['a nested object', { k: {} }],
    ['NUL', { k: 'a\0b' }],
    ['NUL in a key', { 'a\0': 'b' }],
    ['half a pair', { k: '\ud800' }],
    ['a list', []],
    ['a text', 'k'],
  ])('refuses %s', (_name, data) => {
    expect(accepts(metadataSchema, data)).toBe(false);
  });

  it('sets no prototype', () => {
    const data = metadataSchema.parse(JSON.parse('{"__proto__": "x", "a": "b"}'));
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
    expect(Object.keys(data)).toEqual(['a']);
  });
});

describe('the schemas of a member', () => {
  it('can be described in the OpenAPI document', () => {
    const body = z.strictObject({
      name: nameSchema,
      email: emailSchema,
      password: passwordSchema,
      externalId: externalIdSchema,
      metadata: metadataSchema,
    });
    expect(z.toJSONSchema(body, { io: 'input' }).properties).toMatchObject({
      name: { type: 'string', minLength: 1, maxLength: 120 },
      email: { type: 'string', format: 'email', maxLength: 254 },
      password: { type: 'string', minLength: 12, maxLength: 200 },
      externalId: { type: 'string', minLength: 1, maxLength: 255 },
      metadata: { type: 'object', maxProperties: 50 },
    });
  });
});
